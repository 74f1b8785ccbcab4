"""What this browser may see: kept sealed in its server-side session.

A visit begins when a key opens a request or a customer signs in; it ends after half an
hour without a private page, after eight hours in all, and at sign-out. A customer's
password is never kept. Nothing here starts a session for someone who has no visit.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NotRequired, TypedDict

from portal import markup
from portal.accounts.seals import seal, unseal
from portal.helpspot.types import CustomValue, Moment, TicketSummary
from portal.http import PortalRequest

IDLE_SECONDS = 30 * 60
WHOLE_SECONDS = 8 * 60 * 60
# How exactly "idle" is measured: saves a write for most pages.
NOTICE_SECONDS = 60
# A longer list is cut to its newest: it travels with every private page.
MOST_TICKETS = 2000
KEPT_LISTS = 16
SUMMARY_LENGTH = 200
_VISIT = "visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who signed in; `full_name` is "" where no request of theirs tells it."""

    email: str
    full_name: str


class _Visit(TypedDict):
    brand: str
    began_at: int
    seen_at: int
    grants: dict[str, str]
    customer: NotRequired[str]
    tickets: NotRequired[str]


# ------------------------------------------------------------------ one request


def grant(request: PortalRequest, ticket_id: int, access_key: str) -> None:
    """Let this visitor see the request that the key opens, under a new session id."""
    visit = _begin(request)
    visit["grants"][str(ticket_id)] = seal(access_key)
    _keep(request, visit)


def access_key(request: PortalRequest, ticket_id: int) -> str | None:
    """Return this visitor's key for that request, None where they have none."""
    visit = _current(request)
    if visit is None:
        return None
    sealed = visit["grants"].get(str(ticket_id))
    if sealed is not None:
        return unseal(sealed)
    return next(
        (ticket.access_key for ticket in _listed(visit) if ticket.id == ticket_id),
        None,
    )


# -------------------------------------------------------------------- signing in


def sign_in(
    request: PortalRequest, email: str, tickets: Sequence[TicketSummary]
) -> None:
    """Remember the customer and their list, under a new session id.

    What another customer left in this browser is gone; keys that opened single
    requests before stay good.
    """
    before = signed_in_as(request)
    if before is not None and before.email.casefold() != email.casefold():
        request.session.flush()
    visit = _begin(request)
    visit["began_at"] = visit["seen_at"]
    visit["customer"] = seal(json.dumps([email, _full_name(email, tickets)]))
    visit["tickets"] = _pack([_named(ticket, email) for ticket in tickets])
    _keep(request, visit)


def sign_out(request: PortalRequest) -> None:
    """Forget everything that this browser could see."""
    request.session.flush()


def is_signed_in(request: PortalRequest) -> bool:
    """Tell whether a customer is signed in."""
    return signed_in_as(request) is not None


def signed_in_as(request: PortalRequest) -> Customer | None:
    """Return the signed-in customer."""
    visit = _current(request)
    text = unseal(visit.get("customer", "")) if visit else None
    if text is None:
        return None
    email, full_name = json.loads(text)
    return Customer(email=email, full_name=full_name)


def tickets(request: PortalRequest) -> Sequence[TicketSummary]:
    """Return the signed-in customer's requests as of sign-in, newest first.

    They hold what a list shows; `note` is its first line, long answers are cut, and
    `full_name` stands where someone else of the customer's organisation wrote it.
    """
    visit = _current(request)
    return _listed(visit) if visit else ()


def add_ticket(request: PortalRequest, summary: TicketSummary) -> None:
    """Put a new request on top of the signed-in customer's list."""
    visit = _current(request)
    if visit is None or "tickets" not in visit:
        return
    others = [ticket for ticket in _listed(visit) if ticket.id != summary.id]
    visit["tickets"] = _pack([summary, *others])
    _keep(request, visit)


# ------------------------------------------------------------------- the session


def _begin(request: PortalRequest) -> _Visit:
    now = int(time.time())
    visit = _current(request) or _Visit(
        brand=request.brand.id, began_at=now, seen_at=now, grants={}
    )
    visit["seen_at"] = now
    # Someone without a session gets a new id when it is saved, for the first time.
    if request.session.session_key:
        request.session.cycle_key()
    return visit


def _current(request: PortalRequest) -> _Visit | None:
    visit: _Visit | None = request.session.get(_VISIT)
    # A session of one brand opens nothing at another.
    if visit is None or visit["brand"] != request.brand.id:
        return None
    now = int(time.time())
    if now - visit["began_at"] > WHOLE_SECONDS or now - visit["seen_at"] > IDLE_SECONDS:
        request.session.flush()
        return None
    if now - visit["seen_at"] >= NOTICE_SECONDS:
        visit["seen_at"] = now
        _keep(request, visit)
    return visit


def _keep(request: PortalRequest, visit: _Visit) -> None:
    request.session[_VISIT] = visit


# ---------------------------------------------------------------- the sealed list


def _pack(tickets: Sequence[TicketSummary]) -> str:
    rows = [_row(ticket) for ticket in tickets[:MOST_TICKETS]]
    return seal(json.dumps(rows, separators=(",", ":")))


def _listed(visit: _Visit) -> tuple[TicketSummary, ...]:
    sealed = visit.get("tickets")
    return _unpack(sealed) if sealed else ()


# Paging and searching ask for the same long list again and again.
@lru_cache(maxsize=KEPT_LISTS)
def _unpack(sealed: str) -> tuple[TicketSummary, ...]:
    text = unseal(sealed)
    return tuple(_summary(row) for row in json.loads(text)) if text else ()


def _row(ticket: TicketSummary) -> list[Any]:
    opened = ticket.opened
    return [
        ticket.id,
        ticket.access_key,
        ticket.is_open,
        ticket.title,
        ticket.category_name,
        opened.at.isoformat() if opened and opened.at else None,
        opened.has_time if opened else True,
        opened.text if opened else None,
        _first_line(ticket.note),
        ticket.full_name,
        {
            value.field_id: value.value[:SUMMARY_LENGTH]
            for value in ticket.custom_values
        },
    ]


def _summary(row: list[Any]) -> TicketSummary:
    id_, key, is_open, title, category, at, has_time, text, note, full_name = row[:10]
    # A visit that began before an upgrade has no custom values.
    custom: dict[str, str] = row[10] if len(row) > 10 else {}
    return TicketSummary(
        id=id_,
        access_key=key,
        is_open=is_open,
        title=title,
        category_name=category,
        opened=None
        if text is None
        else Moment(
            at=datetime.fromisoformat(at) if at else None, has_time=has_time, text=text
        ),
        note=note,
        full_name=full_name,
        custom_values=tuple(
            CustomValue(field_id=int(field_id), value=value)
            for field_id, value in custom.items()
        ),
    )


def _named(ticket: TicketSummary, email: str) -> TicketSummary:
    is_own = (ticket.email or email).casefold() == email.casefold()
    return replace(ticket, full_name=None if is_own else ticket.full_name)


def _first_line(note: str) -> str:
    lines = (line.strip() for line in markup.to_text(note).splitlines())
    return next((line[:SUMMARY_LENGTH] for line in lines if line), "")


def _full_name(email: str, tickets: Sequence[TicketSummary]) -> str:
    names = (
        (ticket.full_name or "").strip()
        for ticket in tickets
        if (ticket.email or "").casefold() == email.casefold()
    )
    return next((name for name in names if name), "")
