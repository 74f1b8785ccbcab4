"""A proxy in front of the help desk that fails as networks and web servers do."""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Faults before the help desk did anything, and after it did.
UNDONE = (
    "refuse",
    "close unread",
    "close",
    "hang",
    "500",
    "502",
    "503",
    "200 with HTML",
)
DONE = (
    "delay",
    "close after the work",
    "close mid-answer",
    "hang after the work",
    "500 after the work",
    "502 after the work",
    "503 after the work",
    "200 with HTML after the work",
    "truncated XML",
    "garbled XML",
    "wrong encoding",
    "slow drip",
    "50 MB answer",
    "two lengths",
    "headers only",
)
FAULTS = (*UNDONE, *DONE)
HTML = b"<!doctype html><html><body><h1>Sorry<br>Something broke</h1></body></html>"
READS_FAIL = 0.12
MEGABYTE = 1024 * 1024
REFUSE_SECONDS = 1.5
# Longer than the portal waits for any answer.
HANG_SECONDS = 45


class Proxy:
    """Passes calls on, with faults dealt from a seeded deck.

    `used` counts the faults by name. After `calm()` everything is passed on as it is.
    With `drops_references` the help desk behind never sees an `sReference`.
    """

    def __init__(
        self, desk_port: int, seed: int, faults: int, plain: int, drops_references: bool
    ) -> None:
        self._desk_port = desk_port
        self._drops_references = drops_references
        self._chance = random.Random(seed)  # noqa: S311 - repeatable
        kinds = self._chance.sample(FAULTS, len(FAULTS))
        names = [kinds[number % len(kinds)] for number in range(faults)]
        self._deck = [*names, *[""] * plain]
        self._chance.shuffle(self._deck)
        self._read_faults_left = faults // 4
        self._lock = threading.Lock()
        self._calm = threading.Event()
        self._closed = threading.Event()
        self._refuse_until = 0.0
        self.used: Counter[str] = Counter()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def faults_left(self) -> int:
        """Return how many faults are still in the deck."""
        with self._lock:
            return sum(1 for name in self._deck if name)

    @contextmanager
    def in_peace(self) -> Iterator[None]:
        """Deal no fault meanwhile."""
        self._calm.set()
        yield
        self._calm.clear()

    def calm(self) -> None:
        """Stop failing, and let go of whoever hangs."""
        self._calm.set()

    def close(self) -> None:
        """Stop listening."""
        self._calm.set()
        self._closed.set()
        self._thread.join(5)

    # ------------------------------------------------------------- connections

    def _accept(self) -> None:
        while not self._closed.is_set():
            if self._is_refusing():
                self._listener.close()
                while self._is_refusing() and not self._closed.is_set():
                    time.sleep(0.02)
                self._listener = socket.create_server(
                    ("127.0.0.1", self.port), backlog=64
                )
            self._listener.settimeout(0.05)
            with suppress(TimeoutError):
                connection, _ = self._listener.accept()
                connection.settimeout(HANG_SECONDS)
                threading.Thread(
                    target=self._serve, args=(connection,), daemon=True
                ).start()
        self._listener.close()

    def _is_refusing(self) -> bool:
        return self._refuse_until > time.monotonic()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, http.client.HTTPException):
            start = connection.recv(8, socket.MSG_PEEK)
            if not start:
                return
            fault = self._deal(is_write=start.startswith(b"POST"))
            if fault in {"refuse", "close unread"}:
                if fault == "refuse":
                    self._refuse_until = time.monotonic() + REFUSE_SECONDS
                _reset(connection)
                return
            head, body = _read(connection)
            self._answer(connection, fault, head, body)

    def _deal(self, *, is_write: bool) -> str:
        with self._lock:
            if self._calm.is_set():
                return ""
            fault = ""
            if is_write and self._deck:
                fault = self._deck.pop()
            elif (
                not is_write
                and self._read_faults_left
                and self._chance.random() < READS_FAIL
            ):
                self._read_faults_left -= 1
                fault = self._chance.choice(FAULTS)
            if fault:
                self.used[fault] += 1
            return fault

    def _answer(
        self, connection: socket.socket, fault: str, head: bytes, body: bytes
    ) -> None:
        if fault in UNDONE:
            self._fail(connection, fault)
            return
        status, answer, mime_type = self._pass_on(head, body)
        sound = whole(status, answer, mime_type)
        half = len(answer) // 2
        if fault.endswith(" after the work"):
            self._fail(connection, fault.removesuffix(" after the work"))
        elif fault == "slow drip":
            self._drip(connection, sound)
        elif fault == "close mid-answer":
            connection.sendall(sound[:-half])
        elif fault == "50 MB answer":
            self._flood(connection)
        elif fault == "two lengths":
            line = b"\r\nContent-Length: "
            connection.sendall(sound.replace(line, b"\r\nContent-Length: 3" + line, 1))
        elif fault == "headers only":
            connection.sendall(sound[: -len(answer) or None])
            self._hang(connection)
        else:
            if fault == "delay":
                with self._lock:
                    seconds = self._chance.uniform(0.5, 3)
                time.sleep(seconds)
            connection.sendall(whole(status, _spoilt(fault, answer), mime_type))

    def _fail(self, connection: socket.socket, fault: str) -> None:
        """Hang, hang up, or answer with a page, whether the work was done or not."""
        if fault == "hang":
            self._hang(connection)
        elif fault == "200 with HTML":
            connection.sendall(whole(200, HTML, "text/html"))
        elif fault.isdigit():
            connection.sendall(whole(int(fault), HTML, "text/html"))

    def _hang(self, connection: socket.socket) -> None:
        ends_at = time.monotonic() + HANG_SECONDS
        connection.settimeout(0.2)
        while time.monotonic() < ends_at and not self._calm.is_set():
            with suppress(TimeoutError):
                if not connection.recv(1):
                    return

    def _flood(self, connection: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n"
        connection.sendall(head + b"<request>")
        for _megabyte in range(50):
            connection.sendall(b" " * MEGABYTE)

    def _drip(self, connection: socket.socket, answer: bytes) -> None:
        for number in range(len(answer)):
            connection.sendall(answer[number : number + 1])
            if not self._calm.is_set():
                time.sleep(0.02)

    def _pass_on(self, head: bytes, body: bytes) -> tuple[int, bytes, str]:
        verb, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        headers = {"Connection": "close"}
        for line in head.decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            if name.lower() in {"content-type", "accept"}:
                headers[name] = value.strip()
        if self._drops_references:
            body = body.replace(b"sReference=", b"xReference=")
            body = body.replace(b'name="sReference"', b'name="xReference"')
        desk = http.client.HTTPConnection("127.0.0.1", self._desk_port, timeout=40)
        try:
            desk.request(verb, path, body=body or None, headers=headers)
            response = desk.getresponse()
            answer = response.read()
        finally:
            desk.close()
        return response.status, answer, response.headers.get("Content-Type", "")


# ------------------------------------------------------------------------- bytes


def _read(connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    size = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            size = int(line.split(b":")[1])
    while len(body) < size:
        body += _some(connection)
    return head, body


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError
    return data


def whole(status: int, body: bytes, mime_type: str) -> bytes:
    """Return an answer as it goes over the wire."""
    head = (
        f"HTTP/1.1 {status} Status\r\nContent-Type: {mime_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _spoilt(fault: str, answer: bytes) -> bytes:
    half = len(answer) // 2
    if fault == "truncated XML":
        return answer[:half]
    if fault == "garbled XML":
        return answer[: half - 4] + b"\x00\xff<&" + answer[half:]
    if fault == "wrong encoding":
        return answer.decode().encode("utf-16-le")
    return answer


def _reset(connection: socket.socket) -> None:
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
