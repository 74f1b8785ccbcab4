"""Lets one thread of a process at a time do what many want at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager


class Flights:
    """Turns by key; threads share it."""

    def __init__(self) -> None:
        self._turns: dict[Hashable, tuple[threading.Lock, int]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def alone(self, key: Hashable, wait_seconds: float) -> Iterator[bool]:
        """Yield whether it is this thread's turn within the wait."""
        with self._lock:
            turn, users = self._turns.get(key, (threading.Lock(), 0))
            self._turns[key] = (turn, users + 1)
        is_ours = turn.acquire(timeout=wait_seconds)
        try:
            yield is_ours
        finally:
            if is_ours:
                turn.release()
            with self._lock:
                turn, users = self._turns.pop(key)
                if users > 1:
                    self._turns[key] = (turn, users - 1)
