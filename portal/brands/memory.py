"""What a brand's help desk said a moment ago, so that pages need not ask again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from django.core.cache import cache
from django.utils import timezone
from prometheus_client import Counter

from portal.brands.brand import Brand
from portal.helpspot.errors import Unavailable

FRESH_FOR = timedelta(seconds=60)
KEEP_SECONDS = 24 * 60 * 60
LOOKUPS = Counter(
    "portal_memory_lookups",
    "Looks into the memory: fresh there (hit), asked for (miss), old copy (stale).",
    ["kind", "outcome"],
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Remembered(Generic[T]):
    """What was read and when; `is_old` where the help desk cannot be asked again."""

    value: T
    read_at: datetime
    is_old: bool = False


def remembered(
    brand: Brand,
    name: str,
    read: Callable[[], T],
    *,
    keep_seconds: int = KEEP_SECONDS,
) -> Remembered[T]:
    """Return what `read` returns, reading it at most once a minute for each brand.

    While the help desk is away the last good copy stands in for `keep_seconds`; without
    one the error goes through. `name` is unique within the brand.
    """
    key = _key(brand, name)
    known: Remembered[T] | None = cache.get(key)
    # Only the first part of a name: what follows may be an id or what someone sought.
    kind = name.partition(":")[0]
    if known and timezone.now() - known.read_at < FRESH_FOR:
        LOOKUPS.labels(kind, "hit").inc()
        return known
    outcome = "miss"
    try:
        fresh = Remembered(read(), timezone.now())
    except Unavailable:
        if known is None:
            raise
        outcome = "stale"
        return replace(known, is_old=True)
    finally:
        LOOKUPS.labels(kind, outcome).inc()
    cache.set(key, fresh, keep_seconds)
    return fresh


def forget(brand: Brand, name: str) -> None:
    """Let the next reader ask the help desk again."""
    cache.delete(_key(brand, name))


def _key(brand: Brand, name: str) -> str:
    return f"{brand.id}:{name}"
