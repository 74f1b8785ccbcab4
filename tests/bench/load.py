"""A small load generator: so many connections kept alive, for so long, so often.

One thread drives all connections, so that it takes little from the servers that share
its cores. Every wait is bounded.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

Build = Callable[[], bytes]

WAIT_SECONDS = 30.0
LONGER_SECONDS = 10.0  # for what is on its way when the time is over


@dataclass(frozen=True)
class Target:
    """Where to send what, and the status that a good answer has."""

    port: int
    build: Build
    status: int = 200


@dataclass(frozen=True)
class Measured:
    """Seconds of each answered call, how long all took, how many went wrong."""

    latencies: list[float]
    seconds: float
    failed: int

    @property
    def throughput(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Answer:
    """An answer as it comes in."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._whole: int | None = None
        self._body_at = 0

    def take(self, chunk: bytes) -> None:
        self._received += chunk
        if self._whole is not None:
            return
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        self._body_at = end + 4
        length = self.headers.partition(b"\r\ncontent-length:")[2].split(b"\r\n")[0]
        has_body = self.status not in {204, 304}
        self._whole = self._body_at + (int(length or 0) if has_body else 0)

    @property
    def is_whole(self) -> bool:
        return self._whole is not None and len(self._received) >= self._whole

    @property
    def status(self) -> int:
        return int(self._received[9:12])

    @property
    def head(self) -> str:
        return self._received[: self._body_at].decode("latin-1")

    @property
    def headers(self) -> bytes:
        return bytes(self._received[: self._body_at]).lower()

    @property
    def body(self) -> bytes:
        return bytes(self._received[self._body_at :])

    @property
    def is_last(self) -> bool:
        return b"\r\nconnection: close" in self.headers


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), WAIT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def call(port: int, request: bytes) -> Answer:
    """Send one request on a connection of its own, and return the answer."""
    answer = Answer()
    ends_at = time.monotonic() + WAIT_SECONDS
    with connect(port) as connection:
        connection.sendall(request)
        while not answer.is_whole and time.monotonic() < ends_at:
            chunk = connection.recv(256 * 1024)
            if not chunk:
                raise ConnectionError("closed")
            answer.take(chunk)
    return answer


def get(address: str, cookie: str = "", headers: str = "") -> bytes:
    extra = f"Cookie: {cookie}\r\n" if cookie else ""
    return (
        f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n"
        f"Accept-Language: en\r\n{extra}{headers}\r\n"
    ).encode()


def post(address: str, body: str, headers: str) -> bytes:
    return (
        f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n"
        "Accept-Language: en\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n{headers}\r\n{body}"
    ).encode()


class _Caller:
    """One connection: sends, collects the answer, notes how long it took."""

    def __init__(self, target: Target, selector: selectors.BaseSelector) -> None:
        self._target = target
        self._selector = selector
        self._socket: socket.socket | None = None
        self._answer = Answer()
        self._sent_at = 0.0

    def send(self) -> bool:
        """Send the next request; tell whether it left."""
        try:
            if self._socket is None:
                self._socket = connect(self._target.port)
                self._selector.register(self._socket, selectors.EVENT_READ, self)
            request = self._target.build()
            self._answer = Answer()
            self._sent_at = time.monotonic()
            self._socket.sendall(request)
        except OSError:
            self.close()
            return False
        return True

    def receive(self) -> float | None:
        """Return how long a good answer took, -1 for none, None while it comes in."""
        assert self._socket
        try:
            chunk = self._socket.recv(256 * 1024)
        except OSError:
            chunk = b""
        if not chunk:
            self.close()
            return -1
        self._answer.take(chunk)
        if not self._answer.is_whole:
            return None
        if self._answer.is_last:
            self.close()
        is_good = self._answer.status == self._target.status
        return time.monotonic() - self._sent_at if is_good else -1

    def close(self) -> None:
        if self._socket:
            self._selector.unregister(self._socket)
            self._socket.close()
        self._socket = None


def measure(
    target: Target, connections: int, *, seconds: float, requests: int
) -> Measured:
    """Load the target until the seconds are over or the requests are made."""
    latencies: list[float] = []
    failed = 0
    start = time.monotonic()
    ends_at = start + seconds
    with selectors.DefaultSelector() as selector, ExitStack() as closing:
        idle = [_Caller(target, selector) for _ in range(connections)]
        for caller in idle:
            closing.callback(caller.close)
        busy: set[_Caller] = set()
        while True:
            is_on = time.monotonic() < ends_at
            while is_on and idle and len(latencies) + failed + len(busy) < requests:
                caller = idle.pop()
                if caller.send():
                    busy.add(caller)
                    continue
                failed += 1
                idle.insert(0, caller)
                break
            if not busy and (not is_on or len(latencies) + failed >= requests):
                break
            if time.monotonic() > ends_at + LONGER_SECONDS:
                failed += len(busy)
                break
            for caller, took in _received(selector):
                busy.discard(caller)
                idle.append(caller)
                if took < 0:
                    failed += 1
                else:
                    latencies.append(took)
    return Measured(latencies, time.monotonic() - start, failed)


def _received(selector: selectors.BaseSelector) -> Iterator[tuple[_Caller, float]]:
    for key, _events in selector.select(0.1):
        took = key.data.receive()
        if took is not None:
            yield key.data, took
