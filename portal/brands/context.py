"""What every template may say about the brand."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.brands.maintenance import planned_maintenance
from portal.brands.sections import offered_sections


def brand(request: HttpRequest) -> dict[str, Any]:
    """Return the brand, planned maintenance, and lazily what its help desk offers."""
    found = getattr(request, "brand", None)
    if found is None:
        return {}
    helpspot = request.helpspot  # type: ignore[attr-defined]  # set beside the brand
    return {
        "brand": found,
        "maintenance": planned_maintenance(),
        "sections": SimpleLazyObject(lambda: offered_sections(found, helpspot)),
    }
