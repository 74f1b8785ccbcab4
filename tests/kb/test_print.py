from __future__ import annotations

from portal.desk import models as desk
from tests.html_page import parse_page


def print_view(client, inkwell):
    return parse_page(client.get(f"/kb/books/{inkwell.book.pk}-printer-manual/print/"))


def test_shows_the_whole_book_on_one_page(client, inkwell):
    page = print_view(client, inkwell)

    assert page.one("h1").text == "Printer manual"
    chapters = page.all("section", class_="chapter")
    assert [chapter.all("h2")[0].text for chapter in chapters] == [
        "1. Getting started",
        "2. Troubleshooting",
        "Appendix",
    ]
    assert "A printer and a roll of labels." in chapters[0].text
    assert "Draft page" not in page.text


def test_its_contents_lead_to_every_chapter_and_page(client, inkwell):
    page = print_view(client, inkwell)

    contents = page.one("nav", aria_labelledby="contents-heading")
    targets = {link["href"] for link in contents.all("a")}
    ids = {f"#{one['id']}" for one in page.all("section") if "id" in one.attributes}
    assert targets == ids
    assert len(targets) == 7


def test_the_same_heading_on_two_pages_keeps_its_own_id(client, inkwell):
    for name in ("unbox", "pair"):
        desk.Page.objects.filter(pk=inkwell.pages[name].pk).update(
            body="<h2>Tools</h2><p>A pen.</p>"
        )

    page = print_view(client, inkwell)

    ids = [one["id"] for one in page.all("h2") if one.text.startswith("Tools")]
    assert ids == [
        f"user-content-p{inkwell.pages[name].pk}-tools" for name in ("unbox", "pair")
    ]


def test_reads_page_by_page_where_the_contents_come_without_texts(
    client, inkwell, settings
):
    settings.HELPSPOT_EMBEDDED_SERVER = "tests.kb.without_texts.answer"

    page = print_view(client, inkwell)

    assert "A printer and a roll of labels." in page.text
    assert "E1" in page.text


def test_what_staff_wrote_is_sanitised_here_too(client, inkwell):
    page = print_view(client, inkwell)

    assert "alert(1)" not in page.text


def test_what_opens_on_a_screen_is_open_on_paper(client, inkwell):
    desk.Page.objects.filter(pk=inkwell.pages["unbox"].pk).update(
        body="<details><summary>More</summary><p>Hidden words</p></details>"
    )

    page = print_view(client, inkwell)

    assert "open" in page.one("details").attributes
