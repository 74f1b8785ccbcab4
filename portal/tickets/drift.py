"""What becomes of answers when staff change the questions while a form is open.

Nothing is refused and nothing is dropped: what the help desk no longer asks for goes
into the note, under the label that it had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.helpspot.types import CustomField
from portal.tickets.drill_down import JOINT
from portal.tickets.questions import Questions

FREE_TYPES = frozenset({"text", "lrgtext"})
CHOICE_TYPES = frozenset({"select", "drilldown"})


@dataclass(frozen=True, slots=True)
class Fitted:
    """What still fits, and the rest as lines for the note."""

    category_id: int | None
    custom: dict[int, str]
    lines: tuple[str, ...]

    def added_to(self, note: str) -> str:
        """Return the note with the lines below it."""
        return "\n\n".join([note, "\n".join(self.lines)]) if self.lines else note


def fit(asked: Questions, current: Questions, custom: Mapping[int, str]) -> Fitted:
    """Return the answers to what was asked as the help desk takes them now.

    `custom` are values as HelpSpot takes them, by the field's id.
    """
    now = {field.id: field for field in current.custom_fields}
    before = {field.id: field for field in asked.custom_fields}
    fitting = {
        field_id: value
        for field_id, value in custom.items()
        if _takes(now.get(field_id), before[field_id], value)
    }
    return Fitted(
        category_id=current.category.id if current.category else None,
        custom=fitting,
        lines=(
            *_lost_category(asked, current),
            *(
                f"{before[field_id].name}: {value.replace(JOINT, ' › ')}"
                for field_id, value in custom.items()
                if field_id not in fitting
            ),
        ),
    )


def _lost_category(asked: Questions, current: Questions) -> Iterator[str]:
    if asked.category and not current.category:
        yield _("Topic: %(name)s") % {"name": asked.category.name}


def _takes(field: CustomField | None, before: CustomField, value: str) -> bool:
    if field is None:
        return False
    if field.type in FREE_TYPES:
        return True
    if field.type != before.type:
        return False
    is_choice = field.type in CHOICE_TYPES
    return (
        not is_choice
        or value in field.choices
        or tuple(value.split(JOINT)) in field.paths
    )
