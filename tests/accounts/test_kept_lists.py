"""A signed-in customer's list is kept sealed in the database, as long as the visit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts import kept_lists
from portal.accounts.housekeeping import purge
from portal.accounts.models import KeptList
from portal.desk.models import Customer, Ticket
from portal.memo import Memo
from tests.desk_content import Inkwell
from tests.html_page import parse_page
from tests.tickets.asking import URL as FORM
from tests.tickets.asking import valid

SIGN_IN = "/account/sign-in/"
LIST = "/requests/"
RIGHT = {"email": "amal@example.com", "password": "lighthouse"}
NOOR = {"email": "noor@example.com", "password": "lighthouse"}


@pytest.fixture
def customer(client: Client, inkwell: Inkwell) -> Client:
    """A browser in which Amal is signed in."""
    client.post(SIGN_IN, RIGHT)
    return client


@pytest.fixture
def in_another_process(monkeypatch):
    """Let go on in a process that remembers no list."""

    def move():
        memory = Memo(kept_lists.REMEMBERED_BYTES)
        monkeypatch.setattr(kept_lists, "_lists", memory)

    return move


def reads_a_list(client, address):
    """Open a page; tell whether a list had to be read for it."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return any(KeptList._meta.db_table in one["sql"] for one in queries)


def add_noor(inkwell):
    other = Customer.objects.get(pk=inkwell.customer.pk)
    other.pk, other.email = None, NOOR["email"]
    other.save()


def test_a_list_is_kept_sealed(customer, inkwell):
    kept = KeptList.objects.get()
    session = str(Session.objects.get().get_decoded())

    for text in (inkwell.ticket.access_key, "Labels come out", RIGHT["email"]):
        assert text not in str(kept.__dict__)
        assert text not in session


def test_a_longer_list_makes_no_longer_session(client, inkwell):
    client.post(SIGN_IN, RIGHT)
    before = len(Session.objects.get().session_data)
    for number in range(100):
        Ticket.objects.create(
            email=RIGHT["email"],
            title=f"Roll {number}",
            status=inkwell.statuses["Active"],
        )

    client.post(SIGN_IN, RIGHT)

    assert abs(len(Session.objects.get().session_data) - before) < 20


def test_each_process_reads_a_list_once(customer, inkwell, in_another_process):
    request = f"/requests/{inkwell.ticket.pk}/"

    in_another_process()

    assert reads_a_list(customer, LIST)
    for address in (LIST, request, FORM, "/requests/data/"):
        assert not reads_a_list(customer, address), address


def test_a_new_request_is_listed_by_every_process(
    customer, inkwell, in_another_process
):
    customer.post(FORM, valid(inkwell, email=RIGHT["email"]))
    here = customer.get(LIST).content

    in_another_process()

    page = customer.get(LIST)
    assert page.content == here
    assert "The invoice is wrong." in parse_page(page).one("main").text
    assert KeptList.objects.count() == 1


def test_a_page_asked_for_before_a_list_changed_still_has_it(
    customer, inkwell, in_another_process
):
    session = Session.objects.get()
    customer.post(FORM, valid(inkwell, email=RIGHT["email"]))
    Session.objects.filter(pk=customer.cookies["session"].value).update(
        session_data=session.session_data
    )

    in_another_process()

    assert customer.get(LIST).status_code == 200


def test_signing_out_deletes_the_list(customer):
    customer.post("/account/sign-out/")

    assert not KeptList.objects.exists()


def test_deleting_my_data_deletes_the_list(customer):
    customer.post("/requests/data/delete/")

    assert not KeptList.objects.exists()


@pytest.mark.parametrize("login", [RIGHT, NOOR], ids=["the same", "another"])
def test_signing_in_again_deletes_the_list_before(customer, inkwell, login):
    add_noor(inkwell)
    before = KeptList.objects.get().pk

    customer.post(SIGN_IN, login)

    assert KeptList.objects.get().pk != before


@pytest.mark.parametrize("pauses", [[31], [25] * 20], ids=["idle", "whole"])
def test_the_end_of_a_visit_deletes_its_list(client, inkwell, time_machine, pauses):
    time_machine.move_to(timezone.now())
    client.post(SIGN_IN, RIGHT)

    for minutes in pauses:
        assert KeptList.objects.exists()
        time_machine.shift(timedelta(minutes=minutes))
        client.get(LIST)

    assert not KeptList.objects.exists()


def test_what_nobody_came_back_for_is_deleted_once_its_time_is_over(
    client, inkwell, time_machine
):
    time_machine.move_to(timezone.now())
    client.post(SIGN_IN, RIGHT)
    time_machine.shift(timedelta(hours=7))
    Client().post(SIGN_IN, RIGHT)
    living = KeptList.objects.latest("expires_at")
    time_machine.shift(timedelta(hours=1, seconds=1))

    purge()

    assert KeptList.objects.get() == living


def test_whose_list_is_gone_signs_in_again(customer, inkwell, in_another_process):
    request = f"/requests/{inkwell.ticket.pk}/"
    KeptList.objects.all().delete()
    in_another_process()

    assert customer.get(LIST)["Location"] == "/account/sign-in/?next=%2Frequests%2F"
    assert customer.get("/requests/export/").status_code == 302
    assert customer.get(request).status_code == 302
    for address in (SIGN_IN, FORM, "/requests/check/", "/requests/data/"):
        page = customer.get(address)
        assert page.status_code == 200, address
        assert "Amal" not in page.content.decode(), address
    assert customer.post(FORM, valid(inkwell)).status_code == 303
    assert customer.post(SIGN_IN, RIGHT).status_code == 303
    assert customer.get(request).status_code == 200


def test_whose_list_is_gone_leaves_nothing_to_another_customer(
    customer, inkwell, in_another_process
):
    add_noor(inkwell)
    customer.post("/requests/check/", {"accesskey": inkwell.ticket.access_key})
    KeptList.objects.all().delete()
    in_another_process()

    customer.post(SIGN_IN, NOOR)

    assert customer.get(LIST).status_code == 200
    assert customer.get(f"/requests/{inkwell.ticket.pk}/").status_code == 302


def test_a_list_that_no_key_opens_any_more_is_gone(customer, in_another_process):
    KeptList.objects.update(sealed_rows="sealed by another key")
    in_another_process()

    assert customer.get(LIST).status_code == 302


def test_a_visit_of_another_brand_lists_and_opens_nothing(customer, inkwell):
    session = customer.session
    session["visit"] = {**session["visit"], "brand": "sold"}
    session.save()

    assert customer.get(LIST).status_code == 302
    assert customer.get(f"/requests/{inkwell.ticket.pk}/").status_code == 302
