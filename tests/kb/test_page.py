from __future__ import annotations

import pytest

from portal.desk import models as desk
from tests.html_page import parse_page


def address(inkwell, name: str) -> str:
    return f"/kb/pages/{inkwell.pages[name].pk}-{SLUGS[name]}/"


SLUGS = {
    "unbox": "unbox-the-printer",
    "pair": "pair-over-bluetooth",
    "blank": "labels-come-out-blank-or-faint",
    "codes": "error-codes",
}


@pytest.fixture
def guide(client, inkwell):
    """The guide with everything on it."""
    return parse_page(client.get(address(inkwell, "blank")))


def test_shows_the_guide_with_its_number_apart_from_its_name(guide):
    article = guide.one("article")

    assert guide.one("title").text.startswith(
        "Labels come out blank or faint – Printer manual"
    )
    assert article.one("h1").text == "Labels come out blank or faint"
    assert article.one("p", class_="meta--dots").text == "Page 2.1 1 minute read"
    assert "Scratch a label" in article.one("div", class_="prose").text


def test_says_where_the_guide_stands(inkwell, guide):
    crumbs = guide.one("nav", class_="crumbs")

    assert [crumb.text for crumb in crumbs.all("li")] == [
        "Guides",
        "Printer manual",
        "Troubleshooting",
        "Labels come out blank or faint",
    ]
    chapter = inkwell.pages["blank"].chapter_id
    assert [link["href"] for link in crumbs.all("a")] == [
        "/kb/",
        f"/kb/books/{inkwell.book.pk}-printer-manual/",
        f"/kb/books/{inkwell.book.pk}-printer-manual/#chapter-{chapter}",
    ]


def test_the_book_beside_it_is_open_at_its_chapter(guide):
    nav = guide.one("nav", class_="booknav")

    assert [
        (chapter.one("summary").text, "open" in chapter.attributes)
        for chapter in nav.all("details")
    ] == [
        ("1. Getting started", False),
        ("2. Troubleshooting", True),
        ("Appendix", False),
    ]
    (current,) = nav.all("a", aria_current="page")
    assert current.text == "2.1 Labels come out blank or faint"


def test_a_long_book_lists_only_the_open_chapter(client, inkwell):
    chapter = desk.Chapter.objects.create(book=inkwell.book, name="Long", order=3)
    desk.Page.objects.bulk_create(
        desk.Page(chapter=chapter, name=f"Page {number}", body="<p>x</p>")
        for number in range(150)
    )

    page = parse_page(client.get(address(inkwell, "blank")))

    nav = page.one("nav", class_="booknav")
    assert len(nav.all("details")) == 1
    link = next(link for link in nav.all("a") if "Long" in link.text)
    assert link["href"].endswith(f"#chapter-{chapter.pk}")


def test_what_staff_wrote_is_sanitised_and_its_links_lead_into_the_portal(
    inkwell, guide
):
    prose = guide.one("article").one("div", class_="prose")

    assert prose.all("script") == []
    link = next(link for link in prose.all("a") if link.text == "unboxing")
    assert link["href"] == f"/kb/pages/{inkwell.pages['unbox'].pk}/"


def test_lists_its_sections_on_wide_and_on_narrow_screens(guide):
    names = ["Check the roll", "Clean the head", "If it stays faint"]
    targets = {
        heading["id"]
        for tag in ("h2", "h3")
        for heading in guide.one("div", class_="prose").all(tag)
    }

    for listed in (
        guide.one("aside").one("nav"),
        guide.one("details", class_="toc-inline"),
    ):
        links = listed.one("ol").all("a")
        assert [link.text for link in links] == names
        assert {link["href"].removeprefix("#") for link in links} == targets


def test_a_guide_of_few_sections_has_no_list_of_them(client, inkwell):
    page = parse_page(client.get(address(inkwell, "unbox")))

    assert page.all("details", class_="toc-inline") == []


@pytest.mark.parametrize(
    ("name", "previous", "following"),
    [
        ("unbox", None, "Pair over Bluetooth"),
        ("pair", "Unbox the printer", "Labels come out blank or faint"),
        ("blank", "Pair over Bluetooth", "Error codes"),
        ("codes", "Labels come out blank or faint", None),
    ],
)
def test_leads_to_its_neighbours_across_chapters_and_past_hidden_pages(
    client, inkwell, name, previous, following
):
    page = parse_page(client.get(address(inkwell, name)))

    near = page.one("nav", class_="prevnext").all("a")
    links = {link["rel"]: link.one("bdi").text for link in near}
    assert links == {
        rel: title
        for rel, title in (("prev", previous), ("next", following))
        if title is not None
    }


def test_shows_tags_and_what_staff_linked(inkwell, guide):
    assert {chip.text: chip["href"] for chip in guide.all("a", class_="chip")} == {
        "labels": "/kb/tags/labels/",
        "print quality": "/kb/tags/print%20quality/",
    }
    (related,) = guide.one("ul", class_="linklist").all("a")
    assert related.text == "Pair over Bluetooth Printer manual"


def test_without_linked_pages_shows_others_of_its_chapter(client, inkwell):
    page = parse_page(client.get(address(inkwell, "unbox")))

    (related,) = page.one("ul", class_="linklist").all("a")
    assert related.text == "Pair over Bluetooth Printer manual"


def test_tables_of_the_appendix_scroll_by_keyboard(client, inkwell):
    page = parse_page(client.get(address(inkwell, "codes")))

    assert page.one("p", class_="meta--dots").text.startswith("Page 1 ")
    assert page.one("div", class_="scroll")["tabindex"] == "0"


def test_a_guide_without_text_says_so(client, inkwell):
    desk.Page.objects.filter(pk=inkwell.pages["unbox"].pk).update(body="")

    page = parse_page(client.get(address(inkwell, "unbox")))

    assert "This guide has no text yet." in page.one("article").text


def test_leads_to_a_person(guide):
    links = guide.one("article").all("a", href="/requests/new/")

    assert [link.text for link in links] == ["Write to us"]


def test_a_long_guide_says_how_long_it_takes(client, inkwell):
    desk.Page.objects.filter(pk=inkwell.pages["unbox"].pk).update(
        body=f"<p>{'word ' * 900}</p>"
    )

    page = parse_page(client.get(address(inkwell, "unbox")))

    assert "4 minute read" in page.one("p", class_="meta--dots").text


def test_is_the_same_for_everyone_and_needs_no_second_answer(client, inkwell):
    first = client.get(address(inkwell, "blank"))
    again = client.get(
        address(inkwell, "blank"), headers={"If-None-Match": first["ETag"]}
    )

    assert "public" in first["Cache-Control"]
    assert not first.cookies
    assert "Cookie" not in first.get("Vary", "")
    assert again.status_code == 304
