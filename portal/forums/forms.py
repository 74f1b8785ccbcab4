"""The forms that start a topic and answer in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal import outbox
from portal.brands import Brand
from portal.forums.names import looks_like_team
from portal.helpspot.errors import Problem

BODY_LENGTH = 20_000
NOT_STORED_SECONDS = 60
_TOO_LONG = _("Shorten this to %(limit_value)d characters")
# HelpSpot names the parameter that it misses.
_PARAMETERS = {
    "sTopic": "title",
    "tPost": "body",
    "sName": "author_name",
    "sEmail": "email",
}


class PostForm(outbox.KeptForm):
    """What an answer in a topic asks for.

    `status` and `retry_after` (seconds) say how to answer a form that comes back.
    """

    not_sent = _("This was not sent. Your text is still here: send it again")

    body = forms.CharField(
        label=_("Your reply"),
        max_length=BODY_LENGTH,
        widget=forms.Textarea(attrs={"class": "input", "rows": 6, "dir": "auto"}),
        error_messages={"required": _("Write your reply"), "max_length": _TOO_LONG},
    )
    author_name = forms.CharField(
        label=_("Your name"),
        help_text=_("Everyone can read it beside your words."),
        max_length=100,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "nickname"}),
        error_messages={"required": _("Enter a name"), "max_length": _TOO_LONG},
    )
    email = forms.EmailField(
        label=_("Email"),
        help_text=_("It is not shown."),
        max_length=250,
        required=False,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email"}),
        error_messages={
            "invalid": _("Write the email address like name@example.com"),
            "max_length": _TOO_LONG,
        },
    )
    wants_email = forms.BooleanField(label=_("Email me the replies"), required=False)
    # People do not see this one; programs that fill in every field do.
    homepage = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, brand: Brand, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.brand = brand
        self.retry_after: int | None = None

    def clean_author_name(self) -> str:
        """Refuse a name that readers could take for the team's."""
        name: str = self.cleaned_data["author_name"]
        if looks_like_team(name, self.brand):
            raise forms.ValidationError(
                gettext("That name looks like one of our team's. Choose another name")
            )
        return name

    def clean(self) -> dict[str, Any]:
        """Check what two fields say together, and the field nobody sees."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("homepage"):
            raise forms.ValidationError(
                gettext("A field that is not shown was filled in. Send it once more")
            )
        wants_email = cleaned.get("wants_email") and "email" not in self.errors
        if wants_email and not cleaned.get("email"):
            self.add_error("email", gettext("Enter the address to send replies to"))
        return cleaned

    def show_refusal(self, problems: Sequence[Problem]) -> None:
        """Show HelpSpot's words, at the field that they name if they name one."""
        for problem in problems:
            named = (
                field
                for parameter, field in _PARAMETERS.items()
                if parameter in problem.text and field in self.fields
            )
            self.add_error(next(named, None), problem.text)
        if not problems:
            self.add_error(
                None,
                gettext(
                    "Our help desk did not accept this and gave no reason. Check what "
                    "you wrote and send it again"
                ),
            )

    def show_pause(self, retry_after: int) -> None:
        """Say that this visitor posted enough for now; `retry_after` is in seconds."""
        self.status, self.retry_after = 429, retry_after
        minutes = max(1, round(retry_after / 60))
        self.add_error(
            None,
            ngettext(
                "Many posts came from you. Send this again in %(minutes)d minute",
                "Many posts came from you. Send this again in %(minutes)d minutes",
                minutes,
            )
            % {"minutes": minutes},
        )

    def show_not_stored(self, failure: outbox.NotStored) -> None:
        """Say that nothing was sent or kept, or that nobody can tell yet."""
        super().show_not_stored(failure)
        self.retry_after = NOT_STORED_SECONDS


class TopicForm(PostForm):
    """What a new topic asks for."""

    title = forms.CharField(
        label=_("Title"),
        help_text=_("Your question in one line."),
        max_length=100,
        widget=forms.TextInput(
            attrs={"class": "input", "dir": "auto", "autocomplete": "off"}
        ),
        error_messages={"required": _("Enter a title"), "max_length": _TOO_LONG},
    )
    field_order = ("title", "body", "author_name", "email", "wants_email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        body = self.fields["body"]
        body.label = _("Your text")
        body.error_messages["required"] = _("Write your text")
