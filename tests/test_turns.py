"""Threads that write take turns, and nobody waits for ever."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing

import pytest
from django.db import OperationalError, connection, transaction

from portal import turns

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sqlite():
    if connection.vendor != "sqlite":
        pytest.skip("other databases let several write")


@pytest.fixture
def another_writes():
    """Let another thread write until the event that this returns is set."""
    began, may_end = threading.Event(), threading.Event()

    def write():
        with turns.to_write():
            began.set()
            may_end.wait(10)

    thread = threading.Thread(target=write)
    thread.start()
    assert began.wait(10)
    yield may_end
    may_end.set()
    thread.join(10)


def test_a_writer_begins_when_the_one_before_is_done(sqlite, another_writes):
    threading.Timer(0.2, another_writes.set).start()
    began_at = time.monotonic()

    with turns.to_write():
        waited = time.monotonic() - began_at

    assert 0.1 < waited < 5


def test_a_writer_that_waited_too_long_is_told_so(sqlite, another_writes, monkeypatch):
    monkeypatch.setattr(turns, "WRITE_SECONDS", 0.05)

    with pytest.raises(OperationalError), turns.to_write():
        pytest.fail("another was writing")

    another_writes.set()
    monkeypatch.undo()
    with turns.to_write():
        pass


def test_a_turn_and_another_process_together_take_no_longer(
    sqlite, another_writes, monkeypatch
):
    monkeypatch.setattr(turns, "WRITE_SECONDS", 1)
    connection.ensure_connection()
    connection.connection.execute("PRAGMA busy_timeout = 1000")
    holder = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    with closing(holder):
        holder.execute("BEGIN IMMEDIATE")
        threading.Timer(0.8, another_writes.set).start()
        began_at = time.monotonic()

        with pytest.raises(OperationalError), turns.to_write(), transaction.atomic():
            pytest.fail("another process was writing")

        waited = time.monotonic() - began_at
        holder.rollback()
    (timeout,) = connection.connection.execute("PRAGMA busy_timeout").fetchone()
    connection.close()
    assert 0.8 < waited < 1.3
    assert timeout == 1000


def test_a_transaction_that_has_begun_waits_for_nobody(sqlite, another_writes):
    with transaction.atomic(), turns.to_write():
        assert not another_writes.is_set()


def test_a_turn_ends_with_what_went_wrong_in_it():
    with pytest.raises(ValueError, match="odd"), turns.to_write():
        raise ValueError("odd")

    with turns.to_write():
        pass
