"""Readers' votes on guides: one a day for each page and visitor, few from one place."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import partial

from django.db import DatabaseError
from django.utils import timezone

from portal import outbox
from portal.accounts.limits import (
    Counter,
    Limit,
    TooManyAttempts,
    admit,
    spend,
    visitor_network,
)
from portal.helpspot.errors import Rejected
from portal.http import PortalRequest
from portal.seals import digests

ONCE_A_DAY = (Limit(1, 24 * 60 * 60),)
FIVE_A_DAY = (Limit(5, 24 * 60 * 60),)
THIRTY_AN_HOUR = (Limit(30, 60 * 60),)


class Voted(StrEnum):
    """What became of a vote, and of what was said after it; the words of `?voted=`."""

    YES = "yes"
    NO = "no"
    BEFORE = "before"
    LOST = "lost"
    TOLD = "told"


def cast_vote(request: PortalRequest, page_id: int, *, is_helpful: bool) -> Voted:
    """Count a visitor's vote once and say what became of it.

    Whoever changes their mind while the vote still waits for the help desk changes it:
    one visitor and page is one row a day, however long the help desk is away.
    Raises `TooManyAttempts` where the visitor's address votes too much.
    """
    address = visitor_network(request)
    try:
        spend(("vote", address, THIRTY_AN_HOUR))
        visitor = todays_visitor(request)
        keys = digests(f"kb.vote:{page_id}", visitor)
        # What the limits count is counted anew once SECRET_KEY is changed.
        known = outbox.known_key(request.brand, keys)
        counters = (
            (f"vote:{page_id}", visitor, ONCE_A_DAY),
            (f"vote-from:{page_id}", address, FIVE_A_DAY),
        )
        if known is None and _is_cast(
            request, page_id, keys[0], counters, is_helpful=is_helpful
        ):
            return _said(is_helpful=is_helpful)
        is_changed = outbox.change_vote(
            request.brand,
            key=known or keys[0],
            page_id=page_id,
            is_helpful=is_helpful,
        )
    except (Rejected, outbox.NotStored, DatabaseError):
        return Voted.LOST
    return _said(is_helpful=is_helpful) if is_changed else Voted.BEFORE


def _is_cast(
    request: PortalRequest,
    page_id: int,
    key: str,
    counters: Sequence[Counter],
    *,
    is_helpful: bool,
) -> bool:
    """Keep a vote and hand it over; False where one more on its page is too many.

    The counters count it only where it is kept.
    """
    try:
        outbox.cast_vote(
            request.brand,
            request.helpspot,
            page_id=page_id,
            is_helpful=is_helpful,
            key=key,
            admit=partial(admit, *counters),
        )
    except TooManyAttempts:
        return False
    return True


def todays_visitor(request: PortalRequest) -> str:
    """Return what tells visitors apart for a day; it is only ever kept hashed."""
    address = visitor_network(request)
    agent = request.headers.get("User-Agent", "")
    return f"{timezone.now():%Y-%m-%d}|{address}|{agent}"


def _said(*, is_helpful: bool) -> Voted:
    return Voted.YES if is_helpful else Voted.NO
