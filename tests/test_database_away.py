"""While our own database is away, pages say so and nobody's words are lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from portal.accounts.models import KeptList
from portal.desk.models import Ticket
from portal.memo import Memo
from portal.outbox.models import StagedFile, Submission
from portal.tickets import receipts
from tests.html_page import parse_page
from tests.tickets.asking import URL, valid

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def locked():
    """Let another program hold the database's lock, and return how it lets go."""
    connection.ensure_connection()
    connection.connection.execute("PRAGMA busy_timeout=50")
    holder = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)

    def lock() -> Callable[[], None]:
        holder.execute("BEGIN EXCLUSIVE")
        return holder.rollback

    yield lock
    if holder.in_transaction:
        holder.rollback()
    holder.close()
    connection.close()


@pytest.fixture
def full():
    """Let the disk be full for our database."""
    connection.ensure_connection()

    def fill() -> None:
        cursor = connection.connection.cursor()
        # Else there is room where earlier tests' rows stood.
        cursor.execute("VACUUM")
        (count,) = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count={count}")

    yield fill
    connection.close()


def test_a_request_comes_back_whole_and_nothing_is_sent(client, inkwell, locked):
    client.get(URL)
    count = Ticket.objects.count()
    locked()

    response = client.post(URL, valid(inkwell, note="It stops.\nTwice."))

    assert response.status_code == 503
    page = response.content.decode()
    assert "was not sent" in page
    assert "It stops.\nTwice." in page
    connection.close()
    assert Ticket.objects.count() == count


@pytest.mark.parametrize("is_reply", [False, True])
def test_a_file_that_came_with_a_form_is_not_dropped_in_silence(
    client, inkwell, locked, is_reply
):
    client.post("/requests/check/", {"accesskey": inkwell.ticket.access_key})
    address = f"/requests/{inkwell.ticket.pk}/reply/" if is_reply else URL
    locked()

    file = SimpleUploadedFile("photo.png", b"a photo")
    response = client.post(address, valid(inkwell, note="It stops.", attached=file))

    page = parse_page(response)
    assert response.status_code == 503
    assert "was not sent" in page.one("main").text
    assert "photo.png was not kept. Choose it again" in page.one("main").text
    assert page.one("textarea", name="note").text == "It stops."


def test_a_page_without_its_form_asks_for_the_files_again(client, inkwell, monkeypatch):
    client.post("/requests/check/", {"accesskey": inkwell.ticket.access_key})
    monkeypatch.setattr(
        "portal.sessions.SessionStore.load",
        lambda *_args: raise_away(),
    )
    address = f"/requests/{inkwell.ticket.pk}/reply/"
    file = SimpleUploadedFile("photo.png", b"a photo")

    response = client.post(
        address, {"key": "k", "note": "Like this.", "attached": file}
    )

    form = parse_page(response).one("form", method="post")
    assert form["enctype"] == "multipart/form-data"
    assert form.one("input", type="file")["name"] == "attached"
    assert "Your files were not kept. Choose them again" in form.text


def test_a_full_disk_is_told_like_a_lock(client, inkwell, full):
    client.get(URL)
    full()

    response = client.post(URL, valid(inkwell, note="It stops. " * 4000))

    assert response.status_code == 503
    assert "It stops. It stops." in response.content.decode()
    connection.close()
    assert not Submission.objects.exists()


def test_files_that_wait_stay_with_the_form_while_nobody_can_look(
    client, inkwell, monkeypatch
):
    def fail(*_args):
        raise_away()

    monkeypatch.setattr("portal.outbox.files._waiting", fail)
    monkeypatch.setattr("portal.outbox.submitting._insert", fail)

    response = client.post(URL, valid(inkwell, waiting=["token-1"]))

    page = parse_page(response)
    assert response.status_code == 503
    assert page.one("input", name="waiting")["value"] == "token-1"
    assert not StagedFile.objects.exists()


def test_a_reply_comes_back_with_a_way_to_send_it_again(client, inkwell, monkeypatch):
    client.post("/requests/check/", {"accesskey": inkwell.ticket.access_key})
    monkeypatch.setattr(
        "portal.sessions.SessionStore.load",
        lambda *_args: raise_away(),
    )
    address = f"/requests/{inkwell.ticket.pk}/reply/"

    response = client.post(address, {"key": "k", "note": "It works.\nThank you."})

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    page = parse_page(response)
    assert "This was not sent" in page.one("h1").text
    form = page.one("form", method="post")
    assert form["action"] == address
    assert form.one("textarea", name="note").text == "It works. Thank you."
    assert form.one("input", name="key")["value"] == "k"


@contextmanager
def sessions_that_cannot_be_written():
    def execute(run, sql, *rest):
        return (
            raise_away()
            if sql.startswith('UPDATE "django_session"')
            else run(sql, *rest)
        )

    with connection.execute_wrapper(execute):
        yield


def test_a_request_whose_receipt_cannot_be_opened_is_not_called_unsent(client, inkwell):
    client.post("/requests/check/", {"accesskey": inkwell.ticket.access_key})
    count = Ticket.objects.count()
    with sessions_that_cannot_be_written():
        response = client.post(URL, valid(inkwell, note="It stops."))

    page = response.content.decode()
    assert response.status_code == 503
    assert "not sent" not in page
    assert "Nothing is sent twice" in page
    assert client.post(URL, valid(inkwell, note="It stops.")).status_code == 303
    assert Ticket.objects.count() == count + 1


@pytest.mark.parametrize("trouble", ["locked", "signed out"])
def test_a_request_is_not_called_damaged_where_the_session_cannot_go_on(
    client, inkwell, locked, monkeypatch, trouble
):
    client.post("/requests/check/", {"accesskey": inkwell.ticket.access_key})
    count = Ticket.objects.count()
    remember, let_go = receipts.remember, []

    def remember_in_time(*args):
        remember(*args)
        if trouble == "locked":
            let_go.append(locked())
        else:
            Session.objects.all().delete()

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(receipts, "remember", remember_in_time)
        response = client.post(URL, valid(inkwell, note="It stops."))
    for end in let_go:
        end()

    assert response.status_code == 503
    assert "Nothing is sent twice" in response.content.decode()
    assert client.post(URL, valid(inkwell, note="It stops.")).status_code == 303
    assert Ticket.objects.count() == count + 1


def test_a_password_is_never_shown_again(client, inkwell, monkeypatch):
    monkeypatch.setattr("portal.accounts.limits.spend", lambda *_args: raise_away())

    response = client.post(
        "/account/sign-in/", {"email": "amal@example.com", "password": "CANARY"}
    )

    assert response.status_code == 503
    assert "CANARY" not in response.content.decode()


@pytest.fixture
def customer(client, inkwell):
    """A browser in which Amal is signed in."""
    login = {"email": "amal@example.com", "password": "lighthouse"}
    client.post("/account/sign-in/", login)
    return client


def test_a_list_that_cannot_be_read_is_neither_empty_nor_signed_out(
    customer, inkwell, monkeypatch
):
    monkeypatch.setattr("portal.accounts.kept_lists._load", lambda _: raise_away())
    monkeypatch.setattr("portal.accounts.kept_lists._lists", Memo(1000))

    for address in ("/requests/", f"/requests/{inkwell.ticket.pk}/"):
        response = customer.get(address)

        assert response.status_code == 503, address
        assert int(response["Retry-After"]) > 0


def test_a_request_that_cannot_be_listed_is_not_called_unsent(
    customer, inkwell, monkeypatch
):
    count = Ticket.objects.count()
    with monkeypatch.context() as away:
        away.setattr("portal.accounts.kept_lists.add", lambda *_args: raise_away())
        response = customer.post(URL, valid(inkwell, note="It stops."))

    assert response.status_code == 503
    assert "Nothing is sent twice" in response.content.decode()
    assert customer.post(URL, valid(inkwell, note="It stops.")).status_code == 303
    assert Ticket.objects.count() == count + 1
    assert "It stops." in customer.get("/requests/").content.decode()


def test_a_private_page_is_shown_while_nothing_can_be_written(
    customer, inkwell, time_machine, locked
):
    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    locked()

    for address in ("/requests/", f"/requests/{inkwell.ticket.pk}/"):
        assert customer.get(address).status_code == 200


def test_a_list_that_cannot_be_fetched_afresh_stays(customer, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr("portal.accounts.kept_lists.keep", lambda *_args: raise_away())
        response = customer.post("/account/password/", {"password": "lighthouse"})

    assert response.status_code == 503
    assert KeptList.objects.count() == 1
    assert customer.get("/requests/").status_code == 200


def test_the_next_try_works_once_the_lock_is_gone(client, inkwell, locked):
    locked()
    assert client.post(URL, valid(inkwell)).status_code == 503
    connection.close()


def raise_away():
    from django.db import OperationalError

    raise OperationalError("database is locked")
