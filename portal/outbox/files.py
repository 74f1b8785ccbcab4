"""Files that wait: sealed in the database until HelpSpot has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from hashlib import sha256
from tempfile import TemporaryFile

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError
from django.utils.translation import gettext as _

from portal.helpspot.types import Upload
from portal.outbox import seals
from portal.outbox.clock import now
from portal.outbox.errors import NoRoom, NotStored
from portal.outbox.models import StagedFile, Submission
from portal.outbox.room import has_room_for
from portal.turns import one_at_a_time

KEPT_FOR = timedelta(hours=24)
FALLBACK_TYPE = "application/octet-stream"
# Sealing and opening a larger one takes several times its size.
LARGE_BYTES = 256 * 1024
# Proxies wait for a minute.
TURN_SECONDS = 40.0


def stage(uploaded_file: UploadedFile[bytes]) -> StagedFile:
    """Keep an uploaded file for a day, sealed; raises `NotStored` and `NoRoom`."""
    try:
        with _turn_for(uploaded_file.size or 0, TURN_SECONDS):
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
        sealed_hash=seals.seal_text(sha256(content).hexdigest()),
        created_at=moment,
        expires_at=moment + KEPT_FOR,
    )
    # From here on the database has it.
    del file.sealed_content
    return file


@contextmanager
def _turn_for(size: int, seconds: float) -> Iterator[None]:
    """Let in one large file at a time; raises `NoRoom` where that takes too long."""
    if size <= LARGE_BYTES:
        yield
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(one_at_a_time(seconds))
        except TimeoutError:
            raise NoRoom from None
        yield


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


def uploads(submission: Submission, seconds: float) -> list[Upload]:
    """Return its files as the service room takes them, each opened on disk.

    Raises `seals.BrokenSeal`, and `NoRoom` where one cannot be opened so soon.
    """
    # Each file's content is fetched where it is opened, and let go of there.
    files = submission.files.defer("sealed_content")
    return [_upload(file, seconds) for file in files]


def _upload(file: StagedFile, seconds: float) -> Upload:
    with _turn_for(file.size, seconds):
        plain = seals.open_sealed(file.sealed_content)
        del file.sealed_content
        try:
            # It has no name there, and is gone with whoever reads it.
            opened = TemporaryFile()  # noqa: SIM115 - it is closed when it was sent
            opened.write(plain)
            opened.seek(0)
        except OSError as exc:
            raise NoRoom from exc
    return Upload(filename=file.filename, mime_type=file.mime_type, file=opened)


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
