"""Forgets what has served its time, and counts what has not."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils.module_loading import import_string

from portal.outbox.clock import now
from portal.outbox.models import StagedFile, Submission
from portal.outbox.room import UNSETTLED, file_bytes
from portal.turns import to_write

logger = logging.getLogger(__name__)

Kind = Submission.Kind
State = Submission.State

KEYS_KEPT_FOR = timedelta(days=30)
VOTES_KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How many submissions are in each state, and the age of the oldest in seconds.

    `unknown_seconds` is for how long the first of the unknown ones has been so, 0 where
    none is; `file_bytes` is how much the files take.
    """

    counts: Mapping[str, int]
    oldest_seconds: Mapping[str, float]
    unknown_seconds: float
    file_bytes: int

    @property
    def is_full(self) -> bool:
        """Tell whether the outbox reached a cap, and turns something away."""
        waiting = sum(self.counts.get(state, 0) for state in UNSETTLED)
        return (
            waiting >= settings.OUTBOX_MAX_WAITING
            or self.file_bytes >= settings.OUTBOX_MAX_FILE_BYTES
        )


def health() -> Health:
    """Count the submissions by state; states without any are left out."""
    moment = now()
    rows = list(
        Submission.objects.values("state").annotate(
            count=Count("pk"), oldest=Min("created_at")
        )
    )
    counts = {row["state"]: row["count"] for row in rows}
    return Health(
        counts=counts,
        oldest_seconds={row["state"]: _seconds(row["oldest"], moment) for row in rows},
        unknown_seconds=_unknown_seconds(moment) if State.UNKNOWN in counts else 0.0,
        file_bytes=file_bytes(),
    )


def _unknown_seconds(moment: datetime) -> float:
    unknown = Submission.objects.filter(state=State.UNKNOWN)
    first = unknown.aggregate(first=Min("unknown_since"))["first"]
    return _seconds(first or moment, moment)


def _seconds(since: datetime, moment: datetime) -> float:
    return max(0.0, (moment - since).total_seconds())


def keep_house() -> None:
    """Let every room forget what has served its time; none waits for another."""
    for name in settings.HOUSEKEEPING:
        try:
            import_string(name)()
        except DatabaseError as exc:
            logger.error("%s met %s", name, type(exc).__name__)  # noqa: TRY400 - the next hour tries again


def purge() -> None:
    """Forget old access keys, old votes and refusals, and files nobody sent."""
    moment = now()
    StagedFile.objects.filter(submission=None, expires_at__lte=moment).delete()
    long_settled = Submission.objects.filter(settled_at__lte=moment - KEYS_KEPT_FOR)
    _forget_refusals(long_settled.filter(state=State.REFUSED))
    long_settled.filter(~Q(sealed_access_key=b"")).update(sealed_access_key=b"")
    Submission.objects.filter(
        kind=Kind.VOTE, settled_at__lte=moment - VOTES_KEPT_FOR
    ).delete()


def _forget_refusals(refused: QuerySet[Submission]) -> None:
    """Delete what was refused; what somebody corrects at this moment stays."""
    with to_write(), transaction.atomic():
        # Django looks for rows first and deletes by their keys alone.
        if refused.select_for_update().values_list("pk"):
            refused.delete()
