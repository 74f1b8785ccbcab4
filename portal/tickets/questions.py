"""What a request form asks: the categories, the one chosen, its custom fields.

The form carries what it was made from, signed. So when the help desk goes away between
the question and the answer, no answer is lost: it is still known what was asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core import signing
from pydantic import TypeAdapter

from portal.helpspot import HelpSpot
from portal.helpspot.errors import HelpSpotError
from portal.helpspot.types import Category, CustomField

_SALT = "portal.tickets.questions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """The public categories and the custom fields to answer, in HelpSpot's order.

    `is_complete` is False where the help desk could not be asked for all of it.
    """

    categories: tuple[Category, ...] = ()
    category: Category | None = None
    custom_fields: tuple[CustomField, ...] = ()
    is_complete: bool = field(default=True)

    def sealed(self) -> str:
        """Return the questions as text that only this portal can have written."""
        return signing.dumps(
            _questions.dump_python(self, mode="json"), salt=_SALT, compress=True
        )


_questions = TypeAdapter(Questions)


def ask(helpspot: HelpSpot, category_id: int | None, sealed: str = "") -> Questions:
    """Return the questions for that category.

    `sealed` are those that the form at hand asked: they count where the help desk
    cannot say today's.
    """
    try:
        categories = tuple(helpspot.request.get_categories())
        fields = tuple(helpspot.request.get_custom_fields())
    except HelpSpotError:
        return _asked_before(sealed, category_id)
    category = _chosen(categories, category_id)
    shown = set(category.custom_field_ids if category else ())
    return Questions(
        categories=categories,
        category=category,
        custom_fields=tuple(
            custom_field
            for custom_field in fields
            if custom_field.is_always_visible or custom_field.id in shown
        ),
    )


def _asked_before(sealed: str, category_id: int | None) -> Questions:
    try:
        asked = _questions.validate_python(signing.loads(sealed, salt=_SALT))
    except (signing.BadSignature, ValueError):
        return Questions(is_complete=False)
    return Questions(
        categories=asked.categories,
        category=_chosen(asked.categories, category_id),
        custom_fields=asked.custom_fields,
        is_complete=asked.is_complete,
    )


def _chosen(
    categories: tuple[Category, ...], category_id: int | None
) -> Category | None:
    return next((found for found in categories if found.id == category_id), None)
