"""Keys that a visitor asked this device to remember: sealed in a cookie of its own.

Only this browser holds the cookie and only this portal can open it; it opens nothing by
itself, and forgetting is one press.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpResponse

from portal.accounts.seals import seal, unseal
from portal.http import PortalRequest

COOKIE = "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"
KEEP_SECONDS = 180 * 24 * 60 * 60
MOST_TICKETS = 20


@dataclass(frozen=True, slots=True)
class KnownTicket:
    """A request that this device can open."""

    id: int
    access_key: str = field(repr=False)


def known_tickets(request: PortalRequest) -> list[KnownTicket]:
    """Return the requests that this device remembers, the newest first."""
    text = unseal(request.COOKIES.get(COOKIE, ""))
    if text is None:
        return []
    brand_id, rows = json.loads(text)
    if brand_id != request.brand.id:
        return []
    return [KnownTicket(id_, key) for id_, key in rows]


def remember(
    request: PortalRequest, response: HttpResponse, ticket_id: int, access_key: str
) -> None:
    """Let this device open the request from now on."""
    others = [one for one in known_tickets(request) if one.id != ticket_id]
    _keep(request, response, [KnownTicket(ticket_id, access_key), *others])


def forget(request: PortalRequest, response: HttpResponse, ticket_id: int) -> None:
    """Let this device no longer open the request."""
    others = [one for one in known_tickets(request) if one.id != ticket_id]
    _keep(request, response, others)


def forget_all(response: HttpResponse) -> None:
    """Let this device open nothing."""
    response.delete_cookie(COOKIE, path="/", samesite="Lax")


def _keep(
    request: PortalRequest, response: HttpResponse, known: list[KnownTicket]
) -> None:
    if not known:
        forget_all(response)
        return
    rows = [(one.id, one.access_key) for one in known[:MOST_TICKETS]]
    response.set_cookie(
        COOKIE,
        seal(json.dumps([request.brand.id, rows])),
        max_age=KEEP_SECONDS,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
