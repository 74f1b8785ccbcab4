"""A guide, and a whole book, to take along as Markdown."""

from __future__ import annotations

import pytest

from portal.desk import models as desk
from tests.html_page import parse_page


@pytest.fixture
def guide_url(inkwell):
    return f"/kb/pages/{inkwell.pages['blank'].pk}-labels-come-out-blank-or-faint.md"


@pytest.fixture
def book_url(inkwell):
    return f"/kb/books/{inkwell.book.pk}-printer-manual.md"


def test_hands_out_a_guide(client, inkwell, guide_url):
    response = client.get(guide_url)

    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response["Content-Disposition"] == (
        'attachment; filename="labels-come-out-blank-or-faint.md"'
    )
    blank, unbox = inkwell.pages["blank"].pk, inkwell.pages["unbox"].pk
    assert response.content.decode() == (
        "# 2.1 Labels come out blank or faint\n"
        "\n"
        "Printer manual › Troubleshooting  \n"
        f"<http://testserver/kb/pages/{blank}-labels-come-out-blank-or-faint/>\n"
        "\n"
        "## Check the roll\n"
        "\n"
        "Scratch a label: a dark line means that the roll is the right way round.\n"
        "\n"
        "## Clean the head\n"
        "\n"
        f"Use the pen. See [unboxing](http://testserver/kb/pages/{unbox}/).\n"
        "\n"
        "### If it stays faint\n"
        "\n"
        "Write to us.\n"
    )


def test_hands_out_a_whole_book(client, inkwell, book_url):
    text = client.get(book_url).content.decode()

    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "# Printer manual",
        "## 1. Getting started",
        "### 1.1 Unbox the printer",
        "#### In the box",
        "### 1.2 Pair over Bluetooth",
        "## 2. Troubleshooting",
        "### 2.1 Labels come out blank or faint",
        "#### Check the roll",
        "#### Clean the head",
        "##### If it stays faint",
        "## Appendix",
        "### 1 Error codes",
    ]
    assert "| E1 | No labels |" in text
    assert "Draft page" not in text


@pytest.mark.parametrize("kind", ["pages", "books"])
def test_an_old_name_leads_to_the_file(client, inkwell, kind, guide_url, book_url):
    url = guide_url if kind == "pages" else book_url
    number = url.split("/")[3].split("-")[0]

    response = client.get(f"/kb/{kind}/{number}-old-name.md")

    assert response.status_code == 301
    assert response["Location"] == url


def test_is_public_and_needs_no_second_answer(client, guide_url):
    first = client.get(guide_url)
    again = client.get(guide_url, headers={"If-None-Match": first["ETag"]})

    assert "public" in first["Cache-Control"]
    assert not first.cookies
    assert again.status_code == 304


def test_what_is_not_on_the_shelf_is_not_handed_out(client, inkwell):
    hidden = inkwell.pages["hidden"].pk

    assert client.get(f"/kb/pages/{hidden}-draft-page.md").status_code == 404
    assert client.get("/kb/books/999-none.md").status_code == 404


def test_pages_lead_to_their_files(client, inkwell, guide_url, book_url):
    guide = parse_page(client.get(guide_url.replace(".md", "/")))
    book = parse_page(client.get(book_url.replace(".md", "/")))

    assert guide.one("link", type="text/markdown")["href"] == guide_url
    assert guide.one("a", href=guide_url).text == "Save as Markdown"
    assert book.one("a", href=book_url).text == "Save as Markdown"


def test_an_empty_book_says_so_in_print_too(client, inkwell):
    empty = desk.Book.objects.create(name="Empty book", order=3)

    page = parse_page(client.get(f"/kb/books/{empty.pk}-empty-book/print/"))

    assert "no guides yet" in page.one("section", class_="state").text
    assert not page.all("a", download="")
    saved = client.get(f"/kb/books/{empty.pk}-empty-book.md").content.decode()
    assert saved.startswith("# Empty book\n")


def test_says_from_when_it_is_while_the_help_desk_is_away(
    client, guide_url, book_url, time_machine
):
    time_machine.move_to("2026-11-24 08:00Z", tick=False)
    for address in (guide_url, book_url):
        assert "Our help desk" not in client.get(address).content.decode()
    desk.DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    time_machine.move_to("2026-11-24 08:20Z", tick=False)

    for address in (guide_url, book_url):
        response = client.get(address)

        said = (
            "Our help desk did not answer: this is as of 24 November 2026, 08:00 UTC."
        )
        assert said in response.content.decode()
        assert "max-age=5," in response["Cache-Control"]
