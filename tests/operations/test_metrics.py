"""What Prometheus learns at /metrics, and that nobody else learns anything there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from portal.desk.models import DeskSettings
from portal.outbox import Submission
from portal.stored_pages import store
from tests import counting_urls
from tests.outbox.double import closed_port, serving

CANARY = "canary-7f3k@example.com"


@pytest.fixture
def metrics(settings):
    settings.METRICS = True


@pytest.fixture
def stored(settings):
    settings.STORED_PAGES_BYTES = 1024 * 1024
    store.forget()
    yield
    store.forget()


def samples(text):
    """Every sample by its name and labels."""
    return {
        (sample.name, *dict(sorted(sample.labels.items())).values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client):
    return samples(client.get("/metrics").content.decode())


def grown(before, after):
    """What became more; counts outlive a test."""
    return {
        key: value - before.get(key, 0)
        for key, value in after.items()
        if value != before.get(key, 0)
    }


def be_away(execute, sql, params, many, context):
    raise OperationalError("the database is away")


def test_counts_pages_by_view_and_calls_by_method(client, inkwell, metrics):
    page_id = next(iter(inkwell.pages.values())).pk
    before = scrape(client)

    client.get(f"/kb/pages/{page_id}/", follow=True)
    client.get(f"/kb/pages/{page_id}/", follow=True)
    client.get("/nowhere/at/all/")

    more = grown(before, scrape(client))
    assert more["portal_page_seconds_count", "2xx", "kb:page"] == 2
    assert more["portal_page_seconds_count", "4xx", "none"] == 1
    assert more["portal_helpspot_calls_total", "kb.getPage", "ok"] == 1
    assert more["portal_helpspot_call_seconds_count", "kb.getPage"] == 1
    assert more["portal_memory_lookups_total", "kb-page", "miss"] == 1
    assert more["portal_memory_lookups_total", "kb-page", "hit"] >= 1


def test_counts_and_times_stored_pages_like_those_that_were_rendered(
    client, inkwell, metrics, stored
):
    before = scrape(client)

    for _visit in range(5):
        etag = client.get("/kb/")["ETag"]
    client.get("/kb/", headers={"If-None-Match": etag})

    more = grown(before, scrape(client))
    assert more["portal_page_seconds_count", "2xx", "kb:index"] == 5
    assert more["portal_page_seconds_count", "3xx", "kb:index"] == 1
    assert more["portal_stored_pages_total", "rendered"] == 1
    assert more["portal_stored_pages_total", "hit"] == 4
    assert more["portal_stored_pages_total", "unchanged"] == 1


def test_counts_an_old_page_once_though_it_is_rendered_behind_its_reader(
    client, db, metrics, stored, settings, time_machine
):
    settings.ROOT_URLCONF = "tests.counting_urls"
    settings.REFRESH_BEHIND = True
    counting_urls.renderings.clear()
    client.get("/counted/")
    before = scrape(client)
    time_machine.move_to(timezone.now() + timedelta(seconds=70))

    client.get("/counted/")
    ends_at = time.monotonic() + 5
    while len(counting_urls.renderings) < 2 and time.monotonic() < ends_at:
        time.sleep(0.01)

    more = grown(before, scrape(client))
    view = "tests.counting_urls.counted"
    assert more["portal_page_seconds_count", "2xx", view] == 1
    assert more["portal_stored_pages_total", "behind"] == 1
    assert ("portal_stored_pages_total", "rendered") not in more


def test_leaves_pages_that_are_never_stored_out_of_the_count(
    client, inkwell, metrics, stored
):
    before = scrape(client)

    client.get("/requests/new/")
    client.get("/nowhere/at/all/")

    more = grown(before, scrape(client))
    assert not [key for key in more if key[0] == "portal_stored_pages_total"]
    assert more["portal_page_seconds_count", "2xx", "tickets:submit"] == 1


def test_answers_prometheus_whatever_the_host_and_is_never_stored(
    client, db, metrics, settings
):
    settings.ALLOWED_HOSTS = ["help.example.com"]

    response = client.get("/metrics", headers={"host": "10.0.0.7:8000"})

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies


def test_tells_a_desk_that_is_down_from_one_without_such_a_thing(
    client, inkwell, metrics
):
    before = scrape(client)

    client.get("/requests/open/12345abcdefghij/")
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    client.get("/forums/")

    more = grown(before, scrape(client))
    assert more["portal_helpspot_calls_total", "request.get", "not_found"] == 1
    assert more["portal_helpspot_calls_total", "forums.list", "unavailable"] == 1
    assert more["portal_page_seconds_count", "5xx", "forums:index"] == 1
    assert more["portal_memory_lookups_total", "forums", "miss"] == 1


def test_says_when_an_old_copy_stood_in(client, inkwell, metrics, time_machine):
    client.get("/kb/")
    before = scrape(client)
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    time_machine.move_to(timezone.now() + timedelta(minutes=2))

    client.get("/kb/")

    more = grown(before, scrape(client))
    assert more["portal_memory_lookups_total", "kb-shelf", "stale"] == 1


def test_counts_the_outbox_as_it_is_now(client, db, metrics):
    created_at = timezone.now() - timedelta(minutes=9)
    Submission.objects.create(
        key="k1",
        brand_id="inkwell",
        kind=Submission.Kind.TICKET,
        created_at=created_at,
        give_up_at=created_at + timedelta(hours=72),
    )

    found = scrape(client)

    assert found["portal_outbox_submissions", "received"] == 1
    assert found["portal_outbox_submissions", "held"] == 0
    assert 540 <= found["portal_outbox_oldest_waiting_seconds", "received"] < 600
    assert found["portal_outbox_oldest_waiting_seconds", "held"] == 0
    assert ("portal_outbox_oldest_waiting_seconds", "delivered") not in found


def test_tells_since_when_nobody_knows_whether_something_arrived(client, db, metrics):
    now = timezone.now()
    for minutes in (31, 5):
        Submission.objects.create(
            key=f"k{minutes}",
            brand_id="inkwell",
            kind=Submission.Kind.REPLY,
            state=Submission.State.UNKNOWN,
            created_at=now - timedelta(hours=2),
            unknown_since=now - timedelta(minutes=minutes),
            give_up_at=now + timedelta(hours=70),
        )

    found = scrape(client)

    age = found["portal_outbox_oldest_waiting_seconds", "unknown"]
    assert 1860 <= age < 1900
    assert found["portal_outbox_oldest_waiting_seconds", "received"] == 0


def test_answers_without_the_outbox_where_the_database_is_away(client, db, metrics):
    with connection.execute_wrapper(be_away):
        response = client.get("/metrics")

    assert response.status_code == 200
    assert b"portal_page_seconds" in response.content
    assert b"portal_outbox" not in response.content


def test_holds_nothing_personal(client, inkwell, metrics, stored):
    before = scrape(client)

    client.get("/search/", {"q": CANARY})
    client.get("/search/", {"q": CANARY})
    client.post("/account/sign-in/", {"email": CANARY, "password": "canary-word"})
    client.get("/requests/open/12345canarykey/")
    client.get(f"/{CANARY}/")

    response = client.get("/metrics")
    more = grown(before, samples(response.content.decode()))
    called = "portal_helpspot_calls_total"
    assert more[called, "customer.getRequests", "login_failed"] == 1
    assert b"canary" not in response.content
    assert b"amal@" not in response.content


@pytest.mark.parametrize("address", ["10.0.0.7", ""])
def test_is_not_there_for_others(client, db, metrics, address):
    response = client.get("/metrics", REMOTE_ADDR=address)

    assert (response.status_code, response.content) == (404, b"")
    assert response["Cache-Control"] == "no-store"


def test_is_not_there_unless_switched_on(client, db):
    response = client.get("/metrics")

    assert (response.status_code, response.content) == (404, b"")
    assert response["Cache-Control"] == "no-store"


def test_knows_visitors_behind_a_proxy_from_a_monitor_beside_it(
    client, db, metrics, settings
):
    settings.TRUSTED_PROXIES = 1

    visitor = client.get("/metrics", headers={"x-forwarded-for": "127.0.0.1, 8.8.4.4"})
    monitor = client.get("/metrics")

    assert (visitor.status_code, monitor.status_code) == (404, 200)


def fetch(url, seconds=60):
    ends_at = time.monotonic() + seconds
    while True:
        try:
            with urlopen(url, timeout=30) as response:  # noqa: S310 - our own
                return response.read().decode()
        except URLError:
            if time.monotonic() > ends_at:
                raise
            time.sleep(0.1)


def test_counts_what_all_workers_do_and_nothing_of_an_earlier_run(tmp_path):
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "METRICS": "true",
        "PORT": str(closed_port()),
        "WEB_WORKERS": "2",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], env=environment, check=True
    )
    old = tmp_path / "metrics" / "counter_1.db"
    old.parent.mkdir()
    old.write_bytes(b"from an earlier run")
    site = f"http://127.0.0.1:{environment['PORT']}"

    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "python:portal.gunicorn_conf"],
        env=environment,
    ) as portal:
        try:
            fetch(f"{site}/healthz")
            calls = 0
            while len(list(old.parent.glob("histogram_*.db"))) < 2 and calls < 500:
                fetch(f"{site}/api/index.php?method=version")
                calls += 1
            found = samples(fetch(f"{site}/metrics"))
            portal.send_signal(signal.SIGTERM)
            status = portal.wait(timeout=20)
        finally:
            portal.kill()

    assert 2 <= calls < 500
    assert found["portal_page_seconds_count", "2xx", "desk-api"] == calls
    assert not old.exists()
    assert status == 0


def test_pages_go_on_where_nothing_can_be_counted(tmp_path):
    port = closed_port()
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "METRICS": "true",
        "PORT": str(port),
        "WEB_WORKERS": "1",
    }
    with subprocess.Popen(
        [sys.executable, "manage.py", "serve"], env=environment
    ) as it:
        try:
            fetch(f"http://127.0.0.1:{port}/healthz")
            shutil.rmtree(tmp_path / "metrics")
            for address in ("/", "/kb/", "/requests/new/", "/forums/"):
                fetch(f"http://127.0.0.1:{port}{address}")
        finally:
            it.terminate()
            it.wait(40)


def samples_of_a_portal(environment):
    """Serve a portal for as long as it takes to read its metrics."""
    site = f"http://127.0.0.1:{environment['PORT']}"
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "python:portal.gunicorn_conf"],
        env=environment,
    ) as portal:
        try:
            fetch(f"{site}/healthz")
            return samples(fetch(f"{site}/metrics"))
        finally:
            portal.kill()


def test_counts_what_a_delivery_process_of_its_own_does_across_its_restarts(tmp_path):
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "METRICS": "true",
        "PORT": str(closed_port()),
        "OUTBOX_DELIVERS_IN_WEB": "false",
        "WEB_WORKERS": "1",
    }

    def manage(*words, **more):
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, env={**environment, **more}, check=True, timeout=60)

    submit = (
        "from tests.outbox.schedules import choose_help_desk;"
        "from portal import outbox;"
        "content = outbox.TicketContent(note='x');"
        "outbox.submit(*choose_help_desk({!r}), content, key={!r});"
        "from portal.outbox.models import Submission;"
        "from django.utils import timezone;"
        "Submission.objects.filter(state='received').update(due_at=timezone.now())"
    )
    manage("migrate", "-v0")
    with serving() as desk:
        for key in ("k1", "k2"):
            away = f"http://127.0.0.1:{closed_port()}"
            manage("shell", "-v0", "-c", submit.format(away, key))
            manage("deliver", "--once", HELPSPOT_URL=desk.url)

    found = samples_of_a_portal(environment)

    assert found["portal_helpspot_calls_total", "request.create", "ok"] == 2
    assert len(list((tmp_path / "metrics").glob("counter_deliver-*.db"))) == 1


def test_says_nothing_of_the_breaker_of_a_delivery_process_that_ended(tmp_path):
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "HELPSPOT_URL": f"http://127.0.0.1:{closed_port()}",
        "METRICS": "true",
        "PORT": str(closed_port()),
        "OUTBOX_DELIVERS_IN_WEB": "false",
        "WEB_WORKERS": "1",
    }
    fill = (
        "from portal import outbox;"
        "from tests.outbox.schedules import choose_help_desk;"
        "from django.conf import settings;"
        "desk = choose_help_desk(settings.HELPSPOT_URL);"
        "content = outbox.TicketContent(note='x');"
        "[outbox.submit(*desk, content, key=f'k{number}') for number in range(6)];"
        "from django.utils import timezone;"
        "outbox.Submission.objects.update(due_at=timezone.now())"
    )
    for words in (
        ["migrate", "-v0"],
        ["shell", "-v0", "-c", fill],
        ["deliver", "--once"],
    ):
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, env=environment, check=True, timeout=60)
    before = list((tmp_path / "metrics").glob("gauge_livemax_deliver-*.db"))

    found = samples_of_a_portal(environment)

    assert len(before) == 1
    assert found["portal_helpspot_calls_total", "request.create", "unavailable"] >= 5
    assert found.get(("portal_helpspot_breaker_state", "write"), 0) == 0
