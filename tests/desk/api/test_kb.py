"""The `kb.*` methods."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.desk.models import Book, Chapter, DeskSettings, Page, Tag
from tests.desk.api.conftest import document, problems, texts


@pytest.fixture
def manual(db):
    """A book with every kind of chapter and page, numbered as the vendor numbers."""
    book = Book.objects.create(name="Manual", description="All of it.", order=3)
    start = Chapter.objects.create(book=book, name="Getting Started", order=1)
    Chapter.objects.create(book=book, name="Secret", order=2, is_hidden=True)
    install = Chapter.objects.create(book=book, name="Installation", order=5)
    empty = Chapter.objects.create(book=book, name="Nothing yet", order=9)
    appendix = Chapter.objects.create(
        book=book, name="Appendix", order=0, is_appendix=True
    )
    make = Page.objects.create
    first = make(chapter=start, name="Up and running", order=1, is_highlighted=True)
    needs = make(chapter=install, name="Requirements", order=1, body="<p>A & B</p>")
    hidden = make(chapter=install, name="Draft", order=2, is_hidden=True)
    upgrade = make(chapter=install, name="Upgrading", order=6)
    fields = make(chapter=appendix, name="Fields", order=4)
    needs.tags.set([Tag.objects.create(name=name) for name in ("Pricing", "Service")])
    needs.related.set([first, hidden])
    return {
        name: value
        for name, value in locals().items()
        if isinstance(value, Book | Chapter | Page)
    }


def test_lists_public_books_in_order(inkwell, ask):
    Book.objects.create(name="First", order=0)
    Book.objects.filter(pk=inkwell.book.pk).update(order=2)

    assert texts(ask("kb.list"), "book/sBookName") == ["First", "Printer manual"]


def test_shows_one_book(manual, ask):
    response = ask("kb.get", xBook=manual["book"].pk)

    assert response.content.decode() == document(f"""
        <book>
        <xBook>{manual["book"].pk}</xBook>
        <sBookName>Manual</sBookName>
        <iOrder>3</iOrder>
        <tDescription>All of it.</tDescription>
        </book>
    """)


@pytest.mark.parametrize(
    ("method", "name", "root"),
    [
        ("kb.get", "xBook", "book"),
        ("kb.getBookTOC", "xBook", "toc"),
        ("kb.getPage", "xPage", "page"),
        ("kb.voteHelpful", "xPage", "page"),
        ("kb.voteNotHelpful", "xPage", "page"),
    ],
)
def test_answers_an_empty_root_for_what_is_unknown_or_hidden(
    inkwell, ask, method, name, root
):
    hidden = {
        "xBook": Book.objects.get(is_public=False).pk,
        "xPage": inkwell.pages["hidden"].pk,
    }
    for id_ in [99999, hidden[name]]:
        response = ask(method, **{name: id_})

        assert response.status_code == 200
        assert response.content.decode() == document(f"<{root} />")
        assert ask(method, output="json", **{name: id_}).content == b"[]"
    assert problems(ask(method)) == [(101, f"Required parameter {name} not supplied")]


def test_numbers_chapters_and_pages_by_position(manual, ask):
    ids = {name: row.pk for name, row in manual.items()}

    response = ask("kb.getBookTOC", xBook=ids["book"])

    assert response.content.decode() == document(f"""
        <toc>
        <chapter>
        <name>1. Getting Started</name>
        <xChapter>{ids["start"]}</xChapter>
        <sChapterName>Getting Started</sChapterName>
        <iOrder>1</iOrder>
        <fAppendix>0</fAppendix>
        <pages>
        <page>
        <name>1.1. Up and running</name>
        <xPage>{ids["first"]}</xPage>
        <xChapter>{ids["start"]}</xChapter>
        <sPageName>Up and running</sPageName>
        <iOrder>1</iOrder>
        <fHighlight>1</fHighlight>
        </page>
        </pages>
        </chapter>
        <chapter>
        <name>2. Installation</name>
        <xChapter>{ids["install"]}</xChapter>
        <sChapterName>Installation</sChapterName>
        <iOrder>5</iOrder>
        <fAppendix>0</fAppendix>
        <pages>
        <page>
        <name>2.1. Requirements</name>
        <xPage>{ids["needs"]}</xPage>
        <xChapter>{ids["install"]}</xChapter>
        <sPageName>Requirements</sPageName>
        <iOrder>1</iOrder>
        <fHighlight>0</fHighlight>
        <tags>
        <tag>Pricing</tag>
        <tag>Service</tag>
        </tags>
        <relatedpages>
        <relatedpage>
        <xRelatedPage>{ids["first"]}</xRelatedPage>
        <sPageName>Up and running</sPageName>
        <sChapterName>Getting Started</sChapterName>
        <sBookName>Manual</sBookName>
        <xBook>{ids["book"]}</xBook>
        </relatedpage>
        </relatedpages>
        </page>
        <page>
        <name>2.2. Upgrading</name>
        <xPage>{ids["upgrade"]}</xPage>
        <xChapter>{ids["install"]}</xChapter>
        <sPageName>Upgrading</sPageName>
        <iOrder>6</iOrder>
        <fHighlight>0</fHighlight>
        </page>
        </pages>
        </chapter>
        <chapter>
        <name>3. Nothing yet</name>
        <xChapter>{ids["empty"]}</xChapter>
        <sChapterName>Nothing yet</sChapterName>
        <iOrder>9</iOrder>
        <fAppendix>0</fAppendix>
        <pages />
        </chapter>
        <chapter>
        <name>Appendix</name>
        <xChapter>{ids["appendix"]}</xChapter>
        <sChapterName>Appendix</sChapterName>
        <iOrder>0</iOrder>
        <fAppendix>1</fAppendix>
        <pages>
        <page>
        <name>1. Fields</name>
        <xPage>{ids["fields"]}</xPage>
        <xChapter>{ids["appendix"]}</xChapter>
        <sPageName>Fields</sPageName>
        <iOrder>4</iOrder>
        <fHighlight>0</fHighlight>
        </page>
        </pages>
        </chapter>
        </toc>
    """)


def test_lists_chapters_and_pages_in_json(manual, ask):
    toc = json.loads(
        ask("kb.getBookTOC", xBook=manual["book"].pk, output="json").content
    )

    assert [chapter["name"] for chapter in toc["chapter"]] == [
        "1. Getting Started",
        "2. Installation",
        "3. Nothing yet",
        "Appendix",
    ]
    assert toc["chapter"][2]["pages"] == []
    assert toc["chapter"][1]["pages"]["page"][0]["tags"] == {
        "tag": ["Pricing", "Service"]
    }


def test_adds_the_html_of_every_page_when_asked(manual, ask):
    book = manual["book"].pk

    with_html = ask("kb.getBookTOC", xBook=book, fWithPageHTML=1)

    assert texts(with_html, "chapter/pages/page/tPage")[1] == "<p>A & B</p>"
    assert b"tPage" not in ask("kb.getBookTOC", xBook=book).content


def test_shows_one_page(manual, ask):
    page = manual["needs"]

    response = ask("kb.getPage", xPage=page.pk)

    assert response.content.decode() == document(f"""
        <page>
        <name>2.1. Requirements</name>
        <xPage>{page.pk}</xPage>
        <xChapter>{page.chapter_id}</xChapter>
        <sPageName>Requirements</sPageName>
        <tPage>&lt;p&gt;A &amp; B&lt;/p&gt;</tPage>
        <iOrder>1</iOrder>
        <fHighlight>0</fHighlight>
        <tags>
        <tag>Pricing</tag>
        <tag>Service</tag>
        </tags>
        <relatedpages>
        <relatedpage>
        <xRelatedPage>{manual["first"].pk}</xRelatedPage>
        <sPageName>Up and running</sPageName>
        <sChapterName>Getting Started</sChapterName>
        <sBookName>Manual</sBookName>
        <xBook>{manual["book"].pk}</xBook>
        </relatedpage>
        </relatedpages>
        </page>
    """)


@pytest.mark.parametrize(
    ("name", "number"), [("first", "1.1."), ("upgrade", "2.2."), ("fields", "1.")]
)
def test_numbers_a_page_as_its_book_does(manual, ask, name, number):
    response = ask("kb.getPage", xPage=manual[name].pk)

    assert texts(response, "name") == [f"{number} {manual[name].name}"]


def test_hides_the_pages_of_hidden_chapters_and_books(manual, ask):
    Chapter.objects.filter(pk=manual["start"].pk).update(is_hidden=True)
    assert ask("kb.getPage", xPage=manual["first"].pk).content.decode() == document(
        "<page />"
    )
    Book.objects.update(is_public=False)

    response = ask("kb.getPage", xPage=manual["needs"].pk)

    assert response.content.decode() == document("<page />")


@pytest.mark.parametrize(
    ("method", "column", "element"),
    [
        ("kb.voteHelpful", "helpful", "iHelpful"),
        ("kb.voteNotHelpful", "not_helpful", "iNotHelpful"),
    ],
)
def test_counts_votes(manual, ask, method, column, element):
    page = manual["needs"]

    for _ in range(2):
        response = ask(method, xPage=page.pk)

    page.refresh_from_db()
    assert getattr(page, column) == 2
    assert response.content.decode() == document(f"""
        <page>
        <{element} />
        </page>
    """)


def test_asks_the_database_no_more_for_a_longer_book(manual, ask):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            ask("kb.getBookTOC", xBook=manual["book"].pk)
        return len(queries)

    DeskSettings.load()
    before = count()
    for number in range(20):
        chapter = Chapter.objects.create(book=manual["book"], name=f"C{number}")
        page = Page.objects.create(chapter=chapter, name="P")
        page.related.add(manual["first"])
        page.tags.add(Tag.objects.first())

    assert count() == before <= 6
