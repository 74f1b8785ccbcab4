"""The vendor's `kb.*` methods."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from django.views.decorators.debug import sensitive_variables

from portal.helpspot import wire
from portal.helpspot.transport import Transport
from portal.helpspot.types import (
    Book,
    Chapter,
    Download,
    Page,
    PageMatch,
    RelatedPage,
)

# The module's own method `list` would hide the type.
Books = list[Book]
Chapters = list[Chapter]
PageMatches = list[PageMatch]

_NUMBERED = re.compile(r"((?:\d{1,4}\.){1,3})\s+(.*)", re.DOTALL)


class KnowledgeBaseMethods:
    """The vendor's `kb.*` methods."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Books:
        """Return the public books, in the order that staff gave them.

        Vendor's method: kb.list
        """
        books = self._transport.read(
            "kb.list", lambda root: [_book(row) for row in root.findall("book")]
        )
        return sorted(books, key=lambda book: book.order)

    def get(self, book_id: int) -> Book:
        """Return one book; raises `NotFound`.

        Vendor's method: kb.get
        """

        def build(root: Element) -> Book:
            wire.check_is(root, "xBook", book_id)
            return _book(root)

        return self._transport.read("kb.get", build, {"xBook": str(book_id)})

    def get_book_toc(self, book_id: int, *, with_page_html: bool = False) -> Chapters:
        """Return a book's chapters and pages, with the pages' HTML if asked for.

        HelpSpot answers an unknown book as it does an empty one: no chapters.

        Vendor's method: kb.getBookTOC
        """
        parameters = {"xBook": str(book_id)}
        if with_page_html:
            parameters["fWithPageHTML"] = "1"
        return self._transport.read(
            "kb.getBookTOC",
            lambda root: [_chapter(row) for row in root.findall("chapter")],
            parameters,
            is_long=with_page_html,
        )

    def get_page(self, page_id: int) -> Page:
        """Return one page with its HTML; raises `NotFound`.

        Vendor's method: kb.getPage
        """

        def build(root: Element) -> Page:
            wire.check_is(root, "xPage", page_id)
            return _page(root, has_body=True)

        return self._transport.read("kb.getPage", build, {"xPage": str(page_id)})

    @sensitive_variables()
    def search(self, query: str) -> PageMatches:
        """Return the pages that match, best first.

        Vendor's method: kb.search
        """
        return self._transport.read(
            "kb.search",
            lambda root: [_match(row) for row in root.findall("page")],
            {"q": query},
        )

    def vote_helpful(self, page_id: int) -> int | None:
        """Count a page as helpful; return the new count where HelpSpot tells it.

        Vendor's method: kb.voteHelpful
        """
        return self._vote("kb.voteHelpful", page_id, "iHelpful")

    def vote_not_helpful(self, page_id: int) -> int | None:
        """Count a page as not helpful; return the new count where HelpSpot tells it.

        Vendor's method: kb.voteNotHelpful
        """
        return self._vote("kb.voteNotHelpful", page_id, "iNotHelpful")

    def open_file(self, document_id: int) -> Download:
        """Return a page's file, to be read once in chunks.

        Raises `NotFound` and `Unavailable`; the chunks may raise `Unavailable`.
        """
        return self._transport.download({"from": "2", "id": str(document_id)})

    def _vote(self, method: str, page_id: int, count: str) -> int | None:
        # A GET that writes: asked once, never again.
        return self._transport.write(
            method,
            lambda root: wire.number(root, count),
            {"xPage": str(page_id)},
            verb="GET",
        )


def _book(row: Element) -> Book:
    return Book(
        id=wire.id_(row, "xBook"),
        name=wire.text(row, "sBookName") or "",
        description=wire.body(row, "tDescription"),
        order=wire.number(row, "iOrder") or 0,
    )


def _chapter(row: Element) -> Chapter:
    number, name = _number_and_name(row, "sChapterName")
    return Chapter(
        id=wire.id_(row, "xChapter"),
        name=name,
        number=number,
        order=wire.number(row, "iOrder") or 0,
        is_appendix=wire.flag(row, "fAppendix"),
        pages=tuple(
            _page(page, has_body=wire.only(page, "tPage") is not None)
            for page in wire.items(row, "pages", "page")
        ),
    )


def _page(row: Element, *, has_body: bool) -> Page:
    number, name = _number_and_name(row, "sPageName")
    return Page(
        id=wire.id_(row, "xPage"),
        chapter_id=wire.reference(row, "xChapter"),
        name=name,
        number=number,
        order=wire.number(row, "iOrder") or 0,
        is_highlighted=wire.flag(row, "fHighlight"),
        tags=tuple(
            filter(
                None,
                # Over two lines a tag would have no address of its own.
                (
                    " ".join(wire.content(tag).split())
                    for tag in wire.items(row, "tags", "tag")
                ),
            )
        ),
        related=tuple(
            RelatedPage(
                id=wire.id_(page, "xRelatedPage"),
                name=wire.text(page, "sPageName") or "",
                chapter_name=wire.text(page, "sChapterName") or "",
                book_id=wire.reference(page, "xBook"),
                book_name=wire.text(page, "sBookName") or "",
            )
            for page in wire.items(row, "relatedpages", "relatedpage")
        ),
        body=wire.body(row, "tPage") if has_body else None,
    )


def _number_and_name(row: Element, name: str) -> tuple[str, str]:
    """Return HelpSpot's number ("2.3.") and the name without it."""
    plain = wire.text(row, name)
    numbered = wire.text(row, "name") or ""
    if plain is not None and numbered.endswith(plain):
        number = numbered.removesuffix(plain).strip()
        return number, plain
    match = _NUMBERED.fullmatch(numbered)
    return (match[1] if match else ""), plain or (match[2] if match else numbered)


def _match(row: Element) -> PageMatch:
    return PageMatch(
        page_id=wire.id_(row, "xPage"),
        name=wire.text(row, "sPageName") or "",
        book_name=wire.text(row, "sBookName") or "",
        excerpt=wire.body(row, "desc"),
    )
