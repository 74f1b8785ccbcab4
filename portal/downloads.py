"""Files on their way to a browser, made unable to do anything there."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Iterator
from urllib.parse import quote

from django.http import HttpRequest, StreamingHttpResponse

from portal.helpspot.errors import Unavailable
from portal.helpspot.types import Chunks, Download

logger = logging.getLogger(__name__)

FALLBACK_TYPE = "application/octet-stream"
# Only what a browser cannot run may be shown inside the page.
PICTURE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
PDF_TYPE = "application/pdf"
_SANDBOX = "sandbox; default-src 'none'"
_PDF_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# As many as the longest of these looks at.
_HEAD_BYTES = 12
_HEADS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"%PDF-"), PDF_TYPE),
    (re.compile(rb"PK\x03\x04"), "application/zip"),
)


def stream(
    request: HttpRequest, download: Download, filename: str, *, wants_inline: bool
) -> StreamingHttpResponse:
    """Answer with the file: saved, never opened, but for pictures and PDFs when asked.

    What kind of file it is says its first bytes, not its name or its sender; a PDF
    must be called one besides.

    A PDF shown is the one file without `sandbox`: Safari shows nothing of a sandboxed
    PDF, and some Chromiums block it. The sandbox would protect nothing: browsers give
    a PDF to a viewer of their own, where its scripts have neither this origin, its
    cookies nor its pages. What guards the origin is that the bytes can be nothing but
    a PDF: a fixed type, `nosniff`, and a policy that would let no script run if a
    browser took them for a page. `style-src` is for the page that Chromium makes
    around its viewer.
    """
    head = _head(download.chunks)
    mime_type = type_of(head)
    is_pdf_page = wants_inline and mime_type == PDF_TYPE and is_called_pdf(filename)
    is_inline = is_pdf_page or (wants_inline and mime_type in PICTURE_TYPES)
    content = _Content(b"" if request.method == "HEAD" else head, download.chunks)
    response = StreamingHttpResponse(content, content_type=mime_type)
    response["Content-Disposition"] = _disposition(filename, is_inline=is_inline)
    response["Content-Security-Policy"] = _PDF_POLICY if is_pdf_page else _SANDBOX
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


def is_called_pdf(filename: str) -> bool:
    """Return whether the file's name says that it is a PDF."""
    return filename.lower().endswith(".pdf")


def _head(chunks: Iterator[bytes]) -> bytes:
    """Return the file's first bytes, of chunks as short as a help desk sends them."""
    head = b""
    while len(head) < _HEAD_BYTES and (chunk := next(chunks, b"")):
        head += chunk
    return head


class _Content:
    """A file for the server: nothing where its head is not wanted; closed with it."""

    def __init__(self, head: bytes, rest: Chunks) -> None:
        self._head = head
        self._rest = rest

    def __iter__(self) -> Iterator[bytes]:
        if not self._head:
            return
        try:
            yield self._head
            yield from self._rest
        except Unavailable:
            logger.warning("A file broke off half-way")
        else:
            return
        # Servers close the connection, so that nobody takes a part for the whole, and
        # say no more about it.
        raise ConnectionResetError(errno.ECONNRESET, "A file broke off half-way")

    def close(self) -> None:
        self._rest.close()


def _disposition(filename: str, *, is_inline: bool) -> str:
    plain = re.sub(r"[^\w. -]", "_", filename, flags=re.ASCII) or "file"
    kind = "inline" if is_inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
