"""A page as its reader gets it: text, list of contents, time it takes, what is near."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal import markup
from portal.brands.shelf import Place, Shelf, ShelvedBook
from portal.helpspot.types import Chapter, Page

WORDS_A_MINUTE = 220
SPACELESS_A_WORD = 2
CONTENTS_FROM = 3
RELATED = 5
WHOLE_NAV_PAGES = 150
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """A page made ready for reading."""

    place: Place
    document: markup.Document
    minutes: int
    tags: tuple[str, ...]
    related: tuple[Place, ...]

    @property
    def headings(self) -> tuple[markup.Heading, ...]:
        """Return the headings to list, none where a list would not help."""
        found = self.document.headings
        return found if len(found) >= CONTENTS_FROM else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NavChapter:
    """A chapter in the book's contents beside a page.

    `pages` is empty where the book is so long that only the open chapter is listed.
    """

    chapter: Chapter
    is_open: bool
    pages: tuple[Page, ...]


def read_guide(page: Page, place: Place, shelf: Shelf) -> Guide:
    """Return the page ready for reading."""
    body = page.body or ""
    return Guide(
        place=place,
        document=markup.document(body),
        minutes=_minutes(markup.to_text(body)),
        tags=page.tags,
        related=_related(page, place, shelf),
    )


def nav_chapters(shelved: ShelvedBook, here: Chapter) -> list[NavChapter]:
    """Return the book's contents as they stand beside a page of a chapter."""
    is_whole = (shelved.page_count or 0) <= WHOLE_NAV_PAGES
    return [
        NavChapter(
            chapter=chapter,
            is_open=chapter.id == here.id,
            pages=chapter.pages if is_whole or chapter.id == here.id else (),
        )
        for chapter in shelved.chapters or ()
    ]


def _minutes(text: str) -> int:
    spaceless = len(_SPACELESS.findall(text))
    words = len(_SPACELESS.sub(" ", text).split()) + spaceless / SPACELESS_A_WORD
    return max(1, round(words / WORDS_A_MINUTE))


def _related(page: Page, place: Place, shelf: Shelf) -> tuple[Place, ...]:
    """Return what staff linked, else the other pages of the same chapter."""
    linked = [found for one in page.related if (found := shelf.find(one.id))]
    if linked:
        return tuple(linked[:RELATED])
    others = [one for one in place.chapter.pages if one.id != page.id][:RELATED]
    return tuple(found for one in others if (found := shelf.find(one.id)))
