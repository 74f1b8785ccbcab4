"""The operator's words of the same meaning, as searches use them."""

from __future__ import annotations

from django.db import DatabaseError

from portal.brands import Brand, generations
from portal.brands.memory import remembered
from portal.search.index import Synonyms
from portal.search.models import Synonym


def synonyms(brand: Brand) -> Synonyms:
    """Return the groups of words, none while the database is away."""
    try:
        return remembered(brand, "synonyms", _read).value
    except DatabaseError:
        return ()


def synonyms_changed(brand: Brand) -> None:
    """Let the next search use the words as they are now, in every process."""
    generations.begin(brand)


def _read() -> Synonyms:
    groups = Synonym.objects.values_list("words", flat=True)
    return tuple(tuple(part.strip() for part in group.split(",")) for group in groups)
