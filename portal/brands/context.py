"""What every template may say about the brand."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from portal.brands.maintenance import planned_maintenance


def brand(request: HttpRequest) -> dict[str, Any]:
    """Return the brand, planned maintenance, and what its help desk offers."""
    found = getattr(request, "brand", None)
    if found is None:
        return {}
    return {
        "brand": found,
        "maintenance": planned_maintenance(),
        "sections": request.sections,  # type: ignore[attr-defined]  # set beside the brand
    }
