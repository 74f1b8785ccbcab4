"""The tags of all guides, with how much each is used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from portal.brands.shelf import Shelf

SIZES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedTag:
    """A tag, how many guides carry it, and how big to show it: 1 to `SIZES`."""

    name: str
    count: int
    size: int


def used_tags(shelf: Shelf) -> list[UsedTag]:
    """Return the tags by name; how they are written in other cases counts as one."""
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for place in shelf.places():
        for tag in place.page.tags:
            names.setdefault(tag.casefold(), tag)
        counts.update({tag.casefold() for tag in place.page.tags})
    most = max(counts.values(), default=1)
    return [
        UsedTag(
            name=names[key],
            count=counts[key],
            size=1 + (counts[key] - 1) * SIZES // most,
        )
        for key in sorted(counts)
    ]
