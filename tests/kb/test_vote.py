from __future__ import annotations

from threading import Event
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from portal.outbox import Submission
from portal.outbox.worker import drain
from tests.html_page import parse, parse_page

HTMX = {"HX-Request": "true", "HX-Target": "vote"}


@pytest.fixture
def guide(inkwell):
    return inkwell.pages["blank"]


@pytest.fixture
def vote_url(guide):
    return f"/kb/pages/{guide.pk}/vote/"


@pytest.fixture
def page_url(guide):
    return f"/kb/pages/{guide.pk}-labels-come-out-blank-or-faint/"


def counts(guide) -> tuple[int, int]:
    guide.refresh_from_db()
    return guide.helpful, guide.not_helpful


@pytest.mark.parametrize(
    ("answer", "words", "expected"),
    [
        ("yes", "Thank you. Glad it helped.", (1, 0)),
        ("no", "Thank you. What was missing? (optional)", (0, 1)),
    ],
)
def test_hands_the_vote_to_helpspot_and_says_thank_you(
    client, guide, vote_url, page_url, answer, words, expected
):
    response = client.post(vote_url, {"vote": answer})

    assert response.status_code == 303
    assert response["Location"] == f"{page_url}?voted={answer}#vote"
    thanks = parse_page(client.get(response["Location"]))
    assert thanks.one("form", class_="vote").all("p", role="status")[0].text == words
    assert counts(guide) == expected


def test_swaps_only_the_vote_when_htmx_asks(client, guide, vote_url):
    response = client.post(vote_url, {"vote": "yes"}, headers=HTMX)

    part = parse(response)
    assert [child.tag for child in part.children if not isinstance(child, str)] == [
        "form"
    ]
    assert part.one("form")["id"] == "vote"
    assert part.one("p", role="status").text == "Thank you. Glad it helped."
    assert part.all("button") == []
    assert counts(guide) == (1, 0)


def test_a_visitor_counts_once_a_day_for_each_page(
    client, guide, vote_url, time_machine
):
    time_machine.move_to("2026-11-24 08:00", tick=False)
    client.post(vote_url, {"vote": "yes"})

    again = client.post(vote_url, {"vote": "no"})

    assert again["Location"].endswith("?voted=before#vote")
    assert counts(guide) == (1, 0)
    time_machine.move_to("2026-11-25 08:00", tick=False)
    client.post(vote_url, {"vote": "no"})
    assert counts(guide) == (1, 1)


def test_another_browser_or_page_counts_too(client, inkwell, guide, vote_url):
    client.post(vote_url, {"vote": "yes"})
    client.post(vote_url, {"vote": "yes"}, headers={"User-Agent": "Another"})
    client.post(f"/kb/pages/{inkwell.pages['unbox'].pk}/vote/", {"vote": "yes"})

    assert counts(guide) == (2, 0)
    assert counts(inkwell.pages["unbox"]) == (1, 0)


def test_one_address_counts_five_times_a_day_for_a_page(client, guide, vote_url):
    for number in range(12):
        client.post(
            vote_url, {"vote": "yes"}, headers={"User-Agent": f"Browser {number}"}
        )

    assert counts(guide) == (5, 0)


def test_one_address_votes_thirty_times_an_hour(client, guide, vote_url, time_machine):
    time_machine.move_to("2026-11-24 08:00", tick=False)
    for _ in range(30):
        client.post(vote_url, {"vote": "yes"})

    response = client.post(vote_url, {"vote": "yes"})

    assert response.status_code == 429
    assert response["Retry-After"]
    assert counts(guide) == (1, 0)


def test_a_vote_that_could_not_be_kept_can_be_cast_again(
    client, guide, vote_url, settings
):
    settings.OUTBOX_MAX_WAITING = 0
    lost = client.post(vote_url, {"vote": "yes"})
    settings.OUTBOX_MAX_WAITING = 10

    again = client.post(vote_url, {"vote": "yes"})

    assert urlsplit(lost["Location"]).query == "voted=lost"
    assert urlsplit(again["Location"]).query == "voted=yes"
    assert counts(guide) == (1, 0)


def test_while_the_help_desk_is_away_the_vote_is_kept(
    client, guide, vote_url, page_url, settings
):
    client.get(page_url)
    settings.HELPSPOT_EMBEDDED_SERVER = "tests.partly_down.refuse"

    response = client.post(vote_url, {"vote": "yes"})

    assert response["Location"].endswith("?voted=yes#vote")
    kept = Submission.objects.get(kind=Submission.Kind.VOTE)
    assert kept.state == Submission.State.RECEIVED


def test_a_changed_mind_changes_the_vote_that_waits(
    client, guide, vote_url, page_url, settings
):
    client.get(page_url)
    desk_server = settings.HELPSPOT_EMBEDDED_SERVER
    settings.HELPSPOT_EMBEDDED_SERVER = "tests.partly_down.refuse"
    client.post(vote_url, {"vote": "yes"})
    changed = client.post(vote_url, {"vote": "no"})
    kept = Submission.objects.count()
    settings.HELPSPOT_EMBEDDED_SERVER = desk_server
    Submission.objects.update(due_at=timezone.now())

    drain(Event())
    after = client.post(vote_url, {"vote": "yes"})

    assert urlsplit(changed["Location"]).query == "voted=no"
    assert kept == 1
    assert counts(guide) == (0, 1)
    assert urlsplit(after["Location"]).query == "voted=before"


def change_secret_key(settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-that-nobody-can-guess-so-it-is-long"


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_visitor_counts_once_though_the_secret_key_is_changed(
    client, guide, vote_url, settings, answer
):
    client.post(vote_url, {"vote": "yes"})

    change_secret_key(settings)
    again = client.post(vote_url, {"vote": answer})

    assert urlsplit(again["Location"]).query == "voted=before"
    assert counts(guide) == (1, 0)


def test_a_changed_mind_changes_the_vote_that_waits_since_before_the_secret_key_was(
    client, guide, vote_url, page_url, settings
):
    client.get(page_url)
    desk_server = settings.HELPSPOT_EMBEDDED_SERVER
    settings.HELPSPOT_EMBEDDED_SERVER = "tests.partly_down.refuse"
    client.post(vote_url, {"vote": "yes"})

    change_secret_key(settings)
    changed = client.post(vote_url, {"vote": "no"})
    settings.HELPSPOT_EMBEDDED_SERVER = desk_server
    Submission.objects.update(due_at=timezone.now())
    drain(Event())

    assert urlsplit(changed["Location"]).query == "voted=no"
    assert counts(guide) == (0, 1)


def test_looking_at_the_vote_address_changes_nothing(client, guide, vote_url):
    response = client.get(vote_url)

    assert response.status_code == 405
    assert counts(guide) == (0, 0)


def test_a_thank_you_page_changes_nothing(client, guide, page_url):
    client.get(f"{page_url}?voted=yes")

    assert counts(guide) == (0, 0)


@pytest.mark.parametrize("values", [{}, {"vote": ""}, {"vote": "maybe"}])
def test_anything_but_yes_or_no_is_refused(client, guide, vote_url, values):
    response = client.post(vote_url, values)

    assert response.status_code == 400
    assert counts(guide) == (0, 0)


def test_an_unknown_page_is_404(client, inkwell):
    assert client.post("/kb/pages/999/vote/", {"vote": "yes"}).status_code == 404


def test_another_sites_form_is_refused(client, guide, vote_url):
    response = client.post(
        vote_url, {"vote": "yes"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert response.status_code == 403
    assert counts(guide) == (0, 0)


def test_an_unknown_word_in_the_address_shows_the_question(client, page_url):
    page = parse_page(client.get(f"{page_url}?voted=<b>"))

    assert [
        button.text for button in page.one("form", class_="vote").all("button")
    ] == [
        "Yes",
        "No",
    ]


def test_sets_no_cookie(client, vote_url):
    assert not client.post(vote_url, {"vote": "yes"}).cookies
