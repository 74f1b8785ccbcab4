"""One HTTP request and what came of it, told as a value: no error leaves with secrets.

The library's errors hold whole addresses, and with them passwords and access keys.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import requests
import urllib3
from django.views.decorators.debug import sensitive_variables
from requests.adapters import BaseAdapter

from portal.helpspot.deadline import Deadline, PunctualAdapter, current, recognising
from portal.helpspot.embedded import SCHEME, EmbeddedAdapter
from portal.helpspot.errors import Unavailable
from portal.helpspot.redaction import HideAddresses

CHUNK = 16 * 1024
FILE_CHUNK = 64 * 1024
BUSY = frozenset({502, 503})
_LOST = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)

for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(HideAddresses())


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 where nothing whole did.

    `may_pass` says that a second try may well fare better.
    """

    status: int = 0
    body: bytes = field(default=b"", repr=False)
    may_have_left: bool = True
    may_pass: bool = False


def new_way(address: str, ca_file: str) -> BaseAdapter:
    """Return a way to the help desk there, on a socket or in here.

    No session of `requests` stands before it: that would bring one customer's cookies
    into another's call, and follow redirects. `ca_file` has the certificates to trust,
    "" for those of `requests`.
    """
    if address.startswith(SCHEME):
        return EmbeddedAdapter()
    is_tls = address.lower().startswith("https:")
    return PunctualAdapter(recognising(ca_file) if is_tls else None)


@sensitive_variables()
def exchange(
    way: BaseAdapter,
    request: requests.Request,
    deadline: Deadline,
    *,
    connect: float,
    max_bytes: int,
) -> Answer:
    """Send and read the whole answer, or say how it was lost."""
    response = begin(way, request, deadline, connect=connect)
    if isinstance(response, Answer):
        return response
    body = bytearray()
    try:
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > max_bytes:
                return Answer()
    except _LOST:
        return Answer()
    finally:
        response.close()
    status = response.status_code
    return Answer(status, bytes(body), may_pass=status in BUSY)


@sensitive_variables()
def begin(
    way: BaseAdapter,
    request: requests.Request,
    deadline: Deadline,
    *,
    connect: float,
) -> requests.Response | Answer:
    """Send; return the answer from its first byte, or how it was lost."""
    token = current.set(deadline)
    try:
        return way.send(
            request.prepare(), stream=True, timeout=(connect, deadline.wait)
        )
    except _LOST as exc:
        left = deadline.may_have_left and not _is_before_sending(exc)
        return Answer(may_have_left=left, may_pass=not left or _is_dropped(exc))
    finally:
        current.reset(token)


class Chunks(Iterator[bytes]):
    """A file's bytes; closing them early closes the connection."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self._chunks: Iterator[bytes] = response.iter_content(FILE_CHUNK)

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except _LOST:
            pass
        self.close()
        raise Unavailable("file")

    def close(self) -> None:
        """Stop reading."""
        self._response.close()


def _is_before_sending(exc: Exception) -> bool:
    """Tell whether the error itself proves that no connection was made."""
    if isinstance(
        exc,
        requests.exceptions.ConnectTimeout
        | requests.exceptions.InvalidURL
        | requests.exceptions.InvalidSchema
        | requests.exceptions.MissingSchema,
    ):
        return True
    inner = exc.args[0] if exc.args else None
    return isinstance(
        getattr(inner, "reason", inner),
        urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError,
    )


def _is_dropped(exc: Exception) -> bool:
    """Tell whether the connection broke before the answer began.

    That happens to a connection that HelpSpot closes in the moment it is used again.
    """
    return isinstance(exc, requests.exceptions.ConnectionError) and not isinstance(
        exc, requests.exceptions.Timeout | requests.exceptions.SSLError
    )
