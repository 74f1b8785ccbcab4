"""When the portal is closed for work on it, and what is said before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

ANNOUNCED_BEFORE = timedelta(days=7)
LEAST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned work: aware times."""

    begins_at: datetime
    ends_at: datetime

    @property
    def is_on(self) -> bool:
        """Tell whether it is going on."""
        return self.begins_at <= timezone.now() < self.ends_at

    @property
    def seconds_left(self) -> int:
        """Return how long until its end, at least a minute."""
        left = (self.ends_at - timezone.now()).total_seconds()
        return max(LEAST_SECONDS, int(left))


def planned_maintenance() -> Maintenance | None:
    """Return what is planned within a week or going on, None where nothing is."""
    begins_at, ends_at = settings.MAINTENANCE
    if begins_at is None or ends_at is None:
        return None
    now = timezone.now()
    is_near = begins_at - ANNOUNCED_BEFORE <= now < ends_at
    return Maintenance(begins_at, ends_at) if is_near else None
