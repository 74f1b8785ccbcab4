from __future__ import annotations

from datetime import timedelta
from html import escape
from threading import Event

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone

from portal import outbox
from portal.helpspot.types import TicketSummary
from portal.outbox.models import Submission
from portal.outbox.seals import seal
from portal.outbox.worker import drain
from tests.html_page import parse_page

pytestmark = pytest.mark.django_db

LOOKS = (0.5, 2, 11, 16)


def work(minutes):
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        drain(Event())


def reply(portal):
    return outbox.submit(
        *portal,
        outbox.ReplyContent(ticket_id=1, access_key="1abcdef", note="Thanks"),
        key="k1",
    )


def topic(portal, key="k1"):
    return outbox.submit(
        *portal,
        outbox.TopicContent(
            forum_id=1,
            title="Ink & paper",
            author_name="Ann",
            body="Which ink?\r\n\r\nAnd < which paper?",
        ),
        key=key,
    )


def post(portal, key="k1"):
    return outbox.submit(
        *portal,
        outbox.PostContent(topic_id=7, author_name="Ann", body="Black.\r\nAlways."),
        key=key,
    )


@pytest.mark.parametrize("send", [reply, topic, post])
def test_finds_what_arrived_without_an_answer(desk, portal, send):
    desk.faults = ["hang_up_after"]
    submission = send(portal)
    state = submission.state

    work(minutes=0.5)

    submission.refresh_from_db()
    assert (state, submission.state) == ("unknown", "delivered")
    assert submission.result_id == 1
    assert bytes(submission.sealed_content) == b""
    assert len(desk.done) == 1


@pytest.mark.parametrize("send", [reply, topic, post])
def test_sends_once_more_what_is_surely_absent(desk, portal, send):
    desk.faults = ["hang_up"]
    submission = send(portal)

    for minutes in LOOKS[:-1]:
        work(minutes)
    before = len(desk.done)
    work(LOOKS[-1])

    submission.refresh_from_db()
    assert before == 0
    assert submission.state == "delivered"
    [(_, values)] = desk.done
    text = values.get("tNote") or values["tPost"]
    assert text.endswith(f"\n\nMay repeat {submission.reference}")


def test_does_not_take_a_reply_that_names_it_for_it(desk, portal):
    desk.faults = ["hang_up", ""]
    submission = reply(portal)
    more = outbox.ReplyContent(
        ticket_id=1, access_key="1abcdef", note=f"Where is {submission.reference}?"
    )
    outbox.submit(*portal, more, key="k1")
    outbox.submit(*portal, more, key="k2")

    work(minutes=0.5)

    submission.refresh_from_db()
    assert submission.state == "unknown"


def test_leaves_it_to_an_operator_where_it_can_never_be_looked_for(
    desk, portal, monkeypatch, caplog
):
    def fail(*_args):
        raise RuntimeError("Thanks")

    desk.faults = ["hang_up_after"]
    submission = reply(portal)
    monkeypatch.setattr(outbox.ReplyContent, "find", fail)

    for minutes in (0.5, 60, 73 * 60):
        work(minutes)

    submission.refresh_from_db()
    assert submission.state == "held"
    assert "could not be looked for" in submission.remark
    assert "Thanks" not in caplog.text


def test_does_not_take_an_older_post_with_the_same_words_for_it(desk, portal):
    desk.faults = ["", "hang_up"]
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        post(portal, "an-hour-ago")
    submission = post(portal)

    work(minutes=0.5)

    submission.refresh_from_db()
    assert submission.state == "unknown"


def test_does_not_take_a_mail_that_mentions_it_for_it(desk, portal):
    desk.faults = ["hang_up", ""]
    submission = reply(portal)
    mail = {"tNote": f"Did you get what I sent as Ref. {submission.reference}? Ann"}
    desk.do("request.update", mail)

    work(minutes=0.5)

    submission.refresh_from_db()
    assert submission.state == "unknown"


@pytest.mark.parametrize("send", [topic, post])
def test_the_same_words_said_twice_on_purpose_are_told_apart(desk, portal, send):
    desk.faults = ["", "hang_up"]
    send(portal, "first")
    second = send(portal, "second")

    for minutes in LOOKS:
        work(minutes)

    second.refresh_from_db()
    assert (second.state, second.result_id) == ("delivered", 2)
    assert len(desk.done) == 2


@pytest.mark.parametrize("send", [topic, post])
def test_of_two_that_say_the_same_only_one_can_be_what_arrived(desk, portal, send):
    desk.faults = ["hang_up_after", "hang_up"]
    send(portal, "first")
    send(portal, "second")

    work(minutes=0.5)

    states = Submission.objects.order_by("state").values_list("state", flat=True)
    assert list(states) == ["delivered", "unknown"]


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        "It says a <b and c> d.",
        "<a" + " << x" * 300,
    ],
    ids=["a tag that is none", "many that never end"],
)
def test_finds_a_post_whose_words_look_like_mark_up(desk, portal, body, html):
    desk.faults = ["hang_up_after"]
    content = outbox.PostContent(topic_id=7, author_name="Ann", body=body)
    submission = outbox.submit(*portal, content, key="k1")
    if html:
        [(_, values)] = desk.done
        values["tPost"] = f"<p>{escape(values['tPost'])}</p>"

    work(minutes=0.5)

    submission.refresh_from_db()
    assert submission.state == "delivered"


def test_finds_a_post_that_tells_only_its_day(desk, portal):
    desk.faults = ["hang_up_after"]
    with time_machine.travel(timezone.now().replace(hour=15)):
        submission = post(portal)
        [(_, values)] = desk.done
        values["at"] = f"{timezone.now():%B %d, %Y}"

        work(minutes=0.5)

    submission.refresh_from_db()
    assert submission.state == "delivered"


def test_does_not_count_a_look_while_helpspot_is_away(desk, portal, portal_of):
    desk.faults = ["hang_up_after"]
    submission = reply(portal)
    portal_of("http://127.0.0.1:9")

    for minutes in LOOKS:
        work(minutes)

    submission.refresh_from_db()
    assert (submission.state, submission.looks) == ("unknown", 0)


@pytest.mark.parametrize("send", [reply, topic, post])
@pytest.mark.parametrize("hours", [0.1, 2])
def test_settles_within_20_minutes_of_the_end_of_an_outage(
    desk, portal, portal_of, send, hours
):
    desk.faults = ["hang_up_after"]
    submission = send(portal)
    ends_at = int(hours * 60)

    portal_of("http://127.0.0.1:9")
    for minute in sorted({*range(10), *range(10, ends_at, 7), ends_at}):
        work(minute)
    submission.refresh_from_db()
    during = submission.state
    portal_of(desk.url)
    for minute in range(ends_at, ends_at + 20):
        work(minute)

    submission.refresh_from_db()
    assert (during, submission.state) == ("unknown", "delivered")
    assert len(desk.done) == 1


@pytest.mark.parametrize("send", [reply, topic, post])
@pytest.mark.parametrize(
    ("fault", "state", "count"),
    [("hang_up_after", "delivered", 1), ("hang_up", "held", 0)],
    ids=["arrived", "absent"],
)
def test_hold_never_sends_a_second_time(
    desk, portal, settings, send, fault, state, count
):
    settings.OUTBOX_WHEN_UNKNOWN = "hold"
    desk.faults = [fault]
    submission = send(portal)

    for minutes in (*LOOKS, 20, 60, 24 * 60, 80 * 60):
        work(minutes)

    submission.refresh_from_db()
    assert submission.state == state
    assert len(desk.done) == count


def summary(submission, *, email="ann@example.com", note=""):
    return TicketSummary(
        id=4711,
        access_key="4711secret",
        is_open=True,
        email=email,
        note=note or f"It prints nothing.<br />\nRef. {submission.reference}",
    )


def send_request(client):
    """Send a request on its page; return its receipt's address."""
    form = {
        "key": "k1",
        "category": "1",
        "note": "It prints nothing.\nNot even a test page.",
        "name": "Ann Lee",
        "email": "ann@example.com",
    }
    return client.post("/requests/new/", form)["Location"]


def sign_in(client):
    login = {"email": "ann@example.com", "password": "lighthouse"}
    return client.post("/account/sign-in/", login)


def test_whoever_signs_in_learns_the_number_of_what_got_no_answer(client, desk, portal):
    desk.faults = ["hang_up_after"]
    receipt = send_request(client)
    before = parse_page(client.get(receipt)).one("main").text

    assert sign_in(client).status_code == 303

    page = parse_page(client.get(receipt))
    assert "number is" not in before
    assert "Its number is 1 ." in page.one("main").text
    assert page.one("code", id="access-key").text == "1abcdef"
    assert len(desk.writes("request.create")) == 1


def test_signing_in_works_while_nothing_can_be_settled(
    client, desk, portal, monkeypatch
):
    def fail(*_args):
        raise OperationalError("database is locked")

    desk.faults = ["hang_up_after"]
    send_request(client)
    monkeypatch.setattr("portal.outbox.evidence.settle", fail)

    assert sign_in(client).status_code == 303
    assert client.get("/requests/").status_code == 200


@pytest.fixture
def doubtful(desk, portal):
    """A request that was sent and not answered."""
    desk.faults = ["hang_up_after"]
    return outbox.submit(
        *portal,
        outbox.TicketContent(note="It prints nothing.", email="Ann@example.com"),
        key="k1",
    )


def test_settles_a_request_that_its_owners_list_shows(portal, doubtful):
    outbox.settle_with(portal[0], [summary(doubtful)])

    doubtful.refresh_from_db()
    assert (doubtful.state, doubtful.result_id, doubtful.access_key) == (
        "delivered",
        4711,
        "4711secret",
    )


def test_settles_nothing_that_somebody_else_merely_quotes(portal, doubtful):
    quoting = summary(doubtful, email="mallory@example.com")
    quoted = summary(
        doubtful, note=f"> Ref. {doubtful.reference}\nI ask again.\nRef. R-2222-3333"
    )

    outbox.settle_with(portal[0], [quoting, quoted])

    doubtful.refresh_from_db()
    assert doubtful.state == "unknown"


def test_settles_nothing_by_a_mail_of_the_same_customer_that_mentions_it(
    portal, doubtful
):
    mail = f"<p>Did you get Ref. {doubtful.reference}, from your form?</p>"

    outbox.settle_with(portal[0], [summary(doubtful, note=mail)])

    doubtful.refresh_from_db()
    assert doubtful.state == "unknown"


def test_settles_nothing_that_this_version_cannot_read(portal, doubtful):
    other = seal(b'{"text": "It prints nothing."}')
    Submission.objects.filter(pk=doubtful.pk).update(sealed_content=other)

    outbox.settle_with(portal[0], [summary(doubtful)])

    doubtful.refresh_from_db()
    assert doubtful.state == "unknown"


def test_settles_nothing_by_other_words_of_the_same_form(away):
    waiting = outbox.submit(
        *away, outbox.TicketContent(note="It stops.", email="ann@example.com"), key="k1"
    )
    named = f"It stops. Now it smokes.\n\nMay repeat {waiting.reference}"

    outbox.settle_with(away[0], [summary(waiting, note=named)])

    waiting.refresh_from_db()
    assert waiting.state == "received"


def test_settles_nothing_twice_or_for_another_brand(portal, doubtful):
    outbox.settle_with(portal[0], [summary(doubtful)])
    outbox.settle_with(portal[0], [summary(doubtful, note="nothing here")])

    doubtful.refresh_from_db()
    assert doubtful.result_id == 4711
