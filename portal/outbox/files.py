"""Files that wait: sealed in the database until HelpSpot has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from threading import Lock

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
# Sealing takes several times a file's size: a process does it for one at a time.
SEALING_SECONDS = 20.0
_sealing = Lock()


def stage(uploaded_file: UploadedFile[bytes]) -> StagedFile:
    """Keep an uploaded file for a day, sealed; raises `NotStored` and `NoRoom`."""
    try:
        with _alone():
            return _seal(uploaded_file)
    except DatabaseError as exc:
        raise NotStored from exc


def _seal(uploaded_file: UploadedFile[bytes]) -> StagedFile:
    content: bytes = uploaded_file.read()
    if not has_room_for(len(content)):
        raise NoRoom
    moment = now()
    file = StagedFile.objects.create(
        filename=_short_name(uploaded_file.name or "file"),
        mime_type=(uploaded_file.content_type or FALLBACK_TYPE)[:100],
        size=len(content),
        sealed_content=seals.seal(content),
        created_at=moment,
        expires_at=moment + KEPT_FOR,
    )
    # From here on the database has it.
    del file.sealed_content
    return file


@contextmanager
def _alone() -> Iterator[None]:
    """Let one thread in at a time; raises `NoRoom` where that takes too long."""
    if not _sealing.acquire(timeout=SEALING_SECONDS):
        raise NoRoom
    try:
        yield
    finally:
        _sealing.release()


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
    with _sealing:
        plain = seals.open_sealed(file.sealed_content)
        del file.sealed_content
    return Upload(filename=file.filename, mime_type=file.mime_type, file=BytesIO(plain))


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
