"""What this browser may see: kept sealed in its server-side session, a list beside it.

A visit begins when a key opens a request, when one sent here arrives, or when a
customer signs in; it ends after half an hour without a private page, after eight hours
in all, and at sign-out. A customer's password is never kept, and whose list is gone is
not signed in. Nothing here starts a session for someone who has no visit.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NotRequired, TypedDict

from django.contrib.sessions.backends.base import UpdateError

from portal.accounts import kept_lists
from portal.accounts.kept_lists import TicketList
from portal.accounts.seals import seal, unseal
from portal.helpspot.types import TicketSummary
from portal.http import DATABASE_AWAY, PortalRequest

IDLE_SECONDS = 30 * 60
WHOLE_SECONDS = 8 * 60 * 60
# How exactly "idle" is measured: saves a write for most pages.
NOTICE_SECONDS = 60
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
    kept_list: NotRequired[str]


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
    listed = _listed(visit)
    return listed.access_keys.get(ticket_id) if listed else None


def access_keys(request: PortalRequest) -> dict[int, str]:
    """Return this visitor's keys of all that they may see, by the requests' ids."""
    visit = _current(request)
    if visit is None:
        return {}
    listed = _listed(visit)
    opened = {int(id_): unseal(sealed) for id_, sealed in visit["grants"].items()}
    return {
        **(listed.access_keys if listed else {}),
        **{id_: key for id_, key in opened.items() if key is not None},
    }


# -------------------------------------------------------------------- signing in


def sign_in(
    request: PortalRequest, email: str, tickets: Sequence[TicketSummary]
) -> None:
    """Remember the customer and their list, under a new session id.

    What another customer left in this browser is gone; keys that opened single
    requests before stay good.
    """
    named = [_named(ticket, email) for ticket in tickets]
    # First of all: where it fails, the visit goes on as it was.
    kept_list = kept_lists.keep(named, WHOLE_SECONDS)
    before = _customer(_current(request))
    if before is not None and before.email.casefold() != email.casefold():
        _end(request)
    visit = _begin(request)
    visit["began_at"] = visit["seen_at"]
    visit["customer"] = seal(json.dumps([email, _full_name(email, tickets)]))
    _forget_list(visit)
    visit["kept_list"] = kept_list
    _keep(request, visit)


def sign_out(request: PortalRequest) -> None:
    """Forget everything that this browser could see."""
    _end(request)


def is_signed_in(request: PortalRequest) -> bool:
    """Tell whether a customer is signed in."""
    return signed_in_as(request) is not None


def signed_in_as(request: PortalRequest) -> Customer | None:
    """Return the signed-in customer."""
    visit = _current(request)
    if visit is None or _listed(visit) is None:
        return None
    return _customer(visit)


def tickets(request: PortalRequest) -> TicketList:
    """Return the signed-in customer's requests as of sign-in, newest first.

    They hold what a list shows; `note` is its first line, long answers are cut, and
    `full_name` stands where someone else of the customer's organisation wrote it.
    """
    visit = _current(request)
    return (visit and _listed(visit)) or TicketList()


def add_ticket(request: PortalRequest, summary: TicketSummary) -> None:
    """Let this visitor see what they sent, on top of their list if they are signed in.

    The session keeps its id: the same form sent again, whose first answer never came,
    brings no other.
    """
    visit = _current(request) or _new(request)
    # First of all: where it fails, the visit goes on as it was.
    if _listed(visit) is not None:
        visit["kept_list"] = kept_lists.add(visit["kept_list"], summary)
    visit["grants"][str(summary.id)] = seal(summary.access_key)
    _keep(request, visit)


# ------------------------------------------------------------------- the session


def _new(request: PortalRequest) -> _Visit:
    now = int(time.time())
    return _Visit(brand=request.brand.id, began_at=now, seen_at=now, grants={})


def _begin(request: PortalRequest) -> _Visit:
    visit = _current(request) or _new(request)
    visit["seen_at"] = int(time.time())
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
        _end(request)
        return None
    if now - visit["seen_at"] >= NOTICE_SECONDS:
        visit["seen_at"] = now
        _note(request, visit)
    return visit


def _note(request: PortalRequest, visit: _Visit) -> None:
    """Write at once that somebody was here, before the page does anything else.

    After a wait for the help desk, it would undo what other pages wrote meanwhile.
    """
    is_modified = request.session.modified
    _keep(request, visit)
    try:
        request.session.save()
    except (UpdateError, *DATABASE_AWAY):
        pass  # another page has just ended the session, or nothing can be written
    finally:
        request.session.modified = is_modified


def _keep(request: PortalRequest, visit: _Visit) -> None:
    request.session[_VISIT] = visit


def _end(request: PortalRequest) -> None:
    visit: _Visit | None = request.session.get(_VISIT)
    if visit is not None:
        _forget_list(visit)
    request.session.flush()


# -------------------------------------------------------------- what a visit holds


def _forget_list(visit: _Visit) -> None:
    reference = visit.pop("kept_list", None)
    if reference:
        kept_lists.forget(reference)


def _listed(visit: _Visit) -> TicketList | None:
    """Return the customer's list, None where there is none, or none any more."""
    reference = visit.get("kept_list")
    return kept_lists.find(reference) if reference else None


def _customer(visit: _Visit | None) -> Customer | None:
    text = unseal(visit.get("customer", "")) if visit else None
    if text is None:
        return None
    email, full_name = json.loads(text)
    return Customer(email=email, full_name=full_name)


def _named(ticket: TicketSummary, email: str) -> TicketSummary:
    is_own = (ticket.email or email).casefold() == email.casefold()
    return replace(ticket, full_name=None if is_own else ticket.full_name)


def _full_name(email: str, tickets: Sequence[TicketSummary]) -> str:
    names = (
        (ticket.full_name or "").strip()
        for ticket in tickets
        if (ticket.email or "").casefold() == email.casefold()
    )
    return next((name for name in names if name), "")
