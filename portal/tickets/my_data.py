"""Everything the portal shows and holds about a visitor, as one file, and its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import accounts, markup
from portal.accounts import device, feeds
from portal.helpspot.errors import HelpSpotError
from portal.helpspot.types import Ticket
from portal.http import PortalRequest, redirect, render_page
from portal.tickets import receipts
from portal.tickets.listing import all_columns, as_csv

MOST_TICKETS = 100


@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """Say what the portal holds about this visitor, to have and to end."""
    return render_page(
        request,
        "tickets/my_data.html",
        {
            "section": "requests",
            "ticket_count": len(accounts.tickets(request)),
            "most_tickets": MOST_TICKETS,
            "known_count": len(device.known_tickets(request)),
            "receipt_count": len(receipts.kept(request)),
            "was_deleted": "deleted" in request.GET,
        },
    )


@require_POST
def download(request: PortalRequest) -> HttpResponse:
    """Hand out one ZIP with everything."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, text in _files(request):
            archive.writestr(name, text)
    response = HttpResponse(content.getvalue(), content_type="application/zip")
    day = timezone.now().date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="my-data-{day}.zip"'
    return response


@require_POST
def delete(request: PortalRequest) -> HttpResponse:
    """Forget everything that the portal itself holds, and sign out."""
    for ticket_id, access_key in accounts.access_keys(request).items():
        feeds.end_feed(request.brand, ticket_id, access_key)
    for known in device.known_tickets(request):
        feeds.end_feed(request.brand, known.id, known.access_key)
    accounts.sign_out(request)
    response = redirect(request, "tickets:my_data")
    response["Location"] += "?deleted=1"
    device.forget_all(response)
    # Drafts and reading marks, which only the browser can end.
    response["Clear-Site-Data"] = '"storage"'
    return response


def _files(request: PortalRequest) -> Iterator[tuple[str, str]]:
    tickets = accounts.tickets(request)
    unread: list[int] = []
    for ticket in tickets[:MOST_TICKETS]:
        try:
            whole = request.helpspot.request.get(ticket.access_key)
        except HelpSpotError:
            unread.append(ticket.id)
        else:
            yield f"requests/{ticket.id}.json", _json(_shown(whole))
    yield "requests.csv", as_csv(tickets, all_columns(request.brand, request.helpspot))
    yield "receipts.json", _json(receipts.kept(request))
    yield (
        "this-device.json",
        _json([one.id for one in device.known_tickets(request)]),
    )
    yield "README.txt", _readme(len(tickets), unread)


def _shown(ticket: Ticket) -> dict[str, Any]:
    """Return what the request's page shows; staff by first name alone."""
    return {
        "number": ticket.id,
        "is_open": ticket.is_open,
        "category": ticket.category_name,
        "opened": _time(ticket.opened),
        "closed": _time(ticket.closed),
        "name": ticket.full_name,
        "email": ticket.email,
        "phone": ticket.phone,
        "answers": [asdict(value) for value in ticket.custom_values],
        "messages": [
            {
                "from": "team" if note.is_by_staff else "you",
                "at": _time(note.created),
                "text": markup.to_text(note.body) if note.is_html else note.body,
                "files": [attachment.filename for attachment in note.attachments],
            }
            for note in ticket.notes
        ],
    }


def _time(moment: Any) -> str | None:
    return moment.at.isoformat() if moment and moment.at else None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _readme(count: int, unread: list[int]) -> str:
    lines = [
        _("What these pages show and hold about you."),
        "",
        _("requests/: each request with its messages, as the help desk has it."),
        _("requests.csv: the list of your requests."),
        _("receipts.json: what you sent from this browser."),
        _("this-device.json: requests that this device remembers."),
    ]
    if count > MOST_TICKETS:
        lines.append(
            _("The newest %(count)d requests are here.") % {"count": MOST_TICKETS}
        )
    if unread:
        numbers = ", ".join(map(str, unread))
        lines.append(
            _("The help desk did not give these: %(numbers)s") % {"numbers": numbers}
        )
    return "\n".join(lines) + "\n"
