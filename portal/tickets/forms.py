"""The form for a new request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import EmailValidator, MaxLengthValidator
from django.forms import BoundField
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import outbox
from portal.brands import Brand
from portal.helpspot.errors import Problem
from portal.tickets.attachments import Attachments, ManyFilesInput, limits_text
from portal.tickets.custom_fields import (
    NARROW_TYPES,
    Radios,
    Select,
    Tick,
    field_name,
    make_field,
    one_line,
    to_wire,
)
from portal.tickets.questions import Questions

NOTE_LENGTH = 50_000
DETAIL_LENGTH = 16_000
DETAILS = ("did", "expected", "happened")
KEY_LENGTH = 64
NOT_STORED_SECONDS = 60
MOST_CARDS = 8

# HelpSpot's parameters, where its refusal names one.
_PARAMETERS = {
    "tNote": "note",
    "sEmail": "email",
    "sFirstName": "name",
    "sLastName": "name",
    "sPhone": "phone",
    "xCategory": "category",
    "fUrgent": "is_urgent",
}
_CUSTOM_PARAMETER = re.compile(r"\bCustom\s?#?\d+\b", re.IGNORECASE)
_FILE_PARAMETER = re.compile(r"\bFile\d_")


def _limit(length: int, message: Any) -> MaxLengthValidator:
    return MaxLengthValidator(length, message)


def _detail(
    label: Any, missing: Any, *, rows: int, is_required: bool = False
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=is_required,
        validators=[
            _limit(DETAIL_LENGTH, gettext_lazy("Use 16,000 characters or fewer"))
        ],
        error_messages={"required": missing},
        widget=forms.Textarea(attrs={"class": "input", "rows": rows, "dir": "auto"}),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a customer said to a question; `address` leads to its field."""

    label: str
    text: str
    address: str


class TicketForm(outbox.KeptForm):
    """A new request: its category, that category's questions, and who asks.

    Give `data` to judge what was sent. Give `typed` to show what was typed so far, or
    what an address brought along, without judging it. `dropped` is the token of a
    waiting file to send no longer.
    """

    not_sent = gettext_lazy(
        "Your request was not sent. Your text is still here: send it again"
    )

    key = forms.CharField(widget=forms.HiddenInput, required=False)
    customer_id = forms.CharField(
        widget=forms.HiddenInput, required=False, max_length=100
    )
    note = forms.CharField(
        label=gettext_lazy("Details"),
        help_text=gettext_lazy(
            "What did you do, what did you expect, and what happened instead?"
        ),
        validators=[
            _limit(NOTE_LENGTH, gettext_lazy("Use 50,000 characters or fewer"))
        ],
        error_messages={"required": gettext_lazy("Enter the details of your request")},
        widget=forms.Textarea(attrs={"class": "input", "rows": 6, "dir": "auto"}),
    )
    did = _detail(
        gettext_lazy("What did you do?"), gettext_lazy("Enter what you did"), rows=3
    )
    expected = _detail(
        gettext_lazy("What did you expect?"),
        gettext_lazy("Enter what you expected"),
        rows=3,
    )
    happened = _detail(
        gettext_lazy("What happened instead?"),
        gettext_lazy("Enter what happened"),
        rows=5,
        is_required=True,
    )
    is_urgent = forms.BooleanField(
        label=gettext_lazy("This is urgent"),
        help_text=gettext_lazy("Tick this if you cannot go on without an answer."),
        required=False,
        widget=Tick,
        template_name="tickets/_check.html",
    )
    attached = forms.Field(
        label=gettext_lazy("Photos or files"),
        required=False,
        widget=ManyFilesInput,
        template_name="tickets/_files.html",
    )
    name = forms.CharField(
        label=gettext_lazy("Your name"),
        validators=[
            _limit(200, gettext_lazy("Use 200 characters or fewer for your name")),
            one_line,
        ],
        error_messages={"required": gettext_lazy("Enter your name")},
        widget=forms.TextInput(
            attrs={"class": "input", "autocomplete": "name", "dir": "auto"}
        ),
    )
    email = forms.CharField(
        label=gettext_lazy("Email"),
        validators=[
            EmailValidator(
                gettext_lazy("Enter an email address with an @, like name@example.com")
            ),
            _limit(250, gettext_lazy("Use 250 characters or fewer for your email")),
        ],
        error_messages={"required": gettext_lazy("Enter your email address")},
        widget=forms.EmailInput(
            attrs={
                "class": "input",
                "autocomplete": "email",
                "autocapitalize": "off",
                "spellcheck": "false",
            }
        ),
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        validators=[
            _limit(50, gettext_lazy("Use 50 characters or fewer for your phone")),
            one_line,
        ],
        widget=forms.TextInput(
            attrs={
                "class": "input input--mid",
                "type": "tel",
                "autocomplete": "tel",
                "dir": "ltr",
            }
        ),
    )

    def __init__(
        self,
        *,
        brand: Brand,
        questions: Questions,
        data: MultiValueDict[str, str] | None = None,
        typed: MultiValueDict[str, str] | None = None,
        files: MultiValueDict[str, Any] | None = None,
        dropped: str = "",
    ) -> None:
        # Files alone would already make Django judge the form.
        super().__init__(data=data, files=files if data is not None else None)
        self.questions = questions
        self.retry_after: int | None = None
        source = data if data is not None else typed or MultiValueDict()
        self.attachments = Attachments(
            brand,
            [token for token in source.getlist("waiting") if token != dropped],
            files.getlist("attached") if files is not None else (),
            key=source.get("key", ""),
        )
        self.fields["attached"].help_text = limits_text(brand)
        for name in ("note",) if brand.is_detailed else DETAILS:
            del self.fields[name]
        self.is_detailed = brand.is_detailed
        self._zone = ZoneInfo(brand.connection.time_zone)
        if brand.terms:
            self.fields["terms"] = _terms_field(brand)
        if questions.categories:
            self.fields["category"] = _category_field(questions)
        for field in questions.custom_fields:
            self.fields[field_name(field.id)] = make_field(
                field, brand.connection.time_zone
            )
        self.order_fields(
            [
                "category",
                *(DETAILS if brand.is_detailed else ("note",)),
                *(field_name(field.id) for field in questions.custom_fields),
            ]
        )
        self._show(source)

    # ------------------------------------------------------------ for the template

    @property
    def has_cards(self) -> bool:
        """Tell whether each category has a card; many make a select instead."""
        return len(self.questions.categories) <= MOST_CARDS

    @property
    def custom_fields(self) -> Iterator[tuple[BoundField, bool]]:
        """Return the custom fields, and whether each takes a whole row."""
        for field in self.questions.custom_fields:
            yield self[field_name(field.id)], field.type not in NARROW_TYPES

    # -------------------------------------------------------------- what was typed

    def clean(self) -> dict[str, Any]:
        """Say of each refused file what is wrong with it."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for file in self.attachments.refused:
            self.add_error("attached", file.reason)
        if self.is_detailed:
            cleaned["note"] = "\n\n".join(
                f"{self.fields[name].label}\n{cleaned[name]}"
                for name in DETAILS
                if cleaned.get(name)
            ).replace("\r\n", "\n")
        return cleaned

    def clean_key(self) -> str:
        """Return the form's key; a form without one counts as new."""
        key: str = self.cleaned_data["key"]
        return key if 0 < len(key) <= KEY_LENGTH else outbox.new_key()

    def clean_note(self) -> str:
        """Return the text with one kind of line end."""
        note: str = self.cleaned_data["note"]
        return note.replace("\r\n", "\n")

    def answers(self) -> Iterator[Answer]:
        """Yield what a valid form says, as its customer reads it, in its order."""
        for bound in self:
            text = self._text(bound)
            if text and bound.name not in {"key", "customer_id", "terms"}:
                anchor = bound.id_for_label or bound.auto_id
                yield Answer(str(bound.label), text, f"#{anchor}")

    def written(self) -> str:
        """Return what stands in the large fields, as it was typed."""
        texts = [
            bound.value() or ""
            for bound in self
            if isinstance(bound.field.widget, forms.Textarea)
        ]
        return " ".join(texts)

    def custom_values(self) -> dict[int, str]:
        """Return the answered custom fields as HelpSpot takes them, by id.

        HelpSpot refuses an optional field that is sent empty, so those stay out.
        """
        values = {
            field.id: to_wire(self.cleaned_data.get(field_name(field.id)))
            for field in self.questions.custom_fields
        }
        return {field_id: value for field_id, value in values.items() if value}

    def names(self) -> tuple[str, str]:
        """Return first name and last name: what stands before the first blank, rest."""
        first, _blank, last = " ".join(self.cleaned_data["name"].split()).partition(" ")
        return first, last

    # ------------------------------------------------------------- why it came back

    def show_refusal(self, problems: Sequence[Problem]) -> None:
        """Show HelpSpot's words, at the field that they name if they name one."""
        self.attachments.take_back()
        for problem in problems:
            name = self._named_in(problem)
            self.add_error(name, self._in_our_names(problem.text, name))
        if not problems:
            self.add_error(
                None,
                _(
                    "Our help desk did not accept this and gave no reason. Check what "
                    "you wrote and send it again"
                ),
            )

    def show_pause(self, retry_after: int) -> None:
        """Say that enough came from this visitor for now; `retry_after` in seconds."""
        self.status, self.retry_after = 429, retry_after
        minutes = max(1, -(-retry_after // 60))
        self.add_error(
            None,
            ngettext(
                "Many requests came from you. Your text is still here: send it in "
                "%(minutes)d minute",
                "Many requests came from you. Your text is still here: send it in "
                "%(minutes)d minutes",
                minutes,
            )
            % {"minutes": minutes},
        )

    def show_not_stored(self, failure: outbox.NotStored) -> None:
        """Say that nothing was sent or kept, or that nobody can tell yet."""
        super().show_not_stored(failure)
        self.retry_after = NOT_STORED_SECONDS

    def _named_in(self, problem: Problem) -> str | None:
        if problem.custom_field_id is not None:
            name = field_name(problem.custom_field_id)
            return name if name in self.fields else None
        if _FILE_PARAMETER.search(problem.text):
            return "attached"
        named = (
            self._shown_as(field)
            for parameter, field in _PARAMETERS.items()
            if parameter in problem.text and self._shown_as(field) in self.fields
        )
        return next(named, None)

    def _shown_as(self, field: str) -> str:
        return "happened" if field == "note" and self.is_detailed else field

    def _in_our_names(self, text: str, name: str | None) -> str:
        """Return HelpSpot's words with a custom field's label for its parameter."""
        if name is None:
            return text
        return _CUSTOM_PARAMETER.sub(lambda _found: str(self.fields[name].label), text)

    def _text(self, bound: BoundField) -> str:
        value = self.cleaned_data.get(bound.name)
        match value:
            case True:
                return _("Yes")
            case None | False:
                return ""
        if bound.name == "category":
            return self.questions.category.name if self.questions.category else ""
        if bound.name == "attached":
            return ", ".join(file.filename for file in self.attachments.waiting)
        match value:
            case tuple():
                return " › ".join(value)
            case datetime():
                return date_format(value.astimezone(self._zone), "j F Y, H:i")
            case date():
                return date_format(value, "j F Y")
        return str(value)

    def _show(self, source: Mapping[str, str]) -> None:
        if not self.is_bound:
            for name, field in self.fields.items():
                value = field.widget.value_from_datadict(source, {}, name)
                if name == "happened" and not value:
                    value = source.get("note", "")
                if value not in (None, "", []):
                    self.initial[name] = value
        self.initial["category"] = (
            self.questions.category.id if self.questions.category else None
        )


@dataclass(frozen=True, slots=True)
class EmptyForm:
    """A form before anybody writes: equal for all who are asked the same.

    So what it looks like can be remembered by it, and `form` made only where it is not.
    """

    brand: Brand
    questions: Questions

    @property
    def form(self) -> TicketForm:
        """Return a new form, to be shown only."""
        return TicketForm(brand=self.brand, questions=self.questions)


def _terms_field(brand: Brand) -> forms.Field:
    link = format_html(
        '<a href="{}" target="_blank" rel="noopener">{}</a>',
        brand.terms_link,
        _("Read it in a new tab"),
    )
    return forms.BooleanField(
        label=brand.terms,
        help_text=link if brand.terms_link else "",
        error_messages={"required": _("Agree to this before you send")},
        widget=Tick,
        template_name="tickets/_check.html",
    )


def _category_field(questions: Questions) -> forms.Field:
    choices: list[tuple[Any, str]] = [
        (category.id, category.name) for category in questions.categories
    ]
    widget: type[Select | Radios] = Radios
    if len(choices) > MOST_CARDS:
        widget = Select
        choices.insert(0, ("", _("Choose one")))
    message = _("Choose what it is about")
    return forms.TypedChoiceField(
        label=_("What is it about?"),
        coerce=int,
        empty_value=None,
        choices=choices,
        error_messages={"required": message, "invalid_choice": message},
        widget=widget(
            attrs={
                "hx-post": reverse("tickets:submit"),
                "hx-trigger": "change",
                "hx-target": "#fields",
                "hx-swap": "outerHTML",
                "hx-sync": "closest form:replace",
                # Outside the swapped part all that was typed stays where it is.
                "hx-params": "not attached,note,name,email,phone",
                "hx-vals": '{"_choose": "1"}',
                "hx-indicator": "#fields",
            }
        ),
    )
