"""A visitor's pages that are asked for at the same moment take nothing from another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.desk.models import Ticket
from tests import meanwhile
from tests.html_page import parse_page
from tests.tickets.asking import URL, valid

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def during(settings):
    """Do something while the help desk answers a method, as in `during(method, do)`."""
    settings.HELPSPOT_EMBEDDED_SERVER = "tests.meanwhile.answer"
    yield meanwhile.DURING.__setitem__
    meanwhile.DURING.clear()


def another_page(client: Client) -> Client:
    """Return the same browser, as it was when another of its pages was asked for."""
    other = Client()
    other.cookies["session"] = client.cookies["session"].value
    return other


def test_a_second_press_keeps_the_visit_though_the_first_answer_never_comes(
    customer, inkwell, during
):
    first_press = another_page(customer)
    receipts = []
    during(
        "request.create",
        lambda: receipts.append(customer.post(URL, valid(inkwell))["Location"]),
    )
    first_press.post(URL, valid(inkwell))

    page = parse_page(customer.get(receipts[0]))

    assert page.one("h1").text == "We have your request"
    for ticket in (inkwell.ticket, Ticket.objects.latest("id")):
        assert customer.get(f"/requests/{ticket.pk}/").status_code == 200


def test_two_requests_sent_together_are_both_listed(customer, inkwell, during):
    other = another_page(customer)
    during(
        "request.create",
        lambda: other.post(URL, valid(inkwell, key="other", note="It hums.")),
    )
    customer.post(URL, valid(inkwell, note="It stops."))

    words = parse_page(customer.get("/requests/")).one("main").text

    assert "It hums." in words
    assert "It stops." in words


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("/account/sign-out/", {}),
        ("/account/password/", {"password": "lighthouse"}),
    ],
)
def test_a_reply_that_arrived_is_said_to_have_whatever_another_page_did(
    customer, inkwell, during, time_machine, address, typed
):
    time_machine.move_to(timezone.now())
    time_machine.shift(timedelta(minutes=2))
    other = another_page(customer)
    during("request.update", lambda: other.post(address, typed))

    response = customer.post(
        f"/requests/{inkwell.ticket.pk}/reply/", {"key": "k", "note": "It works."}
    )

    assert response.status_code == 303
    assert inkwell.ticket.notes.filter(body__contains="It works.").exists()


def test_a_slow_reply_leaves_what_another_page_sent(
    customer, inkwell, during, time_machine
):
    time_machine.move_to(timezone.now())
    time_machine.shift(timedelta(minutes=2))
    other = another_page(customer)
    receipts = []
    during(
        "request.update",
        lambda: receipts.append(other.post(URL, valid(inkwell))["Location"]),
    )

    customer.post(
        f"/requests/{inkwell.ticket.pk}/reply/", {"key": "k", "note": "It works."}
    )

    assert other.get(receipts[0]).status_code == 200
