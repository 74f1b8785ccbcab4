"""Answers that an address brings along, under HelpSpot's own names."""

from __future__ import annotations

import re

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from portal.tickets.custom_fields import field_name

_NAMES = {
    "fullname": "name",
    "sEmail": "email",
    "sPhone": "phone",
    "sUserId": "customer_id",
    "tNote": "note",
    "fUrgent": "is_urgent",
}
_CUSTOM = re.compile(r"Custom(\d{1,9})", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def answers(query: QueryDict) -> MultiValueDict[str, str]:
    """Return the answers under our form's names; unknown names are left out."""
    found = {_NAMES[name]: _text(query, name) for name in _NAMES if name in query}
    for name in query:
        custom = _CUSTOM.fullmatch(name)
        if custom:
            found[field_name(int(custom[1]))] = _text(query, name)
    names = (_text(query, "sFirstName"), _text(query, "sLastName"))
    notes = (_text(query, "tNote"), _text(query, "additional"))
    found.setdefault("name", " ".join(filter(None, names)))
    found["note"] = "\n\n".join(filter(None, notes))
    return MultiValueDict({name: [value] for name, value in found.items() if value})


def category_id(query: QueryDict) -> int | None:
    """Return the category that the address, or a form, names."""
    text = _text(query, "category") or _text(query, "xCategory")
    return int(text) if _NUMBER.fullmatch(text) else None


def _text(query: QueryDict, name: str) -> str:
    value = query.get(name, "")
    return value if isinstance(value, str) else ""
