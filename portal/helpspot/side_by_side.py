"""Calls that do not depend on each other, made at the same moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from threading import Semaphore
from typing import TypeVar

from portal.helpspot.connection import Connection
from portal.helpspot.embedded import SCHEME

T = TypeVar("T")
Waiting = deque[tuple[Callable[[], T], Future[T]]]
# Half of a help desk's places: who asks much leaves room for others.
AT_ONCE = 4
# What these reads set going in turn, all of it together, leaves some places as well.
AT_ONCE_WITHIN = 6
# How many more threads may help whoever began.
_spare: ContextVar[Semaphore] = ContextVar("spare")
_helpers = ThreadPoolExecutor(2 * AT_ONCE, thread_name_prefix="side-by-side")


def side_by_side(connection: Connection, reads: Sequence[Callable[[], T]]) -> list[T]:
    """Return what the reads return, in their order; raise the first one's error.

    The practice desk in this process works in the caller's thread, where its database
    connection is: its reads are done one after the other. The caller works as well: it
    waits for no helper that is busy elsewhere.
    """
    if connection.base_url.startswith(SCHEME) or len(reads) < 2:
        return [read() for read in reads]
    waiting = deque((read, Future[T]()) for read in reads)
    answers = [answer for _, answer in waiting]
    # The caller begins with the first: where that fails, it waits for no other.
    first = waiting.popleft()
    spare = _spare.get(None) or Semaphore(AT_ONCE_WITHIN - 1)
    token = _spare.set(spare)
    try:
        for _ in range(min(AT_ONCE, len(reads)) - 1):
            if spare.acquire(blocking=False):
                helper = _helpers.submit(copy_context().run, _work_off, waiting)
                helper.add_done_callback(lambda _helper: spare.release())
        _do(*first, waiting)
        _work_off(waiting)
    finally:
        _spare.reset(token)
    return [answer.result() for answer in answers]


def _work_off(waiting: Waiting[T]) -> None:
    """Do what waits, until nothing does or something failed."""
    while True:
        try:
            read, answer = waiting.popleft()
        except IndexError:
            return
        _do(read, answer, waiting)


def _do(read: Callable[[], T], answer: Future[T], waiting: Waiting[T]) -> None:
    try:
        answer.set_result(read())
    except BaseException as exc:  # the caller raises it
        # All before it have begun: it, or one of them, is the first error.
        waiting.clear()
        answer.set_exception(exc)
