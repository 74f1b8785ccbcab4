"""A small load generator: so many connections kept alive, for so long, so often."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

Build = Callable[[], bytes]


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


class Connection:
    """One connection that stays open, read with as little work as possible."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def call(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Send, and return status, head and body."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), 30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        headers = head.lower()
        length = int(headers.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        while len(body) < length:
            body += self._receive()
        if b"\r\nconnection: close" in headers:
            self.close()
        return int(head[9:12]), head, body

    def _receive(self) -> bytes:
        assert self._socket
        chunk = self._socket.recv(256 * 1024)
        if not chunk:
            raise ConnectionError("closed")
        return chunk

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None


def get(address: str, cookie: str = "") -> bytes:
    extra = f"Cookie: {cookie}\r\n" if cookie else ""
    return (
        f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n"
        f"Accept-Language: en\r\n{extra}\r\n"
    ).encode()


def post(address: str, body: str, headers: str) -> bytes:
    return (
        f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n"
        "Accept-Language: en\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n{headers}\r\n{body}"
    ).encode()


def measure(
    target: Target, connections: int, *, seconds: float, requests: int
) -> Measured:
    """Load the target until the seconds are over or the requests are made."""
    latencies: list[float] = []
    failures: list[int] = []
    ends_at = time.monotonic() + seconds
    each = max(1, requests // connections)

    def work() -> None:
        connection = Connection(target.port)
        for _ in range(each):
            start = time.monotonic()
            if start >= ends_at:
                break
            request = target.build()
            try:
                status = connection.call(request)[0]
            except OSError:
                connection.close()
                status = 0
            if status == target.status:
                latencies.append(time.monotonic() - start)
            else:
                failures.append(status)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Measured(latencies, time.monotonic() - start, len(failures))
