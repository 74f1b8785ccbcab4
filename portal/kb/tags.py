"""The tags of all guides, with how much each is used."""

from __future__ import annotations

from dataclasses import dataclass

from portal.brands.shelf import Place, Shelf

SIZES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedTag:
    """A tag, how many guides carry it, and how big to show it: 1 to `SIZES`."""

    name: str
    count: int
    size: int


def used_tags(shelf: Shelf) -> list[UsedTag]:
    """Return the tags by name; how they are written in other cases counts as one."""
    counts = {key: len(places) for key, places in shelf.by_tag.items()}
    most = max(counts.values(), default=1)
    return [
        UsedTag(
            name=_as_written(key, shelf.by_tag[key][0]),
            count=count,
            size=1 + (count - 1) * SIZES // most,
        )
        for key, count in sorted(counts.items())
    ]


def _as_written(key: str, place: Place) -> str:
    return next(tag for tag in place.page.tags if tag.casefold() == key)
