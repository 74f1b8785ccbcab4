"""What threads of a process do one at a time, each in its turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock

from django.db import OperationalError, connection

# As long as SQLite itself would wait for another process.
WRITE_SECONDS = 5
# Not worth telling SQLite.
SHORT_SECONDS = 0.1
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

    Threads before it and other processes have no more than `WRITE_SECONDS` together.
    SQLite has one writer at a time and no queue: who finds it taken sleeps and asks
    again, and may be overtaken for ever. A transaction that has begun is the writer.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    began_at = time.monotonic()
    if not _writing.acquire(timeout=WRITE_SECONDS):
        raise OperationalError("database is locked")
    try:
        waited = time.monotonic() - began_at
        with _waiting_less(waited) if waited > SHORT_SECONDS else nullcontext():
            yield
    finally:
        _writing.release()


@contextmanager
def _waiting_less(waited: float) -> Iterator[None]:
    """Have SQLite wait for another process for what is left of the time."""
    _have_sqlite_wait(max(0, WRITE_SECONDS - waited))
    try:
        yield
    finally:
        if connection.connection:
            _have_sqlite_wait(WRITE_SECONDS)


def _have_sqlite_wait(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
