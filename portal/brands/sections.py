"""Which sections a brand's help desk offers, so that navigation hides the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from portal.brands.brand import Brand
from portal.brands.memory import NotAtHand, at_hand, remembered
from portal.brands.together import together
from portal.helpspot import HelpSpot, side_by_side
from portal.helpspot.errors import Disabled, HelpSpotError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """The sections that navigation shows."""

    has_guides: bool = True
    has_forums: bool = True


def offered_sections(brand: Brand, helpspot: HelpSpot) -> Sections:
    """Return which sections the help desk offers.

    Where it cannot be asked, a section counts as offered: an outage never looks as if
    something had been taken away.
    """
    try:
        return remembered(brand, "sections", lambda: _ask(helpspot)).value
    except HelpSpotError:
        return Sections()


def sections_at_hand(sections: Sections) -> Sections:
    """Return which sections are offered as far as that is known without asking."""
    try:
        at_hand(lambda: sections.has_guides)
    except NotAtHand:
        return Sections()
    return sections


def with_sections(sections: Sections, helpspot: HelpSpot, read: Callable[[], T]) -> T:
    """Return what a page reads.

    Where it must be asked for, so are the sections, beside it: navigation will want
    them. They are a request's own, not looked up yet.
    """
    reads: list[Callable[[], object]] = [read, lambda: sections.has_guides]
    return cast("T", next(together(helpspot, reads)))


def _ask(helpspot: HelpSpot) -> Sections:
    has_guides, has_forums = side_by_side(
        helpspot.connection,
        [partial(_has_any, helpspot.kb.list), partial(_has_any, helpspot.forums.list)],
    )
    return Sections(has_guides=has_guides, has_forums=has_forums)


def _has_any(read: Callable[[], Sequence[object]]) -> bool:
    try:
        return bool(read())
    except Disabled:
        return False
