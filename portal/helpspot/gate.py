"""The door to one help desk: few at a time, and closed while it hangs.

A help desk that hangs would otherwise hold every thread of the portal for seconds.
Quick failures close nothing: they cost nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from portal.helpspot.connection import Limits


class Closed(Exception):
    """The call must not be made now; nothing was sent."""


class Gate:
    """Let calls pass, or raise `Closed`, as the limits say; threads share it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places = threading.BoundedSemaphore(limits.calls_at_once)
        self._lock = threading.Lock()
        self._hung: deque[float] = deque(maxlen=limits.hung_calls)
        self._next_probe: float | None = None

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Take a place for one call; raises `Closed`."""
        self._check()
        if not self._places.acquire(timeout=self._limits.place_wait):
            raise Closed
        try:
            yield
        finally:
            self._places.release()

    def note(self, *, seconds: float, was_lost: bool) -> None:
        """Learn how a call went."""
        now = time.monotonic()
        with self._lock:
            if not was_lost:
                self._hung.clear()
                self._next_probe = None
            elif seconds >= self._limits.hung_after:
                self._hung.append(now)
                if self._is_hanging(now):
                    self._next_probe = now + self._limits.probe_pause

    def _is_hanging(self, now: float) -> bool:
        is_full = len(self._hung) == self._hung.maxlen
        return is_full and now - self._hung[0] <= self._limits.hung_within

    def _check(self) -> None:
        with self._lock:
            now = time.monotonic()
            if self._next_probe is None:
                return
            if now < self._next_probe:
                raise Closed
            self._next_probe = now + self._limits.probe_pause
