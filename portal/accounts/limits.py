"""Limits on what can be tried: keys, sign-ins, votes, posts, new requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import transaction
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


class TooManyAttempts(Exception):
    """A limit is reached; try again after `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


def check(action: str, who: str, limits: Sequence[Limit]) -> None:
    """Raise `TooManyAttempts` where one of the limits is already reached."""
    now = int(timezone.now().timestamp())
    for limit in limits:
        count = (
            Attempt.objects.filter(
                subject=_subject(action, who, limit), window=now // limit.seconds
            )
            .values_list("count", flat=True)
            .first()
        )
        if count is not None and count >= limit.count:
            raise TooManyAttempts(limit.seconds - now % limit.seconds)


def record(action: str, who: str, limits: Sequence[Limit]) -> None:
    """Count one attempt in one transaction; a new window clears those now over."""
    now = timezone.now()
    with transaction.atomic():
        for limit in limits:
            attempt, is_new = Attempt.objects.get_or_create(
                subject=_subject(action, who, limit),
                window=int(now.timestamp()) // limit.seconds,
                defaults={"expires_at": now + timedelta(seconds=limit.seconds)},
            )
            Attempt.objects.filter(pk=attempt.pk).update(count=F("count") + 1)
            if is_new:
                Attempt.objects.filter(expires_at__lt=now).delete()


def spend(action: str, who: str, limits: Sequence[Limit]) -> None:
    """Check the limits and count this attempt; raises `TooManyAttempts`."""
    check(action, who, limits)
    record(action, who, limits)


def is_reached(action: str, who: str, limits: Sequence[Limit]) -> bool:
    """Tell whether one of the limits is reached."""
    try:
        check(action, who, limits)
    except TooManyAttempts:
        return True
    return False


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


def _subject(action: str, who: str, limit: Limit) -> str:
    return salted_hmac(
        f"limit:{action}:{limit.seconds}", who, algorithm="sha256"
    ).hexdigest()
