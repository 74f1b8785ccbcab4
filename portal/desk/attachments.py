"""Files that come with a request or an update, as numbered fields in base64."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from dataclasses import dataclass

from portal.desk.calls import Call
from portal.desk.models import Document, Note

NUMBERS = range(1, 10)
MIME_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
ANY_TYPE = "application/octet-stream"


class NotBase64(Exception):
    """A file's body cannot be decoded; the text names its parameter."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was sent, decoded."""

    filename: str
    mime_type: str
    content: bytes


def read_attachments(call: Call) -> list[Attachment]:
    """Return the files of a call; raises `NotBase64`.

    A file counts when it has a name and a body; the numbers may have gaps.
    """
    return [
        _attachment(call, number)
        for number in NUMBERS
        if call.text(f"File{number}_sFilename").strip()
        and f"File{number}_bFileBody" in call.parameters
    ]


def attach(note: Note, attachments: list[Attachment]) -> None:
    """Store files at a note."""
    Document.objects.bulk_create(
        Document(
            note=note,
            filename=one.filename,
            mime_type=one.mime_type,
            size=len(one.content),
            content=one.content,
        )
        for one in attachments
    )


def _attachment(call: Call, number: int) -> Attachment:
    filename = _bare(call.text(f"File{number}_sFilename"))
    mime_type = call.text(f"File{number}_sFileMimeType").strip()
    if not MIME_TYPE.fullmatch(mime_type) or len(mime_type) > 127:
        mime_type = mimetypes.guess_type(filename)[0] or ANY_TYPE
    body = f"File{number}_bFileBody"
    try:
        content = _decode(call.text(body))
    except (binascii.Error, ValueError) as exc:
        raise NotBase64(f"{body} is not base64") from exc
    return Attachment(filename, mime_type, content)


def _bare(path: str) -> str:
    name = re.split(r"[/\\]", path.strip())[-1]
    name = "".join(letter for letter in name if letter.isprintable())
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[:200]}{dot}{suffix[:50]}" or "file"


def _decode(body: str) -> bytes:
    # A "+" that was not escaped in an urlencoded body arrives as a blank.
    text = re.sub(r"[\r\n\t]", "", body).strip("\r\n\t").replace(" ", "+").rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
