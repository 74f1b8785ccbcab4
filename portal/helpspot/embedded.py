"""The practice desk in this process, reached as if it were a server: no socket."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import nullcontext
from contextvars import Context, copy_context
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.module_loading import import_string
from requests.adapters import BaseAdapter
from urllib3 import HTTPHeaderDict
from urllib3 import HTTPResponse as RawResponse

from portal.helpspot.deadline import Deadline, current
from portal.turns import one_at_a_time

SCHEME = "embedded:"


class EmbeddedAdapter(BaseAdapter):
    """Hand prepared requests to `settings.HELPSPOT_EMBEDDED_SERVER`.

    The server runs in a copy of the context, so that its language and time zone stay
    its own, and on this thread's database connection, which stays open.
    """

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002  # requests' signature
        timeout: object = None,
        verify: object = True,  # noqa: FBT002 - the signature of requests
        cert: object = None,
        proxies: object = None,
    ) -> requests.Response:
        """Return the server's answer; its hanging up is a lost connection.

        Raises `TimeoutError` where others send files for too long.
        """
        context = copy_context()
        server: Callable[[WSGIRequest], HttpResponseBase] = import_string(
            settings.HELPSPOT_EMBEDDED_SERVER
        )
        deadline = current.get()
        # Text is short; what comes in pieces has files, which the server holds whole.
        has_files = isinstance(request.body, Sized) and not isinstance(
            request.body, str | bytes
        )
        asked = WSGIRequest(_environ(request))
        deadline.may_have_left = False
        try:
            with one_at_a_time(deadline.pause()) if has_files else nullcontext():
                deadline.may_have_left = True
                answer = context.run(server, asked)
                if has_files:
                    # It and its upload handlers hold each other, and all that came.
                    vars(asked).clear()
        except ConnectionError:
            raise requests.exceptions.ConnectionError from None
        response = requests.Response()
        response.status_code = answer.status_code
        response.reason = answer.reason_phrase
        response.headers.update(answer.items())
        response.request = request
        response.raw = RawResponse(
            body=io.BufferedReader(_Chunks(_content(answer), context, deadline)),
            headers=HTTPHeaderDict(answer.items()),
            status=answer.status_code,
            preload_content=False,
        )
        return response

    def close(self) -> None:
        """Do nothing: there is no connection to close."""


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    address = urlsplit(request.url or "")
    headers: Mapping[str, str] = request.headers
    body, length = _body(request.body)
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(address.path, "latin-1"),
        "QUERY_STRING": address.query,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(length),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.errors": io.StringIO(),
    }


def _body(body: Any) -> tuple[io.BufferedIOBase, int]:
    if body is None or isinstance(body, str | bytes):
        plain = body.encode() if isinstance(body, str) else body or b""
        return io.BytesIO(plain), len(plain)
    return io.BufferedReader(_Chunks(iter(body))), len(body)


def _content(answer: HttpResponseBase) -> Iterator[bytes]:
    # `answer.close()` would tell Django that the visitor's request is over.
    if isinstance(answer, HttpResponse):
        yield answer.content
    elif isinstance(answer, StreamingHttpResponse):
        chunks: Iterable[bytes] = answer.streaming_content  # type: ignore[assignment]  # Django's stubs know less
        yield from chunks
    for close in answer._resource_closers:  # type: ignore[attr-defined]  # Django's stubs know less
        close()


class _Chunks(io.RawIOBase):
    """Chunks as a readable file; each is made in the context given, in time."""

    def __init__(
        self,
        chunks: Iterator[bytes],
        context: Context | None = None,
        deadline: Deadline | None = None,
    ) -> None:
        self._chunks = chunks
        self._context = context or copy_context()
        self._deadline = deadline
        self._rest = b""

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is left of a chunk, or the next one; raises `TimeoutError`."""
        while not self._rest:
            if self._deadline:
                self._deadline.pause()
            chunk: bytes | None = self._context.run(next, self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
