"""The books and highlighted guides that the home page offers."""

from __future__ import annotations

from dataclasses import dataclass

from portal.brands import Brand
from portal.brands.memory import Remembered, remembered
from portal.helpspot import HelpSpot
from portal.helpspot.errors import HelpSpotError
from portal.helpspot.types import Book, Page

HIGHLIGHTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelvedBook:
    """A book; `page_count` is None where its contents could not be read."""

    book: Book
    page_count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """A page that staff highlighted, and the name of its book."""

    page: Page
    book_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All books in order, and the highlighted pages in the order of the books.

    `page_count` is None where the contents of a book could not be read.
    """

    books: tuple[ShelvedBook, ...]
    highlights: tuple[Highlight, ...]
    page_count: int | None


def read_shelf(brand: Brand, helpspot: HelpSpot) -> Remembered[Shelf]:
    """Return the shelf, at most a minute old while the help desk answers."""
    return remembered(brand, "home-shelf", lambda: _read(helpspot))


def _read(helpspot: HelpSpot) -> Shelf:
    contents = [(book, _pages(helpspot, book)) for book in helpspot.kb.list()]
    counts = [None if pages is None else len(pages) for _, pages in contents]
    highlights = [
        Highlight(page=page, book_name=book.name)
        for book, pages in contents
        for page in pages or ()
        if page.is_highlighted
    ]
    return Shelf(
        books=tuple(
            ShelvedBook(book=book, page_count=count)
            for (book, _), count in zip(contents, counts, strict=True)
        ),
        highlights=tuple(highlights[:HIGHLIGHTS]),
        page_count=None if None in counts else sum(count or 0 for count in counts),
    )


def _pages(helpspot: HelpSpot, book: Book) -> list[Page] | None:
    # One book that cannot be opened must not take the others off the shelf.
    try:
        chapters = helpspot.kb.get_book_toc(book.id)
    except HelpSpotError:
        return None
    return [page for chapter in chapters for page in chapter.pages]
