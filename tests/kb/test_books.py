from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from portal.desk import models as desk
from tests.html_page import parse_page


def test_shows_every_public_book_with_how_many_guides_it_has(client, inkwell):
    page = parse_page(client.get("/kb/"))

    (book,) = page.all("li", class_="book")
    assert book.text == "Printer manual Everything about your label printer. 4 guides"
    assert book.one("a")["href"] == f"/kb/books/{inkwell.book.pk}-printer-manual/"


def test_without_books_says_what_would_be_here_and_where_to_write(client, db):
    page = parse_page(client.get("/kb/"))

    state = page.one("section", class_="state")
    assert "No guides yet" in state.text
    assert state.one("a")["href"] == "/requests/new/"


def test_shows_a_books_chapters_in_order_with_numbers_apart_from_names(client, inkwell):
    page = parse_page(client.get(f"/kb/books/{inkwell.book.pk}-printer-manual/"))

    assert page.one("h1").text == "Printer manual"
    assert [heading.text for heading in page.one("main").all("h2")] == [
        "1. Getting started",
        "2. Troubleshooting",
        "Appendix",
    ]
    names = [
        link.one("bdi").text for link in page.one("main").all("a") if link.all("bdi")
    ]
    assert names == [
        "Unbox the printer",
        "Pair over Bluetooth",
        "Labels come out blank or faint",
        "Error codes",
    ]
    assert "2.1 Labels come out blank" in page.one("main").text


def test_marks_what_staff_recommend(client, inkwell):
    page = parse_page(client.get(f"/kb/books/{inkwell.book.pk}-printer-manual/"))

    (badge,) = page.all("span", class_="badge")
    assert badge.text == "Recommended"


def test_a_book_without_guides_leads_on(client, inkwell):
    empty = desk.Book.objects.create(name="Empty book", order=3)

    page = parse_page(client.get(f"/kb/books/{empty.pk}-empty-book/"))

    assert "no guides yet" in page.one("section", class_="state").text


def test_one_book_that_cannot_be_read_leaves_the_others_on_the_shelf(
    client, inkwell, settings
):
    other = desk.Book.objects.create(name="Broken book", order=5)
    settings.HELPSPOT_EMBEDDED_SERVER = "tests.kb.broken_book.answer"

    page = parse_page(client.get("/kb/"))

    assert [book.one("h2").text for book in page.all("li", class_="book")] == [
        "Printer manual",
        "Broken book",
    ]
    assert client.get(f"/kb/books/{other.pk}-broken-book/").status_code == 503
    assert client.get("/kb/pages/999999/").status_code == 503


def test_a_book_that_cannot_be_read_any_more_shows_its_last_contents(
    client, inkwell, settings
):
    client.get("/kb/")
    inkwell.book.name = "Broken book"
    inkwell.book.save()
    desk.Book.objects.create(name="Another book", order=5)
    settings.HELPSPOT_EMBEDDED_SERVER = "tests.kb.broken_book.answer"
    guide = f"/kb/pages/{inkwell.pages['blank'].pk}-labels-come-out-blank-or-faint/"

    with after(minutes=2):
        books = client.get("/kb/").content.decode()
        page = client.get(f"/kb/books/{inkwell.book.pk}-broken-book/")
        assert client.get(guide).status_code == 200
    with after(hours=23):
        assert client.get(guide).status_code == 200
    with after(hours=25):
        assert client.get(guide).status_code == 503

    assert "Another book" in books
    assert page.status_code == 200
    assert "You see this page as of" in page.content.decode()


def after(**time):
    return time_machine.travel(timezone.now() + timedelta(**time))


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("/kb/books/{book}/", "/kb/books/{book}-printer-manual/"),
        ("/kb/books/{book}-old-name/", "/kb/books/{book}-printer-manual/"),
        ("/kb/books/{book}-view/print/", "/kb/books/{book}-printer-manual/print/"),
        ("/kb/pages/{page}/", "/kb/pages/{page}-labels-come-out-blank-or-faint/"),
        ("/kb/pages/{page}-x/", "/kb/pages/{page}-labels-come-out-blank-or-faint/"),
        (
            "/kb/chapters/{chapter}/",
            "/kb/books/{book}-printer-manual/#chapter-{chapter}",
        ),
    ],
)
def test_a_number_alone_or_an_old_name_leads_to_the_one_address_for_now(
    client, inkwell, address, location
):
    numbers = {
        "book": inkwell.book.pk,
        "page": inkwell.pages["blank"].pk,
        "chapter": inkwell.pages["blank"].chapter_id,
    }

    response = client.get(address.format(**numbers))

    assert response.status_code == 301
    assert response["Location"] == location.format(**numbers)
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    "address",
    [
        "/kb/books/999/",
        "/kb/books/999-x/",
        "/kb/books/999-x/print/",
        "/kb/chapters/999/",
        "/kb/pages/999/",
        "/kb/pages/999-x/",
        "/kb/tags/no-such-tag/",
        "/kb/files/999/",
    ],
)
def test_what_is_not_there_is_404(client, inkwell, address):
    response = client.get(address)

    assert response.status_code == 404
    assert parse_page(response).one("h1").text == "Page not found"


def test_hidden_pages_and_private_books_are_404(client, inkwell):
    secret = desk.Book.objects.get(name="Secret plans")
    chapter = desk.Chapter.objects.create(book=secret, name="Plans")
    plan = desk.Page.objects.create(
        chapter=chapter, name="CANARY plan", body="<p>x</p>"
    )

    for number in (inkwell.pages["hidden"].pk, plan.pk):
        assert client.get(f"/kb/pages/{number}/").status_code == 404
    assert client.get(f"/kb/books/{secret.pk}/").status_code == 404
    assert b"CANARY" not in client.get("/kb/").content


@pytest.mark.parametrize("fault", ["down", "hang_up", "garble"])
@pytest.mark.parametrize(
    "address",
    [
        "/kb/",
        "/kb/books/{book}-printer-manual/",
        "/kb/books/{book}-printer-manual/print/",
        "/kb/pages/{page}/",
        "/kb/pages/{page}-labels-come-out-blank-or-faint/",
        "/kb/tags/labels/",
    ],
)
def test_says_that_the_help_desk_does_not_answer(client, inkwell, address, fault):
    desk.DeskSettings.objects.create(pk=1, fault=fault)

    response = client.get(
        address.format(book=inkwell.book.pk, page=inkwell.pages["blank"].pk)
    )

    assert response.status_code == 503
    assert response["Retry-After"]


def test_while_the_help_desk_is_away_what_was_read_before_is_shown_with_its_time(
    client, inkwell, time_machine
):
    address = f"/kb/pages/{inkwell.pages['unbox'].pk}-unbox-the-printer/"
    time_machine.move_to("2026-11-24 13:50", tick=False)
    client.get(address)
    desk.DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    time_machine.move_to("2026-11-24 14:30", tick=False)

    page = parse_page(client.get(address))

    assert "In the box" in page.one("article").text
    assert "24 November 2026, 13:50" in page.one("div", class_="notice").text


def test_what_changes_in_the_help_desk_shows_within_a_minute(
    client, inkwell, time_machine
):
    time_machine.move_to("2026-11-24 13:50", tick=False)
    client.get("/kb/")
    desk.Book.objects.filter(pk=inkwell.book.pk).update(name="Printer handbook")
    time_machine.shift(61)

    page = parse_page(client.get("/kb/"))

    assert page.one("li", class_="book").one("h2").text == "Printer handbook"


def test_shows_the_guides_of_a_tag_whatever_its_case(client, inkwell):
    page = parse_page(client.get("/kb/tags/Print%20Quality/"))

    assert page.one("h1").text.startswith("Guides about “ Print Quality")
    (link,) = page.one("ul", class_="linklist").all("a")
    assert link.text == (
        "Labels come out blank or faint Printer manual › Troubleshooting"
    )


def test_a_tag_with_a_slash_has_its_page(client, inkwell):
    inkwell.pages["unbox"].tags.add(desk.Tag.objects.create(name="USB/Wi-Fi"))
    guide = parse_page(
        client.get(f"/kb/pages/{inkwell.pages['unbox'].pk}-unbox-the-printer/")
    )

    response = client.get(guide.one("a", class_="chip")["href"])

    assert response.status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/kb/", "/kb/books/{book}-printer-manual/", "/kb/tags/labels/"],
)
def test_pages_are_the_same_for_everyone_and_need_no_second_answer(
    client, inkwell, address
):
    address = address.format(book=inkwell.book.pk)

    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})

    assert "public" in first["Cache-Control"]
    assert not first.cookies
    assert "Cookie" not in first.get("Vary", "")
    assert again.status_code == 304
