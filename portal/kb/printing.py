"""A whole book on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.safestring import SafeString

from portal import markup
from portal.brands import Brand
from portal.brands.memory import Remembered, remembered
from portal.brands.shelf import with_plain_numbers
from portal.helpspot import HelpSpot
from portal.helpspot.types import Chapter, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedPage:
    """A page with its text made safe."""

    page: Page
    html: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedChapter:
    """A chapter with the texts of its pages."""

    chapter: Chapter
    pages: tuple[PrintedPage, ...]


def read_whole_book(
    brand: Brand, helpspot: HelpSpot, book_id: int
) -> Remembered[tuple[Chapter, ...]]:
    """Return the chapters of a book; their pages have bodies."""
    return remembered(
        brand, f"kb-print:{book_id}", lambda: _with_bodies(helpspot, book_id)
    )


def printed(chapters: Sequence[Chapter]) -> list[PrintedChapter]:
    """Return the chapters ready for printing; no two ids on the page are the same."""
    return [
        PrintedChapter(
            chapter=chapter,
            pages=tuple(
                PrintedPage(
                    page=page,
                    html=markup.clean(
                        page.body or "", scope=f"p{page.id}", is_printed=True
                    ),
                )
                for page in chapter.pages
            ),
        )
        for chapter in chapters
    ]


def _with_bodies(helpspot: HelpSpot, book_id: int) -> tuple[Chapter, ...]:
    chapters = helpspot.kb.get_book_toc(book_id, with_page_html=True)
    return tuple(
        replace(
            chapter, pages=tuple(_with_body(helpspot, page) for page in chapter.pages)
        )
        for chapter in with_plain_numbers(chapters)
    )


def _with_body(helpspot: HelpSpot, page: Page) -> Page:
    # Some help desks leave the texts out of the contents even when asked for them.
    return page if page.body is not None else helpspot.kb.get_page(page.id)
