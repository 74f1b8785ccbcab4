"""When a submission is tried again, looked for, and given up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from portal.outbox.models import Submission

LEASE = timedelta(seconds=60)
# The slowest upload worth waiting for; the transport's own deadline is stricter.
BYTES_PER_SECOND = 250_000

PAUSES = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800))
# Full-text and list views may lag: absence counts only at the last look, a quarter of
# an hour after sending. The pauses run from look to look, so that a clock set forward
# does not bring them all at once.
LOOKS = tuple(timedelta(seconds=s) for s in (10, 50, 540, 300))
_LONGER_THAN_ANY = timedelta(minutes=45)


def next_try(attempts: int) -> timedelta:
    """Return the pause after so many attempts: growing, and never all at once."""
    pause = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, hides nothing


def next_look(looks: int) -> timedelta:
    """Return the pause before the next look, after so many looks."""
    return LOOKS[min(looks, len(LOOKS) - 1)]


def sending_lease(byte_count: int) -> timedelta:
    """Return how long sending this much may take before it counts as lost."""
    return LEASE + timedelta(seconds=byte_count / BYTES_PER_SECOND)


def horizon() -> timedelta:
    """Return how long a submission is tried before an operator must decide."""
    return timedelta(hours=settings.OUTBOX_HORIZON_HOURS)


def is_due(moment: datetime) -> Q:
    """Return the condition for rows that need attention now.

    A time further ahead than any pause was written by a clock that has since been set
    back: such a row is due as well, rather than stuck for as long as the clock jumped.
    """
    return Q(due_at__lte=moment) | Q(due_at__gt=moment + _LONGER_THAN_ANY)


def is_overdue(submission: Submission, moment: datetime) -> bool:
    """Say whether it has been tried for as long as the horizon allows."""
    return moment >= submission.give_up_at
