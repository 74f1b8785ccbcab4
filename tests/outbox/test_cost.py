"""What one submission asks of the database: every commit waits for the disk."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal import outbox
from portal.helpspot.errors import Rejected
from tests.tickets.asking import URL, valid

pytestmark = pytest.mark.django_db(transaction=True)

WRITES = ("INSERT", "UPDATE", "DELETE")
ENDS = ("COMMIT", "ROLLBACK")


def statements(captured):
    """What the portal itself said to its database, without the practice desk's."""
    said = [query["sql"].strip() for query in captured]
    desk = [at for at, sql in enumerate(said) if '"desk_' in sql]
    if not desk:
        return said
    # The desk's own transaction ends after the last statement about its tables.
    return said[: desk[0]] + said[desk[-1] + 2 :]


def commits(said):
    """How many times the database was made to keep something for good."""
    count, is_open = 0, False
    for sql in said:
        is_open = sql.startswith("BEGIN") or (is_open and sql not in ENDS)
        count += sql == "COMMIT" or (not is_open and sql.startswith(WRITES))
    return count


def test_a_new_visitors_request_and_receipt_cost_three_commits(client, inkwell):
    client.get(URL)
    form = valid(inkwell)

    with CaptureQueriesContext(connection) as captured:
        response = client.post(URL, form)

    said = statements(captured)
    work = [sql for sql in said if sql.startswith((*WRITES, "SELECT"))]
    assert response.status_code == 303
    assert commits(said) == 3
    assert len(work) <= 6
    assert len(said) <= 14


def test_reading_the_receipt_writes_nothing(client, inkwell):
    receipt = client.post(URL, valid(inkwell))["Location"]

    with CaptureQueriesContext(connection) as captured:
        response = client.get(receipt)

    said = statements(captured)
    assert response.status_code == 200
    assert commits(said) == 0
    assert len(said) <= 2


def test_the_same_form_again_costs_no_commit_but_the_session(client, inkwell):
    client.post(URL, valid(inkwell))

    with CaptureQueriesContext(connection) as captured:
        client.post(URL, valid(inkwell))

    assert commits(statements(captured)) <= 1


def test_words_that_were_refused_count_again_when_they_come_back(desk, portal):
    desk.faults = ["refuse", "refuse"]
    asked: list[int] = []

    for _ in range(2):
        with pytest.raises(Rejected):
            outbox.submit(
                *portal,
                outbox.TicketContent(note="x"),
                key="k1",
                admit=lambda: asked.append(1),
            )

    assert asked == [1, 1]
