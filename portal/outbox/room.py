"""Keeps the outbox under its caps: a flood must not fill the disk for everyone.

Both caps are looked at without a lock, so that requests at the same moment may pass one
by a few.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from portal.outbox.models import StagedFile, Submission

State = Submission.State

# What takes room until somebody settles it; the rest is a line of history each.
UNSETTLED = (
    State.RECEIVED,
    State.CONNECTING,
    State.SENDING,
    State.UNKNOWN,
    State.HELD,
)
# Asked for each submission: the ORM takes ten times as long.
_ONE_TOO_MANY = (
    "SELECT 1 FROM outbox_submission "
    "WHERE state IN (%s, %s, %s, %s, %s) LIMIT 1 OFFSET %s"
)


def has_room() -> bool:
    """Say whether what waits, the newest included, is within OUTBOX_MAX_WAITING.

    Costs as much as there are rows waiting, which is next to nothing on a good day.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ONE_TOO_MANY, [*UNSETTLED, settings.OUTBOX_MAX_WAITING])
        return cursor.fetchone() is None


def has_room_for(byte_count: int) -> bool:
    """Say whether so many bytes more fit within OUTBOX_MAX_FILE_BYTES."""
    return file_bytes() + byte_count <= settings.OUTBOX_MAX_FILE_BYTES


def file_bytes() -> int:
    """Return how many bytes of customers' files are kept, as they were sent."""
    kept: int | None = StagedFile.objects.aggregate(total=Sum("size"))["total"]
    return kept or 0
