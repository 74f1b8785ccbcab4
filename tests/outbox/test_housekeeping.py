from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from portal import outbox
from portal.accounts import limits
from portal.accounts.limits import Limit
from portal.accounts.models import Attempt
from portal.helpspot.errors import Rejected
from portal.outbox.housekeeping import keep_house, purge
from portal.outbox.models import Submission

pytestmark = pytest.mark.django_db


def purge_after(**later):
    with time_machine.travel(timezone.now() + timedelta(**later)):
        purge()


def test_forgets_access_keys_after_a_month_and_keeps_the_reference(portal):
    submission = outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1")

    purge_after(days=29)
    submission.refresh_from_db()
    kept = submission.access_key
    purge_after(days=31)

    submission.refresh_from_db()
    assert (kept, submission.access_key) == ("1abcdef", None)
    assert outbox.find(submission.reference).result_id == 1


def test_forgets_settled_votes_and_old_refusals(desk, portal):
    desk.faults = ["", "refuse"]
    outbox.cast_vote(*portal, page_id=16, is_helpful=True)
    with pytest.raises(Rejected):
        outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1")

    purge_after(days=2)
    left = [row.kind for row in Submission.objects.all()]
    purge_after(days=31)

    assert left == ["ticket"]
    assert not Submission.objects.exists()


def test_never_forgets_what_waits(away):
    outbox.submit(*away, outbox.TicketContent(note="x"), key="k1")

    purge_after(days=365)

    assert bytes(Submission.objects.get().sealed_content)


def test_counts_what_waits_and_how_long(desk, portal, portal_of, away):
    portal_of(desk.url)
    outbox.submit(*portal, outbox.TicketContent(note="x"), key="k1")
    outbox.submit(*away, outbox.TicketContent(note="x"), key="k2")
    outbox.submit(*away, outbox.TicketContent(note="x"), key="k3")

    with time_machine.travel(timezone.now() + timedelta(seconds=90)):
        health = outbox.health()

    assert health.counts == {"delivered": 1, "received": 2}
    assert 89 < health.oldest_seconds["received"] < 100


@pytest.fixture
def leftovers():
    """A session and a counted attempt, each for an hour."""
    limits.record("key", "somebody", (Limit(5, 3600),))
    Session.objects.create(
        session_key="old",
        session_data="",
        expire_date=timezone.now() + timedelta(hours=1),
    )


@pytest.mark.parametrize(("minutes", "left"), [(59, 1), (61, 0)])
def test_forgets_sessions_and_counts_when_their_time_is_over(leftovers, minutes, left):
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        keep_house()

    assert (Session.objects.count(), Attempt.objects.count()) == (left, left)


def test_one_room_that_fails_keeps_no_other_from_its_chores(leftovers, monkeypatch):
    def fail():
        raise OperationalError

    monkeypatch.setattr("portal.outbox.housekeeping.purge", fail)

    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        keep_house()

    assert not Session.objects.exists()
