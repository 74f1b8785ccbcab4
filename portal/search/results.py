"""One list of results: what HelpSpot found, and what is called so or nearly so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from portal.brands import Brand
from portal.brands.memory import Remembered, remembered
from portal.helpspot import HelpSpot, side_by_side
from portal.helpspot.errors import Disabled, HelpSpotError
from portal.helpspot.types import PageMatch, TopicMatch
from portal.search.index import Sought, Text
from portal.search.kinds import Kind, Result
from portal.search.shelf_index import ShelfIndex, shelf_index

# Long enough to page and narrow down; words are many, so no longer.
KEEP_SECONDS = 120
# How often HelpSpot is asked in other words of the same meaning.
MOST_REWORDINGS = 2

Found = tuple[Result, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a search found, the kinds there are, and those that failed.

    `marks` are all words that may have led to a result. `suggestion` are the words
    that were probably meant, "" where they find no more. `as_of` is when the oldest
    of the copies was read that stand in for an absent help desk.
    """

    found: Found
    offered: frozenset[Kind]
    failed: frozenset[Kind] = frozenset()
    marks: str = ""
    suggestion: str = ""
    as_of: datetime | None = None

    def of(self, kind: Kind | None) -> list[Result]:
        """Return the results of one kind, or all of them."""
        return [result for result in self.found if kind in {None, result.kind}]


def search(brand: Brand, helpspot: HelpSpot, query: str) -> Results:
    """Search guides and topics, best first.

    Where HelpSpot's search of one of the two fails, what is called so comes alone.
    Where both fail and nothing is called so, the error goes through.
    """
    index = shelf_index(brand, helpspot)
    sought = index.index.understand(query)
    results = _search(brand, helpspot, query, index, sought)
    corrected = sought.corrected
    if corrected and not results.failed:
        better = _search(
            brand, helpspot, corrected, index, index.index.understand(corrected)
        )
        if len(better.found) > len(results.found):
            return replace(results, suggestion=corrected)
    return results


@dataclass(slots=True)
class _Answers:
    """What HelpSpot's two searches say."""

    found: list[Result] = field(default_factory=list)
    offered: set[Kind] = field(default_factory=set)
    errors: dict[Kind, HelpSpotError] = field(default_factory=dict)
    old: list[datetime] = field(default_factory=list)


def _search(
    brand: Brand, helpspot: HelpSpot, query: str, index: ShelfIndex, sought: Sought
) -> Results:
    answers = _ask(brand, helpspot, query)
    if answers.found and len(sought.terms) == 1:
        # The word is known, if not from titles: no need to guess at typos.
        sought = sought.as_typed()
    if not answers.found and not answers.errors:
        for words in index.index.rewordings(sought)[:MOST_REWORDINGS]:
            answers.found += _ask(brand, helpspot, words).found
    named = [one for one in index.find(sought) if one[0].kind in answers.offered]
    if not named and answers.errors and len(answers.errors) == len(answers.offered):
        raise next(iter(answers.errors.values()))
    return Results(
        found=tuple(_merged(answers.found, named, sought)),
        offered=frozenset(answers.offered),
        failed=frozenset(answers.errors),
        marks=f"{query} {index.index.marks(sought)}",
        as_of=min(answers.old, default=None),
    )


def _ask(brand: Brand, helpspot: HelpSpot, query: str) -> _Answers:
    """Ask both of HelpSpot's searches at the same moment."""
    answers = _Answers()
    asked = side_by_side(
        helpspot.connection,
        [partial(_ask_for, kind, brand, helpspot, query) for kind in Kind],
    )
    for kind, answer in zip(Kind, asked, strict=True):
        if isinstance(answer, Disabled):
            continue
        answers.offered.add(kind)
        if isinstance(answer, HelpSpotError):
            answers.errors[kind] = answer
            continue
        answers.found += answer.value
        if answer.is_old:
            answers.old.append(answer.read_at)
    return answers


def _ask_for(
    kind: Kind, brand: Brand, helpspot: HelpSpot, query: str
) -> Remembered[Found] | HelpSpotError:
    """Return one kind's results, or why there are none."""

    def read() -> Found:
        if kind is Kind.GUIDE:
            return tuple(map(_guide, helpspot.kb.search(query)))
        return tuple(map(_topic, helpspot.forums.search(query)))

    digest = hashlib.sha256(query.encode()).hexdigest()
    name = f"search:{kind.value}:{digest}"
    try:
        return remembered(brand, name, read, keep_seconds=KEEP_SECONDS, is_seldom=True)
    except HelpSpotError as exc:
        return exc


def _merged(
    found: Iterable[Result], named: Sequence[tuple[Result, float]], sought: Sought
) -> list[Result]:
    """Return each thing once, best first.

    HelpSpot gives no scores to compare guides with topics by, so the words in the
    title decide; within the same score its own order stands.
    """
    scores = {(result.kind, result.id): score for result, score in named}
    every: dict[tuple[Kind, int], Result] = {}
    for result in (*found, *(one for one, _ in named)):
        every.setdefault((result.kind, result.id), result)
    return sorted(
        every.values(),
        key=lambda result: (
            scores.get((result.kind, result.id))
            or sought.score(Text(title=result.title))
        ),
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
