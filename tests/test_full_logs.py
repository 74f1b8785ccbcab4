"""A disk that is full of logs, and a reader of the output who went away."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from tests.outbox.double import closed_port, serving

START_SECONDS = 90


@contextmanager
def served_where_nothing_can_be_logged(data_dir, helpspot_url):
    """Serve the portal where every word to either output fails; yield its address."""
    port = closed_port()
    reading, writing = os.pipe()
    os.close(reading)
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            env={
                **os.environ,
                "DATA_DIR": str(data_dir),
                "DJANGO_SETTINGS_MODULE": "portal.settings",
                "HELPSPOT_URL": helpspot_url,
                "PORT": str(port),
                "WEB_WORKERS": "1",
            },
            stdout=writing,
            stderr=full,
        )
    os.close(writing)
    try:
        wait_until_served(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(40)


def wait_until_served(address, process):
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at:
        with suppress(requests.RequestException):
            if requests.get(f"{address}/healthz", timeout=5).status_code == 200:
                return
        assert process.poll() is None, f"ended with {process.returncode}"
        time.sleep(0.2)
    raise AssertionError("does not start")


def test_pages_and_forms_go_on_where_nothing_can_be_logged(tmp_path):
    with (
        serving() as desk,
        served_where_nothing_can_be_logged(tmp_path, desk.url) as address,
    ):
        missing = requests.get(f"{address}/no-such-page/", timeout=20)
        form = requests.get(f"{address}/requests/new/", timeout=20)
        sent = requests.post(
            f"{address}/requests/new/",
            data={
                "key": "a" * 32,
                "category": "1",
                "note": "My printer leaks",
                "name": "Ann Example",
                "email": "ann@example.com",
            },
            allow_redirects=False,
            timeout=20,
        )

    assert [missing.status_code, form.status_code, sent.status_code] == [404, 200, 303]
    assert len(desk.writes("request.create")) == 1
