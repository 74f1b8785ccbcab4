"""Which sections a brand's help desk offers, so that navigation hides the others."""

from __future__ import annotations

from dataclasses import dataclass

from portal.brands.brand import Brand
from portal.brands.memory import remembered
from portal.helpspot import HelpSpot
from portal.helpspot.errors import Disabled, HelpSpotError


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


def _ask(helpspot: HelpSpot) -> Sections:
    try:
        has_forums = bool(helpspot.forums.list())
    except Disabled:
        has_forums = False
    try:
        has_guides = bool(helpspot.kb.list())
    except Disabled:
        has_guides = False
    return Sections(has_guides=has_guides, has_forums=has_forums)
