"""Pictures and files of guides on their way to the reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils.cache import patch_cache_control

from portal.helpspot.types import Download

KEEP_SECONDS = 24 * 60 * 60
# Only what a browser cannot run is shown; the first bytes say what it is, not the
# help desk.
_PICTURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)


def stream(download: Download, name: str) -> StreamingHttpResponse:
    """Answer with the file: a picture is shown, anything else is saved."""
    head = next(download.chunks, b"")
    picture_type = next((kind for sign, kind in _PICTURES if sign.match(head)), None)
    response = StreamingHttpResponse(
        _whole(head, download.chunks),
        content_type=picture_type or "application/octet-stream",
    )
    response["Content-Disposition"] = (
        "inline" if picture_type else f'attachment; filename="{name}"'
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    if download.size is not None:
        response["Content-Length"] = str(download.size)
    patch_cache_control(response, public=True, max_age=KEEP_SECONDS)
    return response


def _whole(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest
