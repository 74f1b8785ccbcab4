"""In front of the built-in desk, which takes references: exactly once."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest
import time_machine
from django.utils import timezone

from portal import outbox
from portal.brands import brand_for
from portal.desk.models import DeskSettings, Note, Page, Post, Ticket
from portal.helpspot import helpspot_for
from portal.outbox.worker import drain

FAULTS = ["down", "hang_up", "garble"]


@pytest.fixture
def portal(inkwell):
    brand = brand_for("")
    return brand, helpspot_for(brand.connection)


def misbehave(fault):
    settings = DeskSettings.load()
    settings.fault = fault
    settings.save()


def recover():
    misbehave("")
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        drain(Event())


@pytest.mark.parametrize("fault", FAULTS)
def test_makes_exactly_one_request_however_the_desk_failed(portal, fault):
    before = Ticket.objects.count()
    misbehave(fault)
    submission = outbox.submit(
        *portal,
        outbox.TicketContent(note="It prints nothing.", email="ann@example.com"),
        key="k1",
    )
    state = submission.state

    recover()

    submission.refresh_from_db()
    assert (state, submission.state) == ("received", "delivered")
    assert Ticket.objects.count() == before + 1
    ticket = Ticket.objects.get(pk=submission.result_id)
    assert ticket.reference == submission.reference
    assert submission.access_key == f"{ticket.pk}{ticket.password}"
    assert [note.body for note in ticket.notes.all()] == ["It prints nothing."]


@pytest.mark.parametrize("fault", FAULTS)
def test_adds_exactly_one_reply_however_the_desk_failed(portal, fault):
    ticket = Ticket.objects.first()
    before = Note.objects.filter(ticket=ticket).count()
    misbehave(fault)
    submission = outbox.submit(
        *portal,
        outbox.ReplyContent(
            ticket_id=ticket.pk,
            access_key=f"{ticket.pk}{ticket.password}",
            note="Thanks",
        ),
        key="k1",
    )

    recover()

    submission.refresh_from_db()
    assert (submission.state, submission.result_id) == ("delivered", ticket.pk)
    assert Note.objects.filter(ticket=ticket).count() == before + 1


@pytest.mark.parametrize("fault", FAULTS)
def test_adds_exactly_one_topic_and_one_post_however_the_desk_failed(
    portal, inkwell, fault
):
    forum_id = portal[1].forums.list()[0].id
    before = Post.objects.count()
    misbehave(fault)
    topic = outbox.submit(
        *portal,
        outbox.TopicContent(
            forum_id=forum_id, title="Ink", author_name="Ann", body="Which ink?"
        ),
        key="k1",
    )
    recover()
    topic.refresh_from_db()
    misbehave(fault)
    post = outbox.submit(
        *portal,
        outbox.PostContent(topic_id=topic.result_id, author_name="Bob", body="Black."),
        key="k2",
    )

    recover()

    post.refresh_from_db()
    assert (topic.state, post.state) == ("delivered", "delivered")
    assert Post.objects.count() == before + 2


@pytest.mark.parametrize("fault", FAULTS)
def test_never_counts_a_vote_twice_however_the_desk_failed(portal, inkwell, fault):
    page = Page.objects.first()
    misbehave(fault)
    outbox.cast_vote(*portal, page_id=page.pk, is_helpful=True)

    recover()

    page.refresh_from_db()
    assert page.helpful <= 1
