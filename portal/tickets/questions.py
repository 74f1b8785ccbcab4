"""What a request form asks: the categories, the one chosen, its custom fields.

The form carries what it was made from, signed. So when the help desk goes away between
the question and the answer, no answer is lost: it is still known what was asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from django.core import signing
from pydantic import TypeAdapter

from portal.brands import Brand, memory
from portal.brands.memory import Remembered, remembered
from portal.brands.together import both
from portal.helpspot import HelpSpot
from portal.helpspot.errors import HelpSpotError, NotFound
from portal.helpspot.types import Category, CustomField

_SALT = "portal.tickets.questions"
_CATEGORIES = "categories"
_FIELDS = "custom-fields"


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """The public categories and the custom fields to answer, in HelpSpot's order.

    `is_current` is False where the help desk could not be asked just now,
    `is_complete` where nothing tells what it would have asked. The custom fields are
    those of the category of `asked_category_id`.
    """

    categories: tuple[Category, ...] = ()
    category: Category | None = None
    custom_fields: tuple[CustomField, ...] = ()
    is_current: bool = True
    is_complete: bool = True
    asked_category_id: int | None = None

    def sealed(self) -> str:
        """Return the questions as text that only this portal can have written."""
        return signing.dumps(
            _questions.dump_python(self, mode="json"), salt=_SALT, compress=True
        )


_questions = TypeAdapter(Questions)


def ask(
    brand: Brand, helpspot: HelpSpot, category_id: int | None, sealed: str = ""
) -> Questions:
    """Return the questions for that category.

    `sealed` are those that the form at hand asked: they count where nobody else knows.
    """
    try:
        known, fields = both(
            helpspot,
            partial(_remembered_categories, brand, helpspot),
            partial(remembered_fields, brand, helpspot),
        )
    except HelpSpotError:
        return _asked_before(sealed, category_id)
    category = _chosen(known.value, category_id)
    shown = set(category.custom_field_ids if category else ())
    return Questions(
        categories=known.value,
        category=category,
        custom_fields=tuple(
            field
            for field in fields.value
            if field.is_always_visible or field.id in shown
        ),
        is_current=not (known.is_old or fields.is_old),
        asked_category_id=category.id if category else None,
    )


def asked(sealed: str, category_id: int | None) -> Questions | None:
    """Return what the form at hand asked about that category, None where unknown."""
    found = _asked_before(sealed, category_id)
    is_known = found.is_complete and found.asked_category_id == category_id
    return found if is_known else None


def drill_down(brand: Brand, helpspot: HelpSpot, field_id: int) -> CustomField:
    """Return a drill-down field; raises `NotFound` and what the help desk raises."""
    for field in remembered_fields(brand, helpspot).value:
        if field.id == field_id and field.type == "drilldown":
            return field
    raise NotFound("request.getCustomFields")


def forget(brand: Brand) -> None:
    """Ask the help desk afresh next time: what it refused may be a new question."""
    memory.forget(brand, _CATEGORIES)
    memory.forget(brand, _FIELDS)


def remembered_fields(
    brand: Brand, helpspot: HelpSpot
) -> Remembered[tuple[CustomField, ...]]:
    """Return the custom fields, at most a minute old while the help desk answers."""
    return remembered(
        brand, _FIELDS, lambda: tuple(helpspot.request.get_custom_fields())
    )


def _remembered_categories(
    brand: Brand, helpspot: HelpSpot
) -> Remembered[tuple[Category, ...]]:
    return remembered(
        brand, _CATEGORIES, lambda: tuple(helpspot.request.get_categories())
    )


def _asked_before(sealed: str, category_id: int | None) -> Questions:
    try:
        asked = _questions.validate_python(signing.loads(sealed, salt=_SALT))
    except (signing.BadSignature, ValueError):
        return Questions(is_current=False, is_complete=False)
    return replace(
        asked, category=_chosen(asked.categories, category_id), is_current=False
    )


def _chosen(
    categories: tuple[Category, ...], category_id: int | None
) -> Category | None:
    return next((found for found in categories if found.id == category_id), None)
