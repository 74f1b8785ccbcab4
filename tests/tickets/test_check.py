from __future__ import annotations

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from portal.desk.models import DeskSettings, Note
from tests.html_page import parse_page

URL = "/requests/check/"
WORDS = "No request with that key"


def wrong_letters(ticket) -> str:
    return f"{ticket.pk}{'z' * 20}"


def test_a_key_opens_its_request_at_a_clean_address(client, inkwell):
    response = client.post(URL, {"accesskey": f" “{inkwell.ticket.access_key}” "})

    assert response.status_code == 303
    assert response["Location"] == f"/requests/{inkwell.ticket.pk}/"
    page = client.get(response["Location"]).content.decode()
    assert "Every label is blank since the update." in page


def test_a_key_opens_no_other_request(client, inkwell):
    client.post(URL, {"accesskey": inkwell.ticket.access_key})

    assert client.get(f"/requests/{inkwell.foreign_ticket.pk}/").status_code == 302
    assert client.get(f"/requests/{inkwell.closed_ticket.pk}/").status_code == 302


def test_says_the_same_for_wrong_letters_unknown_numbers_and_nonsense(client, inkwell):
    answers = []
    for typed in (
        wrong_letters(inkwell.ticket),
        f"999999{'z' * 20}",
        "no key at all",
        "12&method=private.request.get",
    ):
        response = client.post(URL, {"accesskey": typed})
        field = response.content.decode().split('name="accesskey"')
        answers.append((response.status_code, field[0], field[1].partition(">")[2]))

    assert [status for status, _, _ in answers] == [422] * 4
    assert WORDS in answers[0][1]
    assert len({(before, after) for _, before, after in answers}) == 1


def test_letter_case_counts(client, inkwell):
    typed = inkwell.ticket.access_key.swapcase()

    assert client.post(URL, {"accesskey": typed}).status_code == 422


def test_keeps_the_key_that_was_typed_while_the_help_desk_is_away(client, inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    typed = {"accesskey": inkwell.ticket.access_key, "is_to_be_remembered": "on"}

    response = client.post(URL, typed)

    page = parse_page(response)
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "Our help desk is not answering" in page.one("div", id="errors").text
    assert page.one("input", name="accesskey")["value"] == typed["accesskey"]
    assert "checked" in page.one("input", name="is_to_be_remembered").attributes


def test_asks_for_a_key_where_none_was_typed(client, inkwell):
    response = client.post(URL, {"accesskey": " "})

    assert response.status_code == 422
    assert "Enter your access key" in response.content.decode()
    assert "<title>Error: Check a request" in response.content.decode()


def test_unlocking_gives_a_new_session_id(client, inkwell):
    client.post(URL, {"accesskey": inkwell.ticket.access_key})
    planted = client.cookies["session"].value

    client.post(URL, {"accesskey": inkwell.foreign_ticket.access_key})

    assert client.cookies["session"].value != planted
    assert not Session.objects.filter(pk=planted).exists()
    assert client.get(f"/requests/{inkwell.ticket.pk}/").status_code == 200
    assert client.get(f"/requests/{inkwell.foreign_ticket.pk}/").status_code == 200


def test_the_session_holds_no_key_in_the_clear(holder, inkwell):
    session = Session.objects.get(pk=holder.cookies["session"].value)

    assert inkwell.ticket.access_key not in str(session.get_decoded())


def test_five_wrong_keys_hold_the_address_up(client, inkwell):
    for _ in range(5):
        client.post(URL, {"accesskey": wrong_letters(inkwell.ticket)})

    response = client.post(URL, {"accesskey": inkwell.ticket.access_key})

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    link = client.get(f"/requests/open/{inkwell.ticket.access_key}/")
    assert link.status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.9")
    answer = elsewhere.post(URL, {"accesskey": inkwell.ticket.access_key})
    assert answer.status_code == 303


def test_neighbours_in_one_ipv6_network_share_a_limit(inkwell):
    for number in range(5):
        client = Client(REMOTE_ADDR=f"2001:db8::{number}")
        client.post(URL, {"accesskey": "nonsense"})

    neighbour = Client(REMOTE_ADDR="2001:db8::ffff")
    stranger = Client(REMOTE_ADDR="2001:db8:0:1::1")
    key = {"accesskey": inkwell.ticket.access_key}

    assert neighbour.post(URL, key).status_code == 429
    assert stranger.post(URL, key).status_code == 303


def test_twenty_wrong_keys_a_day_hold_the_address_up_for_the_day(client, inkwell):
    with time_machine.travel("2026-11-24 00:00:00Z") as now:
        for _ in range(4):
            for _ in range(5):
                client.post(URL, {"accesskey": "nonsense"})
            now.shift(11 * 60)

        response = client.post(URL, {"accesskey": inkwell.ticket.access_key})

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 60 * 60


def test_right_keys_are_not_counted(inkwell):
    for _ in range(12):
        answer = Client().post(URL, {"accesskey": inkwell.ticket.access_key})
        assert answer.status_code == 303


@pytest.mark.parametrize("guessed", ["real", "unreal"])
def test_a_request_that_is_guessed_at_asks_for_its_address_too(inkwell, guessed):
    number = inkwell.ticket.pk if guessed == "real" else 999999
    for address in range(10):
        client = Client(REMOTE_ADDR=f"192.0.2.{address}")
        client.post(URL, {"accesskey": f"{number}{'z' * 20}"})

    client = Client(REMOTE_ADDR="198.51.100.1")
    response = client.post(URL, {"accesskey": f"{number}{'y' * 20}"})

    assert response.status_code == 422
    assert "Enter the email of this request as well" in response.content.decode()
    assert WORDS not in response.content.decode()


def test_nobody_can_lock_the_holder_of_a_key_out(inkwell):
    for address in range(10):
        client = Client(REMOTE_ADDR=f"192.0.2.{address}")
        client.post(URL, {"accesskey": wrong_letters(inkwell.ticket)})
    key = inkwell.ticket.access_key
    holder = Client(REMOTE_ADDR="198.51.100.1")

    alone = holder.post(URL, {"accesskey": key})
    guessed = holder.post(URL, {"accesskey": key, "email": "noor@example.com"})
    proven = holder.post(URL, {"accesskey": key, "email": "Amal@Example.com "})

    assert (alone.status_code, guessed.status_code) == (422, 422)
    assert WORDS in guessed.content.decode()
    assert proven.status_code == 303


def test_an_absent_help_desk_is_no_wrong_key(client, inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    for _ in range(6):
        response = client.post(URL, {"accesskey": inkwell.ticket.access_key})
        assert response.status_code == 503
    DeskSettings.objects.update(fault="")

    answer = client.post(URL, {"accesskey": inkwell.ticket.access_key})

    # The circuit breaker may still be resting; what counts is that nobody is limited.
    assert answer.status_code in {303, 503}


def test_a_link_with_a_key_leaves_the_key_behind(client, inkwell):
    response = client.get(f"/requests/open/{inkwell.ticket.access_key}/")

    assert response.status_code == 303
    assert response["Location"] == f"/requests/{inkwell.ticket.pk}/"
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "strict-origin"
    page = client.get(response["Location"])
    links = [part.partition('"')[0] for part in page.content.decode().split('href="')]
    assert all(inkwell.ticket.access_key not in link for link in links[1:])
    assert page["Referrer-Policy"] == "strict-origin"


def test_no_cache_keeps_a_link_with_a_key_that_lost_its_last_slash(client, inkwell):
    response = client.get(f"/requests/open/{inkwell.ticket.access_key}")

    assert response["Location"] == f"/requests/{inkwell.ticket.pk}/"
    assert response["Cache-Control"] == "private, no-store"


def test_a_link_whose_request_cannot_be_opened_tells_nobody_its_key(client, inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    answers = [client.get(f"/requests/open/{wrong_letters(inkwell.ticket)}/")]
    DeskSettings.objects.update(fault="")
    for _ in range(6):
        answers.append(client.get(f"/requests/open/{wrong_letters(inkwell.ticket)}/"))

    assert {503, 422, 429} >= {response.status_code for response in answers} >= {503}
    for response in answers:
        assert response["Cache-Control"] == "private, no-store"
        assert response["Referrer-Policy"] == "strict-origin"


def test_a_link_can_be_followed_again_and_changes_nothing_at_the_desk(client, inkwell):
    before = list(Note.objects.values())
    scanner = Client()

    for visitor in (scanner, scanner, client):
        visitor.get(f"/requests/open/{inkwell.ticket.access_key}/")

    assert client.get(f"/requests/{inkwell.ticket.pk}/").status_code == 200
    assert list(Note.objects.values()) == before


def test_a_link_with_a_wrong_key_says_what_the_form_says(client, inkwell):
    response = client.get(f"/requests/open/{wrong_letters(inkwell.ticket)}/")

    assert response.status_code == 422
    assert WORDS in response.content.decode()


def test_a_form_of_another_site_opens_nothing(client, inkwell):
    response = client.post(
        URL,
        {"accesskey": inkwell.ticket.access_key},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert response.status_code == 403
    assert client.get(f"/requests/{inkwell.ticket.pk}/").status_code == 302
