"""The memory that all processes share, as one that may be away at any moment.

A cache server that is stopped, hangs or holds nonsense, a full disk: each counts as
"not known", and nobody waits for it again for a while.
"""

from __future__ import annotations

import fcntl
import logging
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pickle import UnpicklingError
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache

logger = logging.getLogger(__name__)

LEFT_ALONE_SECONDS = 5.0
LOCK_SECONDS = 15
LOOK_EVERY_SECONDS = 0.05
LOCK_FILES = 4096
T = TypeVar("T")
# What unpacking raises where something else than what was kept stands there.
_NONSENSE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    TypeError,
    UnpicklingError,
    ValueError,
    zlib.error,
)
_back_at = 0.0


def recall(key: str) -> Any:
    """Return what any process kept under the key, None where nothing is known."""
    return _try(lambda: _sound(key), None)


def keep(key: str, value: object, seconds: float) -> None:
    """Let all processes know the value; whoever cannot be told asks for itself."""
    _try(lambda: cache.set(key, value, int(seconds)), None)


def drop(key: str) -> None:
    """Forget the value, for all processes."""
    _try(lambda: cache.delete(key), None)


@contextmanager
def alone(key: str, wait_seconds: float) -> Iterator[bool]:
    """Enter once no other process is inside for this key, or after the wait.

    Yields False after a wait in vain.

    One that dies inside is no hindrance: the system frees its file, the cache server
    forgets its mark.
    """
    ends_at = time.monotonic() + wait_seconds
    is_files = settings.CACHES["default"]["BACKEND"].endswith("FileBasedCache")
    lock = _file_lock if is_files else _mark
    with lock(key, ends_at) as is_ours:
        yield is_ours


@contextmanager
def _file_lock(key: str, ends_at: float) -> Iterator[bool]:
    folder = settings.DATA_DIR / "locks"
    try:
        folder.mkdir(exist_ok=True)
        file = (folder / str(zlib.crc32(key.encode()) % LOCK_FILES)).open("ab")
    except OSError:
        yield True
        return
    is_ours = False
    with file:
        while not is_ours and time.monotonic() < ends_at:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(LOOK_EVERY_SECONDS)
            else:
                is_ours = True
        yield is_ours


@contextmanager
def _mark(key: str, ends_at: float) -> Iterator[bool]:
    mark = f"{key}:asked"
    is_ours = _try(lambda: cache.add(mark, 1, LOCK_SECONDS), default=True)
    while not is_ours and time.monotonic() < ends_at:
        time.sleep(LOOK_EVERY_SECONDS)
        is_ours = _try(lambda: cache.add(mark, 1, LOCK_SECONDS), default=True)
    try:
        yield is_ours
    finally:
        if is_ours:
            drop(mark)


def _sound(key: str) -> Any:
    try:
        return cache.get(key)
    except _NONSENSE:
        # Left there, it would look like a memory that is away to all who want it.
        cache.delete(key)
        return None


def _try(act: Callable[[], T], default: T) -> T:
    global _back_at
    if time.monotonic() < _back_at:
        return default
    try:
        return act()
    except Exception as exc:
        # Whatever goes wrong there, and every server and every pickle has its own ways,
        # pages are served without.
        _back_at = time.monotonic() + LEFT_ALONE_SECONDS
        logger.warning("The shared memory failed: %s", type(exc).__name__)
        return default
