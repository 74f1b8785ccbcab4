from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone

from portal import outbox
from portal.outbox.models import Submission
from portal.outbox.operating import send_again
from portal.outbox.worker import drain

pytestmark = pytest.mark.django_db


def work(**later):
    """Let the worker do everything that is due after so much time."""
    with time_machine.travel(timezone.now() + timedelta(**later)):
        return drain(Event())


def submit(portal, key="k1"):
    return outbox.submit(
        *portal, outbox.TicketContent(note="x", email="ann@example.com"), key=key
    )


def stop_at(submission, state, **changes):
    """Leave a row as a process leaves it that was killed in this state."""
    Submission.objects.filter(pk=submission.pk).update(
        state=state, lease_owner="gone", **changes
    )


def test_delivers_what_waited_out_an_outage(desk, portal_of, away):
    submission = submit(away)

    portal_of(desk.url)
    too_soon, in_time = work(seconds=2), work(seconds=10)

    submission.refresh_from_db()
    assert (too_soon, in_time) == (0, 1)
    assert submission.state == "delivered"
    assert submission.access_key == "1abcdef"
    [values] = desk.writes("request.create")
    assert values["tNote"] == f"x\n\nRef. {submission.reference}"


def test_waits_longer_after_each_try(away):
    submission = submit(away)
    pauses = []

    moment = timezone.now()
    for _ in range(6):
        submission.refresh_from_db()
        with time_machine.travel(submission.due_at, tick=False):
            moment = timezone.now()
            drain(Event())
        submission.refresh_from_db()
        pauses.append((submission.due_at - moment).total_seconds())

    for pause, expected in zip(pauses, [30, 120, 600, 1800, 1800, 1800], strict=True):
        assert 0.8 * expected <= pause <= 1.2 * expected
    assert len(set(pauses[3:])) == 3


def test_leaves_it_to_an_operator_after_three_days(away):
    submission = submit(away)

    work(hours=71)
    submission.refresh_from_db()
    assert submission.state == "received"
    work(hours=73)

    submission.refresh_from_db()
    assert submission.state == "held"
    assert submission.due_at is None
    assert bytes(submission.sealed_content)


def test_leaves_what_helpspot_refuses_later_to_an_operator(desk, portal_of, away):
    submission = submit(away)
    portal_of(desk.url)
    desk.faults = ["refuse"]

    work(seconds=10)

    submission.refresh_from_db()
    assert (submission.state, submission.remark) == (
        "held",
        "The help desk refused it.",
    )


@pytest.mark.parametrize("state", ["received", "connecting"])
def test_takes_up_what_a_killed_process_had_not_sent(desk, portal, state):
    desk.faults = ["hang_up"]
    submission = submit(portal)
    stop_at(submission, state, due_at=timezone.now() + timedelta(seconds=60))

    too_soon, in_time = work(seconds=50), work(seconds=61)

    submission.refresh_from_db()
    assert (too_soon, in_time) == (0, 1)
    assert submission.state == "delivered"
    assert len(desk.writes("request.create")) == 1


def test_never_sends_again_at_once_what_a_killed_process_may_have_sent(desk, portal):
    desk.faults = ["hang_up_after"]
    submission = submit(portal)
    stop_at(submission, "sending", due_at=timezone.now() + timedelta(seconds=60))

    work(seconds=61)

    submission.refresh_from_db()
    assert submission.state == "unknown"
    assert len(desk.writes("request.create")) == 1


def test_sends_once_more_and_says_so_where_nobody_can_know(desk, portal):
    desk.faults = ["hang_up_after"]
    submission = submit(portal)

    for minutes in (0.5, 2, 11, 14):
        work(minutes=minutes)
    before = len(desk.writes("request.create"))
    work(minutes=16)

    submission.refresh_from_db()
    first, again = desk.writes("request.create")
    assert before == 1
    assert submission.state == "delivered"
    assert first["tNote"] == f"x\n\nRef. {submission.reference}"
    assert again["tNote"] == f"x\n\nMay repeat {submission.reference}"


def test_never_sends_a_third_time(desk, portal):
    desk.faults = ["hang_up_after", "hang_up_after"]
    submission = submit(portal)

    for minutes in (0.5, 2, 11, 16, 17, 19, 30, 40, 60, 24 * 60):
        work(minutes=minutes)

    submission.refresh_from_db()
    assert submission.state == "held"
    assert len(desk.writes("request.create")) == 2


def test_holds_instead_where_the_settings_say_so(desk, portal, settings):
    settings.OUTBOX_WHEN_UNKNOWN = "hold"
    desk.faults = ["hang_up_after"]
    submission = submit(portal)

    for minutes in (0.5, 2, 11, 16):
        work(minutes=minutes)

    submission.refresh_from_db()
    assert submission.state == "held"
    assert len(desk.writes("request.create")) == 1


def test_tells_a_help_desk_again_that_takes_references(desk, portal, settings):
    settings.HELPSPOT_KNOWS_REFERENCES = True
    desk.faults = ["hang_up_after"]
    submission = submit(portal)

    work(seconds=10)

    submission.refresh_from_db()
    assert submission.state == "delivered"
    assert [values["sReference"] for values in desk.writes("request.create")] == [
        submission.reference
    ] * 2
    assert desk.writes("request.create")[0]["tNote"] == "x"


@pytest.mark.parametrize("minutes", [1, 20, 60, 24 * 60])
def test_is_not_stuck_when_the_clock_is_set_back(desk, portal_of, away, minutes):
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        submission = submit(away)
        portal_of(desk.url)

    work(seconds=0)

    submission.refresh_from_db()
    assert submission.state == "delivered"


def test_a_corrected_clock_takes_no_row_from_whoever_is_sending_it(desk, portal):
    desk.faults = ["hang_up_after"]
    submission = submit(portal)
    stop_at(submission, "sending", due_at=timezone.now() + timedelta(seconds=60))

    corrected = work(seconds=-5)

    assert corrected == 0


@pytest.mark.parametrize("state", ["delivered", "refused", "held", "discarded"])
@pytest.mark.parametrize("brand_id", ["default", "sold"])
def test_lets_rest_what_is_settled_whatever_it_says(desk, portal, state, brand_id):
    submission = submit(portal)
    Submission.objects.filter(pk=submission.pk).update(
        state=state, brand_id=brand_id, due_at=timezone.now()
    )

    attended = work(seconds=1)

    submission.refresh_from_db()
    assert (attended, submission.state, submission.due_at) == (1, state, None)
    assert len(desk.done) == 1


def test_holds_what_belongs_to_a_brand_that_is_gone(portal):
    submission = submit(portal)
    Submission.objects.filter(pk=submission.pk).update(
        brand_id="sold", state="received", due_at=timezone.now()
    )

    work(seconds=1)

    submission.refresh_from_db()
    assert submission.state == "held"


def test_what_a_brand_that_is_gone_may_have_sent_is_not_sent_again_in_silence(
    desk, portal
):
    desk.faults = ["hang_up_after"]
    submission = submit(portal)
    Submission.objects.filter(pk=submission.pk).update(
        brand_id="sold", state="sending", unknown_since=None, due_at=timezone.now()
    )

    work(seconds=1)
    Submission.objects.update(brand_id="default")
    send_again(Submission.objects.get())
    work(seconds=2)

    first, second = (values["tNote"] for values in desk.writes("request.create"))
    assert first.endswith(f"Ref. {submission.reference}")
    assert second.endswith(f"May repeat {submission.reference}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_a_database_that_fails_as_it_is_held_does_not_hide_that_it_may_repeat(
    desk, portal, state
):
    desk.faults = ["hang_up_after"]
    submission = submit(portal)
    Submission.objects.filter(pk=submission.pk).update(
        brand_id="sold", state=state, due_at=timezone.now()
    )
    statements = []

    def fail_second(execute, sql, *asked):
        statements.extend([sql] if sql.startswith("UPDATE") else [])
        if len(statements) == 2:
            raise OperationalError("the server left")
        return execute(sql, *asked)

    with connection.execute_wrapper(fail_second), pytest.raises(OperationalError):
        work(seconds=1)
    Submission.objects.update(brand_id="default")
    for minutes in (2, 4, 15, 25, 35):
        work(minutes=minutes)

    first, second = (values["tNote"] for values in desk.writes("request.create"))
    assert first.endswith(f"Ref. {submission.reference}")
    assert second.endswith(f"May repeat {submission.reference}")


@pytest.mark.parametrize("loss", ["key", "file"])
def test_holds_what_can_no_longer_be_sent_whole(away, settings, loss):
    submission = submit(away)
    if loss == "key":
        settings.SECRET_KEY = "another"
    else:
        Submission.objects.filter(pk=submission.pk).update(file_count=1)

    work(seconds=10)

    submission.refresh_from_db()
    assert submission.state == "held"


def test_holds_what_this_version_cannot_read_and_goes_on_with_the_next(
    desk, portal_of, away
):
    newer, whole = submit(away, "k1"), submit(away, "k2")
    Submission.objects.filter(pk=newer.pk).update(kind="fax")
    portal_of(desk.url)

    work(seconds=10)

    newer.refresh_from_db()
    whole.refresh_from_db()
    assert (newer.state, whole.state) == ("held", "delivered")
