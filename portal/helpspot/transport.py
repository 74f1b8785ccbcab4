"""One call to HelpSpot: sent, waited for, read, and every failure named.

A failed read did nothing. A write whose answer is lost may have been done: it is
`Uncertain` and never sent twice. Addresses carry passwords and access keys, so they
stay in here: errors name the method alone and have no other error behind them.
"""

from __future__ import annotations

import copy
import hashlib
import random
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from typing import Literal, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import requests
from django.views.decorators.debug import sensitive_variables
from requests.adapters import BaseAdapter

from portal.helpspot.breaker import Closed, Door
from portal.helpspot.connection import Connection, Limits
from portal.helpspot.deadline import Deadline
from portal.helpspot.embedded import SCHEME
from portal.helpspot.errors import Unavailable, Uncertain
from portal.helpspot.exchange import Answer, Chunks, begin, exchange, new_way
from portal.helpspot.metrics import Kind, measured
from portal.helpspot.multipart import MultipartForm
from portal.helpspot.refusals import Build, settle, why_no_file
from portal.helpspot.types import Download, Upload
from portal.memo import Memo

T = TypeVar("T")
Parameters = Mapping[str, str]
Verb = Literal["GET", "POST"]
# A value takes about as much as its XML; so do the marks around what it says.
_AS_VALUE = 2


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
        # The desk in this process has no connection that could hang.
        self._door = None if self._base.startswith(SCHEME) else Door(limits)
        self._kept = threading.local()
        self._is_waited_for = False

    def at_once(self) -> Transport:
        """Return the same way for calls that somebody waits for."""
        hurried = copy.copy(self)
        hurried._is_waited_for = True
        return hurried

    @sensitive_variables()
    def read(
        self,
        method: str,
        build: Build[T],
        parameters: Parameters | None = None,
        *,
        verb: Verb = "GET",
        is_long: bool = False,
        built: Memo[T] | None = None,
    ) -> T:
        """Ask and build a value from the answer's root.

        `is_long` allows for a whole book's HTML. An answer that says the same as before
        is the value in `built`. Raises `Unavailable` and what HelpSpot refused with.
        """
        limits = self._limits
        deadline = Deadline(time.monotonic() + limits.read, limits.wait)
        max_bytes = limits.long_answer_bytes if is_long else limits.answer_bytes
        request = self._request(verb, method, parameters or {})
        with measured(method), self._passing("read", method):
            answer = self._exchange(self._way(), request, deadline, max_bytes)
            if answer.may_pass:
                pause = random.uniform(*limits.pause)  # noqa: S311  # jitter
                if pause < deadline.left():
                    time.sleep(pause)
                    answer = self._exchange(self._way(), request, deadline, max_bytes)
            if built is None:
                return settle(method, answer, build, lost=Unavailable)
            return built.answer(
                _fingerprint(request, answer),
                lambda: settle(method, answer, build, lost=Unavailable),
                lambda _value: (answer.body,) * _AS_VALUE,
            )

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
        request = self._request(verb, method, parameters, files)
        seconds = limits.write + len(request.data) / limits.bytes_per_second
        deadline = Deadline(time.monotonic() + seconds, seconds)
        with measured(method), self._passing("write", method):
            # A new connection cannot have been closed while it lay idle.
            with closing(self._new_way()) as way:
                answer = self._exchange(way, request, deadline, limits.answer_bytes)
            lost = Uncertain if answer.may_have_left else Unavailable
            return settle(method, answer, build, lost=lost, has_files=bool(files))

    @sensitive_variables()
    def download(self, parameters: Parameters) -> Download:
        """Return one of HelpSpot's files; raises `NotFound` and `Unavailable`."""
        limits = self._limits
        query = _encode({"pg": "file", **parameters})
        request = requests.Request(
            "GET",
            f"{self._base}/index.php?{query}",
            headers={"Accept-Encoding": "identity"},
        )
        deadline = Deadline(time.monotonic() + limits.download, limits.wait)
        with measured("file"), self._passing("read", "file"):
            response = begin(self._way(), request, deadline, connect=limits.connect)
            if isinstance(response, Answer):
                raise Unavailable("file")
            failure = why_no_file(response)
            if failure:
                response.close()
                raise failure
        return Download(
            chunks=Chunks(response),
            mime_type=response.headers.get("Content-Type") or None,
            size=_size(response.headers),
        )

    @sensitive_variables()
    def _request(
        self,
        verb: Verb,
        method: str,
        parameters: Parameters,
        files: Sequence[Upload] = (),
    ) -> requests.Request:
        query = {"method": method}
        headers = {"Accept-Encoding": "gzip"}
        form: str | MultipartForm = ""
        if verb == "GET":
            query |= parameters
        elif files:
            form = MultipartForm(parameters, files)
            headers["Content-Type"] = form.content_type
        else:
            form = _encode(parameters)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        url = f"{self._base}/api/index.php?{_encode(query)}"
        return requests.Request(verb, url, headers=headers, data=form)

    @sensitive_variables()
    def _exchange(
        self,
        way: BaseAdapter,
        request: requests.Request,
        deadline: Deadline,
        max_bytes: int,
    ) -> Answer:
        return exchange(
            way,
            request,
            deadline,
            connect=self._limits.connect,
            max_bytes=max_bytes,
        )

    @contextmanager
    def _passing(self, kind: Kind, method: str) -> Iterator[None]:
        """Make one call, where calls may be made now; raises `Unavailable`."""
        try:
            with (
                self._door.passing(kind, is_waited_for=self._is_waited_for)
                if self._door
                else nullcontext()
            ):
                yield
        except Closed:
            pass
        else:
            return
        # Outside of the handler: the error has no other error behind it.
        raise Unavailable(method)

    def _way(self) -> BaseAdapter:
        """Return this thread's way for reads, whose connections stay open."""
        way: BaseAdapter | None = getattr(self._kept, "way", None)
        if way is None:
            way = self._kept.way = self._new_way()
        return way

    def _new_way(self) -> BaseAdapter:
        return new_way(self._base, self.connection.ca_file)


def _size(headers: Mapping[str, str]) -> int | None:
    """Return a file's size, None where what is sent is not its bytes alone."""
    length = headers.get("Content-Length", "")
    is_packed = headers.get("Content-Encoding", "identity").lower() != "identity"
    is_wrapped = is_packed or "Transfer-Encoding" in headers
    is_known = not is_wrapped and re.fullmatch(r"[0-9]{1,15}", length)
    return int(length) if is_known else None


@sensitive_variables()
def _fingerprint(request: requests.Request, answer: Answer) -> bytes:
    """Return what is the same for the same question and answer, and tells neither."""
    asked = f"{answer.status} {request.url} {request.data}\n".encode()
    return hashlib.sha256(asked + answer.body).digest()


def _encode(parameters: Parameters) -> str:
    return urlencode(parameters, encoding="utf-8", errors="replace")
