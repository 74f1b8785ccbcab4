"""What a load balancer and its operator learn from /healthz and /readyz."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from portal.desk.models import DeskSettings
from portal.outbox import Submission


def keep(state: str, minutes: float) -> None:
    """Put a submission of that state and age into the outbox."""
    created_at = timezone.now() - timedelta(minutes=minutes)
    Submission.objects.create(
        key=f"{state}-{minutes}",
        brand_id="inkwell",
        kind=Submission.Kind.TICKET,
        state=state,
        created_at=created_at,
        give_up_at=created_at + timedelta(hours=72),
    )


def be_away(execute, sql, params, many, context):
    raise OperationalError("the database is away")


@pytest.fixture
def read_only(db):
    """Let the database be read, and refuse what would be written."""
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET TRANSACTION READ ONLY")
        yield
    else:
        connection.cursor().execute("PRAGMA query_only = ON")
        yield
        connection.cursor().execute("PRAGMA query_only = OFF")


def test_says_ok_without_database_session_and_host(client, settings):
    settings.ALLOWED_HOSTS = ["help.example.com"]

    response = client.get("/healthz", headers={"host": "10.0.0.7:8000"})

    assert (response.status_code, response.content) == (200, b"ok")
    assert response["Content-Type"].startswith("text/plain")
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies


def test_is_ready_with_an_empty_outbox(client, db, settings):
    settings.ALLOWED_HOSTS = ["help.example.com"]

    response = client.get("/readyz", headers={"host": "10.0.0.7:8000"})

    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "reasons": [],
        "outbox": {},
        "oldest_waiting_seconds": None,
    }
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies


@pytest.mark.django_db(transaction=True)
def test_leaves_no_row_behind(client):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert not Session.objects.exists()


def test_is_ready_while_the_help_desk_is_down(client, inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

    response = client.get("/readyz")

    assert response.json()["ready"] is True


@pytest.mark.parametrize("state", ["received", "connecting", "sending", "unknown"])
def test_says_that_the_outbox_is_behind_and_stays_ready(client, db, state):
    keep(state, minutes=11)
    keep("received", minutes=1)

    response = client.get("/readyz")

    found = response.json()
    assert response.status_code == 200
    assert found["ready"] is True
    assert found["reasons"] == ["outbox is behind"]
    assert 660 <= found["oldest_waiting_seconds"] < 720
    assert sum(found["outbox"].values()) == 2


def test_is_not_behind_where_nothing_has_waited_for_ten_minutes(client, db):
    keep("received", minutes=9)
    keep("delivered", minutes=600)
    keep("held", minutes=600)

    response = client.get("/readyz")

    found = response.json()
    assert found["reasons"] == []
    assert found["outbox"] == {"received": 1, "delivered": 1, "held": 1}
    assert 540 <= found["oldest_waiting_seconds"] < 600


def test_is_not_ready_where_the_database_cannot_be_written(client, read_only):
    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["ready"] is False
    assert response.json()["reasons"] == ["the database cannot be written"]


def test_is_not_ready_where_the_database_cannot_be_read(client, db):
    with connection.execute_wrapper(be_away):
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {
        "ready": False,
        "reasons": ["the database cannot be read"],
        "outbox": {},
        "oldest_waiting_seconds": None,
    }
    assert response["Cache-Control"] == "no-store"


def test_is_not_ready_while_migrations_are_missing(client, db):
    MigrationRecorder(connection).record_unapplied("outbox", "0001_initial")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["ready"] is False
    assert response.json()["reasons"] == ["migrations are missing"]


def test_writes_no_line_for_each_check(client, db, caplog):
    with connection.execute_wrapper(be_away):
        client.get("/readyz")
    client.get("/readyz/other")

    assert caplog.messages == ["Not Found: /readyz/other"]


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_takes_nothing(client, address):
    response = client.post(address, {"note": "x"})

    assert response.status_code == 405


def test_still_refuses_a_foreign_host_everywhere_else(client, db, settings):
    settings.ALLOWED_HOSTS = ["help.example.com"]

    response = client.get("/", headers={"host": "10.0.0.7:8000"})

    assert response.status_code == 400
