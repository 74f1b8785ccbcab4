"""A request's private feed, for those who read answers in a feed reader."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import accounts, markup
from portal.accounts import feeds, limits
from portal.accounts.limits import Limit
from portal.helpspot.errors import NotFound
from portal.helpspot.types import Ticket
from portal.http import PortalRequest, redirect
from portal.tickets import conversation

READING_LIMITS = (Limit(60, 60 * 60),)
CHECK_SECONDS = 5 * 60
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@require_POST
def change(request: PortalRequest, ticket_id: int) -> HttpResponse:
    """Give the request a feed, or revoke the one it has."""
    access_key = accounts.access_key(request, ticket_id)
    if access_key is None:
        return redirect(request, "tickets:check")
    act = feeds.end_feed if "revoke" in request.POST else feeds.start_feed
    act(request.brand, ticket_id, access_key)
    address = reverse("tickets:detail", args=[ticket_id])
    return redirect(request, f"{address}#feed")


@require_safe
def read(request: PortalRequest, token: str) -> HttpResponse:
    """Answer with the conversation as an Atom feed, newest first; 404 once revoked."""
    try:
        ticket_id, access_key = feeds.find_feed(request.brand, token)
    except LookupError:
        raise Http404 from None
    limits.spend(("feed", token, READING_LIMITS))
    ticket = request.helpspot.request.get(access_key)
    if ticket.id != ticket_id:
        raise NotFound("request.get")
    tag = conversation.state_tag(ticket)
    response: HttpResponse = HttpResponseNotModified()
    if request.headers.get("If-None-Match") != tag:
        response = HttpResponse(
            _atom(request, ticket), content_type="application/atom+xml; charset=utf-8"
        )
    response["ETag"] = tag
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    patch_cache_control(response, private=True, max_age=CHECK_SECONDS)
    return response


def _atom(request: PortalRequest, ticket: Ticket) -> str:
    page = request.build_absolute_uri(reverse("tickets:detail", args=[ticket.id]))
    title = _("Request %(number)d") % {"number": ticket.id}
    feed = Atom1Feed(
        title=f"{title} – {request.brand.name}",
        link=page,
        description=None,
        author_name=request.brand.name,
    )
    for note in reversed(ticket.notes):
        at = (note.created and note.created.at) or _LONG_AGO
        name = conversation.first_name(note.author_name) or request.brand.name
        feed.add_item(
            title=_("Reply from %(name)s") % {"name": name}
            if note.is_by_staff
            else _("From you"),
            link=f"{page}#note-{note.id}",
            unique_id=f"{page}#note-{note.id}",
            description=markup.prose(note.body, is_html=note.is_html),
            pubdate=at,
            updateddate=at,
        )
    return feed.writeString("utf-8")
