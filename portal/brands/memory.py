"""What a brand's help desk said a moment ago, so that pages need not ask again.

A copy is fresh for a while; for some minutes more it is served at once while one thread
asks for a new one; while the help desk is away it stands in for a day. Each process has
its own copies and shares them with the others. However many readers want the same thing
at the same moment, one of them asks, and the others wait for that answer.

Only what is public goes through here: copies know brands, not visitors.
"""

from __future__ import annotations

import hashlib
import pickle
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import connections
from django.utils import timezone

from portal.brands import generations, shared
from portal.brands.brand import Brand
from portal.brands.flights import Flights
from portal.counts import Counter, Histogram
from portal.helpspot.errors import Disabled, HelpSpotError, NotFound, Unavailable

SCHEMA = 4  # raised where a kept type changes its shape
FRESH_SECONDS = 60
BEHIND_SECONDS = 10 * 60
KEEP_SECONDS = 24 * 60 * 60
NOT_FOUND_SECONDS = 10
FAILED_SECONDS = 2
WAIT_SECONDS = 10.0
# Whoever waited so long for another process that got nothing does not ask as well.
PATIENCE_SECONDS = 4.0
MOST_COPIES = 4000
# As the copies are packed; as objects they take two to three times as much.
MOST_BYTES = 1536 * 1024
# What visitors write themselves, and must find again at once.
FORUM_KINDS = frozenset({"forums", "latest-topics", "posts", "topic", "topics"})
LOOKUPS = Counter(
    "portal_memory_lookups",
    "Looks into the memory: fresh there (hit), old and refreshed behind (behind), "
    "asked for (miss), old copy of an absent help desk (stale).",
    ["kind", "outcome"],
)
AGES = Histogram(
    "portal_memory_age_seconds",
    "How old the copies were that pages were made from.",
    ["kind"],
    buckets=(1, 10, 60, 120, 300, 600, 3600, 6 * 3600, 24 * 3600),
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Remembered(Generic[T]):
    """What was read and when; `is_old` where the help desk cannot be asked again.

    What changed after `asked_at` may not be in it, though it was read later.
    """

    value: T
    asked_at: datetime
    read_at: datetime
    is_old: bool = False


def remembered(
    brand: Brand,
    name: str,
    read: Callable[[], T],
    *,
    keep_seconds: int = KEEP_SECONDS,
    is_seldom: bool = False,
) -> Remembered[T]:
    """Return what `read` returns, asking anew when the copy is no longer fresh.

    `name` is unique within the brand; its first part, before a colon, is its kind.
    Kinds have their own lifetimes in `settings.FRESH_SECONDS`. While the help desk is
    away the last good copy stands in for `keep_seconds`; without one the error goes
    through. `NotFound` is remembered for some seconds, too. What `is_seldom` asked for
    again lies packed meanwhile.
    """
    task = _Task(brand, name, read, keep_seconds, is_seldom=is_seldom)
    found = task.look()
    if found is None and is_only_looking():
        raise NotAtHand
    try:
        copy, outcome = found or task.ask()
    except HelpSpotError:
        _count(task.kind, "miss")
        raise
    _count(task.kind, outcome, age=max(0.0, task.age(copy)))
    return copy


def _count(kind: str, outcome: str, *, age: float | None = None) -> None:
    # The answer is there: a disk that takes no counts must not make a failure of it.
    with suppress(OSError):
        LOOKUPS.labels(kind, outcome).inc()
        if age is not None:
            AGES.labels(kind).observe(age)


class NotAtHand(Exception):
    """No copy of this process can be served: somebody would have to be asked."""


def at_hand(read: Callable[[], T]) -> T:
    """Return what `read` returns, letting it remember but not ask.

    Raises `NotAtHand` where it would ask. A read that goes through no memory is not
    kept from anything.
    """
    token = _is_only_looking.set(True)
    try:
        return read()
    finally:
        _is_only_looking.reset(token)


def is_only_looking() -> bool:
    """Tell whether what is read now must be `at_hand`."""
    return _is_only_looking.get()


def renewed(brand: Brand, name: str, read: Callable[[], T]) -> Remembered[T]:
    """Return what `read` returns now, and let everyone have it.

    While the help desk is away the last good copy stands in here as well.
    """
    if is_only_looking():
        raise NotAtHand
    copy, _outcome = _Task(brand, name, read).ask_now()
    return copy


def last_copy(brand: Brand, name: str) -> Remembered[Any] | None:
    """Return what was last read, up to a day ago, None where nothing is known."""
    task: _Task[Any] = _Task(brand, name, lambda: None)
    return task.any_copy()


def forget(brand: Brand, name: str) -> None:
    """Let the next reader ask the help desk again."""
    key = _key(brand, name)
    _near.drop(key)
    _failures.pop(key, None)
    shared.drop(key)


def forget_everything() -> None:
    """Forget what this process knows by itself."""
    _near.clear()
    _failures.clear()


Kept = Remembered[Any] | bytes


class _Near:
    """The copies of this process up to so many bytes, the least used ones going first.

    The one used last stays, however large it is: a page is being made from it.
    """

    def __init__(self) -> None:
        self._copies: OrderedDict[str, tuple[Kept, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._bytes = 0

    def find(self, key: str) -> Kept | None:
        with self._lock:
            if key not in self._copies:
                return None
            self._copies.move_to_end(key)
            return self._copies[key][0]

    def keep(self, key: str, copy: Kept, size: int) -> None:
        with self._lock:
            self._drop(key)
            self._copies[key] = copy, size
            self._bytes += size
            while len(self._copies) > 1 and self._is_full():
                self._drop(next(iter(self._copies)))

    def drop(self, key: str) -> None:
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        with self._lock:
            self._copies.clear()
            self._bytes = 0

    def _is_full(self) -> bool:
        return self._bytes > MOST_BYTES or len(self._copies) > MOST_COPIES

    def _drop(self, key: str) -> None:
        _copy, freed = self._copies.pop(key, (None, 0))
        self._bytes -= freed


_near = _Near()
_flights = Flights()
# The last try's failure until a try succeeds, when that was, and until when it is not
# tried again.
_failures: dict[str, tuple[HelpSpotError, datetime, float]] = {}
_is_only_looking = ContextVar("is_only_looking", default=False)
_behind = ThreadPoolExecutor(4, thread_name_prefix="refresh")
_being_refreshed: set[str] = set()


class _Task(Generic[T]):
    """One thing to know about a brand, and how to learn it."""

    def __init__(
        self,
        brand: Brand,
        name: str,
        read: Callable[[], T],
        keep_seconds: int = KEEP_SECONDS,
        *,
        is_seldom: bool = False,
    ) -> None:
        self.key = _key(brand, name)
        # Only the first part of a name: an id or what someone sought may follow.
        self.kind = name.partition(":")[0]
        self._brand = brand
        self._read = read
        self._keep_seconds = keep_seconds
        self._is_seldom = is_seldom
        self._fresh_seconds = settings.FRESH_SECONDS.get(self.kind, FRESH_SECONDS)

    def age(self, copy: Remembered[T]) -> float:
        """Return the copy's age in seconds; below 0 where a clock was set back."""
        return (timezone.now() - copy.read_at).total_seconds()

    def look(self) -> tuple[Remembered[T], str] | None:
        """Return this process's copy where it can be served at once."""
        copy = self._near_copy()
        if copy is None or self._is_outdated(copy.asked_at):
            return None
        if 0 <= self.age(copy) < self._fresh_seconds:
            return copy, "hit"
        if not settings.REFRESH_BEHIND or not self._is_for_behind(copy):
            return None
        return self._serve_behind(copy)

    def _is_for_behind(self, copy: Remembered[T]) -> bool:
        return 0 <= self.age(copy) < self._fresh_seconds + BEHIND_SECONDS

    def _serve_behind(self, copy: Remembered[T]) -> tuple[Remembered[T], str] | None:
        """Return the copy while it is refreshed, as old where the last try failed."""
        noted = _failures.get(self.key)
        failure = noted[0] if noted else None
        if failure and not isinstance(failure, Unavailable):
            return None
        if self._failure() is None:
            self._refresh_behind()
        return (replace(copy, is_old=True), "stale") if failure else (copy, "behind")

    def ask(self) -> tuple[Remembered[T], str]:
        """Ask; whoever asks already is waited for, unless a copy serves meanwhile.

        One that is too old to be refreshed behind says so.
        """
        spare = self._near_copy()
        if spare and self._is_outdated(spare.asked_at):
            spare = None
        with _flights.alone(self.key, 0 if spare else WAIT_SECONDS) as is_ours:
            if spare and not is_ours:
                if self._is_for_behind(spare):
                    return spare, "behind"
                return replace(spare, is_old=True), "stale"
            found = self._fresh_copy()
            if found:
                return found, "hit"
            failure = self._failure()
            if failure:
                return self._stand_in(failure), "stale"
            is_patient_until = time.monotonic() + PATIENCE_SECONDS
            with shared.alone(self.key, WAIT_SECONDS) as is_free:
                found = self._fresh_copy()
                if found:
                    return found, "hit"
                if is_free and time.monotonic() > is_patient_until:
                    failure = Unavailable(self.kind)
                    return self._give_up(failure, timezone.now()), "stale"
                return self.ask_now()

    def ask_now(self) -> tuple[Remembered[T], str]:
        """Ask, whoever else does; an old copy stands in for an absent help desk."""
        asked_at = timezone.now()
        try:
            value = self._read()
        except Unavailable as exc:
            return self._give_up(exc, asked_at), "stale"
        except (NotFound, Disabled) as exc:
            self._note_failure(exc, asked_at, NOT_FOUND_SECONDS)
            if isinstance(exc, NotFound):
                # What staff took away does not come back when the help desk is away.
                _near.drop(self.key)
                shared.drop(self.key)
            raise
        return self._note(value, asked_at), "miss"

    def _note(self, value: T, asked_at: datetime) -> Remembered[T]:
        """Keep what was just read, here and for the other processes."""
        copy = Remembered(value, asked_at, timezone.now())
        _failures.pop(self.key, None)
        packed = pickle.dumps(copy)
        self._keep_near(copy, packed)
        shared.keep(self.key, packed, self._keep_seconds)
        return copy

    def _give_up(self, failure: Unavailable, asked_at: datetime) -> Remembered[T]:
        self._note_failure(failure, asked_at, FAILED_SECONDS)
        return self._stand_in(failure)

    def _stand_in(self, failure: HelpSpotError) -> Remembered[T]:
        copy = self.any_copy()
        if copy is None or not isinstance(failure, Unavailable):
            raise type(failure)(*failure.args)
        return replace(copy, is_old=True)

    def _fresh_copy(self) -> Remembered[T] | None:
        copy = self.any_copy()
        if copy is None or self._is_outdated(copy.asked_at):
            return None
        return copy if 0 <= self.age(copy) < self._fresh_seconds else None

    def any_copy(self) -> Remembered[T] | None:
        """Return the newest copy of this process and of the others."""
        near = self._near_copy()
        if near and 0 <= self.age(near) < 1:
            return near
        packed = shared.recall(self.key)
        far = _unpacked(packed)
        if far is None:
            return near
        if near is None or far.read_at > near.read_at:
            _failures.pop(self.key, None)
            self._keep_near(far, packed)
            return far
        return near

    def _keep_near(self, copy: Remembered[T], packed: bytes) -> None:
        # As objects, many different copies would take most of a worker's memory.
        _near.keep(self.key, packed if self._is_seldom else copy, len(packed))

    def _near_copy(self) -> Remembered[T] | None:
        kept = _near.find(self.key)
        copy = _unpacked(kept) if isinstance(kept, bytes) else kept
        if copy is None or self.age(copy) > self._keep_seconds:
            return None
        return copy

    def _is_outdated(self, asked_at: datetime) -> bool:
        is_forums = self.kind in FORUM_KINDS
        changed_at = generations.changed_at(self._brand, is_forums=is_forums)
        return asked_at.timestamp() <= changed_at

    def _refresh_behind(self) -> None:
        if self.key in _being_refreshed:
            return
        _being_refreshed.add(self.key)
        _behind.submit(self._refresh)

    def _refresh(self) -> None:
        try:
            self.ask()
        except HelpSpotError:
            pass  # noted: the next reader gets the copy as an old one
        finally:
            _being_refreshed.discard(self.key)
            connections.close_all()

    def _note_failure(
        self, failure: HelpSpotError, asked_at: datetime, seconds: float
    ) -> None:
        if not settings.REMEMBER_FAILURES:
            return
        if len(_failures) >= MOST_COPIES:
            _failures.clear()
        _failures[self.key] = failure, asked_at, time.monotonic() + seconds

    def _failure(self) -> HelpSpotError | None:
        """Return why it was not to be had a moment ago, None when it may be tried."""
        noted = _failures.get(self.key)
        if noted is None:
            return None
        failure, asked_at, ends_at = noted
        is_over = time.monotonic() >= ends_at or self._is_outdated(asked_at)
        return None if is_over else failure


def _unpacked(packed: object) -> Remembered[Any] | None:
    """Return the copy, None where nothing, or nonsense, was kept."""
    if not isinstance(packed, bytes):
        return None
    try:
        copy = pickle.loads(packed)  # noqa: S301 - only our processes write there
    except Exception:  # nonsense fails in every way there is
        return None
    return copy if isinstance(copy, Remembered) else None


def _key(brand: Brand, name: str) -> str:
    # Names hold what people sought, and what a help desk calls things: neither is
    # fit for a cache server's keys.
    of = f"{brand.connection.base_url}\n{name}"
    digest = hashlib.sha256(of.encode()).hexdigest()[:32]
    return f"portal:{SCHEMA}:{brand.id}:{digest}"
