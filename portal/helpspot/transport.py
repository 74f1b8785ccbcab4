"""One call to HelpSpot: sent, waited for, read, and every failure named.

A failed read did nothing. A write whose answer is lost may have been done: it is
`Uncertain` and never sent twice. Addresses carry passwords and access keys, so they
stay in here: errors name the method alone and have no other error behind them.
"""

from __future__ import annotations

import logging
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Literal, TypeVar
from urllib.parse import urlencode
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

import requests
import urllib3
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from portal.helpspot import wire
from portal.helpspot.connection import Connection, Limits
from portal.helpspot.deadline import Deadline, PunctualAdapter, current
from portal.helpspot.embedded import SCHEME, EmbeddedAdapter
from portal.helpspot.errors import (
    Disabled,
    HelpSpotError,
    LoginFailed,
    NotFound,
    Problem,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from portal.helpspot.multipart import MultipartForm
from portal.helpspot.redaction import HideAddresses
from portal.helpspot.types import Download, Upload

T = TypeVar("T")
Build = Callable[[Element], T]
Parameters = Mapping[str, str]
Verb = Literal["GET", "POST"]

CHUNK = 16 * 1024
BUSY = frozenset({502, 503})
TOO_LARGE = 413
_LOST = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)

logging.getLogger("urllib3.connectionpool").addFilter(HideAddresses())


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back; status 0 where nothing whole did.

    `may_pass` says that a second try may well fare better.
    """

    status: int = 0
    body: bytes = b""
    may_have_left: bool = True
    may_pass: bool = False


class Transport:
    """The way to one help desk; threads may share it."""

    def __init__(self, connection: Connection, limits: Limits) -> None:
        self.connection = connection
        self.zone = ZoneInfo(connection.time_zone)
        self._limits = limits
        self._base = (
            connection.base_url.rstrip("/")
            .removesuffix("/index.php")
            .removesuffix("/api")
        )
        self._kept = threading.local()

    @sensitive_variables()
    def read(
        self,
        method: str,
        build: Build[T],
        parameters: Parameters | None = None,
        *,
        verb: Verb = "GET",
        is_long: bool = False,
    ) -> T:
        """Ask and build a value from the answer's root.

        `is_long` allows for a whole book's HTML. Raises `Unavailable` and what HelpSpot
        refused with.
        """
        limits = self._limits
        deadline = Deadline(time.monotonic() + limits.read, limits.wait)
        max_bytes = limits.long_answer_bytes if is_long else limits.answer_bytes
        request = self._prepare(verb, method, parameters or {})
        answer = _exchange(self._session(), request, deadline, limits, max_bytes)
        if answer.may_pass:
            pause = random.uniform(*limits.pause)  # noqa: S311  # jitter
            if pause < deadline.left():
                time.sleep(pause)
                answer = _exchange(
                    self._session(), request, deadline, limits, max_bytes
                )
        return _settle(method, answer, build, lost=Unavailable)

    @sensitive_variables()
    def write(
        self,
        method: str,
        build: Build[T],
        parameters: Parameters,
        *,
        files: Sequence[Upload] = (),
        verb: Verb = "POST",
    ) -> T:
        """Send once and build a value from the answer's root.

        Raises `Unavailable` where nothing was sent, `Uncertain` where something was and
        no good answer came, and what HelpSpot refused with.
        """
        limits = self._limits
        request = self._prepare(verb, method, parameters, files)
        size = int(request.headers.get("Content-Length") or 0)
        seconds = limits.write + size / limits.bytes_per_second
        deadline = Deadline(time.monotonic() + seconds, seconds)
        # A new connection cannot have been closed while it lay idle.
        with _new_session() as session:
            answer = _exchange(session, request, deadline, limits, limits.answer_bytes)
        if answer.status == TOO_LARGE:
            raise _too_large(method)
        lost = Uncertain if answer.may_have_left else Unavailable
        return _settle(method, answer, build, lost=lost, has_files=bool(files))

    @sensitive_variables()
    def download(self, parameters: Parameters) -> Download:
        """Return one of HelpSpot's files; raises `NotFound` and `Unavailable`."""
        limits = self._limits
        request = requests.Request(
            "GET",
            f"{self._base}/index.php?{_encode({'pg': 'file', **parameters})}",
            headers={"Accept-Encoding": "identity"},
        ).prepare()
        deadline = Deadline(time.monotonic() + limits.download, limits.wait)
        response = _open(self._session(), request, deadline, limits)
        if isinstance(response, _Answer):
            raise Unavailable("file")
        failure = _why_no_file(response)
        if failure:
            response.close()
            raise failure
        size = response.headers.get("Content-Length", "")
        return Download(
            chunks=_Chunks(response),
            mime_type=response.headers.get("Content-Type") or None,
            size=int(size) if re.fullmatch(r"[0-9]{1,15}", size) else None,
        )

    @sensitive_variables()
    def _prepare(
        self,
        verb: Verb,
        method: str,
        parameters: Parameters,
        files: Sequence[Upload] = (),
    ) -> requests.PreparedRequest:
        query = {"method": method}
        headers = {"Accept-Encoding": "gzip"}
        form: str | MultipartForm | None = None
        if verb == "GET":
            query |= parameters
        elif files:
            form = MultipartForm(parameters, files)
            headers["Content-Type"] = form.content_type
        else:
            form = _encode(parameters)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        url = f"{self._base}/api/index.php?{_encode(query)}"
        return requests.Request(verb, url, headers=headers, data=form).prepare()

    def _session(self) -> requests.Session:
        """Return this thread's session for reads, whose connections stay open."""
        session: requests.Session | None = getattr(self._kept, "session", None)
        if session is None:
            session = self._kept.session = _new_session()
        return session


def _new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    # One customer's call must not carry a cookie of another's.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, PunctualAdapter())
    session.mount(SCHEME, EmbeddedAdapter())
    return session


@sensitive_variables()
def _exchange(
    session: requests.Session,
    request: requests.PreparedRequest,
    deadline: Deadline,
    limits: Limits,
    max_bytes: int,
) -> _Answer:
    """Send and read the whole answer, or say how it was lost."""
    response = _open(session, request, deadline, limits)
    if isinstance(response, _Answer):
        return response
    body = bytearray()
    try:
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > max_bytes:
                return _Answer()
    except _LOST:
        return _Answer()
    finally:
        response.close()
    status = response.status_code
    return _Answer(status, bytes(body), may_pass=status in BUSY)


@sensitive_variables()
def _open(
    session: requests.Session,
    request: requests.PreparedRequest,
    deadline: Deadline,
    limits: Limits,
) -> requests.Response | _Answer:
    """Send; return the answer from its first byte, or how it was lost."""
    token = current.set(deadline)
    try:
        return session.send(
            request,
            stream=True,
            allow_redirects=False,
            timeout=(limits.connect, deadline.wait),
        )
    except _LOST as exc:
        left = deadline.may_have_left and not _is_before_sending(exc)
        return _Answer(may_have_left=left, may_pass=not left or _is_dropped(exc))
    finally:
        current.reset(token)


class _Chunks(Iterator[bytes]):
    """A file's bytes; closing them early closes the connection."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self._chunks: Iterator[bytes] = response.iter_content(64 * 1024)

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


def _encode(parameters: Parameters) -> str:
    return urlencode(parameters, encoding="utf-8", errors="replace")


# --------------------------------------------------------------------- failures


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


def _why_no_file(response: requests.Response) -> HelpSpotError | None:
    if response.status_code >= 500:
        return Unavailable("file")
    # A page instead of the file: a sign-in, or words that there is none.
    is_page = (
        response.headers.get("Content-Type", "").lower().startswith("text/html")
        and "Content-Disposition" not in response.headers
    )
    if response.status_code != 200 or is_page:
        return NotFound("file")
    return None


def _settle(
    method: str,
    answer: _Answer,
    build: Build[T],
    *,
    lost: type[HelpSpotError],
    has_files: bool = False,
) -> T:
    failure: HelpSpotError = lost(method)
    if 200 <= answer.status < 500:
        try:
            root = wire.parse(answer.body, method)
            refusal = _refusal(method, root, has_files=has_files)
            if refusal:
                failure = refusal
            elif answer.status < 300:
                return build(root)
        except wire.Unreadable:
            pass
        except wire.Missing:
            failure = NotFound(method)
    # Outside of the handlers: the error has no other error behind it.
    raise failure


def _too_large(method: str) -> Rejected:
    text = _("This is too large for our help desk. Send it without the files.")
    return Rejected(method, (Problem(TOO_LARGE, text),))


_NOT_FOUND = frozenset({102, 103, 205})
_NOT_FOUND_IN_READS = _NOT_FOUND | {204, 208}
_KINDS: Mapping[int, type[HelpSpotError]] = {
    3: Throttled,
    104: LoginFailed,
    201: Disabled,
    301: Unavailable,
    302: Unavailable,
}


def _refusal(method: str, root: Element, *, has_files: bool) -> HelpSpotError | None:
    if root.tag == "reply":
        if "not enabled" in wire.content(root).lower():
            return Disabled(method)
        raise wire.Unreadable
    if root.tag != "errors":
        return None
    problems = wire.problems(root)
    if not problems:
        raise wire.Unreadable
    # PHP drops a post over its limit as a whole, and HelpSpot misses the note.
    if has_files and any(one.id == 101 and "tNote" in one.text for one in problems):
        return _too_large(method)
    for problem in problems:
        if problem.id in _KINDS:
            return _KINDS[problem.id](method)
    is_write = ".create" in method or method == "request.update"
    absent = _NOT_FOUND if is_write else _NOT_FOUND_IN_READS
    if any(problem.id in absent for problem in problems):
        return NotFound(method)
    return Rejected(method, problems)
