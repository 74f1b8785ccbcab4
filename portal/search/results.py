"""One list of results out of the guides and the topics that HelpSpot found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from portal.brands import Brand
from portal.brands.memory import remembered
from portal.helpspot import HelpSpot
from portal.helpspot.errors import Disabled, HelpSpotError
from portal.helpspot.types import PageMatch, TopicMatch

# Long enough to page and narrow down; words are many, so no longer.
KEEP_SECONDS = 120


class Kind(Enum):
    """What a result is; the value stands in addresses."""

    GUIDE = "guides"
    TOPIC = "community"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A guide or a topic that a search found; `place` is its book or forum."""

    kind: Kind
    id: int
    title: str
    excerpt: str
    place: str

    @property
    def is_guide(self) -> bool:
        """Return whether this is a guide."""
        return self.kind is Kind.GUIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a search found, the kinds there are, and those that failed."""

    found: tuple[Result, ...]
    offered: frozenset[Kind]
    failed: frozenset[Kind]

    def of(self, kind: Kind | None) -> list[Result]:
        """Return the results of one kind, or all of them."""
        return [result for result in self.found if kind in {None, result.kind}]


def search(brand: Brand, helpspot: HelpSpot, query: str) -> Results:
    """Search guides and topics, best first.

    Where one of the two fails, the other's results come alone. Where both fail, the
    error goes through.
    """
    digest = hashlib.sha256(query.encode()).hexdigest()

    def guides() -> tuple[Result, ...]:
        return tuple(map(_guide, helpspot.kb.search(query)))

    def topics() -> tuple[Result, ...]:
        return tuple(map(_topic, helpspot.forums.search(query)))

    found: list[Result] = []
    offered: set[Kind] = set()
    errors: dict[Kind, HelpSpotError] = {}
    searches: dict[Kind, Callable[[], tuple[Result, ...]]] = {
        Kind.GUIDE: guides,
        Kind.TOPIC: topics,
    }
    for kind, read in searches.items():
        try:
            found += remembered(
                brand,
                f"search:{kind.value}:{digest}",
                read,
                keep_seconds=KEEP_SECONDS,
            ).value
        except Disabled:
            continue
        except HelpSpotError as exc:
            errors[kind] = exc
        offered.add(kind)
    if errors and len(errors) == len(offered):
        raise next(iter(errors.values()))
    return Results(
        found=tuple(_ranked(found, query)),
        offered=frozenset(offered),
        failed=frozenset(errors),
    )


def _ranked(results: Sequence[Result], query: str) -> list[Result]:
    # HelpSpot gives no scores to compare guides with topics by, so the words in the
    # title decide; within the same share of words each keeps HelpSpot's order.
    words = set(query.casefold().split())
    return sorted(
        results,
        key=lambda result: sum(word in result.title.casefold() for word in words),
        reverse=True,
    )


def _guide(match: PageMatch) -> Result:
    return Result(
        kind=Kind.GUIDE,
        id=match.page_id,
        title=match.name,
        excerpt=match.excerpt,
        place=match.book_name,
    )


def _topic(match: TopicMatch) -> Result:
    return Result(
        kind=Kind.TOPIC,
        id=match.topic_id,
        title=match.title,
        excerpt=match.excerpt,
        place=match.forum_name,
    )
