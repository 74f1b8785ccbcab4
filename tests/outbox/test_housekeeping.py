from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from portal import outbox
from portal.helpspot.errors import Rejected
from portal.outbox.housekeeping import purge
from portal.outbox.models import Submission

pytestmark = pytest.mark.django_db


def purge_after(**later):
    with time_machine.travel(timezone.now() + timedelta(**later)):
        purge()


def test_forgets_access_keys_after_a_month_and_keeps_the_reference(portal):
    submission = outbox.submit_ticket(*portal, key="k1", note="x")

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
        outbox.submit_ticket(*portal, key="k1", note="x")

    purge_after(days=2)
    left = [row.kind for row in Submission.objects.all()]
    purge_after(days=31)

    assert left == ["ticket"]
    assert not Submission.objects.exists()


def test_never_forgets_what_waits(away):
    outbox.submit_ticket(*away, key="k1", note="x")

    purge_after(days=365)

    assert bytes(Submission.objects.get().sealed_content)


def test_counts_what_waits_and_how_long(desk, portal, portal_of, away):
    portal_of(desk.url)
    outbox.submit_ticket(*portal, key="k1", note="x")
    outbox.submit_ticket(*away, key="k2", note="x")
    outbox.submit_ticket(*away, key="k3", note="x")

    with time_machine.travel(timezone.now() + timedelta(seconds=90)):
        health = outbox.health()

    assert health.counts == {"delivered": 1, "received": 2}
    assert 89 < health.oldest_seconds["received"] < 100
