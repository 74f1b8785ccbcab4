"""What the repository promises to whoever clones it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.served import served_portal

ROOT = Path(__file__).resolve().parent.parent


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines()]


def test_no_file_names_a_package_registry():
    registry = re.compile(rb"//[a-z.-]*(?:py[p]i|python[h]osted|npm[j]s|deb[i]an)[.]")

    naming = [path for path in tracked_files() if registry.search(path.read_bytes())]

    assert naming == []


def test_every_locked_package_has_hashes():
    for lock in (ROOT / "requirements").glob("*.txt"):
        packages = re.findall(r"^[a-z].*(?:\n    .*)*", lock.read_text(), re.MULTILINE)

        assert packages
        assert [entry for entry in packages if "--hash=sha256:" not in entry] == []


PROBE = """
import django
django.setup()
from django.urls import Resolver404, resolve
for address in ("/", "/api/index.php", "/desk/", "/operators/"):
    try:
        print(address, resolve(address).view_name)
    except Resolver404:
        print(address, "-")
"""


@pytest.mark.parametrize(
    ("operators_path", "operators_view"), [("", "-"), ("operators", "admin:index")]
)
def test_a_real_helpspot_leaves_no_practice_desk_behind(
    tmp_path, operators_path, operators_view
):
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "HELPSPOT_URL": "https://support.example.com",
        "OPERATORS_PATH": operators_path,
    }

    answer = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.splitlines() == [
        "/ home:index",
        "/api/index.php -",
        "/desk/ -",
        f"/operators/ {operators_view}",
    ]


def test_serves_whatever_folder_it_is_started_from(tmp_path):
    with (
        served_portal(tmp_path / "data", started_from=tmp_path) as address,
        urlopen(f"{address}/kb/") as response,  # noqa: S310 - our own
    ):
        assert response.status == 200


UNREADABLE = (
    "GET /requests/open/12745canary/é HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "GET /requests/feed/1-canary/é HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    """POST /account/sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r
Transfer-Encoding: chunked\r\n\r\nemail=amal&password=canary\r\n""",
)


def test_what_the_server_cannot_read_puts_no_secret_into_its_log(tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as file, served_portal(tmp_path, log=file.fileno()) as address:
        host, port = address.removeprefix("http://").split(":")
        for words in UNREADABLE:
            with socket.create_connection((host, int(port)), 5) as connection:
                connection.sendall(words.encode())
                assert connection.recv(1000).startswith(b"HTTP/1.1 4")

    said = log.read_text()
    assert said.count("Invalid request from") == 3
    assert said.count("[hidden]") == 3
    assert "canary" not in said


KEY = "from portal import settings; print(settings.SECRET_KEY)"


def test_processes_that_start_at_once_have_one_key(tmp_path):
    # As whoever was killed, or met a full disk, left it.
    (tmp_path / "secret-key").touch()
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}
    environment.pop("SECRET_KEY", None)

    started = [
        subprocess.Popen(
            [sys.executable, "-c", KEY],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _process in range(4)
    ]
    keys = {process.communicate(timeout=60)[0].strip() for process in started}

    assert keys == {(tmp_path / "secret-key").read_text()}
    assert len(keys.pop()) > 50


FALLBACKS = "from portal import settings; print(*settings.SECRET_KEY_FALLBACKS)"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("one two", {"one", "two"}),
        ("one,two", {"one", "two"}),
        ("o,ne two", {"o,ne", "two"}),
        ("o,ne", {"o,ne"}),
    ],
)
def test_keys_of_before_may_have_commas_in_them(tmp_path, said, meant):
    known = subprocess.run(
        [sys.executable, "-c", FALLBACKS],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path), "SECRET_KEY_FALLBACKS": said},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert meant <= set(known)


@pytest.mark.parametrize(
    "variables",
    [
        {"HELPSPOT_URL": "support.example.com"},
        {"HELPSPOT_TIME_ZONE": "Europe/Nowhere"},
        {"CACHE_URL": "127.0.0.1:6379"},
        {"FRESH_SECONDS": "300"},
        {"OUTBOX_HORIZON_HOURS": "inf"},
        {"FEEDBACK_DAYS": "1000000"},
        {"MAINTENANCE_FROM": "2027-01-31T20:00Z"},
        {
            "MAINTENANCE_FROM": "2027-01-31T20:00Z",
            "MAINTENANCE_UNTIL": "2027-01-30T20:00Z",
        },
    ],
    ids=str,
)
def test_refuses_to_start_with_what_would_fail_while_customers_wait(
    tmp_path, variables
):
    ended = subprocess.run(
        [sys.executable, "-c", "from portal import settings"],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path), **variables},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    for name in variables:
        assert name.lower() in ended.stderr.lower()
