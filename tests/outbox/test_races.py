"""Many threads at one real SQLite file, and a database that fails."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest

from tests.faults.databases import POSTGRES, Postgres
from tests.outbox.double import closed_port, serving

SETUP = """
import json, threading
import django
django.setup()
from portal import outbox
from portal.brands import brand_for
from portal.helpspot import helpspot_for
from portal.outbox.models import Submission
brand = brand_for("")
portal = brand, helpspot_for(brand.connection)

def together(work, count):
    gate = threading.Barrier(count)
    def go():
        gate.wait()
        work()
        from django.db import connections
        connections.close_all()
    threads = [threading.Thread(target=go) for _ in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""

MIGRATE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""


@pytest.fixture
def in_new_portal(tmp_path):
    """Run code in a portal of its own, with a SQLite file, and return what it says."""

    def run(code, *, setup=SETUP + MIGRATE, **environment):
        outcome = subprocess.run(
            [sys.executable, "-c", setup + code],
            env={
                **os.environ,
                "DATA_DIR": str(tmp_path),
                "DJANGO_SETTINGS_MODULE": "portal.settings",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert outcome.returncode == 0, outcome.stderr[-3000:]
        return json.loads(outcome.stdout.splitlines()[-1])

    return run


def test_makes_one_request_of_one_key_however_many_threads_bring_it(in_new_portal):
    with serving() as desk:
        desk.delay = 0.2
        seen = in_new_portal(
            """
seen = []
def submit():
    made = outbox.submit(*portal, outbox.TicketContent(note="x"), key="the-same-key")
    seen.append([made.reference, made.state, made.access_key])
together(submit, 8)
print(json.dumps(seen))
""",
            HELPSPOT_URL=desk.url,
        )

    assert len(desk.writes("request.create")) == 1
    assert len(seen) == 8
    assert all(one == seen[0] for one in seen)
    assert seen[0][1:] == ["delivered", "1abcdef"]


def test_shows_every_double_click_that_helpspot_refused(in_new_portal):
    with serving() as desk:
        desk.delay = 0.2
        desk.faults = ["refuse"]
        seen = in_new_portal(
            """
from portal.helpspot.errors import Rejected
seen = []
def submit():
    try:
        outbox.submit(*portal, outbox.TicketContent(note="x"), key="the-same-key")
    except Rejected as exc:
        seen.append(exc.problems[0].text)
together(submit, 4)
print(json.dumps(seen))
""",
            HELPSPOT_URL=desk.url,
        )

    assert seen == ["Required parameter Custom3 not supplied"] * 4
    assert desk.writes("request.create") == []


def test_keeps_what_a_page_called_kept_though_helpspot_refuses_it_later(in_new_portal):
    with serving() as desk:
        desk.delay = 1.5
        desk.faults = ["refuse"]
        seen = in_new_portal(
            """
from django.conf import settings
from portal.outbox.delivery import unpack
settings.OUTBOX_FOLLOW_SECONDS = 0.3
seen = []
def submit():
    seen.append(
        outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1").state
    )
together(submit, 2)
seen.append(unpack(Submission.objects.get()).note)
print(json.dumps(seen))
""",
            HELPSPOT_URL=desk.url,
        )

    # The second press was told that it is kept before the first one was answered.
    assert seen == ["sending", "held", "x"]


@pytest.mark.parametrize("address", ["/requests/new/", "/requests/1/reply/"])
def test_the_second_press_gets_its_files_back_with_the_refusal(in_new_portal, address):
    with serving() as desk:
        desk.delay = 0.8
        desk.faults = ["refuse"]
        seen = in_new_portal(
            f"address = {address!r}"
            """
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape
browser = Client(SERVER_NAME="localhost")
browser.post("/requests/check/", {"accesskey": "1abcdef"})
token = outbox.stage(SimpleUploadedFile("photo.png", b"PNG")).token
form = {"key": "k1", "category": 1, "note": "x", "name": "A", "email": "a@example.com"}
form["waiting"] = token
seen = []
def press():
    other = Client(SERVER_NAME="localhost")
    other.cookies = browser.cookies
    page = other.post(address, form).content.decode()
    seen.append(["Required parameter" in page, f'value="{escape(token)}"' in page])
def press_again():
    while not Submission.objects.filter(state="sending").exists():
        pass
    press()
works = [press, press_again]
together(lambda: works.pop(0)(), 2)
print(json.dumps(seen))
""",
            HELPSPOT_URL=desk.url,
            DEBUG="true",
        )

    assert seen == [[True, True], [True, True]]
    assert desk.done == []


def test_keeps_what_a_page_called_kept_though_a_clock_ended_its_lease(in_new_portal):
    with serving() as desk:
        desk.delay = 1
        desk.faults = ["refuse"]
        seen = in_new_portal(
            """
from datetime import timedelta
from django.db.models import F
from portal.outbox.delivery import unpack
seen = []
def submit():
    seen.append(
        outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1").state
    )
def submit_after_a_jump():
    while not Submission.objects.exists():
        pass
    Submission.objects.update(due_at=F("due_at") - timedelta(hours=1))
    submit()
works = [submit, submit_after_a_jump]
together(lambda: works.pop(0)(), 2)
seen.append(unpack(Submission.objects.get()).note)
print(json.dumps(seen))
""",
            HELPSPOT_URL=desk.url,
        )

    assert seen == ["sending", "held", "x"]


def test_delivers_each_of_200_once_with_8_workers(in_new_portal):
    with serving() as desk:
        states = in_new_portal(
            """
from datetime import timedelta
from threading import Event
from django.utils import timezone
from portal.outbox import seals
from portal.outbox.contents import TicketContent
from portal.outbox.worker import drain
now = timezone.now()
for number in range(200):
    content = TicketContent(note=f"No. {number}", email="a@example.com")
    Submission.objects.create(
        key=f"key-{number}", brand_id="default", kind="ticket", created_at=now,
        sealed_content=seals.seal(content.model_dump_json().encode()),
        due_at=now, give_up_at=now + timedelta(hours=1),
    )
together(lambda: drain(Event()), 8)
print(json.dumps(list(Submission.objects.values_list("state", flat=True))))
""",
            HELPSPOT_URL=desk.url,
        )

    notes = Counter(v["tNote"].split("\n")[0] for v in desk.writes("request.create"))
    assert notes == {f"No. {number}": 1 for number in range(200)}
    assert states == ["delivered"] * 200


def test_says_not_stored_when_the_disk_is_full_and_heals_itself(in_new_portal):
    with serving() as desk:
        seen = in_new_portal(
            """
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
def limit(pages):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA max_page_count = {pages}")
with connection.cursor() as cursor:
    cursor.execute("PRAGMA page_count")
    [pages] = cursor.fetchone()
limit(pages)
seen = []
for attempt in (
    lambda: outbox.stage(SimpleUploadedFile("a.bin", b"x" * 200_000)),
    lambda: outbox.submit(*portal, outbox.TicketContent(note="x" * 200_000), key="k1"),
):
    try:
        attempt()
    except outbox.NotStored:
        seen.append("not stored")
seen.append(Submission.objects.count())
limit(1_000_000)
content = outbox.TicketContent(note="x" * 200_000)
seen.append(outbox.submit(*portal, content, key="k1").state)
print(json.dumps(seen))
""",
            HELPSPOT_URL=desk.url,
        )

    assert seen == ["not stored", "not stored", 0, "delivered"]
    assert len(desk.writes("request.create")) == 1


def test_says_not_stored_when_the_database_is_locked(in_new_portal):
    with serving() as desk:
        seen = in_new_portal(
            """
import sqlite3
from django.conf import settings
holder = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("PRAGMA busy_timeout = 200")
holder.execute("BEGIN IMMEDIATE")
try:
    outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1")
    seen = ["stored"]
except outbox.NotStored:
    seen = ["not stored"]
holder.execute("ROLLBACK")
seen.append(outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1").state)
print(json.dumps(seen))
""",
            HELPSPOT_URL=desk.url,
        )

    assert seen == ["not stored", "delivered"]
    assert len(desk.writes("request.create")) == 1


SUBMIT_TIMED = """
import time
began_at = time.monotonic()
try:
    outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1")
    seen = "stored"
except outbox.NotStored:
    seen = "not stored"
print(json.dumps([seen, time.monotonic() - began_at]))
"""


def test_says_not_stored_where_the_database_does_not_answer(in_new_portal):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        seen, seconds = in_new_portal(
            SUBMIT_TIMED,
            setup=SETUP,
            DATABASE_URL=f"postgres://portal@127.0.0.1:{port}/portal",
        )

    assert seen == "not stored"
    assert 4 < seconds < 7


@pytest.fixture
def postgres():
    """A PostgreSQL of the test's own."""
    if not POSTGRES.exists():
        pytest.skip("no PostgreSQL here")
    with TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run.mkdir()
        database = Postgres(run, closed_port())
        try:
            yield database
        finally:
            database.close()


def test_says_not_stored_where_somebody_holds_the_table_for_long(
    in_new_portal, postgres
):
    with serving() as desk:
        in_new_portal("print(json.dumps(None))", DATABASE_URL=postgres.url)
        holder = Thread(target=postgres.hold, args=(12,))
        holder.start()
        seen, seconds = in_new_portal(
            SUBMIT_TIMED,
            setup=SETUP,
            HELPSPOT_URL=desk.url,
            DATABASE_URL=postgres.url,
        )
        holder.join()

    assert seen == "not stored"
    assert 4 < seconds < 7
    assert desk.done == []


def test_says_not_stored_when_the_database_is_away(in_new_portal):
    with serving() as desk:
        seen = in_new_portal(
            """
from django.core.files.uploadedfile import SimpleUploadedFile
seen = []
for attempt in (
    lambda: outbox.stage(SimpleUploadedFile("a.txt", b"hello")),
    lambda: outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1"),
):
    try:
        attempt()
    except outbox.NotStored:
        seen.append("not stored")
print(json.dumps(seen))
""",
            setup=SETUP,
            HELPSPOT_URL=desk.url,
            DATABASE_URL=f"postgres://portal@127.0.0.1:{closed_port()}/portal",
        )

    assert seen == ["not stored", "not stored"]
    assert desk.done == []


def test_nobody_is_told_that_nothing_was_kept_where_the_commit_is_in_doubt(
    in_new_portal,
):
    with serving() as desk:
        seen = in_new_portal(
            """
from django.db import OperationalError, connection
commit = connection._commit
def leave():
    commit()
    connection.connection.close()
    raise OperationalError("the server left")
connection._commit = leave
seen = []
try:
    outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1")
except outbox.NotStored as exc:
    seen.append(type(exc).__name__)
del connection._commit
seen.append(outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1").key)
seen.append(Submission.objects.count())
print(json.dumps(seen))
""",
            HELPSPOT_URL=desk.url,
        )

    assert seen == ["PerhapsStored", "k1", 1]


@pytest.mark.parametrize("address", ["/requests/new/", "/requests/1/reply/"])
def test_nobody_is_told_so_where_the_database_stays_away_either(in_new_portal, address):
    with serving() as desk:
        seen = in_new_portal(
            f"address = {address!r}"
            """
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
browser = Client(SERVER_NAME="localhost")
browser.post("/requests/check/", {"accesskey": "1abcdef"})
form = {"key": "k1", "category": 1, "note": "x", "name": "A", "email": "a@example.com"}
form["attached"] = SimpleUploadedFile("photo.png", b"PNG")
commit = connection._commit
def fail(*asked):
    raise OperationalError("the server left")
def leave():
    is_kept = Submission.objects.exists()
    commit()
    if is_kept:
        connection.connection.close()
        connection.execute_wrappers.append(fail)
        fail()
connection._commit = leave
answer = browser.post(address, form)
del connection._commit
connection.execute_wrappers.clear()
page = answer.content.decode()
words = ("not sent", "did not send", 'name="perhaps"', 'type="file" name="attached"')
seen = [answer.status_code, *(word in page for word in words)]
print(json.dumps([*seen, Submission.objects.get().state]))
""",
            HELPSPOT_URL=desk.url,
            DEBUG="true",
        )

    assert seen == [503, False, False, True, True, "sending"]


SEND_SLOWLY = """
import threading, time
from datetime import timedelta
from threading import Event
from django.core.files.uploadedfile import SimpleUploadedFile
from portal.outbox import delivery, leases, submitting
from portal.outbox.worker import drain
for module in (delivery, leases, submitting):
    module.LEASE = timedelta(seconds=2)
leases.RENEW_EVERY = timedelta(seconds=0.25)
file = outbox.stage(SimpleUploadedFile("video.mp4", bytes(300_000)))
content = outbox.TicketContent(note="x")

def submit():
    outbox.submit(*portal, content, key="k1", files=[file])
    connection.close()

def submit_meanwhile(work):
    thread = threading.Thread(target=submit)
    thread.start()
    while not Submission.objects.exists():
        time.sleep(0.02)
    while thread.is_alive():
        work()
        time.sleep(0.05)
    return [Submission.objects.get().state, Submission.objects.get().due_at is None]

from django.db import connection
"""


@pytest.mark.parametrize("failures", [0, 2])
def test_a_slow_upload_is_left_to_whoever_sends_it(in_new_portal, failures):
    with serving() as desk:
        desk.delay = 4
        seen = in_new_portal(
            SEND_SLOWLY
            + f"failures = [1] * {failures}"
            + """
from django.db import OperationalError
from django.db.backends.signals import connection_created
def fail(*asked):
    raise OperationalError("the server left")
def hiccup(connection, **_):
    if threading.current_thread().name == "lease":
        connection.execute_wrappers[:] = [fail] if failures else []
        del failures[:1]
connection_created.connect(hiccup)
states = []
def work():
    drain(Event())
    states.append(Submission.objects.get().state)
print(json.dumps([*submit_meanwhile(work), failures, sorted({*states, "delivered"})]))
""",
            HELPSPOT_URL=desk.url,
        )

    assert seen == ["delivered", True, [], ["delivered", "sending"]]
    assert len(desk.writes("request.create")) == 1


@pytest.mark.parametrize(
    "taken",
    [
        {"state": "delivered"},
        {"lease_owner": "another"},
        {"state": "unknown", "lease_owner": "another"},
    ],
)
def test_a_slow_upload_takes_no_row_back_that_another_has(in_new_portal, taken):
    with serving() as desk:
        desk.delay = 2
        desk.faults = ["hang_up"]
        seen = in_new_portal(
            SEND_SLOWLY
            + f"taken = {taken | {'due_at': None}}"
            + """
renewals = []
def take():
    renewals.append(Submission.objects.exclude(due_at=None).count())
    Submission.objects.update(**taken)
print(json.dumps([*submit_meanwhile(take), sum(renewals[1:])]))
""",
            HELPSPOT_URL=desk.url,
        )

    assert seen == [taken.get("state", "sending"), True, 0]


def test_workers_take_no_look_from_each_other_where_many_topics_have_one_title(
    in_new_portal,
):
    with serving() as desk:
        old = {"sTopic": "Help", "sName": "Ann", "tPost": "It stops.", "at": "1000000"}
        desk.done = [("forums.createTopic", old)] * 6
        desk.delay = 0.4
        desk.faults = ["hang_up"]
        seen = in_new_portal(
            """
import time
from datetime import timedelta
from portal.outbox import delivery
from portal.outbox.clock import now
from portal.outbox.worker import attend_next
content = outbox.TopicContent(
    forum_id=1, title="Help", author_name="Ann", body="It stops."
)
outbox.submit(*portal, content, key="k1")
Submission.objects.update(due_at=now())
# Reads of eight seconds, and a lease of a minute.
delivery.LEASE = timedelta(seconds=1)
looks = []
def work():
    while not looks:
        if not attend_next():
            time.sleep(0.1)
def count():
    time.sleep(6)
    looks.append(Submission.objects.get().looks)
works = [work, work, count]
together(lambda: works.pop(0)(), 3)
print(json.dumps(looks))
""",
            HELPSPOT_URL=desk.url,
        )

    assert seen == [1]


REFUSED_BEFORE = """
from portal.helpspot.errors import Rejected
from django.db import OperationalError, connection
def submit(note):
    return outbox.submit(*portal, outbox.TicketContent(note=note), key="k1")
try:
    submit("refused")
except Rejected:
    pass
"""


@pytest.mark.parametrize("second", ["It stops.", "It stops. Now it smokes."])
def test_loses_no_words_of_two_who_correct_a_refused_form_at_once(
    in_new_portal, second
):
    with serving() as desk:
        desk.faults = ["refuse"]
        in_new_portal(
            REFUSED_BEFORE
            + f"second = {second!r}"
            + """
def read(execute, sql, *asked):
    answer = execute(sql, *asked)
    if sql.startswith("SELECT") and '"outbox_submission"' in sql:
        connection.execute_wrappers.clear()
        together(lambda: submit("It stops."), 1)
    return answer
connection.execute_wrappers.append(read)
submit(second)
print(json.dumps(None))
""",
            HELPSPOT_URL=desk.url,
        )

    notes = [values["tNote"] for values in desk.writes("request.create")]
    assert {note.split("\n")[0] for note in notes} == {"It stops.", second}
    assert ["May repeat" in note for note in notes] == [False, True][: len(notes)]


def test_words_sent_after_others_that_were_then_refused_are_sent_once(in_new_portal):
    with serving() as desk:
        desk.delay = 0.4
        desk.faults = ["refuse"]
        in_new_portal(
            """
from contextlib import suppress
from portal.helpspot.errors import Rejected
def submit(note):
    with suppress(Rejected):
        outbox.submit(*portal, outbox.TicketContent(note=note), key="k1")
def submit_after():
    while not Submission.objects.exists():
        pass
    submit("It stops. Now it smokes.")
works = [lambda: submit("It stops."), submit_after]
together(lambda: works.pop(0)(), 2)
assert Submission.objects.get(key="k1").state == "refused"
submit("It stops. Now it smokes.")
print(json.dumps(None))
""",
            HELPSPOT_URL=desk.url,
        )

    assert len(desk.writes("request.create")) == 1


def test_what_was_corrected_is_not_called_unsent_once_it_is_kept(in_new_portal):
    with serving() as desk:
        desk.faults = ["refuse"]
        seen = in_new_portal(
            REFUSED_BEFORE
            + """
commit = connection._commit
def fail(*asked):
    raise OperationalError("the server left")
def leave():
    commit()
    connection.execute_wrappers.append(fail)
connection._commit = leave
seen = []
try:
    seen.append(type(submit("corrected")).__name__)
except outbox.NotStored as exc:
    seen.append(type(exc).__name__)
connection.execute_wrappers.clear()
seen.append(Submission.objects.get().state)
print(json.dumps(seen))
""",
            HELPSPOT_URL=desk.url,
        )

    assert seen == ["Submission", "sending"]


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_an_old_refusal_that_is_corrected_while_others_are_forgotten_is_kept(
    in_new_portal, store, request
):
    url = request.getfixturevalue("postgres").url if store == "postgres" else ""
    with serving() as desk:
        desk.faults = ["refuse", "hang_up"]
        seen = in_new_portal(
            REFUSED_BEFORE
            + """
from datetime import timedelta
from django.db.models import F
from portal.outbox.housekeeping import purge
Submission.objects.update(settled_at=F("settled_at") - timedelta(days=31))
threads = [threading.Thread(target=together, args=(lambda: submit("better"), 1))]
def correct(execute, sql, *asked):
    answer = execute(sql, *asked)
    if sql.startswith("SELECT") and "REFUSED" in str(asked):
        connection.execute_wrappers.clear()
        threads[0].start()
        threads[0].join(1)
    return answer
connection.execute_wrappers.append(correct)
purge()
threads[0].join()
print(json.dumps([row.state for row in Submission.objects.all()]))
""",
            HELPSPOT_URL=desk.url,
            DATABASE_URL=url,
        )

    assert seen == ["unknown"]


def test_a_database_that_takes_no_writes_is_told_on_every_page(in_new_portal, postgres):
    with serving() as desk:
        in_new_portal("print(json.dumps(None))", DATABASE_URL=postgres.url)
        postgres.change("ALTER DATABASE portal SET default_transaction_read_only = on")
        seen = in_new_portal(
            """
from django.test import Client
browser = Client(SERVER_NAME="localhost")
form = {"key": "k1", "category": 1, "note": "x", "name": "A", "email": "a@example.com"}
def status(address, **form):
    ask = browser.post if form else browser.get
    return ask(address, form).status_code
print(json.dumps([
    status("/requests/new/", **form),
    status("/requests/check/", accesskey="12489jiicxp"),
    status("/requests/open/12489jiicxp/"),
    status("/account/sign-in/", email="a@example.com", password="lighthouse"),
]))
""",
            setup=SETUP,
            HELPSPOT_URL=desk.url,
            DATABASE_URL=postgres.url,
            DEBUG="true",
        )

    assert seen == [503, 503, 503, 503]
    assert desk.done == []


def test_a_cookie_that_no_database_takes_is_no_visit(in_new_portal, postgres):
    status = in_new_portal(
        """
from django.test import Client
browser = Client(SERVER_NAME="localhost", HTTP_COOKIE='session="planted0\\\\000"')
print(json.dumps(browser.get("/account/sign-in/").status_code))
""",
        DATABASE_URL=postgres.url,
        DEBUG="true",
    )

    assert status == 200


def test_a_reference_that_no_database_takes_is_nobodys(in_new_portal, postgres):
    with serving() as desk:
        statuses = in_new_portal(
            """
from django.test import Client
browser = Client(SERVER_NAME="localhost")
browser.post("/requests/check/", {"accesskey": "1abcdef"})
print(json.dumps([browser.get(address).status_code for address in (
    "/forums/1-hall/sent/R%00/",
    "/forums/topics/1-hall/sent/R%00/",
    "/requests/1/?reply=R%00",
)]))
""",
            HELPSPOT_URL=desk.url,
            DATABASE_URL=postgres.url,
            DEBUG="true",
        )

    assert statuses == [404, 404, 200]
