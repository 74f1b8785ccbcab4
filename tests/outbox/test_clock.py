"""A clock that is set forward or back while something is on its way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from threading import Event

import pytest
import time_machine
from django.utils import timezone

from portal import outbox
from portal.outbox.contents import ReplyContent, Sent
from portal.outbox.models import Submission
from portal.outbox.worker import drain
from tests.outbox.double import closed_port, serving
from tests.outbox.test_process import SUBMIT

JUMPS = [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-1)]
JUMP_IDS = ["an hour forward", "an hour back", "a day back"]
JUST_NOW = timedelta(0)


def work(after, jump=JUST_NOW):
    """Let the worker do what is due after so much time, on a clock that jumped."""
    with time_machine.travel(timezone.now() + after + jump):
        return drain(Event())


def leave(submission, state, pause):
    """Leave a row as somebody who died had it in hand, for as long as the pause."""
    Submission.objects.filter(pk=submission.pk).update(
        state=state,
        lease_owner="gone",
        due_at=timezone.now() + pause,
        unknown_since=timezone.now() if state == "unknown" else None,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("jump", JUMPS, ids=JUMP_IDS)
@pytest.mark.parametrize(
    ("state", "pause", "next_state"),
    [
        ("received", timedelta(seconds=30), "delivered"),
        ("connecting", timedelta(seconds=60), "delivered"),
        ("sending", timedelta(seconds=60), "unknown"),
        ("unknown", timedelta(seconds=10), "unknown"),
    ],
)
def test_nothing_is_stuck_for_90_seconds_after_the_jump(
    desk, portal, portal_of, away, jump, state, pause, next_state
):
    submission = outbox.submit(*away, outbox.TicketContent(note="x"), key="k1")
    portal_of(desk.url)
    leave(submission, state, pause)

    work(timedelta(seconds=90), jump)

    submission.refresh_from_db()
    assert (submission.state, submission.looks) == (next_state, state == "unknown")
    assert len(desk.done) == (next_state == "delivered")


@pytest.mark.django_db
@pytest.mark.parametrize("jump", JUMPS, ids=JUMP_IDS)
def test_a_jump_does_not_shorten_the_wait_for_evidence(desk, portal, jump):
    desk.faults = ["hang_up_after"]
    submission = outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1")

    for minutes in (0.5, 2, 11.5, 14):
        work(timedelta(minutes=minutes), jump)
    early = len(desk.done)
    work(timedelta(minutes=17), jump)

    submission.refresh_from_db()
    assert early == 1
    assert len(desk.done) == 2
    assert submission.state == "delivered"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("jump", JUMPS, ids=JUMP_IDS)
def test_a_lease_that_a_jump_ended_early_does_no_harm(desk, portal, jump, monkeypatch):
    """Whoever was sending gets its answer, though the row looked abandoned."""
    states = []

    def jump_while_sending(_content, helpspot, _errand):
        work(timedelta(seconds=5), jump)
        states.extend(Submission.objects.values_list("state", flat=True))
        return Sent(id=helpspot.request.update(access_key="1abcdef", note="Thanks"))

    monkeypatch.setattr(ReplyContent, "send", jump_while_sending)
    submission = outbox.submit(
        *portal,
        outbox.ReplyContent(ticket_id=1, access_key="1abcdef", note="Thanks"),
        key="k1",
    )

    work(timedelta(minutes=30), jump)

    submission.refresh_from_db()
    assert states == ["unknown"]
    assert submission.state == "delivered"
    assert len(desk.writes("request.update")) == 1


@pytest.mark.django_db
def test_ages_are_never_negative(away):
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        outbox.submit(*away, outbox.TicketContent(note="x"), key="k1")

    assert outbox.health().oldest_seconds == {"received": 0}


@pytest.mark.skipif(not shutil.which("faketime"), reason="needs faketime")
@pytest.mark.parametrize("ahead", ["+1h", "+24h"])
def test_a_process_with_the_right_clock_delivers_what_a_wrong_one_kept(tmp_path, ahead):
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }

    def run(url, *words):
        subprocess.run(
            words, env={**environment, "HELPSPOT_URL": url}, check=True, timeout=60
        )

    with serving() as desk:
        python = sys.executable
        run(desk.url, python, "manage.py", "migrate", "-v0")
        away = f"http://127.0.0.1:{closed_port()}"
        run(away, "faketime", "-f", ahead, python, "-c", SUBMIT)
        run(desk.url, python, "manage.py", "deliver", "--once")

    assert len(desk.writes("request.create")) == 1
