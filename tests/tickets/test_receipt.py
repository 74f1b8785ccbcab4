"""The receipt: the access key, or the truth about where the request is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.desk.models import DeskSettings, Ticket
from portal.outbox.models import Submission
from tests.html_page import parse, parse_page
from tests.tickets.asking import URL, valid
from tests.tickets.test_submit import break_desk, deliver


def send(client, inkwell, **changes) -> str:
    """Send a request; return its receipt's address."""
    response = client.post(URL, valid(inkwell, **changes))
    assert response.status_code == 303
    return response["Location"]


@pytest.fixture
def queued(client, inkwell) -> str:
    """The receipt's address of a request that the help desk did not get yet."""
    break_desk("down")
    return send(client, inkwell)


def test_shows_the_access_key_and_opens_the_request(client, inkwell):
    receipt = client.get(send(client, inkwell))

    page = parse_page(receipt)
    ticket = Ticket.objects.latest("id")
    assert page.one("h1").text == "We have your request"
    assert page.one("code", id="access-key").text == ticket.access_key
    assert f"Its number is {ticket.pk} ." in page.one("main").text
    assert page.one("a", href=f"/requests/{ticket.pk}/").text == "Open the request"
    assert client.get(f"/requests/{ticket.pk}/").status_code == 200
    assert "no-store" in receipt["Cache-Control"]
    assert receipt["Referrer-Policy"] == "strict-origin"


def test_shows_the_receipt_to_the_browser_that_sent_it_alone(client, inkwell):
    address = send(client, inkwell)

    assert Client().get(address).status_code == 404
    assert client.get("/requests/sent/R-2222-2222/").status_code == 404


def test_the_receipt_ends_with_the_visit(client, inkwell, time_machine):
    time_machine.move_to(timezone.now())
    address = send(client, inkwell)

    time_machine.shift(timedelta(minutes=31))

    assert client.get(address).status_code == 404


def test_says_that_a_request_waits_and_asks_again_by_itself(client, queued):
    page = parse_page(client.get(queued))

    submission = Submission.objects.get()
    main = page.one("main")
    assert page.one("h1").text == "We have your message"
    assert submission.reference in main.text
    assert "We keep trying until" in main.text
    assert main.one("a", class_="btn")["href"] == queued
    part = main.one("div", id="receipt")
    assert (part["hx-get"], part["hx-trigger"]) == (f"{queued}?every=10", "every 10s")


def test_asks_less_often_after_a_while_and_says_nothing_twice(
    client, queued, time_machine
):
    time_machine.move_to(timezone.now() + timedelta(minutes=1))
    assert client.get(f"{queued}?every=10").status_code == 204

    time_machine.shift(timedelta(minutes=10))

    slower = parse(client.get(f"{queued}?every=10"))
    assert slower.one("div", id="receipt")["hx-trigger"] == "every 60s"
    assert client.get(f"{queued}?every=60").status_code == 204


def test_turns_into_the_sent_page_once_the_help_desk_has_it(client, queued):
    break_desk("")
    deliver(Submission.objects.get())

    part = client.get(
        f"{queued}?every=10", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="receipt"
    )

    ticket = Ticket.objects.latest("id")
    receipt = parse(part).one("div", id="receipt")
    assert receipt.one("code", id="access-key").text == ticket.access_key
    assert "hx-get" not in receipt.attributes
    assert client.get(f"/requests/{ticket.pk}/").status_code == 200


def test_a_request_that_came_late_joins_a_signed_in_customers_list(customer, inkwell):
    break_desk("down")
    address = send(customer, inkwell, email="amal@example.com")
    break_desk("")
    deliver(Submission.objects.get())

    customer.get(address)

    number = Ticket.objects.latest("id").pk
    page = parse_page(customer.get("/requests/"))
    assert f"/requests/{number}/" in [one["href"] for one in page.all("a")]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (Submission.State.UNKNOWN, "appear here as soon as our help desk confirms it"),
        (Submission.State.HELD, "Someone from our team looks after it by hand"),
        (Submission.State.DISCARDED, "Our help desk did not take it"),
    ],
)
def test_tells_the_truth_about_every_state(client, queued, state, words):
    Submission.objects.update(state=state)

    page = parse_page(client.get(queued))

    assert words in page.one("main").text
    assert Submission.objects.get().reference in page.one("main").text


def test_a_receipt_is_only_read(client, queued):
    assert client.post(queued).status_code == 405
    assert DeskSettings.load().fault == "down"
