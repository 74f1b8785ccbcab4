"""Reads that do not depend on each other share the time that they take."""

import threading
import time
from contextvars import ContextVar
from functools import partial

import pytest

from portal.helpspot import Connection, HelpSpot, side_by_side
from portal.helpspot.connection import Limits
from portal.helpspot.errors import NotFound, Unavailable
from tests.helpspot.conftest import sample
from tests.helpspot.double import Double, answer

BOOKS = answer(sample("kb.list"))
SOCKET = Connection(base_url="http://127.0.0.1:1")
EMBEDDED = Connection(base_url="embedded:")
visitor = ContextVar("visitor")


class Desk(Double):
    """Answers once so many ask at the same moment, and knows how many did at most."""

    def __init__(self, together):
        self._have_met = threading.Event()
        self._meeting = threading.Barrier(together, self._have_met.set, timeout=10)
        self._asking = 0
        self.most = 0
        super().__init__(self._answer_together)

    def _answer_together(self, connection):
        with self._lock:
            self._asking += 1
            self.most = max(self.most, self._asking)
        if not self._have_met.is_set():
            self._meeting.wait()
        time.sleep(0.05)
        with self._lock:
            self._asking -= 1
        BOOKS(connection)


def test_asks_a_help_desk_several_things_at_the_same_moment():
    desk = Desk(together=3)
    helpspot = HelpSpot(Connection(base_url=desk.url))

    books = side_by_side(helpspot.connection, [helpspot.kb.list] * 3)

    assert [[book.id for book in each] for each in books] == [[3]] * 3
    desk.close()


def test_leaves_half_of_the_help_desks_places_to_others():
    desk = Desk(together=4)
    helpspot = HelpSpot(Connection(base_url=desk.url), Limits(calls_at_once=8))

    side_by_side(helpspot.connection, [helpspot.kb.list] * 12)

    assert desk.most == 4
    desk.close()


def test_leaves_places_to_others_where_reads_set_more_reads_going():
    desk = Desk(together=6)
    helpspot = HelpSpot(Connection(base_url=desk.url), Limits(calls_at_once=8))
    four = partial(side_by_side, helpspot.connection, [helpspot.kb.list] * 4)

    side_by_side(helpspot.connection, [four] * 3)

    assert desk.most == 6
    desk.close()


def test_returns_in_the_order_of_the_reads_whatever_is_done_first():
    def read(number):
        time.sleep((5 - number) / 100)
        return number

    assert side_by_side(SOCKET, [partial(read, one) for one in range(6)]) == [*range(6)]
    assert side_by_side(SOCKET, []) == []


def test_raises_the_first_error_and_begins_nothing_more():
    begun = []

    def read(number):
        begun.append(number)
        if number == 1:
            time.sleep(0.05)
            raise NotFound("kb.get")
        if number == 2:
            raise Unavailable("kb.get")
        time.sleep(0.1)

    with pytest.raises(NotFound):
        side_by_side(SOCKET, [partial(read, number) for number in range(30)])

    assert len(begun) < 30


def test_each_read_knows_whose_it_is():
    visitor.set("amal")

    assert side_by_side(SOCKET, [visitor.get] * 4) == ["amal"] * 4


def test_goes_on_where_all_helpers_are_busy_elsewhere():
    release = threading.Event()
    crowd = [
        threading.Thread(target=side_by_side, args=(SOCKET, [release.wait] * 4))
        for _ in range(8)
    ]
    for one in crowd:
        one.start()

    numbers = side_by_side(
        SOCKET, [partial(side_by_side, SOCKET, [int] * 3) for _ in range(3)]
    )

    assert numbers == [[0] * 3] * 3
    release.set()
    for one in crowd:
        one.join()


def test_stays_in_its_own_thread_for_the_practice_desk():
    threads = side_by_side(EMBEDDED, [threading.get_ident] * 4)

    assert set(threads) == {threading.get_ident()}
