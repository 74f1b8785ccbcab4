"""The portal as a WSGI application."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from typing import Any, BinaryIO

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
_django = get_wsgi_application()


class WholeBody:
    """What a visitor sends, read to its announced end or not at all.

    Servers hand on what came before a visitor was gone, and Django takes it for all
    there is: half a form would be sent, with half its words and without its files.
    """

    def __init__(self, body: BinaryIO, length: int) -> None:
        self._body = body
        self._left = length

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes; raises ConnectionResetError where they did not come."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._body.read(wanted)
        if len(data) < wanted:
            raise _gone()
        self._left -= len(data)
        return data

    def readline(self, size: int = -1) -> bytes:
        """Read a line; raises ConnectionResetError where its end did not come."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._body.readline(wanted)
        if len(data) < wanted and not data.endswith(b"\n"):
            raise _gone()
        self._left -= len(data)
        return data


def _gone() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, "The visitor is gone")


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a request, whose body comes whole or not at all."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isascii() and length.isdigit():
        environ["wsgi.input"] = WholeBody(environ["wsgi.input"], int(length))
    return _django(environ, start_response)
