"""Where each page stands: its book, its chapter, its neighbours.

HelpSpot's getPage does not say which book a page is in, so the portal keeps a map of
all public books' contents. Only what stands on this map is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial

from django.utils import timezone

from portal.brands.brand import Brand
from portal.brands.memory import KEEP_SECONDS, Remembered, last_copy, remembered
from portal.helpspot import HelpSpot, side_by_side
from portal.helpspot.errors import Disabled, HelpSpotError, NotFound, Unavailable
from portal.helpspot.types import Book, Chapter, Page

_NAME = "kb-shelf"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelvedBook:
    """A book and its chapters in order; None where they could not be read.

    `as_of` is when the chapters were read that stand in for those.
    """

    book: Book
    chapters: tuple[Chapter, ...] | None
    as_of: datetime | None = None

    @property
    def page_count(self) -> int | None:
        """Return how many pages the book has, None where that is not known."""
        if self.chapters is None:
            return None
        return sum(len(chapter.pages) for chapter in self.chapters)

    def places(self) -> Iterator[Place]:
        """Yield the pages in the order of reading, each with its neighbours."""
        leaves = [
            (chapter, page) for chapter in self.chapters or () for page in chapter.pages
        ]
        pages = [page for _, page in leaves]
        before = [None, *pages][: len(pages)]
        after = [*pages, None][1:]
        for (chapter, page), previous, following in zip(
            leaves, before, after, strict=True
        ):
            yield Place(
                shelved=self,
                chapter=chapter,
                page=page,
                previous=previous,
                following=following,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page's place; `previous` and `following` reach across chapters."""

    shelved: ShelvedBook
    chapter: Chapter
    page: Page
    previous: Page | None
    following: Page | None

    @property
    def book(self) -> Book:
        """Return the page's book."""
        return self.shelved.book


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """All public books in order. What is not here raises `NotFound`.

    It raises `Unavailable` instead where it may stand in a book that could not be read.
    What asks after all pages at once is worked out once for each shelf that was read,
    so that a page of the portal costs the same however many guides there are.
    """

    books: tuple[ShelvedBook, ...]

    def __getstate__(self) -> dict[str, object]:
        """Return what other processes get: they work out the rest for themselves."""
        return {"books": self.books}

    @cached_property
    def page_count(self) -> int | None:
        """Return how many pages all books have, None where one could not be read."""
        counts = [shelved.page_count for shelved in self.books]
        return None if None in counts else sum(count or 0 for count in counts)

    @cached_property
    def highlights(self) -> tuple[Place, ...]:
        """Return the pages that staff highlighted, book by book."""
        return tuple(place for place in self.places() if place.page.is_highlighted)

    @cached_property
    def has_tags(self) -> bool:
        """Tell whether any page carries a tag."""
        return any(place.page.tags for place in self.places())

    @cached_property
    def by_tag(self) -> Mapping[str, Sequence[Place]]:
        """Return the pages that carry each tag, book by book, by the casefolded tag."""
        found: dict[str, list[Place]] = defaultdict(list)
        for place in self.places():
            for tag in dict.fromkeys(one.casefold() for one in place.page.tags):
                found[tag].append(place)
        return dict(found)

    def book(self, book_id: int) -> ShelvedBook:
        """Return a book whose contents are known."""
        for shelved in self.books:
            if shelved.book.id == book_id:
                if shelved.chapters is None:
                    raise Unavailable("kb.getBookTOC")
                return shelved
        raise NotFound("kb.get")

    def chapter(self, chapter_id: int) -> tuple[Book, Chapter]:
        """Return a chapter and its book."""
        found = self._chapters.get(chapter_id)
        if found is None:
            raise self._missing()
        return found

    def place(self, page_id: int) -> Place:
        """Return where a page stands."""
        found = self.find(page_id)
        if found is None:
            raise self._missing()
        return found

    def find(self, page_id: int) -> Place | None:
        """Return where a page stands, None where it is not known."""
        return self._places.get(page_id)

    def tagged(self, tag: str) -> Sequence[Place]:
        """Return the pages that carry a tag, whatever its case, book by book."""
        found = self.by_tag.get(tag.casefold())
        if found is None:
            raise self._missing()
        return found

    def places(self) -> Sequence[Place]:
        """Return the places of all pages, book by book."""
        return self._all_places

    def _missing(self) -> HelpSpotError:
        is_whole = all(shelved.chapters is not None for shelved in self.books)
        return NotFound("kb.getPage") if is_whole else Unavailable("kb.getBookTOC")

    @cached_property
    def _all_places(self) -> tuple[Place, ...]:
        return tuple(place for shelved in self.books for place in shelved.places())

    @cached_property
    def _places(self) -> dict[int, Place]:
        return {place.page.id: place for place in self.places()}

    @cached_property
    def _chapters(self) -> dict[int, tuple[Book, Chapter]]:
        return {
            chapter.id: (shelved.book, chapter)
            for shelved in self.books
            for chapter in shelved.chapters or ()
        }


def read_shelf(brand: Brand, helpspot: HelpSpot) -> Remembered[Shelf]:
    """Return the shelf, at most a minute old while the help desk answers."""
    return remembered(brand, _NAME, lambda: _read(brand, helpspot))


def with_plain_numbers(chapters: Sequence[Chapter]) -> tuple[Chapter, ...]:
    """Return the chapters with page numbers as people write them: 2.3, not 2.3."""
    return tuple(
        replace(
            chapter,
            pages=tuple(
                replace(page, number=page.number.rstrip(".")) for page in chapter.pages
            ),
        )
        for chapter in chapters
    )


def _read(brand: Brand, helpspot: HelpSpot) -> Shelf:
    books = helpspot.kb.list()
    contents = side_by_side(
        helpspot.connection, [partial(_chapters, helpspot, book) for book in books]
    )
    shelf = Shelf(
        books=tuple(
            ShelvedBook(book=book, chapters=chapters)
            for book, chapters in zip(books, contents, strict=True)
        )
    )
    if books and all(shelved.chapters is None for shelved in shelf.books):
        raise Unavailable("kb.getBookTOC")
    return shelf if shelf.page_count is not None else _completed(brand, shelf)


def _completed(brand: Brand, shelf: Shelf) -> Shelf:
    """Return the shelf with the contents last read of books that could not be read."""
    last = last_copy(brand, _NAME)
    if last is None:
        return shelf
    oldest = timezone.now() - timedelta(seconds=KEEP_SECONDS)
    known = {
        shelved.book.id: (shelved.chapters, as_of)
        for shelved in last.value.books
        if (as_of := shelved.as_of or last.read_at) > oldest
    }
    return Shelf(
        books=tuple(
            _with_contents(shelved, *known.get(shelved.book.id, (None, None)))
            for shelved in shelf.books
        )
    )


def _with_contents(
    shelved: ShelvedBook, chapters: tuple[Chapter, ...] | None, as_of: datetime | None
) -> ShelvedBook:
    if shelved.chapters is not None or chapters is None:
        return shelved
    return ShelvedBook(book=shelved.book, chapters=chapters, as_of=as_of)


def _chapters(helpspot: HelpSpot, book: Book) -> tuple[Chapter, ...] | None:
    # One book that cannot be opened must not take the others off the shelf.
    try:
        return with_plain_numbers(helpspot.kb.get_book_toc(book.id))
    except (NotFound, Disabled):
        return ()
    except HelpSpotError:
        return None
