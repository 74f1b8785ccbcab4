from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from portal.desk import models as desk
from tests.html_page import parse_page


def hrefs(element):
    return [link["href"] for link in element.all("a")]


def headings(page):
    return [one.text for one in page.one("main").all("h2")]


def test_offers_the_four_ways_to_an_answer(client, inkwell):
    page = parse_page(client.get("/"))

    main = page.one("main")
    search = main.one("form", role="search")
    key = main.one("form", class_="keyform")
    assert search["action"] == "/search/"
    assert search.one("input")["name"] == "q"
    assert (key["method"], key["action"]) == ("post", "/requests/check/")
    assert key.one("input")["name"] == "accesskey"
    assert {"/requests/new/", "/forums/", "/kb/"} <= set(hrefs(main))


def test_says_how_many_guides_there_are(client, inkwell):
    page = parse_page(client.get("/"))

    assert page.one("p", class_="lede").text == "Search 4 guides, or write to us."


def test_shows_the_public_books_and_their_size(client, inkwell):
    page = parse_page(client.get("/"))

    books = page.all("li", class_="book")
    assert [book.text for book in books] == [
        "Printer manual Everything about your label printer. 4 guides"
    ]
    assert hrefs(books[0]) == [f"/kb/books/{inkwell.book.pk}-printer-manual/"]


def test_shows_the_highlighted_guides(client, inkwell):
    page = parse_page(client.get("/"))

    links = page.one("section", aria_labelledby="highlights-heading").all("a")
    assert [link.text for link in links] == ["Unbox the printer Printer manual"]
    assert (
        links[0]["href"] == f"/kb/pages/{inkwell.pages['unbox'].pk}-unbox-the-printer/"
    )


def test_shows_the_newest_topics_whatever_is_pinned(client, inkwell):
    later = timezone.now() + timedelta(minutes=1)
    for number in range(5):
        topic = desk.Topic.objects.create(
            forum=inkwell.forum,
            title=f"Topic {number}",
            author_name="Olu",
            posted_at=later + timedelta(minutes=number),
        )
        topic.posts.create(author_name="Olu", body="x")

    page = parse_page(client.get("/"))

    section = page.one("section", aria_labelledby="latest-heading")
    assert [one.text for one in section.all("h3")] == [
        "Topic 4",
        "Topic 3",
        "Topic 2",
        "Topic 1",
    ]


def test_closes_with_when_the_team_answers(client, inkwell, settings):
    settings.BRAND = {**settings.BRAND, "hours": "We answer from Monday to Friday."}

    page = parse_page(client.get("/", headers={"Host": "hours.example"}))

    assert "We answer from Monday to Friday." in page.one("div", class_="helpband").text


def test_leaves_out_the_community_where_there_is_none(client, inkwell):
    desk.DeskSettings.objects.create(pk=1, offers_forums=False)

    page = parse_page(client.get("/"))

    assert "Ask the community" not in headings(page)
    assert "Latest in the community" not in headings(page)
    assert "Browse the guides" in headings(page)
    assert not [href for href in hrefs(page) if href.startswith("/forums")]


def test_leaves_out_the_guides_where_there_are_none(client, inkwell):
    desk.Book.objects.update(is_public=False)

    page = parse_page(client.get("/"))

    assert "Browse the guides" not in headings(page)
    assert "Highlighted guides" not in headings(page)
    assert "Ask the community" in headings(page)


def test_says_that_the_topics_are_missing_when_only_they_fail(
    client, inkwell, partly_down
):
    partly_down("forums.")

    response = client.get("/")

    page = parse_page(response)
    assert response.status_code == 200
    assert "The topics cannot be shown right now" in page.text
    assert "Ask the community" in headings(page)
    assert page.all("li", class_="book")


def test_says_that_the_guides_are_missing_when_only_they_fail(
    client, inkwell, partly_down
):
    partly_down("kb.")

    response = client.get("/")

    page = parse_page(response)
    assert response.status_code == 200
    assert "The guides cannot be shown right now" in page.text
    assert page.one("section", aria_labelledby="latest-heading").all("li")


def test_shows_a_book_without_its_size_when_its_contents_fail(
    client, inkwell, settings
):
    desk.Book.objects.create(name="Broken book", order=5)
    settings.HELPSPOT_EMBEDDED_SERVER = "tests.kb.broken_book.answer"

    page = parse_page(client.get("/"))

    assert [book.text for book in page.all("li", class_="book")] == [
        "Printer manual Everything about your label printer. 4 guides",
        "Broken book",
    ]
    assert page.one("p", class_="lede").text == "Search our guides, or write to us."


def test_is_honest_when_nothing_can_be_shown(client, inkwell):
    desk.DeskSettings.objects.create(pk=1, fault="hang_up")

    response = client.get("/")

    assert response.status_code == 503
    assert response["Retry-After"]


def test_shows_the_last_good_copy_and_when_it_was_read(client, inkwell):
    client.get("/")
    desk.DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "hang_up"})

    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        response = client.get("/")

    page = parse_page(response)
    assert response.status_code == 200
    assert "Our help desk does not answer right now" in page.text
    assert page.all("li", class_="book")


def test_notices_a_new_book_after_a_minute(client, inkwell):
    client.get("/")
    desk.Book.objects.create(name="Studio manual", order=5)

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        page = parse_page(client.get("/"))

    assert "Studio manual" in page.text


def test_is_the_same_for_everyone(client, inkwell):
    response = client.get("/")

    assert not response.cookies
    assert "public" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")
    again = client.get("/", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_shows_names_as_text(client, inkwell):
    evil = "<img src=x onerror=alert(1)>"
    desk.Book.objects.filter(pk=inkwell.book.pk).update(name=evil, description=evil)
    desk.Page.objects.filter(pk=inkwell.pages["unbox"].pk).update(name=evil)
    desk.Topic.objects.filter(pk=inkwell.topic.pk).update(title=evil, author_name=evil)

    page = parse_page(client.get("/"))

    assert page.text.count(evil) >= 5
    assert not page.one("main").all("img")


@pytest.mark.parametrize("verb", ["post", "put", "delete"])
def test_only_reads(client, inkwell, verb):
    assert getattr(client, verb)("/").status_code == 405


def test_an_old_link_that_holds_an_access_key_is_kept_by_no_cache(client, inkwell):
    response = client.get("/?pg=request.check&id=12745abcdef")

    assert response["Location"] == "/index.php?pg=request.check&id=12745abcdef"
    assert response.status_code == 301
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "no-referrer"
