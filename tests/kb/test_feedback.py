"""After a "No" readers may say why; it reaches staff without saying who they are."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from portal.desk import models as desk
from portal.kb import feedback
from portal.kb.models import Feedback
from tests.html_page import parse, parse_page

HTMX = {"HX-Request": "true", "HX-Target": "vote"}
SAID = {"reason": "wrong", "comment": "The pen is blue now."}
REPORT = "/desk/kb/feedback/"


@pytest.fixture
def guide(inkwell):
    return inkwell.pages["blank"]


@pytest.fixture
def page_url(guide):
    return f"/kb/pages/{guide.pk}-labels-come-out-blank-or-faint/"


@pytest.fixture
def url(guide):
    return f"/kb/pages/{guide.pk}/feedback/"


def kept() -> list[tuple[str, str]]:
    return [(one.reason, one.comment) for one in Feedback.objects.all()]


@pytest.fixture
def operator(client, db):
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.mark.parametrize("is_htmx", [True, False])
def test_after_no_asks_why_and_leads_to_a_person(client, guide, page_url, url, is_htmx):
    if is_htmx:
        voted = client.post(f"/kb/pages/{guide.pk}/vote/", {"vote": "no"}, headers=HTMX)
        form = parse(voted).one("form")
    else:
        form = parse_page(client.get(f"{page_url}?voted=no")).one("form", id="vote")

    assert form["action"] == form["hx-post"] == url
    assert [label.text for label in form.all("label", class_="check")] == [
        "I could not find what I need",
        "It is hard to follow",
        "It is wrong or out of date",
        "Something else",
    ]
    assert form.one("textarea")["name"] == "comment"
    address = urlsplit(form.one("a")["href"])
    assert address.path == "/requests/new/"
    assert parse_qs(address.query) == {
        "tNote": ["What I did not find in the guide “Labels come out blank or faint”:"]
    }


def test_keeps_reason_and_comment_and_says_thank_you(client, page_url, url):
    response = client.post(url, SAID)

    assert response.status_code == 303
    assert response["Location"] == f"{page_url}?voted=told#vote"
    page = parse_page(client.get(response["Location"]))
    thanks = page.one("form", id="vote")
    assert thanks.one("p", role="status").text == "Thank you. Our team reads this."
    assert thanks.all("textarea") == []
    assert kept() == [("wrong", "The pen is blue now.")]


def test_swaps_in_the_thanks(client, inkwell, url):
    part = parse(client.post(url, SAID, headers=HTMX))

    assert part.one("form")["id"] == "vote"
    assert part.one("p", role="status").text == "Thank you. Our team reads this."


def test_takes_as_many_letters_as_the_browser_lets_a_reader_write(client, inkwell, url):
    # Browsers count a line's end once, and send it as two letters.
    lines = ["x" * 49] * 100

    response = client.post(url, {"comment": "\r\n".join(lines)})

    assert response.status_code == 303
    assert kept() == [("", "\n".join(lines))]


def test_nothing_has_to_be_answered(client, inkwell, url):
    response = client.post(url, {"comment": "  "})

    assert response["Location"].endswith("?voted=told#vote")
    assert kept() == []


def test_the_same_words_sent_twice_are_kept_once(client, inkwell, url):
    client.post(url, SAID)
    client.post(url, SAID)
    client.post(url, {"reason": "hard"})

    assert sorted(kept()) == [("hard", ""), ("wrong", "The pen is blue now.")]


@pytest.mark.parametrize("is_filed", [True, False])
def test_the_same_words_arrive_once_though_the_secret_key_is_changed(
    client, inkwell, url, settings, is_filed
):
    settings.FEEDBACK_CATEGORY = inkwell.categories["billing"].pk if is_filed else None
    client.post(url, SAID)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-that-nobody-can-guess-so-it-is-long"
    client.post(url, SAID)

    filed = desk.Ticket.objects.filter(first_name="A reader")
    assert filed.count() == int(is_filed)
    assert len(kept()) == int(not is_filed)


def test_the_comment_is_sealed_in_the_database(client, inkwell, url):
    client.post(url, SAID)

    sealed = bytes(Feedback.objects.get().sealed_comment)
    assert sealed
    assert b"blue" not in sealed


def test_files_a_request_where_a_category_is_set(
    client, inkwell, page_url, url, settings
):
    category = inkwell.categories["billing"]
    settings.FEEDBACK_CATEGORY = category.pk

    client.post(url, SAID)
    client.post(url, SAID)

    (ticket,) = desk.Ticket.objects.filter(first_name="A reader")
    note = ticket.notes.get(is_initial=True).body
    assert ticket.category == category
    assert "The guide “Labels come out blank or faint” did not help." in note
    assert f"http://testserver{page_url}" in note
    assert "It is wrong or out of date" in note
    assert "The pen is blue now." in note
    assert kept() == []


def test_keeps_what_the_category_refuses(client, inkwell, url, settings):
    settings.FEEDBACK_CATEGORY = inkwell.categories["printer"].pk

    response = client.post(url, SAID)

    assert response["Location"].endswith("?voted=told#vote")
    assert kept() == [("wrong", "The pen is blue now.")]


def test_what_was_kept_for_want_of_room_is_not_filed_as_well(
    client, inkwell, url, settings
):
    settings.FEEDBACK_CATEGORY = inkwell.categories["billing"].pk
    before = desk.Ticket.objects.count()
    settings.OUTBOX_MAX_WAITING = 0
    client.post(url, SAID)
    settings.OUTBOX_MAX_WAITING = 10

    client.post(url, SAID)

    assert kept() == [("wrong", "The pen is blue now.")]
    assert desk.Ticket.objects.count() == before


def test_a_visitor_says_five_things_a_day_about_a_guide(
    client, inkwell, url, time_machine
):
    time_machine.move_to("2026-11-24 08:00Z", tick=False)
    for number in range(5):
        client.post(url, {"comment": f"Thing {number}"})

    assert client.post(url, {"comment": "Thing 6"}).status_code == 429
    assert len(kept()) == 5


@pytest.mark.parametrize("values", [{"reason": "evil"}, {"comment": "x" * 5001}])
def test_refuses_what_the_form_cannot_send(client, inkwell, url, values):
    assert client.post(url, values).status_code == 400
    assert kept() == []


def test_looking_changes_nothing_and_other_sites_cannot_send(client, inkwell, url):
    assert client.get(url).status_code == 405
    crossed = client.post(url, SAID, headers={"Sec-Fetch-Site": "cross-site"})
    assert crossed.status_code == 403
    assert client.post("/kb/pages/999/feedback/", SAID).status_code == 404
    assert kept() == []


def test_sets_no_cookie(client, inkwell, url):
    assert not client.post(url, SAID).cookies


def test_staff_read_it_beside_the_guide(operator, inkwell, guide, url):
    operator.post(url, {**SAID, "comment": "<b>Blue</b>"})

    page = parse(operator.get(REPORT))

    (row,) = page.one("table", id="result_list").one("tbody").all("tr")
    assert "It is wrong or out of date" in row.text
    assert "<b>Blue</b>" in row.text
    assert row.one("a")["href"] == f"/kb/pages/{guide.pk}/"
    assert operator.get(f"{REPORT}add/").status_code == 403


def test_is_forgotten_after_the_days_set(client, inkwell, url, settings):
    settings.FEEDBACK_DAYS = 30
    client.post(url, SAID)
    Feedback.objects.update(created_at=timezone.now() - timedelta(days=31))
    client.post(url, {"reason": "hard"})

    feedback.purge()

    assert kept() == [("hard", "")]
