"""Times before now, written as ages, so that the demo never looks old."""

from __future__ import annotations

import random
import re
from datetime import datetime, time, timedelta

_AGE = re.compile(r"(?:(\d+)m|(\d+)h|(\d+)d (\d\d):(\d\d))")


class Calendar:
    """Turns ages into times: "5m" and "3h" ago, "12d 09:40" on that day's clock.

    Below a day write minutes or hours, from two days on a clock time: then the order
    of times does not depend on the hour at which the demo is loaded.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now

    def at(self, age: str) -> datetime:
        """Return the time of an age; raises `ValueError` for anything else."""
        match = _AGE.fullmatch(age)
        if not match:
            raise ValueError(f"not an age: {age!r}")
        minutes, hours, days, hour, minute = (int(part or 0) for part in match.groups())
        if match[3] is None:
            return self._now - timedelta(minutes=minutes, hours=hours)
        day = (self._now - timedelta(days=days)).date()
        return datetime.combine(day, time(hour, minute), self._now.tzinfo)


def spread(
    start: datetime, end: datetime, count: int, chance: random.Random
) -> list[datetime]:
    """Return `count` rising times, the first at `start` and the last at `end`.

    Those between are closer together at first, as answers to a new topic are.
    """
    if count == 1:
        return [start]
    between = sorted(chance.random() ** 2 for _ in range(count - 2))
    return [start, *(start + (end - start) * part for part in between), end]
