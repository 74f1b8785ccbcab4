from __future__ import annotations

import base64
import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import outbox
from portal.outbox.models import Submission
from portal.outbox.seals import seal

pytestmark = pytest.mark.django_db

LIST = "/desk/outbox/submission/"


@pytest.fixture
def operator(client):
    client.force_login(User.objects.create_superuser("operator"))
    return client


def submit(portal, key):
    file = outbox.stage(SimpleUploadedFile("log.txt", b"a log", "text/plain"))
    return outbox.submit(
        *portal,
        outbox.ReplyContent(ticket_id=1, access_key="1abcdef", note="private words"),
        key=key,
        files=[file],
    )


@pytest.fixture
def held(away):
    submission = submit(away, "k-held")
    Submission.objects.filter(pk=submission.pk).update(state="held", due_at=None)
    return submission


def act(operator, action, submissions, **values):
    chosen = [submission.pk for submission in submissions]
    return operator.post(
        LIST,
        {"action": action, "_selected_action": chosen, **values},
        follow=True,
    )


def test_lists_what_waits_without_what_it_says(operator, held):
    page = operator.get(LIST).content.decode()

    assert held.reference in page
    assert "private words" not in page


def test_shows_what_is_held_and_never_a_customers_key(operator, held):
    page = operator.get(f"{LIST}{held.pk}/change/").content.decode()

    assert "private words" in page
    assert "log.txt" in page
    assert "1abcdef" not in page


def test_shows_names_and_sizes_of_files_without_reading_them(operator, held):
    with CaptureQueriesContext(connection) as asked:
        operator.get(f"{LIST}{held.pk}/change/")

    files = [one["sql"] for one in asked if "outbox_stagedfile" in one["sql"]]
    assert files
    assert not any("sealed_content" in sql for sql in files)


def test_shows_nothing_of_what_is_merely_waiting(operator, away):
    waiting = submit(away, "k-waiting")

    page = operator.get(f"{LIST}{waiting.pk}/change/").content.decode()

    assert "private words" not in page


def test_sends_held_ones_again_at_once(operator, held):
    act(operator, "send_again_now", [held])

    held.refresh_from_db()
    assert held.state == "received"
    assert held.due_at <= timezone.now()
    assert not held.may_repeat


def test_says_that_it_may_repeat_where_it_once_was_unknown(operator, held):
    Submission.objects.filter(pk=held.pk).update(unknown_since=timezone.now())

    act(operator, "send_again_now", [held])

    held.refresh_from_db()
    assert held.may_repeat


def test_never_sends_again_what_is_settled(operator, held):
    Submission.objects.filter(pk=held.pk).update(state="delivered")

    page = act(operator, "send_again_now", [held]).content.decode()

    held.refresh_from_db()
    assert held.state == "delivered"
    assert "1 was not in a state for it." in page


def test_discards_only_with_a_reason_and_remembers_it(operator, held):
    act(operator, "discard_with_reason", [held])
    held.refresh_from_db()
    without_reason = held.state

    act(operator, "discard_with_reason", [held], reason="Answered by phone")

    held.refresh_from_db()
    assert without_reason == "held"
    assert (held.state, held.remark) == ("discarded", "Answered by phone")
    assert bytes(held.sealed_content) == b""
    assert not held.files.exists()
    assert "Answered by phone" in LogEntry.objects.get().change_message


def test_exports_held_ones_with_their_files(operator, held, away):
    waiting = submit(away, "k-waiting")

    response = act(operator, "export_as_json", [held, waiting])

    [exported] = json.loads(response.content)
    assert exported["reference"] == held.reference
    assert exported["content"] == {"ticket_id": 1, "note": "private words"}
    [file] = exported["files"]
    assert base64.b64decode(file["base64"]) == b"a log"
    assert response["Content-Disposition"].startswith("attachment")


@pytest.fixture
def unreadable(held):
    """What another version of the portal kept, held because this one cannot read it."""
    words = json.dumps({"text": "private words", "email": "ann@example.com"})
    Submission.objects.filter(pk=held.pk).update(sealed_content=seal(words.encode()))
    return held


@pytest.mark.parametrize("kind", ["reply", "fax"])
def test_says_that_what_is_held_cannot_be_read(operator, unreadable, kind, caplog):
    Submission.objects.filter(pk=unreadable.pk).update(kind=kind)

    page = operator.get(f"{LIST}{unreadable.pk}/change/").content.decode()
    answer = act(operator, "export_as_json", [unreadable]).content.decode()

    assert "This version of the portal cannot read it." in page
    assert "One among them cannot be read." in answer
    assert "private words" not in caplog.text


def test_offers_neither_adding_nor_deleting(operator, held):
    assert operator.get(f"{LIST}add/").status_code == 403
    assert operator.get(f"{LIST}{held.pk}/delete/").status_code == 403
