"""`/index.php?pg=…`: links in old mails, bookmarks and search engines."""

from __future__ import annotations

from django.conf import settings
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import resolve, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from portal import markup
from portal.accounts import keys
from portal.http import PortalRequest, error_page, redirect

FROM_GUIDE = "2"
# Pages that the portal has no counterpart for: what they did takes a form here, or
# HelpSpot's public methods do not tell it.
GONE = frozenset(
    {"kb.rss", "moderated", "tag.search", "vote.helpful", "vote.nothelpful"}
)


@csrf_exempt  # nothing is written here; a program that posts is told 405, not 403
def index(request: PortalRequest) -> HttpResponseBase:
    """Lead from an address of HelpSpot's own portal to the page that took its place.

    Browsers keep the part after `#` across a redirect, so that it is not lost. Files
    of a built-in practice desk are its own matter: it has them at this address.
    """
    if settings.DESK_IS_BUILT_IN and _page(request) == "file":
        desk = resolve(request.path_info, urlconf="portal.desk.urls")
        answer: HttpResponseBase = desk.func(request)
        return answer
    return _lead(request)


@require_safe
def _lead(request: PortalRequest) -> HttpResponse:
    page = _page(request)
    values = {name: request.GET.get(name, "") for name in request.GET}
    if page == "request.check" and values.get("id"):
        return _to_ticket(values["id"])
    if page in GONE or (page == "file" and values.get("from") != FROM_GUIDE):
        return error_page(request, 410)
    address = markup.own_page({**values, "pg": page})
    if address is None:
        raise Http404(page)
    return redirect(request, address, permanent=True)


def _to_ticket(text: str) -> HttpResponse:
    # The key is a secret: a permanent redirect would stay in the browser's cache.
    key = keys.find_key(text)
    address = (
        reverse("tickets:open_by_key", args=[key]) if key else reverse("tickets:check")
    )
    return HttpResponseRedirect(address, status=303)


def _page(request: PortalRequest) -> str:
    return request.GET.get("pg", "").lower() or "home"
