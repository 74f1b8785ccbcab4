"""Files on their way to a browser, made unable to do anything there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from django.http import StreamingHttpResponse

from portal.helpspot.types import Download

FALLBACK_TYPE = "application/octet-stream"
# Only what a browser cannot run may be shown inside the page.
PICTURE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_HEADS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"%PDF-"), "application/pdf"),
    (re.compile(rb"PK\x03\x04"), "application/zip"),
)


def stream(
    download: Download, filename: str, *, wants_inline: bool
) -> StreamingHttpResponse:
    """Answer with the file: saved, never opened, but for pictures when asked.

    What kind of file it is says its first bytes, not its name or its sender.
    """
    head = next(download.chunks, b"")
    mime_type = type_of(head)
    is_inline = wants_inline and mime_type in PICTURE_TYPES
    response = StreamingHttpResponse(
        _whole(head, download.chunks), content_type=mime_type
    )
    response["Content-Disposition"] = _disposition(filename, is_inline=is_inline)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    if download.size is not None:
        response["Content-Length"] = str(download.size)
    return response


def type_of(head: bytes) -> str:
    """Return the media type that a file's first bytes show, from a short list."""
    return next(
        (mime_type for pattern, mime_type in _HEADS if pattern.match(head)),
        FALLBACK_TYPE,
    )


def _whole(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _disposition(filename: str, *, is_inline: bool) -> str:
    plain = re.sub(r"[^\w. -]", "_", filename, flags=re.ASCII) or "file"
    kind = "inline" if is_inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
