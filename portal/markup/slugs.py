"""Names as parts of addresses."""

from __future__ import annotations

from django.utils.text import slugify


def slug(name: str) -> str:
    """Return the name as a part of an address, never empty."""
    return slugify(name)[:80].strip("-_") or "view"
