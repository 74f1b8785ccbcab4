"""What threads of a process do one at a time, each in its turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.db import OperationalError, connection

# As long as SQLite itself would wait for another process.
WRITE_SECONDS = 5
_room = Lock()
_writing = Lock()


@contextmanager
def one_at_a_time(seconds: float = -1) -> Iterator[None]:
    """Do what takes much memory for a moment; raises `TimeoutError`.

    Waits for its turn, if need be for ever.
    """
    if not _room.acquire(timeout=seconds):
        raise TimeoutError
    try:
        yield
    finally:
        try:
            # A connection keeps room for the largest thing that it ever carried.
            if not connection.in_atomic_block:
                connection.close()
        finally:
            _room.release()


@contextmanager
def to_write() -> Iterator[None]:
    """Write to the database; raises `OperationalError` where others take too long.

    SQLite has one writer at a time and no queue: who finds it taken sleeps and asks
    again, and may be overtaken for ever. A transaction that has begun is the writer.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    if not _writing.acquire(timeout=WRITE_SECONDS):
        raise OperationalError("database is locked")
    try:
        yield
    finally:
        _writing.release()
