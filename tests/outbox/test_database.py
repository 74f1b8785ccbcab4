"""A database that another process holds, or that takes no writes: told, and healed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from django.db import connection

from portal import outbox
from portal.desk.models import Ticket
from tests.html_page import parse_page
from tests.outbox.double import closed_port
from tests.tickets.asking import URL, valid

HOLD = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""
# Longer than anybody waits for the lock, which is five seconds.
LOCKED_SECONDS = 10


@pytest.fixture
def site(tmp_path):
    """A portal as a server of its own, with an empty practice desk."""
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORT": str(closed_port()),
        "WEB_WORKERS": "1",
        "DEBUG": "true",  # no collected static files
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], env=environment, check=True
    )
    address = f"http://127.0.0.1:{environment['PORT']}"
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "python:portal.gunicorn_conf"],
        env=environment,
    ) as portal:
        try:
            wait_for(f"{address}/healthz")
            yield address
        finally:
            portal.kill()


def wait_for(address):
    ends_at = time.monotonic() + 20
    while True:
        try:
            with urlopen(address, timeout=30):  # noqa: S310  # our own
                return
        except URLError:
            if time.monotonic() > ends_at:
                raise
            time.sleep(0.1)


def states(tmp_path):
    with closing(sqlite3.connect(tmp_path / "portal.sqlite3")) as database:
        rows = database.execute("SELECT state FROM outbox_submission").fetchall()
    return [state for (state,) in rows]


def send(site):
    """Send the form; return the status, the page and the seconds that it took."""
    form = {"key": "k1", "note": "It smokes.", "name": "Ann", "email": "a@example.com"}
    request = Request(f"{site}{URL}", urlencode(form).encode())  # noqa: S310 - our own
    began = time.monotonic()
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310  # our own
            status, page = answer.status, answer.read().decode()
    except HTTPError as answer:
        status, page = answer.code, answer.read().decode()
    return status, page, time.monotonic() - began


def test_a_lock_of_ten_seconds_is_told_within_them_and_heals(site, tmp_path):
    wait_for(f"{site}{URL}")
    hold = [sys.executable, "-c", HOLD, str(tmp_path / "portal.sqlite3")]
    with subprocess.Popen(
        [*hold, str(LOCKED_SECONDS)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        status, page, seconds = send(site)
        was_held = holder.poll() is None
        holder.wait(timeout=30)

    assert (status, was_held) == (503, True)
    assert seconds < LOCKED_SECONDS
    assert "was not sent" in page
    assert "It smokes." in page
    assert states(tmp_path) == []
    send(site)
    assert states(tmp_path) == ["delivered"]


@pytest.mark.django_db(transaction=True)
def test_a_read_only_database_is_told_and_heals(client, inkwell):
    client.get(URL)
    before = Ticket.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
    try:
        refused = client.post(URL, valid(inkwell, note="It smokes."))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = OFF")
    healed = client.post(URL, valid(inkwell, note="It smokes."))

    page = parse_page(refused)
    assert refused.status_code == 503
    assert page.one("textarea", name="note").text == "It smokes."
    assert "was not sent" in page.one("main").text
    assert healed.status_code == 303
    assert Ticket.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_the_database_could_not_take_is_not_forgotten(desk, portal):
    if connection.vendor != "sqlite":
        pytest.skip("another process holds a file here")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 200")
    name = connection.settings_dict["NAME"]
    other = sqlite3.connect(name, isolation_level=None, check_same_thread=False)

    def hold(point):
        if point == "done, no answer yet":
            other.execute("BEGIN IMMEDIATE")

    desk.reached = hold
    with closing(other):
        told = outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1")
        before = told.state
        other.execute("ROLLBACK")
        wait_until(lambda: outbox.find(told.reference).is_delivered)

    known = outbox.find(told.reference)
    assert before == "sending"
    assert known.access_key == "1abcdef"
    assert bytes(known.sealed_content) == b""
    assert len(desk.writes("request.create")) == 1


def wait_until(is_so):
    ends_at = time.monotonic() + 10
    while not is_so() and time.monotonic() < ends_at:
        time.sleep(0.05)


CONNECT = """
import os, socket, threading
import psycopg
from portal import settings

listener = socket.create_server(("127.0.0.1", 0))

def let_in():
    server, _address = listener.accept()
    server.recv(1024)
    server.sendall(b"R\\0\\0\\0\\x08\\0\\0\\0\\0" + b"Z\\0\\0\\0\\x05I")
    server.recv(1024)

threading.Thread(target=let_in, daemon=True).start()
options = settings.DATABASES["default"]["OPTIONS"]
address = f"postgres://portal@127.0.0.1:{listener.getsockname()[1]}/portal"
connection = psycopg.connect(
    f"{address}?sslmode=disable&gssencmode=disable", **options
)
opened = socket.socket(fileno=os.dup(connection.fileno()))
print(opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
connection.close()
"""


@pytest.mark.parametrize(
    ("more", "milliseconds"), [("", "5000"), ("?tcp_user_timeout=2000", "2000")]
)
def test_the_system_gives_up_a_server_whose_network_is_gone(
    tmp_path, more, milliseconds
):
    told = subprocess.run(
        [sys.executable, "-c", CONNECT],
        env={
            **os.environ,
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": f"postgres://portal@db.example/portal{more}",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert told.stdout.strip() == milliseconds
