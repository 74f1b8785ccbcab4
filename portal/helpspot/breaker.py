"""The door to one help desk: few at a time, and closed while it is down.

Reads and writes have a breaker each. Some lost calls in short order open it: from then
on calls fail at once, so that pages turn to their copies and what customers send is
queued. Every few seconds exactly one call tries again; a good answer closes it. A call
that hung counts for both kinds: who does not answer one does not answer the other.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Literal

from prometheus_client import Counter, Gauge

from portal.helpspot.connection import Limits
from portal.helpspot.errors import Throttled, Unavailable, Uncertain

Kind = Literal["read", "write"]
KINDS: tuple[Kind, Kind] = ("read", "write")
STATES = Gauge(
    "portal_helpspot_breaker_state",
    "Whether calls to the help desk pass (0), one tries (1), or none does (2).",
    ["kind"],
    multiprocess_mode="max",
)
REFUSED = Counter(
    "portal_helpspot_calls_refused",
    "Calls that were not made because the breaker was open or too many were made.",
    ["kind"],
)


class Closed(Exception):
    """The call must not be made now; nothing was sent."""


class State(IntEnum):
    """What a breaker does with a call."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Door:
    """Let calls pass, or raise `Closed`, as the limits say; threads share it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places = threading.BoundedSemaphore(limits.calls_at_once)
        self._breakers = {kind: Breaker(kind, limits) for kind in KINDS}

    @contextmanager
    def passing(self, kind: Kind) -> Iterator[None]:
        """Take a place for one call and learn how it went; raises `Closed`."""
        breaker = self._breakers[kind]
        try:
            breaker.enter()
            self._take_place(breaker)
        except Closed:
            REFUSED.labels(kind).inc()
            raise
        start = time.monotonic()
        try:
            yield
        except Throttled:
            breaker.note_answer()
            raise
        except (Unavailable, Uncertain):
            self._note_loss(kind, time.monotonic() - start)
            raise
        except BaseException:
            # It said something else than what was wished for: it is there.
            self._note_answer(kind)
            raise
        else:
            self._note_answer(kind)
        finally:
            self._places.release()

    def _take_place(self, breaker: Breaker) -> None:
        if not self._places.acquire(timeout=self._limits.place_wait):
            breaker.leave()
            raise Closed

    def _note_loss(self, kind: Kind, seconds: float) -> None:
        hung = seconds >= self._limits.hung_after
        for one in KINDS if hung else (kind,):
            self._breakers[one].note_loss(is_own=one == kind)

    def _note_answer(self, kind: Kind) -> None:
        self._breakers[kind].note_answer()
        if kind == "read":
            self._breakers["write"].allow_probe()


class Breaker:
    """Counts losses of one kind of call; threads share it."""

    def __init__(self, kind: Kind, limits: Limits) -> None:
        self._kind = kind
        self._limits = limits
        self._lock = threading.Lock()
        self._losses: deque[float] = deque(maxlen=limits.lost_calls)
        self._state = State.CLOSED
        self._next_probe = 0.0

    def enter(self) -> None:
        """Begin a call; raises `Closed`."""
        now = time.monotonic()
        with self._lock:
            if self._state is State.CLOSED:
                return
            # A probe whose thread never came back is given up in the same time.
            if now < self._next_probe:
                raise Closed
            self._next_probe = now + self._probe_seconds
            self._turn(State.HALF_OPEN)

    def leave(self) -> None:
        """End a call that was not made after all."""
        with self._lock:
            if self._state is State.HALF_OPEN:
                self._turn(State.OPEN)
                self._next_probe = time.monotonic()

    def note_answer(self) -> None:
        """Learn that the help desk answered."""
        with self._lock:
            self._losses.clear()
            self._turn(State.CLOSED)

    def note_loss(self, *, is_own: bool) -> None:
        """Learn that a call was lost; `is_own` where it was of this kind."""
        now = time.monotonic()
        with self._lock:
            self._losses.append(now)
            was_probe = is_own and self._state is State.HALF_OPEN
            if was_probe or (self._state is State.CLOSED and self._has_many(now)):
                self._turn(State.OPEN)
                self._next_probe = now + self._limits.probe_pause

    def allow_probe(self) -> None:
        """Learn that the help desk answers another kind of call."""
        with self._lock:
            if self._state is State.OPEN:
                self._next_probe = 0.0

    @property
    def _probe_seconds(self) -> float:
        limits = self._limits
        return limits.write if self._kind == "write" else limits.read

    def _has_many(self, now: float) -> bool:
        is_full = len(self._losses) == self._losses.maxlen
        return is_full and now - self._losses[0] <= self._limits.lost_within

    def _turn(self, state: State) -> None:
        self._state = state
        STATES.labels(self._kind).set(state)
