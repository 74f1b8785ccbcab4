"""Tabs of one browser at the same moment: neither undoes what the other did."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from portal.desk.models import DeskSettings
from tests.tickets.asking import URL, valid

pytestmark = pytest.mark.django_db

CHECK_URL = "/requests/check/"


@pytest.fixture
def customer(client, inkwell):
    """A browser in which Amal is signed in."""
    login = {"email": "amal@example.com", "password": "lighthouse"}
    client.post("/account/sign-in/", login)
    return client


@pytest.fixture
def other_tab(customer):
    """Another tab of the same browser."""
    tab = Client()
    tab.cookies["session"] = customer.cookies["session"].value
    return tab


@pytest.fixture
def desk_is_down(inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})


@pytest.fixture
def once_read():
    """Do something as soon as the next page has read its session."""

    def arrange(work):
        def read(execute, sql, *asked):
            answer = execute(sql, *asked)
            if sql.startswith("SELECT session_data"):
                connection.execute_wrappers.remove(read)
                work()
            return answer

        connection.execute_wrappers.append(read)

    yield arrange
    connection.execute_wrappers.clear()


def test_a_page_that_takes_long_undoes_no_receipt(
    customer, other_tab, inkwell, desk_is_down, once_read
):
    sent = []
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        once_read(lambda: sent.append(customer.post(URL, valid(inkwell))))
        other_tab.get("/requests/")

        assert customer.get(sent[0]["Location"]).status_code == 200


def test_forms_sent_at_once_leave_a_receipt_each(
    customer, other_tab, inkwell, desk_is_down, once_read
):
    sent = []
    once_read(lambda: sent.append(other_tab.post(URL, valid(inkwell, key="other"))))

    sent.append(customer.post(URL, valid(inkwell)))

    pages = [customer.get(answer["Location"]).status_code for answer in sent]
    assert pages == [200, 200]


def test_requests_made_at_once_are_both_listed_and_have_a_receipt_each(
    customer, other_tab, inkwell, once_read
):
    sent = []
    once_read(lambda: sent.append(other_tab.post(URL, valid(inkwell, key="other"))))

    sent.append(customer.post(URL, valid(inkwell, note="Nobody called.")))

    pages = [customer.get(answer["Location"]).status_code for answer in sent]
    listed = customer.get("/requests/").content.decode()
    assert pages == [200, 200]
    assert "The invoice is wrong." in listed
    assert "Nobody called." in listed


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", [CHECK_URL, URL])
def test_a_page_that_is_still_being_made_brings_no_visit_back_after_signing_out(
    customer, other_tab, inkwell, once_read, url
):
    customer.post(CHECK_URL, {"accesskey": inkwell.foreign_ticket.access_key})
    other_tab.cookies["session"] = customer.cookies["session"].value
    opened = f"/requests/{inkwell.foreign_ticket.pk}/"
    assert customer.get(opened).status_code == 200
    once_read(lambda: other_tab.post("/account/sign-out/"))

    customer.post(url, {**valid(inkwell), "accesskey": inkwell.ticket.access_key})

    assert customer.get(opened).status_code == 302


def test_a_tab_that_still_has_the_old_session_leaves_the_new_one_alone(
    customer, other_tab, inkwell
):
    customer.post(CHECK_URL, {"accesskey": inkwell.foreign_ticket.access_key})

    answer = other_tab.get("/requests/")

    assert answer.status_code == 302
    assert "session" not in answer.cookies
