"""What the desk answers while others write."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing

import pytest
from django.db import connection

from portal.desk.models import DeskSettings, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def another():
    """Let another program write to the same database."""
    if connection.vendor != "sqlite":
        pytest.skip("other databases have more than one lock")
    DeskSettings.load()
    name = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(name, isolation_level=None)) as another:
        yield another
        if another.in_transaction:
            another.rollback()
    connection.close()


def test_opens_again_what_staff_close_meanwhile(inkwell, send, another):
    ticket, solved = inkwell.ticket, inkwell.statuses["Problem Solved"]
    another.execute("BEGIN IMMEDIATE")
    reply = threading.Thread(
        target=_send_and_close,
        args=(send, ticket.access_key),
    )
    reply.start()
    time.sleep(0.5)
    another.execute(
        "UPDATE desk_ticket SET is_open = 0, status_id = ?, closed_at = '2027-01-01'"
        " WHERE id = ?",
        [solved.pk, ticket.pk],
    )
    another.execute("COMMIT")
    reply.join(10)

    ticket.refresh_from_db()
    assert ticket.notes.filter(body="It came back.").exists()
    assert (ticket.is_open, ticket.closed_at) == (True, None)
    assert ticket.status == inkwell.statuses["Active"]


def test_refuses_what_belongs_to_a_request_that_staff_delete_meanwhile(
    inkwell, send, another
):
    ticket = Ticket.objects.create(status=inkwell.statuses["Active"])
    answers = []
    another.execute("BEGIN IMMEDIATE")
    reply = threading.Thread(
        target=lambda: answers.append(_send_and_close(send, ticket.access_key))
    )
    reply.start()
    time.sleep(0.5)
    another.execute("DELETE FROM desk_ticket WHERE id = ?", [ticket.pk])
    another.execute("COMMIT")
    reply.join(10)

    (answer,) = answers
    assert (answer.status_code, b"Valid access key" in answer.content) == (400, True)


def _send_and_close(send, access_key):
    try:
        return send("request.update", accesskey=access_key, tNote="It came back.")
    finally:
        connection.close()


def test_says_in_one_line_that_its_database_is_away(inkwell, send, another, caplog):
    connection.connection.execute("PRAGMA busy_timeout = 50")
    another.execute("BEGIN IMMEDIATE")

    answer = send("request.create", sEmail="ann@example.com", tNote="Hello")

    assert answer.status_code == 500
    (record,) = [one for one in caplog.records if one.name == "portal.desk.server"]
    assert (record.levelname, record.exc_info) == ("ERROR", None)
