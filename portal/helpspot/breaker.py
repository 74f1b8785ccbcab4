"""The door to one help desk: few at a time, and closed while it is down.

Reads and writes have a breaker each. Some lost calls in short order open it: from then
on calls fail at once, so that pages turn to their copies and what customers send is
queued. Every few seconds exactly one call tries again; a good answer closes it. Where
nothing but hanging is heard of the help desk, both open: who does not answer reads
would keep writes waiting, too. What somebody waits for tries nothing of the kind
before anything else was answered.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from portal.helpspot.connection import Limits
from portal.helpspot.errors import (
    HelpSpotError,
    Throttled,
    Unavailable,
    Uncertain,
)
from portal.helpspot.metrics import KINDS, Kind, count_refused, show_breaker

# Longer than any call takes, large uploads and dripping downloads included.
GIVEN_UP_SECONDS = 900.0


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
        self._seats = threading.BoundedSemaphore(limits.waiting_at_once)
        self._last_taken_at = 0.0
        self._breakers = {kind: Breaker(kind, limits) for kind in KINDS}
        self._hung = Losses(limits)
        self._answered_at = 0.0

    @contextmanager
    def passing(self, kind: Kind, *, is_waited_for: bool = False) -> Iterator[None]:
        """Take a place for one call and learn how it went; raises `Closed`.

        One that `is_waited_for` may be the one that tries again only where something
        was answered since.
        """
        breaker = self._breakers[kind]
        is_hopeful = self._answered_at > breaker.opened_at
        try:
            is_probe = breaker.enter(may_try=is_hopeful or not is_waited_for)
            self._take_place(breaker, is_probe=is_probe)
        except Closed:
            count_refused(kind)
            raise
        start = time.monotonic()
        try:
            yield
        except HelpSpotError as exc:
            if _is_loss(exc):
                breaker.note_loss(is_probe=is_probe)
                self._note_hanging(time.monotonic() - start)
            else:
                self._note_answer(breaker)
            raise
        except BaseException:
            # An error of our own says nothing about the help desk.
            breaker.leave(is_probe=is_probe)
            raise
        else:
            self._note_answer(breaker)
        finally:
            self._places.release()

    def _take_place(self, breaker: Breaker, *, is_probe: bool) -> None:
        # Most threads are for pages that need no call: a few wait, the others only
        # while one place after the other becomes free.
        has_seat = self._seats.acquire(blocking=False)
        try:
            is_taken = self._comes_free(is_patient=has_seat)
        finally:
            if has_seat:
                self._seats.release()
        if not is_taken:
            breaker.leave(is_probe=is_probe)
            raise Closed
        self._last_taken_at = time.monotonic()

    def _comes_free(self, *, is_patient: bool) -> bool:
        limits = self._limits
        pause = limits.place_wait if is_patient else limits.place_pause
        ends_at = time.monotonic() + limits.place_wait
        while True:
            # Behind calls that have all lasted for longer than that nobody waits.
            wait = min(ends_at, self._last_taken_at + pause) - time.monotonic()
            if self._places.acquire(timeout=max(0.0, wait)):
                return True
            if wait <= 0:
                return False

    def _note_hanging(self, seconds: float) -> None:
        if seconds >= self._limits.hung_after and self._hung.are_many_with_one_more():
            for breaker in self._breakers.values():
                breaker.open()

    def _note_answer(self, breaker: Breaker) -> None:
        self._hung.forget()
        self._answered_at = time.monotonic()
        breaker.note_answer()


def _is_loss(error: HelpSpotError) -> bool:
    # HelpSpot's own refusals are answers.
    is_away = isinstance(error, Unavailable | Uncertain)
    return is_away and not isinstance(error, Throttled)


class Losses:
    """The latest lost calls without an answer between them; threads share it."""

    def __init__(self, limits: Limits) -> None:
        self._within = limits.lost_within
        self._times: deque[float] = deque(maxlen=limits.lost_calls)
        self._lock = threading.Lock()

    def are_many_with_one_more(self) -> bool:
        """Note another one and tell whether they are as many as open a breaker."""
        now = time.monotonic()
        with self._lock:
            self._times.append(now)
            is_full = len(self._times) == self._times.maxlen
            return is_full and now - self._times[0] <= self._within

    def forget(self) -> None:
        """Begin anew, with no loss."""
        with self._lock:
            self._times.clear()


class Breaker:
    """Lets one kind of call pass, or none of them, or one; threads share it."""

    def __init__(self, kind: Kind, limits: Limits) -> None:
        self._kind = kind
        self._pause = limits.probe_pause
        self._losses = Losses(limits)
        self._lock = threading.Lock()
        self._state = State.CLOSED
        self._next_probe = 0.0
        self.opened_at = 0.0
        show_breaker(kind, State.CLOSED)

    def enter(self, *, may_try: bool) -> bool:
        """Begin a call and tell whether it is the one that tries; raises `Closed`."""
        now = time.monotonic()
        with self._lock:
            if self._state is State.CLOSED:
                return False
            if not may_try or now < self._next_probe:
                raise Closed
            # A probe whose thread never came back is given up in the end.
            self._turn(State.HALF_OPEN, next_probe=now + GIVEN_UP_SECONDS)
            return True

    def leave(self, *, is_probe: bool) -> None:
        """End a call that told nothing, or was not made after all."""
        with self._lock:
            if is_probe and self._state is State.HALF_OPEN:
                self._turn(State.OPEN, next_probe=0)

    def note_answer(self) -> None:
        """Learn that the help desk answered."""
        self._losses.forget()
        with self._lock:
            if self._state is not State.CLOSED:
                self._turn(State.CLOSED, next_probe=0)

    def note_loss(self, *, is_probe: bool) -> None:
        """Learn that a call was lost."""
        if self._losses.are_many_with_one_more() or is_probe:
            self.open(is_probe=is_probe)

    def open(self, *, is_probe: bool = False) -> None:
        """Let no call pass for a while; the loss of a probe begins another while."""
        with self._lock:
            if self._state is (State.HALF_OPEN if is_probe else State.CLOSED):
                self.opened_at = time.monotonic()
                self._turn(State.OPEN, next_probe=self.opened_at + self._pause)

    def _turn(self, state: State, *, next_probe: float) -> None:
        self._state = state
        self._next_probe = next_probe
        show_breaker(self._kind, state)
