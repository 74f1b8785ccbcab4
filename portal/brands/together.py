"""What a page is made from: out of copies at hand, else asked for side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, cast

from portal.brands.memory import NotAtHand, at_hand, is_only_looking
from portal.helpspot import HelpSpot, side_by_side

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")


def together(helpspot: HelpSpot, reads: Sequence[Callable[[], T]]) -> Iterator[T]:
    """Yield what the reads return, in their order; raise the first one's error.

    As long as copies are at hand nobody is asked and no other thread wakes up. From
    the first read on that must ask, all of them ask at the same moment: a read that
    goes through no memory stands last.
    """
    waiting = deque(reads)
    while waiting:
        try:
            answer = at_hand(waiting[0])
        except NotAtHand:
            if is_only_looking():
                raise
            break
        waiting.popleft()
        yield answer
    yield from side_by_side(helpspot.connection, waiting)


def both(
    helpspot: HelpSpot, first: Callable[[], A], second: Callable[[], B]
) -> tuple[A, B]:
    """Return what two reads return, read `together`."""
    reads: list[Callable[[], object]] = [first, second]
    return cast("tuple[A, B]", tuple(together(helpspot, reads)))


def beside(
    helpspot: HelpSpot, ask: Callable[[], A], recall: Callable[[], B]
) -> tuple[A, B]:
    """Return what must be asked for in any case, and what may be at hand.

    Where it is not, it is asked for beside. Where the first fails nobody waits for the
    second: many may be waiting for that already.
    """
    try:
        recalled = at_hand(recall)
    except NotAtHand:
        if is_only_looking():
            raise
        reads: list[Callable[[], object]] = [ask, recall]
        return cast("tuple[A, B]", tuple(side_by_side(helpspot.connection, reads)))
    return ask(), recalled
