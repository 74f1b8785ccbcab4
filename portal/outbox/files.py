"""Files that wait: sealed in the database until HelpSpot has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError
from django.utils.translation import gettext as _

from portal.helpspot.types import Upload
from portal.outbox import seals
from portal.outbox.clock import now
from portal.outbox.errors import NoRoom, NotStored
from portal.outbox.models import StagedFile, Submission
from portal.outbox.room import has_room_for

KEPT_FOR = timedelta(hours=24)
FALLBACK_TYPE = "application/octet-stream"


def stage(uploaded_file: UploadedFile[bytes]) -> StagedFile:
    """Keep an uploaded file for a day, sealed; raises `NotStored` and `NoRoom`."""
    content: bytes = uploaded_file.read()
    try:
        if not has_room_for(len(content)):
            raise NoRoom
        moment = now()
        return StagedFile.objects.create(
            filename=_short_name(uploaded_file.name or "file"),
            mime_type=(uploaded_file.content_type or FALLBACK_TYPE)[:100],
            size=len(content),
            sealed_content=seals.seal(content),
            created_at=moment,
            expires_at=moment + KEPT_FOR,
        )
    except DatabaseError as exc:
        raise NotStored from exc


def staged(tokens: Sequence[str]) -> list[StagedFile]:
    """Return the files of these tokens, in that order, without their content.

    Unknown and expired ones, and those already sent along, are left out. Where the
    database cannot tell, all stay, by a name that says so: none is lost by asking.
    """
    if not tokens:
        return []
    try:
        return _waiting(tokens)
    except DatabaseError:
        name = _("A file you attached")
        return [StagedFile(token=token, filename=name, size=0) for token in tokens]


def _waiting(tokens: Sequence[str]) -> list[StagedFile]:
    found = {
        file.token: file
        for file in StagedFile.objects.defer("sealed_content").filter(
            token__in=tokens, submission=None, expires_at__gt=now()
        )
    }
    return [found[token] for token in dict.fromkeys(tokens) if token in found]


def upload(file: StagedFile) -> Upload:
    """Return the file as the service room takes it; raises `seals.BrokenSeal`."""
    return Upload(
        filename=file.filename,
        mime_type=file.mime_type,
        file=BytesIO(seals.open_sealed(file.sealed_content)),
    )


def attach(files: Sequence[StagedFile], submission: Submission) -> None:
    """Give the files to a submission, in this order; raises `NotStored`.

    A file that another submission has, or that is gone, must not be left out silently.
    """
    for position, file in enumerate(files):
        free = StagedFile.objects.filter(pk=file.pk, submission=None)
        if not free.update(submission=submission, position=position):
            raise NotStored


def unattach(submission: Submission) -> None:
    """Let its files wait for the same form again."""
    StagedFile.objects.filter(submission=submission).update(
        submission=None, expires_at=now() + KEPT_FOR
    )


def _short_name(name: str) -> str:
    """Return the name cut to what fits, with its ending kept."""
    stem, dot, ending = name.rpartition(".")
    if len(name) <= 255 or not dot or len(ending) > 20:
        return name[:255]
    return f"{stem[: 254 - len(ending)]}.{ending}"
