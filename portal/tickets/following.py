"""The forms for following a request: open it by its key, reply to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import outbox
from portal.brands import Brand
from portal.helpspot.errors import Problem
from portal.tickets.attachments import Attachments, ManyFilesInput, limits_text
from portal.tickets.custom_fields import Tick

KEY_LENGTH = 64
NOTE_LENGTH = 50_000


class CheckForm(forms.Form):
    """An access key in any wrapping; the e-mail address only after too many tries."""

    use_required_attribute = False

    accesskey = forms.CharField(
        label=gettext_lazy("Access key"),
        max_length=2000,
        help_text=gettext_lazy(
            "A number followed by letters, such as 12489jiicxp. You can paste the "
            "whole link from our email."
        ),
        error_messages={"required": gettext_lazy("Enter your access key")},
        widget=forms.TextInput(
            attrs={
                "class": "input input--code",
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
            }
        ),
    )
    email = forms.CharField(
        label=gettext_lazy("Email"),
        required=False,
        max_length=250,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email"}),
    )

    is_to_be_remembered = forms.BooleanField(
        label=gettext_lazy("Remember it on this device"),
        help_text=gettext_lazy("Only where nobody else uses it."),
        required=False,
        widget=Tick,
        template_name="tickets/_check.html",
    )

    def ask_for_email(self) -> None:
        """Require the request's e-mail address beside the key."""
        self.fields["email"].required = True


class ReplyForm(outbox.KeptForm):
    """A reply and its files; `status` is what the form comes back with, if it does."""

    not_sent = gettext_lazy(
        "Your reply was not sent. Your text is still here: send it again"
    )

    key = forms.CharField(widget=forms.HiddenInput, required=False)
    note = forms.CharField(
        label=gettext_lazy("Your reply"),
        error_messages={"required": gettext_lazy("Enter your reply")},
        validators=[
            MaxLengthValidator(
                NOTE_LENGTH, gettext_lazy("Use 50,000 characters or fewer")
            )
        ],
        widget=forms.Textarea(attrs={"class": "input", "rows": 5, "dir": "auto"}),
    )
    attached = forms.Field(
        label=gettext_lazy("Add files"), required=False, widget=ManyFilesInput
    )

    def __init__(
        self,
        *,
        brand: Brand,
        data: MultiValueDict[str, str] | None = None,
        files: MultiValueDict[str, Any] | None = None,
    ) -> None:
        super().__init__(data=data, files=files)
        self.attachments = Attachments(
            brand,
            data.getlist("waiting") if data is not None else (),
            files.getlist("attached") if files is not None else (),
            key=data.get("key", "") if data is not None else "",
        )
        self.fields["attached"].help_text = limits_text(brand)

    def clean(self) -> dict[str, Any]:
        """Say of each refused file what is wrong with it."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for file in self.attachments.refused:
            self.add_error("attached", file.reason)
        return cleaned

    def clean_key(self) -> str:
        """Return the form's key; a form without one counts as new."""
        key: str = self.cleaned_data["key"]
        return key if 0 < len(key) <= KEY_LENGTH else outbox.new_key()

    def clean_note(self) -> str:
        """Return the text with one kind of line end."""
        note: str = self.cleaned_data["note"]
        return note.replace("\r\n", "\n")

    def show_refusal(self, problems: Sequence[Problem]) -> None:
        """Show HelpSpot's words."""
        self.attachments.take_back()
        for problem in problems:
            self.add_error(None, problem.text)
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
        self.status = 429
        minutes = max(1, -(-retry_after // 60))
        self.add_error(
            None,
            ngettext(
                "Many replies came from you. Your text is still here: send it in "
                "%(minutes)d minute",
                "Many replies came from you. Your text is still here: send it in "
                "%(minutes)d minutes",
                minutes,
            )
            % {"minutes": minutes},
        )


@lru_cache(maxsize=32)
def empty_reply(brand: Brand, language: str | None) -> ReplyForm:
    """Return the form as it is before anybody writes: one for all, to be shown only."""
    return ReplyForm(brand=brand)
