"""What a search field shows while someone types."""

from __future__ import annotations

import pytest

from portal.desk import models as desk
from tests.html_page import parse, parse_page
from tests.search.test_search import titles


def suggested(response) -> dict[str, str]:
    return {
        link.text: link["href"]
        for listed in parse(response).all("ul")
        for link in listed.all("a")
    }


@pytest.fixture
def amal(client, inkwell):
    client.post(
        "/account/sign-in/", {"email": "amal@example.com", "password": "lighthouse"}
    )
    return client


def test_shows_guides_then_topics_then_all(client, inkwell):
    part = parse(client.get("/search/suggestions/?q=labels"))

    assert [heading.text for heading in part.all("h2")] == ["Guides", "Community"]
    guides, topics = part.all("ul")
    assert len(guides.all("a")) == 3
    assert topics.one("a").text == "Best stock for glass jars? Tips and tricks"
    (every,) = part.one("p", class_="instant__foot").all("a")
    assert every.text == "All 4 results"
    assert every["href"] == "/search/?q=labels"
    assert part.all("p")[0].text == "4 results for “labels”"
    assert "hidden" in part.all("p")[0].attributes


def test_marks_the_words(client, inkwell):
    part = parse(client.get("/search/suggestions/?q=blan"))

    assert [mark.text for mark in part.all("mark")] == ["blank"]


def test_where_nothing_is_found_offers_to_write_with_the_words(client, inkwell):
    part = parse(client.get("/search/suggestions/?q=flux+capacitor"))

    assert "No results for “ flux capacitor ”" in part.text
    (ask,) = part.all("a")
    assert ask["href"] == "/requests/new/?tNote=flux%20capacitor"


def test_says_where_not_everything_could_be_searched(client, inkwell, partly_down):
    partly_down("kb.search")

    part = parse(client.get("/search/suggestions/?q=labels"))

    assert "Not everything could be searched right now." in part.text
    assert len(part.all("ul")) == 2
    empty = parse(client.get("/search/suggestions/?q=flux"))
    assert "No results" not in empty.text
    assert not [one for one in empty.all("*") if "data-missed" in one.attributes]


def test_is_the_same_for_everyone_signed_in_or_not(amal, client, inkwell):
    mine = amal.get("/search/suggestions/?q=labels")
    amal.cookies.clear()
    theirs = client.get("/search/suggestions/?q=labels")

    assert mine.content == theirs.content
    assert "public" in mine["Cache-Control"]
    assert not mine.cookies
    assert "Cookie" not in mine.get("Vary", "")


@pytest.mark.parametrize("address", ["/search/suggestions/", "/requests/found/"])
def test_no_words_are_no_question(client, inkwell, address):
    assert client.get(address, {"q": " "}).status_code == 204


# ------------------------------------------------------------------ own requests


def test_finds_the_signed_in_customers_own_requests(amal, inkwell):
    response = amal.get("/requests/found/?q=labls")

    assert suggested(response) == {
        f"Labels come out blank {inkwell.ticket.pk} · Open": (
            f"/requests/{inkwell.ticket.pk}/"
        )
    }
    assert "FOREIGN" not in response.content.decode()


@pytest.mark.parametrize("words", ["October invoices", "billing", "NUMBER"])
def test_finds_them_by_note_category_and_number(amal, inkwell, words):
    closed = inkwell.closed_ticket.pk
    words = str(closed) if words == "NUMBER" else words

    found = suggested(amal.get("/requests/found/", {"q": words}))

    assert f"/requests/{closed}/" in found.values()


def test_own_requests_are_private_and_never_stored(amal):
    response = amal.get("/requests/found/?q=labels")

    assert response["Cache-Control"] == "private, no-store"


def test_who_is_not_signed_in_gets_nothing_and_no_cookie(client, inkwell):
    response = client.get("/requests/found/?q=labels")

    assert response.status_code == 204
    assert not response.cookies
    assert response["Cache-Control"] == "private, no-store"


def test_many_own_requests_lead_to_their_list(client, inkwell):
    for number in range(5):
        ticket = desk.Ticket.objects.create(
            category=inkwell.categories["billing"],
            status=inkwell.statuses["Active"],
            email="amal@example.com",
            first_name="Amal",
            title=f"Zebra {number}",
        )
        desk.Note.objects.create(ticket=ticket, body="Stripes", is_initial=True)
    client.post(
        "/account/sign-in/", {"email": "amal@example.com", "password": "lighthouse"}
    )

    part = parse(client.get("/requests/found/?q=zebra"))

    assert len(part.one("ul").all("a")) == 3
    more = part.one("p", class_="instant__foot").one("a")
    assert more.text == "All 5 of my requests"
    listed = parse_page(client.get(more["href"]))
    assert len([row for row in listed.all("a") if "Zebra" in row.text]) == 5


def test_every_search_field_says_where_to_ask(client, inkwell):
    for address in ("/", "/kb/", "/requests/check/"):
        form = parse_page(client.get(address)).one("form", role="search")

        assert form["action"] == "/search/"
        assert form["data-suggestions"] == "/search/suggestions/"
        assert form["data-own"] == "/requests/found/"
        panel = form.one("div", class_="instant")
        assert "hidden" in panel.attributes
    page = parse_page(client.get("/search/?q=labels"))
    assert page.one("div", data_own_results="/requests/found/").text == ""
    assert titles(page)
