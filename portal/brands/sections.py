"""Which sections a brand's help desk offers, so that navigation hides the others."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache

from portal.brands.brand import Brand
from portal.helpspot import HelpSpot
from portal.helpspot.errors import Disabled, HelpSpotError

REMEMBER_SECONDS = 300
ASK_AGAIN_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """The sections that navigation shows."""

    has_guides: bool = True
    has_forums: bool = True


def offered_sections(brand: Brand, helpspot: HelpSpot) -> Sections:
    """Return which sections the help desk offers, asking it every five minutes.

    One that offers nothing is asked again sooner: it is being filled.

    Where it cannot be asked, a section counts as offered: an outage never looks as if
    something had been taken away.
    """
    key = f"sections:{brand.id}"
    known: Sections | None = cache.get(key)
    if known is None:
        try:
            known = _ask(helpspot)
        except HelpSpotError:
            known = Sections()
            cache.set(key, known, ASK_AGAIN_SECONDS)
        else:
            is_filled = known.has_guides or known.has_forums
            cache.set(key, known, REMEMBER_SECONDS if is_filled else ASK_AGAIN_SECONDS)
    return known


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
