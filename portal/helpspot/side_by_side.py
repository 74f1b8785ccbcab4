"""Calls that do not depend on each other, made at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from portal.helpspot.connection import Connection
from portal.helpspot.embedded import SCHEME

T = TypeVar("T")
# A help desk's limit is smaller still; more threads would only wait at its door.
_helpers = ThreadPoolExecutor(8, thread_name_prefix="side-by-side")


def side_by_side(connection: Connection, reads: Sequence[Callable[[], T]]) -> list[T]:
    """Return what the reads return, in their order; raise the first one's error.

    The practice desk in this process works in the caller's thread, where its database
    connection is: its reads are done one after the other.
    """
    if connection.base_url.startswith(SCHEME) or len(reads) < 2:
        return [read() for read in reads]
    first, *others = reads
    waiting = [_helpers.submit(copy_context().run, read) for read in others]
    return [first(), *(one.result() for one in waiting)]
