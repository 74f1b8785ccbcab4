"""All tags on one page."""

from __future__ import annotations

from portal.desk import models as desk
from tests.html_page import parse_page


def test_shows_every_tag_by_name_with_how_many_guides_carry_it(client, inkwell):
    labels = desk.Tag.objects.get(name="labels")
    for name in ("unbox", "pair"):
        inkwell.pages[name].tags.add(labels)
    inkwell.pages["hidden"].tags.add(desk.Tag.objects.create(name="secret"))

    page = parse_page(client.get("/kb/tags/"))

    tags = page.one("ul", class_="tagcloud").all("a")
    assert [(tag.text, tag["href"], tag["class"]) for tag in tags] == [
        ("labels 3 guides", "/kb/tags/labels/", "chip tagcloud__3"),
        ("print quality 1 guide", "/kb/tags/print%20quality/", "chip tagcloud__1"),
    ]


def test_a_tags_page_leads_back_to_all(client, inkwell):
    crumbs = parse_page(client.get("/kb/tags/labels/")).one("nav", class_="crumbs")

    assert [link["href"] for link in crumbs.all("a")] == ["/kb/", "/kb/tags/"]


def test_the_list_of_books_leads_to_the_tags_where_there_are_any(client, inkwell):
    assert parse_page(client.get("/kb/")).all("a", href="/kb/tags/")


def test_the_list_of_books_leads_to_no_tags_where_there_are_none(client, inkwell):
    inkwell.pages["blank"].tags.clear()

    assert not parse_page(client.get("/kb/")).all("a", href="/kb/tags/")


def test_without_tags_says_what_else_there_is(client, db):
    page = parse_page(client.get("/kb/tags/"))

    state = page.one("section", class_="state")
    assert "No tags yet" in state.text
    assert state.one("a")["href"] == "/kb/"


def test_a_tag_that_goes_over_two_lines_is_one_like_any_other(client, inkwell):
    guide = inkwell.pages["blank"]
    guide.tags.add(desk.Tag.objects.create(name="glass\n  jars"))

    page = parse_page(client.get(f"/kb/pages/{guide.pk}/", follow=True))
    tags = parse_page(client.get("/kb/tags/")).one("ul", class_="tagcloud")

    assert page.all("a", href="/kb/tags/glass%20jars/")
    assert tags.all("a", href="/kb/tags/glass%20jars/")
    assert guide.name in client.get("/kb/tags/glass%20jars/").content.decode()
