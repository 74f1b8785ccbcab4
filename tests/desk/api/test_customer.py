"""`customer.getRequests`."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.desk.models import Customer, DeskSettings, LoginAttempt, Ticket
from tests.desk.api.conftest import document, problems, texts
from tests.desk_content import NOW

LOGIN = {"sEmail": "amal@example.com", "sPassword": "lighthouse"}
WRONG = [(104, "Email or password not valid")]
TOO_MANY = [(3, "Too many failed logins, wait one minute and try again")]


def test_lists_the_customers_requests_newest_first(inkwell, ask):
    ticket, closed = inkwell.ticket, inkwell.closed_ticket

    response = ask("customer.getRequests", **LOGIN)

    assert response.content.decode() == document(f"""
        <requests>
        <request>
        <xRequest>{ticket.pk}</xRequest>
        <fOpenedVia>7</fOpenedVia>
        <xOpenedViaId>0</xOpenedViaId>
        <fOpen>1</fOpen>
        <xStatus>{ticket.status_id}</xStatus>
        <fUrgent>0</fUrgent>
        <xCategory>{ticket.category_id}</xCategory>
        <dtGMTOpened>{int(NOW.timestamp())}</dtGMTOpened>
        <sRequestPassword>abcdefghijKLMNOPQRST</sRequestPassword>
        <sTitle>Labels come out blank</sTitle>
        <sUserId />
        <sFirstName>Amal</sFirstName>
        <sLastName>Haddad</sLastName>
        <sEmail>amal@example.com</sEmail>
        <sPhone />
        <sCategory>Printer problem</sCategory>
        <sStatus>Active</sStatus>
        <tNote>Every label is blank since the update.
        The test page too.</tNote>
        <fullname>Amal Haddad</fullname>
        <accesskey>{ticket.pk}abcdefghijKLMNOPQRST</accesskey>
        </request>
        <request>
        <xRequest>{closed.pk}</xRequest>
        <fOpenedVia>6</fOpenedVia>
        <xOpenedViaId>0</xOpenedViaId>
        <fOpen>0</fOpen>
        <xStatus>{closed.status_id}</xStatus>
        <fUrgent>0</fUrgent>
        <xCategory>{closed.category_id}</xCategory>
        <dtGMTOpened>{int((NOW - timedelta(days=30)).timestamp())}</dtGMTOpened>
        <sRequestPassword>{closed.password}</sRequestPassword>
        <sTitle />
        <sUserId />
        <sFirstName>Amal</sFirstName>
        <sLastName>Haddad</sLastName>
        <sEmail>amal@example.com</sEmail>
        <sPhone />
        <sCategory>Billing</sCategory>
        <sStatus>Problem Solved</sStatus>
        <tNote>Please send the October invoice again.</tNote>
        <fullname>Amal Haddad</fullname>
        <accesskey>{closed.access_key}</accesskey>
        </request>
        </requests>
    """)


@pytest.mark.parametrize("email", ["AMAL@Example.com", " amal@example.com "])
def test_minds_no_letter_case_in_addresses_and_takes_post(inkwell, send, email):
    Ticket.objects.filter(pk=inkwell.ticket.pk).update(email="Amal@EXAMPLE.com")

    response = send("customer.getRequests", **{**LOGIN, "sEmail": email})

    assert len(texts(response, "request")) == 2


def test_shows_an_organisations_requests_by_customer_id(inkwell, ask):
    DeskSettings.load()
    DeskSettings.objects.update(history_by="customer_id")
    Ticket.objects.filter(pk=inkwell.closed_ticket.pk).update(customer_id="ACME")
    Ticket.objects.filter(pk=inkwell.foreign_ticket.pk).update(customer_id="ACME")

    response = ask("customer.getRequests", **LOGIN)

    assert texts(response, "request/xRequest") == [
        str(ticket.pk)
        for ticket in (inkwell.ticket, inkwell.foreign_ticket, inkwell.closed_ticket)
    ]


def test_counts_the_customer_id_that_staff_gave(inkwell, ask):
    DeskSettings.load()
    DeskSettings.objects.update(history_by="customer_id")
    Customer.objects.update(customer_id="ACME")
    Ticket.objects.filter(pk=inkwell.foreign_ticket.pk).update(customer_id="ACME")

    response = ask("customer.getRequests", **LOGIN)

    assert str(inkwell.foreign_ticket.pk) in texts(response, "request/xRequest")


def test_shows_neither_trash_nor_what_is_others(inkwell, ask):
    Ticket.objects.filter(pk=inkwell.closed_ticket.pk).update(is_trash=True)

    response = ask("customer.getRequests", **LOGIN)

    assert texts(response, "request/xRequest") == [str(inkwell.ticket.pk)]


def test_lists_nothing_for_a_customer_without_requests(inkwell, ask):
    Ticket.objects.all().delete()

    assert ask("customer.getRequests", **LOGIN).content.decode() == document(
        "<requests />"
    )


def test_refuses_a_wrong_password_and_an_unknown_address_alike(inkwell, ask):
    wrong = ask("customer.getRequests", **{**LOGIN, "sPassword": "Lighthouse"})
    unknown = ask("customer.getRequests", **{**LOGIN, "sEmail": "who@example.com"})

    assert problems(wrong) == problems(unknown) == WRONG


def test_hashes_a_password_also_for_an_unknown_address(inkwell, ask, monkeypatch):
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher,
        "encode",
        lambda *args: hashed.append(1) or encode(*args),
    )

    ask("customer.getRequests", **{**LOGIN, "sEmail": "who@example.com"})

    assert hashed == [1]


def test_says_what_is_missing(inkwell, ask):
    assert problems(ask("customer.getRequests")) == [
        (101, "Required parameter sEmail not supplied"),
        (101, "Required parameter sPassword not supplied"),
    ]


@pytest.mark.parametrize("email", ["amal@example.com", "who@example.com"])
def test_makes_everyone_wait_a_minute_after_five_failures(inkwell, ask, email):
    guess = {"sEmail": email, "sPassword": "guess"}
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(5):
            assert problems(ask("customer.getRequests", **guess)) == WRONG
        assert problems(ask("customer.getRequests", **guess)) == TOO_MANY
        right = {**guess, "sPassword": "lighthouse"}
        assert problems(ask("customer.getRequests", **right)) == TOO_MANY

        clock.shift(61)

        response = ask("customer.getRequests", **guess)
    assert problems(response) == WRONG
    assert LoginAttempt.objects.count() == 1


def test_forgets_failures_after_a_login(inkwell, ask):
    for _ in range(4):
        ask("customer.getRequests", **{**LOGIN, "sPassword": "guess"})

    assert ask("customer.getRequests", **LOGIN).status_code == 200
    assert not LoginAttempt.objects.exists()


def test_keeps_no_address_of_who_failed(inkwell, ask):
    ask("customer.getRequests", **{**LOGIN, "sPassword": "guess"})

    assert "amal" not in LoginAttempt.objects.get().login


def test_asks_the_database_no_more_for_a_longer_list(inkwell, ask):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            ask("customer.getRequests", **LOGIN)
        return len(queries)

    DeskSettings.load()
    before = count()
    for _ in range(20):
        ticket = Ticket.objects.create(
            email="amal@example.com",
            status=inkwell.statuses["Active"],
            category=inkwell.categories["billing"],
        )
        ticket.notes.create(is_initial=True)

    assert count() == before <= 8
