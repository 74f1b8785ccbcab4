"""The files of a form: each judged by itself, and kept, so that nobody picks twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError
from django.template.defaultfilters import filesizeformat
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import outbox
from portal.brands import Brand

MEGABYTE = 1024 * 1024
# What runs when it is opened; HelpSpot's own list is not readable through its API.
_PROGRAMS = frozenset(
    {"app", "bat", "cmd", "com", "cpl", "exe", "hta", "jar", "js", "jse", "lnk"}
    | {"msi", "msp", "pif", "ps1", "reg", "scr", "sh", "vb", "vbe", "vbs", "wsf", "wsh"}
)


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that cannot be sent, and why, with how to put it right."""

    name: str
    reason: str


class ManyFilesInput(forms.FileInput):
    """The browser's own file input, for several files."""

    allow_multiple_selected = True

    def value_from_datadict(
        self, data: Any, files: MultiValueDict[str, UploadedFile[bytes]], name: str
    ) -> list[UploadedFile[bytes]]:
        """Return all files that came under the name."""
        return files.getlist(name) if isinstance(files, MultiValueDict) else []


class Attachments:
    """What a form brings along: files that wait, new ones, refused ones.

    `tokens` name the files that waited since the form was last shown, `key` the form.
    """

    def __init__(
        self,
        brand: Brand,
        tokens: Sequence[str],
        incoming: Iterable[UploadedFile[bytes]],
        *,
        key: str,
    ) -> None:
        self.most = brand.max_files
        self.most_bytes = brand.max_file_bytes
        self._tokens = tokens
        staged = outbox.staged(tokens)
        self.waiting = staged[: self.most]
        self.refused = [
            RefusedFile(file.filename, self._one_too_many(file.filename))
            for file in staged[self.most :]
        ]
        # Where the form was sent before, its files went with it.
        if len(staged) < len(set(tokens)) and not outbox.is_taken(brand, key):
            name = _("A file you attached")
            self.refused.append(RefusedFile(name, _not_kept(name)))
        self._fresh: list[UploadedFile[bytes]] = []
        for file in incoming:
            reason = self._problem(file)
            if reason:
                self.refused.append(RefusedFile(str(file.name), reason))
            else:
                self._fresh.append(file)

    @property
    def has_new(self) -> bool:
        """Tell whether files came that do not wait yet."""
        return bool(self._fresh)

    def stage(self) -> None:
        """Let the new files wait with the others; raises `outbox.NotStored`.

        Where there is no room for a file, it is refused, and the rest goes on.
        """
        while self._fresh:
            file = self._fresh[0]
            try:
                self.waiting.append(outbox.stage(file))
            except outbox.NoRoom:
                reason = _(
                    "%(name)s cannot be kept right now. Send this without it, or later"
                ) % {"name": file.name}
                self.refused.append(RefusedFile(str(file.name), reason))
            del self._fresh[0]

    def take_back(self) -> None:
        """Find again what went with the form sent before, and was refused with it."""
        ours = [file.token for file in self.waiting]
        self.waiting = outbox.staged([*self._tokens, *ours])[: self.most]

    @contextmanager
    def refusing_what_is_left(self) -> Iterator[None]:
        """Name the new files that the block leaves behind: they need choosing again.

        Raises `outbox.NotStored` where the database is away.
        """
        try:
            yield
        except DatabaseError as exc:
            raise outbox.NotStored from exc
        finally:
            for file in self._fresh:
                name = str(file.name)
                self.refused.append(RefusedFile(name, _not_kept(name)))
            self._fresh.clear()

    @property
    def too_big_text(self) -> str:
        """Return why a file is refused for its size, with `{name}` for its name."""
        return self._too_big("{name}")

    @property
    def too_many_text(self) -> str:
        """Return why one more file is refused, with `{name}` for its name."""
        return self._one_too_many("{name}")

    def _problem(self, file: UploadedFile[bytes]) -> str | None:
        name = file.name or ""
        if PurePath(name).suffix.removeprefix(".").lower() in _PROGRAMS:
            return _("%(name)s cannot be sent. Choose an image, PDF or ZIP") % {
                "name": name
            }
        if not file.size:
            return _("%(name)s is empty. Choose another file") % {"name": name}
        if file.size > self.most_bytes:
            return self._too_big(name)
        if len(self.waiting) + len(self._fresh) >= self.most:
            return self._one_too_many(name)
        return None

    def _too_big(self, name: str) -> str:
        return _("%(name)s is too big. Choose files under %(size)s") % {
            "name": name,
            "size": size_text(self.most_bytes),
        }

    def _one_too_many(self, name: str) -> str:
        return ngettext(
            "%(name)s is one too many. Send up to %(count)d file",
            "%(name)s is one too many. Send up to %(count)d files",
            self.most,
        ) % {"name": name, "count": self.most}


def _not_kept(name: str) -> str:
    return _("%(name)s was not kept. Choose it again") % {"name": name}


def limits_text(brand: Brand) -> str:
    """Return what may be attached, for the hint."""
    return ngettext(
        "Up to %(count)d file, %(size)s.",
        "Up to %(count)d files, %(size)s each.",
        brand.max_files,
    ) % {"count": brand.max_files, "size": size_text(brand.max_file_bytes)}


def size_text(size: int) -> str:
    """Return a size in bytes as people say it."""
    if size and size % MEGABYTE == 0:
        return _("%(count)d MB") % {"count": size // MEGABYTE}
    return filesizeformat(size)
