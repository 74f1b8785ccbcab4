"""Limits on what can be tried: keys, sign-ins, votes, posts, new requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from portal.accounts.models import Attempt
from portal.http import visitor_address


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` times within `seconds`."""

    count: int
    seconds: int


Counter = tuple[str, str, Sequence[Limit]]
# Django's own upsert cannot add to what is there.
_COUNT = """
    INSERT INTO accounts_attempt ("subject", "window", "count", "expires_at")
    VALUES {places}
    ON CONFLICT ("subject", "window")
    DO UPDATE SET "count" = accounts_attempt."count" + 1
    RETURNING "subject", "window", "count"
"""


class TooManyAttempts(Exception):
    """A limit is reached; try again after `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


def record(action: str, who: str, limits: Sequence[Limit]) -> bool:
    """Count one attempt; tell whether it is one too many."""
    counted = _count([(action, who, limits)])
    return any(count > limit.count for limit, count, _left in counted)


def spend(*counters: Counter) -> None:
    """Count one attempt for each; raises `TooManyAttempts`, and then counts none."""
    with transaction.atomic():
        admit(*counters)


def admit(*counters: Counter) -> None:
    """Count one attempt for each, as part of a transaction: they count if it ends well.

    Raises `TooManyAttempts`, and then it must not. One statement counts them all, so
    that many tries at the same moment cannot pass together.
    """
    for limit, count, retry_after in _count(counters):
        if count > limit.count:
            raise TooManyAttempts(retry_after)


def was_lately(action: str, who: str, limit: Limit) -> bool:
    """Tell whether an attempt was counted within the last `limit.seconds`."""
    return Attempt.objects.filter(
        subject=_subject(action, who, limit), expires_at__gt=timezone.now()
    ).exists()


def give_back(action: str, who: str, limits: Sequence[Limit]) -> None:
    """Take back one counted attempt that turned out to be no failure.

    Counting first and giving back later holds against many tries at the same moment.
    """
    now = int(timezone.now().timestamp())
    for limit in limits:
        Attempt.objects.filter(
            subject=_subject(action, who, limit),
            window=now // limit.seconds,
            count__gt=0,
        ).update(count=F("count") - 1)


def visitor_network(request: HttpRequest) -> str:
    """Return what counts as one visitor: the IPv4 address, or the IPv6 /64 network."""
    text = visitor_address(request, settings.TRUSTED_PROXIES)
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return text


def _count(counters: Sequence[Counter]) -> list[tuple[Limit, int, int]]:
    """Count one attempt for each limit; return each with its count and what is left.

    What is left of its window is in seconds.
    """
    now = timezone.now()
    second = int(now.timestamp())
    rows = {
        (_subject(action, who, limit), second // limit.seconds): limit
        for action, who, limits in counters
        for limit in limits
    }
    values: list[Any] = []
    for (subject, window), limit in rows.items():
        expires_at = now + timedelta(seconds=limit.seconds)
        adapted = connection.ops.adapt_datetimefield_value(expires_at)
        values += [subject, window, adapted]
    places = ", ".join(["(%s, %s, 1, %s)"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(places=places), values)
        counts = {(subject, window): count for subject, window, count in cursor}
    return [
        (limit, counts[row], limit.seconds - second % limit.seconds)
        for row, limit in rows.items()
    ]


def _subject(action: str, who: str, limit: Limit) -> str:
    return salted_hmac(
        f"limit:{action}:{limit.seconds}", who, algorithm="sha256"
    ).hexdigest()
