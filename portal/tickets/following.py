"""The forms for following a request: open it by its key, reply to it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import outbox
from portal.brands import Brand

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

    def ask_for_email(self) -> None:
        """Require the request's e-mail address beside the key."""
        self.fields["email"].required = True


class ManyFilesInput(forms.FileInput):
    """The browser's own file input, for several files."""

    allow_multiple_selected = True

    def value_from_datadict(
        self, data: Any, files: MultiValueDict[str, UploadedFile[bytes]], name: str
    ) -> list[UploadedFile[bytes]]:
        """Return all files that came under the name."""
        return files.getlist(name) if isinstance(files, MultiValueDict) else []


class ManyFilesField(forms.Field):
    """Files within a brand's limits, cleaned to a list."""

    widget = ManyFilesInput

    def __init__(self, *, brand: Brand, **options: Any) -> None:
        super().__init__(**options)
        self._brand = brand

    def clean(self, value: Any) -> list[UploadedFile[bytes]]:
        """Return the files; say of each that is too big or empty what is wrong."""
        files: list[UploadedFile[bytes]] = value or []
        problems = [problem for file in files if (problem := self._problem(file))]
        if problems:
            raise forms.ValidationError(problems)
        return files

    def _problem(self, file: UploadedFile[bytes]) -> str | None:
        if not file.size:
            return _("%(name)s is empty. Choose another file") % {"name": file.name}
        if file.size > self._brand.max_file_bytes:
            return _("%(name)s is too big. Choose files under %(size)s") % {
                "name": file.name,
                "size": filesizeformat(self._brand.max_file_bytes),
            }
        return None


class ReplyForm(forms.Form):
    """A reply with its files; those of a refused form wait, so nobody picks twice."""

    use_required_attribute = False

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    note = forms.CharField(
        label=gettext_lazy("Your reply"),
        max_length=NOTE_LENGTH,
        error_messages={"required": gettext_lazy("Enter your reply")},
        widget=forms.Textarea(attrs={"class": "input", "rows": 5, "dir": "auto"}),
    )

    def __init__(self, *args: Any, brand: Brand, **options: Any) -> None:
        super().__init__(*args, **options)
        self._brand = brand
        self.fields["files"] = ManyFilesField(
            brand=brand, label=_("Add files"), required=False
        )
        self.staged: list[outbox.StagedFile] = []
        if self.is_bound:
            posted = cast("QueryDict", self.data)
            self.staged = outbox.staged(posted.getlist("staged"))
        else:
            self.initial["key"] = outbox.new_key()

    def clean(self) -> dict[str, Any]:
        """Refuse more files than the brand takes, counting those that wait."""
        data: dict[str, Any] = self.cleaned_data
        most = self._brand.max_files
        if len(data.get("files", ())) + len(self.staged) > most:
            data.pop("files")
            self.add_error(
                "files",
                ngettext(
                    "Choose up to %(count)d file",
                    "Choose up to %(count)d files",
                    most,
                )
                % {"count": most},
            )
        return data

    def stage(self) -> None:
        """Keep the files that are in order; raises `outbox.NotStored`."""
        for file in self.cleaned_data.pop("files", ()):
            self.staged.append(outbox.stage(file))
