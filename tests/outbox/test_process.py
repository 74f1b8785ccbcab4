"""The processes that deliver: `manage.py deliver`, and the web server itself."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.outbox.double import closed_port, serving

SUBMIT = """
import django
django.setup()
from portal import outbox
from portal.brands import brand_for
from portal.helpspot import helpspot_for
brand = brand_for("")
content = outbox.TicketContent(note="x")
outbox.submit(brand, helpspot_for(brand.connection), content, key="k1")
"""


@pytest.fixture
def environment(tmp_path):
    return {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }


def run(environment, *words):
    return subprocess.run(
        [sys.executable, *words],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def state_of(tmp_path):
    with sqlite3.connect(tmp_path / "portal.sqlite3") as database:
        return database.execute("SELECT state FROM outbox_submission").fetchall()


def wait_for(condition, seconds=60):
    ends_at = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends_at:
        time.sleep(0.05)
    assert condition()


@pytest.mark.parametrize(
    "words",
    [
        ["manage.py", "deliver"],
        ["-m", "gunicorn", "-c", "python:portal.gunicorn_conf"],
    ],
    ids=["alone", "in the web process"],
)
def test_delivers_after_an_outage_and_finishes_the_row_at_hand(
    tmp_path, environment, words
):
    run(environment, "manage.py", "migrate", "-v0")
    away = f"http://127.0.0.1:{closed_port()}"
    run({**environment, "HELPSPOT_URL": away}, "-c", SUBMIT)
    before = state_of(tmp_path)

    with (
        serving() as desk,
        subprocess.Popen(
            [sys.executable, *words],
            env={
                **environment,
                "HELPSPOT_URL": desk.url,
                "PORT": str(closed_port()),
                "WEB_WORKERS": "2",
            },
        ) as worker,
    ):
        desk.delay = 1.5
        try:
            wait_for(lambda: state_of(tmp_path) == [("sending",)])
            worker.send_signal(signal.SIGTERM)
            status = worker.wait(timeout=20)
        finally:
            worker.kill()

    assert before == [("received",)]
    assert status == 0
    assert state_of(tmp_path) == [("delivered",)]
    assert len(desk.writes("request.create")) == 1


def test_does_what_is_due_and_ends(tmp_path, environment):
    run(environment, "manage.py", "migrate", "-v0")

    said = run(environment, "manage.py", "deliver", "--once")

    assert said == "0 attended to\n"


def cut(port, body, length):
    """Send the first half of a form, as one who leaves meanwhile; return the answer."""
    head = (
        "POST /requests/new/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Content-Type: multipart/form-data; boundary=B\r\n"
        f"Content-Length: {length}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as visitor:
        visitor.sendall(head.encode() + body)
        visitor.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: visitor.recv(65536), b""))


def part(name, value, *, after=""):
    return f'--B\r\nContent-Disposition: form-data; name="{name}"{after}\r\n\r\n{value}'


ANSWERS = "\r\n".join(
    [
        part("key", "k1"),
        part("category", "1"),
        part("name", "Ann Lee"),
        part("email", "ann@example.com"),
        part("note", "It prints nothing. Do not send a techni"),
    ]
)


@pytest.mark.parametrize(
    "came",
    [
        ANSWERS,
        ANSWERS + "\r\n" + part("attached", "half a f", after='; filename="a.txt"'),
    ],
    ids=["in the words", "in a file"],
)
def test_half_a_form_is_no_form(tmp_path, environment, came):
    run(environment, "manage.py", "migrate", "-v0")
    port = closed_port()

    with (
        serving() as desk,
        subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "python:portal.gunicorn_conf"],
            env={
                **environment,
                "HELPSPOT_URL": desk.url,
                "PORT": str(port),
                "WEB_WORKERS": "1",
            },
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        wait_for(lambda: is_listening(port))
        answer = cut(port, came.encode(), len(came) + 1000)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert desk.done == []
    assert state_of(tmp_path) == []
    assert "Traceback" not in log


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
