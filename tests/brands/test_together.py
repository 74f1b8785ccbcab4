"""What is at hand is taken from there; what is not is asked for side by side."""

import threading
import time
from functools import partial

import pytest

from portal.brands import brand_for
from portal.brands.memory import remembered
from portal.brands.together import beside, both, together
from portal.helpspot import Connection, HelpSpot
from portal.helpspot.errors import NotFound, Unavailable

BRAND = brand_for("localhost")
HELPSPOT = HelpSpot(Connection(base_url="http://127.0.0.1:1"))


def slowly(value, threads):
    threads.append(threading.get_ident())
    time.sleep(0.02)
    return value


def read(name, threads, said):
    """Return the remembered value and note whose thread it was that wanted it."""
    threads.append(threading.get_ident())
    copy = remembered(BRAND, name, partial(slowly, name, said))
    time.sleep(0.02)
    return copy.value


def test_wakes_no_other_thread_for_what_is_at_hand():
    wanting, asking = [], []
    reads = [partial(read, name, wanting, asking) for name in "abcd"]
    list(together(HELPSPOT, reads))
    wanting.clear()
    asking.clear()

    values = list(together(HELPSPOT, reads))

    assert values == ["a", "b", "c", "d"]
    assert asking == []
    assert wanting == [threading.get_ident()] * 4


def test_asks_for_one_missing_thing_in_its_own_thread():
    wanting, asking = [], []
    reads = [partial(read, name, wanting, asking) for name in "ab"]
    reads[0]()

    values = both(HELPSPOT, *reads)

    assert values == ("a", "b")
    assert asking == [threading.get_ident()] * 2


def test_asks_for_the_rest_from_the_first_missing_thing_on():
    wanting, asking = [], []
    reads = [partial(read, name, wanting, asking) for name in "abc"]
    reads[0]()
    asking.clear()

    values = list(together(HELPSPOT, reads))

    assert values == ["a", "b", "c"]
    assert len(set(asking)) == 2


def test_asks_for_nothing_once_the_first_answer_is_enough():
    wanting, asking = [], []
    reads = [partial(read, name, wanting, asking) for name in "ab"]
    reads[0]()
    asking.clear()

    assert next(together(HELPSPOT, reads)) == "a"
    assert asking == []


def test_reads_within_reads_are_made_once_each():
    wanting, asking = [], []
    reads = [partial(read, name, wanting, asking) for name in "abcd"]
    halves = [partial(both, HELPSPOT, *reads[:2]), partial(both, HELPSPOT, *reads[2:])]

    values = both(HELPSPOT, *halves)

    assert values == (("a", "b"), ("c", "d"))
    assert len(asking) == 4


def test_raises_the_first_error_of_what_was_asked():
    def missing():
        raise NotFound("kb.get")

    with pytest.raises(NotFound):
        both(HELPSPOT, partial(remembered, BRAND, "a", missing), lambda: 1)


def test_what_fails_waits_for_nothing_that_was_asked_for_beside_it():
    asked, release = threading.Event(), threading.Event()

    def fail():
        assert asked.wait(5)
        raise Unavailable("request.get")

    def hang():
        asked.set()
        release.wait(5)
        return "fields"

    before = time.monotonic()
    try:
        with pytest.raises(Unavailable):
            beside(HELPSPOT, fail, partial(remembered, BRAND, "hanging", hang))
        assert time.monotonic() - before < 2
    finally:
        release.set()


def test_nobody_waits_for_another_thread_to_ask_what_must_be_asked_for():
    def other(number):
        return partial(remembered, BRAND, f"other {number}", lambda: "fields")

    asking = {
        beside(HELPSPOT, threading.current_thread, other(number))[0]
        for number in range(300)
    }

    assert asking == {threading.current_thread()}


def test_what_is_at_hand_is_not_asked_for_beside_anything():
    wanting, asking = [], []
    recall = partial(read, "a", wanting, asking)
    recall()
    wanting.clear()
    asking.clear()

    assert beside(HELPSPOT, lambda: "ticket", recall) == ("ticket", "a")
    assert asking == []
    assert wanting == [threading.get_ident()]
