"""Keeps visitors from posting under a name that looks like the team's."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from portal.brands import Brand, shared
from portal.helpspot.types import Post

REMEMBER_SECONDS = 7 * 24 * 60 * 60
# A brand of fewer letters turns up inside ordinary names.
SHORT_BRAND = 5
# Letters and digits that read as a Latin letter; i, l and 1 are one for the eye.
_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁԛԝһαεικνορτυχ013457|!iıłø",  # noqa: RUF001 - that they look alike is the point
    "abekmhopctyxljsdqwhaelkvoptuxoleastlllllo",
)
_PAIRS = (("rn", "m"), ("vv", "w"))


def looks_like_team(name: str, brand: Brand) -> bool:
    """Return whether a reader could take this name for the company or its team."""
    squeezed = _squeeze(name)
    brand_name = _squeeze(brand.name)
    if squeezed in {brand_name, *_team(brand)}:
        return True
    if len(brand_name) >= SHORT_BRAND:
        return brand_name in squeezed
    return brand_name in {_squeeze(word) for word in name.split()}


def remember_team(brand: Brand, posts: Iterable[Post]) -> None:
    """Learn the names and badges of those whom staff gave a badge."""
    seen = {
        _squeeze(word)
        for post in posts
        if post.label
        for word in (post.label, post.author_name)
    }
    known = _team(brand)
    if not seen <= known:
        shared.keep(_key(brand), known | seen, REMEMBER_SECONDS)


def _team(brand: Brand) -> frozenset[str]:
    found = shared.recall(_key(brand))
    return found if isinstance(found, frozenset) else frozenset()


def _key(brand: Brand) -> str:
    return f"{brand.id}:team-names"


def _squeeze(name: str) -> str:
    """Return a name's letters and digits as the eye takes them."""
    folded = unicodedata.normalize("NFKD", name).casefold().translate(_LOOKALIKES)
    letters = "".join(char for char in folded if char.isalnum())
    for pair, letter in _PAIRS:
        letters = letters.replace(pair, letter)
    return letters
