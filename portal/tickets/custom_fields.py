"""HelpSpot's custom fields as form fields: a function for each type, and a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxLengthValidator, RegexValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.helpspot.types import CustomField
from portal.tickets import patterns
from portal.tickets.drill_down import JOINT, DrillDownField

TEXT_LENGTH = 255
LARGE_TEXT_LENGTH = 50_000
NUMBER_LENGTH = 10
MOST_RADIOS = 5
SHORT_TEXT = 12
MIDDLE_TEXT = 30
# Two of these fit beside each other.
NARROW_TYPES = frozenset({"date", "datetime", "numtext", "decimal"})

FieldMaker = Callable[[CustomField, str, dict[str, Any]], forms.Field]

one_line = RegexValidator(
    r"[\x00-\x1f\x7f\u2028\u2029]",
    gettext_lazy("Write it on one line"),
    inverse_match=True,
)


class Select(forms.Select):
    """The browser's own select, with our arrow."""

    template_name = "tickets/_select.html"

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__({"class": "input", **(attrs or {})}, choices)


class Radios(forms.RadioSelect):
    """Radio buttons below each other."""

    template_name = "tickets/_radios.html"


class Tick(forms.CheckboxInput):
    """A check box; HelpSpot's 0 leaves it open."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> bool:
        """Return whether it is ticked."""
        return data.get(name) != "0" and super().value_from_datadict(data, files, name)


class MomentField(forms.DateTimeField):
    """A date and time on the clocks of one zone."""

    def __init__(self, *, zone: str, **options: Any) -> None:
        super().__init__(**options)
        self._zone = ZoneInfo(zone)

    def to_python(self, value: Any) -> datetime | None:
        """Return the aware time."""
        with timezone.override(UTC):
            moment = super().to_python(value)
        return moment and moment.replace(tzinfo=self._zone)


def field_name(field_id: int) -> str:
    """Return the name that a custom field has in our forms."""
    return f"custom_{field_id}"


def make_field(field: CustomField, time_zone: str) -> forms.Field:
    """Return the form field that asks for a custom field.

    A type that this portal does not know is still answerable as text.
    """
    options = {"label": field.name, "required": field.is_required}
    return _FIELD_MAKERS.get(field.type, _text)(field, time_zone, options)


def to_wire(value: Any) -> str:
    """Return a cleaned value as HelpSpot takes it, "" for one to leave out."""
    match value:
        case True:
            return "1"
        case None | False:
            return ""
        case datetime():
            return str(int(value.timestamp()))
        case date():
            return str(int(datetime.combine(value, time(), UTC).timestamp()))
        case tuple():
            return JOINT.join(value)
        case _:
            return str(value)


# ------------------------------------------------------------------- the makers


def _text(field: CustomField, _zone: str, options: dict[str, Any]) -> forms.Field:
    return _char_field(
        options, forms.TextInput(attrs=_input(_width(field.text_size))), TEXT_LENGTH
    )


def _large_text(field: CustomField, _zone: str, options: dict[str, Any]) -> forms.Field:
    widget = forms.Textarea(attrs={**_input(), "rows": field.text_rows or 4})
    return _char_field(options, widget, LARGE_TEXT_LENGTH)


def _regex(field: CustomField, _zone: str, options: dict[str, Any]) -> forms.Field:
    widget = forms.TextInput(
        attrs={
            **_input("input--mid input--code"),
            "autocapitalize": "off",
            "spellcheck": "false",
        }
    )
    char_field = _char_field(options, widget, TEXT_LENGTH)
    message = _("Check the format of %(label)s") % {"label": field.name}

    def check(text: str) -> None:
        if field.pattern and not patterns.matches(field.pattern, text):
            raise forms.ValidationError(message)

    char_field.validators.append(check)
    return char_field


def _select(field: CustomField, _zone: str, options: dict[str, Any]) -> forms.Field:
    choices = [(choice, choice) for choice in field.choices]
    message = _("Choose %(label)s") % {"label": field.name}
    widget: type[Select | Radios] = Select
    if len(choices) <= MOST_RADIOS:
        widget = Radios
        if not field.is_required:
            choices.insert(0, ("", _("No answer")))
    else:
        choices.insert(0, ("", _("Choose one")))
    return forms.ChoiceField(
        choices=choices,
        widget=widget,
        error_messages={"required": message, "invalid_choice": message},
        **options,
    )


def _checkbox(field: CustomField, _zone: str, options: dict[str, Any]) -> forms.Field:
    message = _("Confirm that %(label)s") % {"label": field.name}
    return forms.BooleanField(
        widget=Tick,
        error_messages={"required": message},
        template_name="tickets/_check.html",
        **options,
    )


def _whole_number(
    field: CustomField, _zone: str, options: dict[str, Any]
) -> forms.Field:
    message = _("%(label)s must be a whole number of up to %(count)d digits") % {
        "label": field.name,
        "count": NUMBER_LENGTH,
    }
    return _number_field(options, "numeric", re.compile(r"-?\d+"), message)


def _decimal(field: CustomField, zone: str, options: dict[str, Any]) -> forms.Field:
    places = field.decimal_places
    if places < 1:
        return _whole_number(field, zone, options)
    message = ngettext(
        "%(label)s must be a number with up to %(count)d decimal, like 4.2",
        "%(label)s must be a number with up to %(count)d decimals, like 4.2",
        places,
    ) % {"label": field.name, "count": places}
    shape = re.compile(rf"-?\d+(\.\d{{1,{places}}})?")
    return _number_field(options, "decimal", shape, message)


def _date(field: CustomField, _zone: str, options: dict[str, Any]) -> forms.Field:
    return forms.DateField(
        widget=forms.DateInput(format="%Y-%m-%d", attrs={**_input(), "type": "date"}),
        error_messages=_date_messages(field),
        **options,
    )


def _date_and_time(
    field: CustomField, zone: str, options: dict[str, Any]
) -> forms.Field:
    return MomentField(
        zone=zone,
        help_text=_("Times are %(zone)s") % {"zone": zone.replace("_", " ")},
        widget=forms.DateTimeInput(
            format="%Y-%m-%dT%H:%M",
            attrs={**_input(), "type": "datetime-local"},
        ),
        error_messages=_date_messages(field),
        **options,
    )


def _drill_down(field: CustomField, _zone: str, options: dict[str, Any]) -> forms.Field:
    return DrillDownField(field, **options)


_FIELD_MAKERS: dict[str, FieldMaker] = {
    "checkbox": _checkbox,
    "date": _date,
    "datetime": _date_and_time,
    "decimal": _decimal,
    "drilldown": _drill_down,
    "lrgtext": _large_text,
    "numtext": _whole_number,
    "regex": _regex,
    "select": _select,
    "text": _text,
}


# ------------------------------------------------------------- what makers share


class _CharField(forms.CharField):
    """Text of any length, told where it is too long instead of being cut."""

    def to_python(self, value: Any) -> str:
        """Return the text with one kind of line end."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class _NumberField(forms.CharField):
    """A number kept as the text that HelpSpot takes: ASCII digits and a point."""

    def to_python(self, value: Any) -> str:
        """Return the number without blanks."""
        text = "".join(str(super().to_python(value)).split()).replace(",", ".")
        return "".join(
            str(unicodedata.digit(letter, letter)) if letter.isdecimal() else letter
            for letter in text
        )


def _char_field(
    options: dict[str, Any], widget: forms.Widget, length: int
) -> forms.CharField:
    label = options["label"]
    too_long = ngettext(
        "%(label)s must be %(count)s character or fewer",
        "%(label)s must be %(count)s characters or fewer",
        length,
    ) % {"label": label, "count": f"{length:,}"}
    is_one_line = isinstance(widget, forms.TextInput)
    return _CharField(
        widget=widget,
        validators=[
            MaxLengthValidator(length, too_long),
            *([one_line] if is_one_line else []),
        ],
        error_messages={"required": _("Enter %(label)s") % {"label": label}},
        **options,
    )


def _number_field(
    options: dict[str, Any], keyboard: str, shape: re.Pattern[str], message: str
) -> forms.CharField:
    def check(text: str) -> None:
        if len(text) > NUMBER_LENGTH or not shape.fullmatch(text):
            raise forms.ValidationError(message)

    return _NumberField(
        widget=forms.TextInput(
            attrs={**_input("input--short"), "inputmode": keyboard, "dir": "ltr"}
        ),
        validators=[check],
        error_messages={"required": message},
        **options,
    )


def _date_messages(field: CustomField) -> dict[str, str]:
    message = _("%(label)s must be a real date") % {"label": field.name}
    return {"required": message, "invalid": message}


def _input(classes: str = "") -> dict[str, Any]:
    return {"class": f"input {classes}".strip(), "autocomplete": "off", "dir": "auto"}


def _width(text_size: int | None) -> str:
    if text_size is None or text_size > MIDDLE_TEXT:
        return ""
    return "input--short" if text_size <= SHORT_TEXT else "input--mid"
