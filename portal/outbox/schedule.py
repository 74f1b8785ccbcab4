"""When a submission is tried again, looked for, and given up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from portal.outbox.models import Submission

State = Submission.State

LEASE = timedelta(seconds=60)
# A call's longest time, and the slowest upload worth waiting for. The transport's own
# deadline is stricter: this leaves time for opening the files before.
CALL = timedelta(seconds=45)
BYTES_PER_SECOND = 250_000

PAUSES = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800))
# Full-text and list views may lag: absence counts only at the last look, a quarter of
# an hour after sending. The pauses run from look to look, so that a clock set forward
# does not bring them all at once.
LOOKS = tuple(timedelta(seconds=s) for s in (10, 50, 540, 300))
JITTER = 0.2
# A clock that is corrected by less is no reason to take a lease from its owner.
CORRECTION = timedelta(seconds=20)


def next_try(attempts: int) -> timedelta:
    """Return the pause after so many attempts: growing, and never all at once."""
    pause = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, hides nothing


def next_look(looks: int) -> timedelta:
    """Return the pause before the next look, after so many looks."""
    return LOOKS[min(looks, len(LOOKS) - 1)]


def longest_call(byte_count: int) -> timedelta:
    """Return how long sending files of this size may take at most."""
    return CALL + timedelta(seconds=byte_count / BYTES_PER_SECOND)


def horizon() -> timedelta:
    """Return how long a submission is tried before an operator must decide."""
    return timedelta(hours=settings.OUTBOX_HORIZON_HOURS)


def is_due(moment: datetime) -> Q:
    """Return the condition for rows that need attention now."""
    return Q(due_at__lte=moment)


def is_stranded(moment: datetime) -> Q:
    """Return the condition for rows whose time a clock wrote that was set back since.

    It is further ahead than their pause or lease can be: they need attention now,
    rather than being stuck for as long as the clock jumped.
    """
    stranded = Q()
    for rows, longest in _longest_waits():
        stranded |= rows & Q(due_at__gt=moment + longest + CORRECTION)
    return stranded


def _longest_waits() -> Iterator[tuple[Q, timedelta]]:
    """Yield how far ahead a row's time may be, by its state and its tries."""
    yield Q(state__in=[State.CONNECTING, State.SENDING]), LEASE
    for tries, pause in enumerate(PAUSES, 1):
        longest = pause * (1 + JITTER)
        is_last = tries == len(PAUSES)
        tried = Q() if is_last else Q(attempts__lte=tries)
        looked = Q() if is_last else Q(looks__lt=tries)
        yield Q(state=State.RECEIVED) & tried, longest
        # Whoever looks has it in hand for a lease.
        yield Q(state=State.UNKNOWN) & looked, max(longest, next_look(tries - 1), LEASE)


def is_overdue(submission: Submission, moment: datetime) -> bool:
    """Say whether it has been tried for as long as the horizon allows."""
    return moment >= submission.give_up_at
