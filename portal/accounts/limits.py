"""Limits on what can be tried: keys, sign-ins, votes, posts, new requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from portal.accounts.models import Attempt


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
    """Count one attempt, and forget windows that are over."""
    now = timezone.now()
    for limit in limits:
        with transaction.atomic():
            attempt, _ = Attempt.objects.get_or_create(
                subject=_subject(action, who, limit),
                window=int(now.timestamp()) // limit.seconds,
                defaults={"expires_at": now + timedelta(seconds=limit.seconds)},
            )
            Attempt.objects.filter(pk=attempt.pk).update(count=F("count") + 1)
    Attempt.objects.filter(expires_at__lt=now).delete()


def spend(action: str, who: str, limits: Sequence[Limit]) -> None:
    """Check the limits and count this attempt; raises `TooManyAttempts`."""
    check(action, who, limits)
    record(action, who, limits)


def _subject(action: str, who: str, limit: Limit) -> str:
    return salted_hmac(
        f"limit:{action}:{limit.seconds}", who, algorithm="sha256"
    ).hexdigest()
