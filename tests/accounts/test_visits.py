from __future__ import annotations

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from portal.desk.models import Note, Ticket
from tests.desk_content import Inkwell

SIGN_IN = "/account/sign-in/"
RIGHT = {"email": "amal@example.com", "password": "lighthouse"}
PUBLIC_PAGES = ["/", "/kb/", "/forums/", "/search/?q=labels", "/no/such/page/"]


@pytest.fixture
def customer(client: Client, inkwell: Inkwell) -> Client:
    client.post(SIGN_IN, RIGHT)
    return client


def test_signs_out_by_post_alone(customer):
    assert customer.get("/account/sign-out/").status_code == 405

    response = customer.post("/account/sign-out/")

    assert response["Location"] == "/account/sign-in/?signed_out=1"
    assert customer.get("/requests/").status_code == 302
    assert Session.objects.count() == 0


def test_another_site_signs_nobody_out(customer):
    customer.post("/account/sign-out/", headers={"Sec-Fetch-Site": "cross-site"})

    assert customer.get("/requests/").status_code == 200


def test_ends_after_half_an_hour_without_a_page(inkwell):
    client = Client()
    with time_machine.travel("2026-11-24 10:00:00Z") as now:
        client.post(SIGN_IN, RIGHT)
        now.shift(29 * 60)
        assert client.get("/requests/").status_code == 200
        now.shift(29 * 60)
        assert client.get("/requests/").status_code == 200
        now.shift(31 * 60)

        assert client.get("/requests/").status_code == 302
        assert client.get(f"/requests/{inkwell.ticket.pk}/").status_code == 302


def test_ends_after_eight_hours_however_busy(inkwell):
    client = Client()
    with time_machine.travel("2026-11-24 10:00:00Z") as now:
        client.post(SIGN_IN, RIGHT)
        for _ in range(19):
            now.shift(25 * 60)
            assert client.get("/requests/").status_code == 200
        now.shift(25 * 60)

        assert client.get("/requests/").status_code == 302


def test_keys_sealed_before_a_change_of_secret_stay_good(customer, inkwell, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key of quite some length, for tests only"

    assert customer.get(f"/requests/{inkwell.ticket.pk}/").status_code == 200


def test_another_customer_in_the_same_browser_sees_nothing_of_the_first(
    customer, inkwell
):
    other = inkwell.customer
    other.pk, other.email = None, "noor@example.com"
    other.save()

    customer.post(SIGN_IN, {"email": "noor@example.com", "password": "lighthouse"})

    page = customer.get("/requests/").content.decode()
    assert "FOREIGN words of another customer" in page
    assert "Labels come out blank" not in page
    assert customer.get(f"/requests/{inkwell.ticket.pk}/").status_code == 302


def test_refreshing_the_list_asks_for_the_password_and_brings_what_is_new(
    customer, inkwell
):
    ticket = Ticket.objects.create(
        email="amal@example.com",
        title="Written from the phone",
        status=inkwell.statuses["Active"],
    )
    Note.objects.create(ticket=ticket, body="Hello", is_initial=True)

    refused = customer.post("/account/password/", {"password": "wrong"})
    assert refused.status_code == 422
    assert "Written from the phone" not in customer.get("/requests/").content.decode()

    response = customer.post("/account/password/", {"password": "lighthouse"})

    assert response["Location"] == "/requests/"
    assert "Written from the phone" in customer.get("/requests/").content.decode()


def test_refreshing_is_for_the_signed_in_alone(client, inkwell):
    response = client.post("/account/password/", {"password": "lighthouse"})

    assert response["Location"] == "/account/sign-in/"


@pytest.mark.parametrize("address", PUBLIC_PAGES)
def test_public_pages_are_the_same_for_a_signed_in_customer(customer, address):
    response = customer.get(address)
    stranger = Client().get(address)

    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies
    assert "Amal" not in response.content.decode()
    assert response.content == stranger.content


def test_private_pages_are_never_stored(customer, inkwell):
    for address in ("/requests/", f"/requests/{inkwell.ticket.pk}/", SIGN_IN):
        response = customer.get(address)

        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "strict-origin"


def test_looking_at_a_form_starts_no_session(client, inkwell):
    for address in (SIGN_IN, "/requests/check/", "/requests/"):
        client.get(address)

    assert "session" not in client.cookies
    assert Session.objects.count() == 0


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(customer):
    cookie = customer.cookies["session"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
