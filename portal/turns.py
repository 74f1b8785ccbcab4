"""What takes much memory for a moment, done by one thread of a process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.db import connection

_turn = Lock()


@contextmanager
def one_at_a_time(seconds: float = -1) -> Iterator[None]:
    """Wait for one's turn, if need be for ever; raises `TimeoutError`."""
    if not _turn.acquire(timeout=seconds):
        raise TimeoutError
    try:
        yield
    finally:
        try:
            # A connection keeps room for the largest thing that it ever carried.
            if not connection.in_atomic_block:
                connection.close()
        finally:
            _turn.release()
