"""Readers' votes on guides: one a day for each page and visitor, few from one place."""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from portal import outbox
from portal.accounts.limits import Limit, TooManyAttempts, spend
from portal.helpspot.errors import Rejected
from portal.http import PortalRequest, visitor_address

ONCE_A_DAY = (Limit(1, 24 * 60 * 60),)
FIVE_A_DAY = (Limit(5, 24 * 60 * 60),)
THIRTY_AN_HOUR = (Limit(30, 60 * 60),)


class Voted(StrEnum):
    """What became of a vote; the words of `?voted=`."""

    YES = "yes"
    NO = "no"
    BEFORE = "before"
    LOST = "lost"


def cast_vote(request: PortalRequest, page_id: int, *, is_helpful: bool) -> Voted:
    """Count a visitor's vote once and say what became of it.

    Raises `TooManyAttempts` where the visitor's address votes too much.
    """
    address = visitor_address(request, settings.TRUSTED_PROXIES)
    try:
        spend(("vote", address, THIRTY_AN_HOUR))
        try:
            spend(
                (f"vote:{page_id}", _visitor(request, address), ONCE_A_DAY),
                (f"vote-from:{page_id}", address, FIVE_A_DAY),
            )
        except TooManyAttempts:
            return Voted.BEFORE
        outbox.cast_vote(
            request.brand, request.helpspot, page_id=page_id, is_helpful=is_helpful
        )
    except (Rejected, outbox.NotStored, DatabaseError):
        return Voted.LOST
    return Voted.YES if is_helpful else Voted.NO


def _visitor(request: PortalRequest, address: str) -> str:
    """Return what tells visitors apart for a day; it is only ever kept hashed."""
    agent = request.headers.get("User-Agent", "")
    return f"{timezone.now():%Y-%m-%d}|{address}|{agent}"
