"""The index of what a brand's guides and newest topics are called."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.brands import Brand
from portal.brands.latest import latest_topics
from portal.brands.shelf import Place, Shelf, read_shelf
from portal.helpspot import HelpSpot
from portal.helpspot.errors import HelpSpotError
from portal.search.index import Index, Sought, Synonyms, Text
from portal.search.kinds import Kind, Result
from portal.search.synonyms import synonyms

Titles = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfIndex:
    """An index, what it was made from, and a result for each of its texts."""

    shelf: Shelf
    topics: Titles
    synonyms: Synonyms
    index: Index
    results: tuple[Result, ...]

    def is_of(self, shelf: Shelf, topics: Titles, groups: Synonyms) -> bool:
        """Tell whether it was made from what is said now."""
        return self.shelf == shelf and self.topics == topics and self.synonyms == groups

    def find(self, sought: Sought) -> list[tuple[Result, float]]:
        """Return results with their scores, best first."""
        return [
            (self.results[position], score)
            for position, score in self.index.find(sought)
        ]


_made: dict[str, ShelfIndex] = {}


def shelf_index(brand: Brand, helpspot: HelpSpot) -> ShelfIndex:
    """Return the index, made anew only where shelf, topics or synonyms changed.

    What the help desk does not tell is left out.
    """
    shelf, topics = _shelf(brand, helpspot), _topics(brand, helpspot)
    groups = synonyms(brand)
    made = _made.get(brand.id)
    if made is None or not made.is_of(shelf, topics, groups):
        made = _made[brand.id] = _make(shelf, topics, groups)
    elif made.shelf is not shelf:
        # An equal one that was read later: the next search sees that at a glance,
        # without comparing all pages.
        made = _made[brand.id] = replace(made, shelf=shelf)
    return made


def index_at_hand(brand: Brand) -> ShelfIndex | None:
    """Return the index that this process last made, without asking anyone."""
    return _made.get(brand.id)


def _shelf(brand: Brand, helpspot: HelpSpot) -> Shelf:
    try:
        return read_shelf(brand, helpspot).value
    except HelpSpotError:
        return Shelf(books=())


def _topics(brand: Brand, helpspot: HelpSpot) -> Titles:
    try:
        newest = latest_topics(brand, helpspot).value
    except HelpSpotError:
        return ()
    return tuple((topic.id, topic.title) for topic in newest)


def _make(shelf: Shelf, topics: Titles, groups: Synonyms) -> ShelfIndex:
    entries = [*map(_guide, shelf.places()), *map(_topic, topics)]
    return ShelfIndex(
        shelf=shelf,
        topics=topics,
        synonyms=groups,
        index=Index([text for text, _ in entries], groups),
        results=tuple(result for _, result in entries),
    )


def _guide(place: Place) -> tuple[Text, Result]:
    page, book = place.page, place.book
    text = Text(
        title=page.name, tags=page.tags, place=f"{place.chapter.name} {book.name}"
    )
    result = Result(
        kind=Kind.GUIDE, id=page.id, title=page.name, excerpt="", place=book.name
    )
    return text, result


def _topic(topic: tuple[int, str]) -> tuple[Text, Result]:
    topic_id, title = topic
    result = Result(kind=Kind.TOPIC, id=topic_id, title=title, excerpt="", place="")
    return Text(title=title), result
