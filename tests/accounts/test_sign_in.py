from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from portal.desk.models import DeskSettings, LoginAttempt

URL = "/account/sign-in/"
RIGHT = {"email": "amal@example.com", "password": "lighthouse"}
WRONG = {"email": "amal@example.com", "password": "CANARY-wrong"}
REFUSAL = "The email or password does not match"


def session_id(client: Client) -> str:
    return client.cookies["session"].value


def test_signs_in_and_shows_the_list(client, inkwell):
    response = client.post(URL, RIGHT)

    assert (response.status_code, response["Location"]) == (303, "/requests/")
    page = client.get("/requests/").content.decode()
    assert "Labels come out blank" in page
    assert "Amal Haddad" in page
    assert "FOREIGN" not in page


def test_says_the_same_for_a_wrong_password_and_an_unknown_address(client, inkwell):
    wrong = client.post(URL, WRONG)
    unknown = client.post(URL, {**WRONG, "email": "nobody@example.com"})

    assert wrong.status_code == unknown.status_code == 422
    assert REFUSAL in wrong.content.decode()
    assert wrong.content == unknown.content.replace(
        b"nobody@example.com", b"amal@example.com"
    )


def test_keeps_the_address_and_never_the_password_in_a_refused_form(client, inkwell):
    page = client.post(URL, WRONG).content.decode()

    assert 'value="amal@example.com"' in page
    assert "CANARY" not in page
    assert "<title>Error: Sign in" in page


def test_asks_for_what_is_missing_without_asking_the_help_desk(client, inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

    response = client.post(URL, {"email": "", "password": ""})

    assert response.status_code == 422
    assert "Enter your email" in response.content.decode()
    assert "Enter your password" in response.content.decode()


def test_gives_a_new_session_id_and_kills_the_old_one(client, inkwell):
    client.post("/requests/check/", {"accesskey": inkwell.ticket.access_key})
    planted = session_id(client)

    client.post(URL, RIGHT)

    assert session_id(client) != planted
    assert not Session.objects.filter(pk=planted).exists()
    thief = Client()
    thief.cookies["session"] = planted
    assert thief.get("/requests/").status_code == 302


def test_never_keeps_the_password_and_seals_the_keys(client, inkwell):
    client.post(URL, RIGHT)

    kept = str(Session.objects.get(pk=session_id(client)).get_decoded())

    assert "lighthouse" not in kept
    assert inkwell.ticket.access_key not in kept
    assert "amal@example.com" not in kept


def test_five_wrong_passwords_hold_the_account_up_even_with_the_right_one(
    client, inkwell
):
    for _ in range(5):
        client.post(URL, WRONG)

    response = client.post(URL, RIGHT)

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "session" not in client.cookies


def test_twenty_wrong_passwords_hold_the_address_up_for_every_account(client, inkwell):
    for number in range(20):
        client.post(URL, {**WRONG, "email": f"guess{number}@example.com"})

    assert client.post(URL, RIGHT).status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.9")
    assert elsewhere.post(URL, RIGHT).status_code == 303


def test_a_wait_opens_the_account_again(client, inkwell):
    with time_machine.travel("2026-11-24 10:00:00Z") as now:
        for _ in range(5):
            client.post(URL, WRONG)
        now.shift(15 * 60 + 1)

        assert client.post(URL, RIGHT).status_code == 303


def test_right_passwords_are_not_counted(client, inkwell):
    for _ in range(7):
        assert Client().post(URL, RIGHT).status_code == 303


def test_an_absent_help_desk_counts_no_failure_and_keeps_the_address(client, inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

    for _ in range(6):
        response = client.post(URL, RIGHT)

    assert response.status_code == 503
    assert 'value="amal@example.com"' in response.content.decode()
    assert "not answering" in response.content.decode()


def test_a_throttling_help_desk_asks_to_wait_and_counts_no_failure(client, inkwell):
    guess = {"method": "customer.getRequests", "sEmail": "amal@example.com"}
    for _ in range(5):
        client.get("/api/index.php", {**guess, "sPassword": "guessed"})

    for _ in range(6):
        response = client.post(URL, RIGHT)

    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert "Wait a minute" in response.content.decode()
    assert REFUSAL not in response.content.decode()


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        " //evil.example",
        "/requests/\r\nSet-Cookie: a=b",
        "/account/sign-out/",
        "/kb/",
        "",
    ],
)
def test_never_leads_elsewhere_after_sign_in(client, inkwell, elsewhere):
    response = client.post(URL, {**RIGHT, "next": elsewhere})

    assert response["Location"] == "/requests/"


def test_leads_to_the_request_that_was_asked_for(client, inkwell):
    asked = f"/requests/{inkwell.ticket.pk}/"
    form = client.get(URL, {"next": asked}).content.decode()

    response = client.post(URL, {**RIGHT, "next": f"{asked}?all=1#note-1"})

    assert f'name="next" value="{asked}"' in form
    assert response["Location"] == asked


def test_a_form_of_another_site_signs_nobody_in(client, inkwell):
    response = client.post(URL, RIGHT, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
    assert client.get("/requests/").status_code == 302


def test_answers_only_at_whole_steps_of_time(client, inkwell, settings):
    settings.ANSWER_STEP_SECONDS = 1

    for form in ({"email": "", "password": ""}, WRONG):
        began = time.monotonic()
        client.post(URL, form)
        beyond = (time.monotonic() - began) % 1

        assert beyond < 0.5, form


def test_a_hundred_wrong_passwords_hold_sign_in_up_below_the_desks_own_throttle(
    client, inkwell
):
    for number in range(100):
        guess = {**WRONG, "email": f"guess{number}@example.com"}
        Client(REMOTE_ADDR=f"192.0.2.{number}").post(URL, guess)

    assert client.post(URL, RIGHT).status_code == 429
    key = {"accesskey": inkwell.ticket.access_key}
    assert client.post("/requests/check/", key).status_code == 303


def test_asks_a_throttling_help_desk_nothing_for_a_minute(client, inkwell):
    guess = {"method": "customer.getRequests", "sEmail": "amal@example.com"}
    for _ in range(5):
        client.get("/api/index.php", {**guess, "sPassword": "guessed"})
    assert client.post(URL, RIGHT).status_code == 503
    LoginAttempt.objects.all().delete()

    assert client.post(URL, RIGHT).status_code == 503
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert client.post(URL, RIGHT).status_code == 303


def test_a_minutes_pause_is_a_minute_whenever_it_begins(client, inkwell):
    guess = {"method": "customer.getRequests", "sEmail": "amal@example.com"}
    with time_machine.travel("2026-11-24 10:00:58Z") as now:
        for _ in range(5):
            client.get("/api/index.php", {**guess, "sPassword": "guessed"})
        assert client.post(URL, RIGHT).status_code == 503
        LoginAttempt.objects.all().delete()

        now.shift(50)
        assert client.post(URL, RIGHT).status_code == 503
        now.shift(11)
        assert client.post(URL, RIGHT).status_code == 303


def at_once(*calls: Callable[[], HttpResponse]) -> list[int]:
    """Make calls at the same moment; return their status codes."""
    start = threading.Barrier(len(calls))

    def make(call: Callable[[], HttpResponse]) -> int:
        start.wait(5)
        try:
            return call().status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(make, calls))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("address", "typed"),
    [(URL, WRONG), ("/requests/check/", {"accesskey": "99999abcdef"})],
)
def test_tries_at_the_same_moment_are_all_counted(inkwell, address, typed):
    tries = [partial(Client().post, address, typed) for _ in range(12)]

    statuses = Counter(at_once(*tries))

    assert statuses == {422: 5, 429: 7}
