"""A help desk on a real socket that behaves as badly as it is told to."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

Script = Callable[[socket.socket], None]


class Double:
    """A server of one script per request; the last one answers all further ones.

    `requests` are the requests that arrived as a whole, `connections` counts what was
    accepted. With `reads_bodies` False, bodies stay in the socket.
    """

    def __init__(self, *scripts: Script, reads_bodies: bool = True) -> None:
        self.requests: list[bytes] = []
        self.body_sizes: list[int] = []
        self.connections = 0
        self._scripts = scripts
        self._reads_bodies = reads_bodies
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Close everything."""
        for sock in [self._listener, *self._open]:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(
                target=self._serve, args=(connection,), daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while head := _read_head(connection):
                size = self._read_body(connection, head)
                with self._lock:
                    self.requests.append(head)
                    self.body_sizes.append(size)
                    index = min(len(self.requests), len(self._scripts)) - 1
                self._scripts[index](connection)
        except OSError:
            pass
        finally:
            connection.close()

    def _read_body(self, connection: socket.socket, head: bytes) -> int:
        size = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        left = size if self._reads_bodies else 0
        while left:
            left -= len(connection.recv(min(left, 65536))) or left
        return size


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return b""
        head += byte
    return head


# --------------------------------------------------------------------- scripts


def _head(status: int, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} Status", *headers, "", ""]).encode()


def answer(body: bytes, status: int = 200, *headers: str) -> Script:
    """Answer and keep the connection."""
    head = _head(status, f"Content-Length: {len(body)}", *headers)
    return lambda connection: connection.sendall(head + body)


def zipped(body: bytes) -> Script:
    """Answer with a gzipped body."""
    return answer(gzip.compress(body), 200, "Content-Encoding: gzip")


def say(raw: bytes) -> Script:
    """Send these bytes and close."""

    def script(connection: socket.socket) -> None:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_RDWR)

    return script


def drip(before: bytes, drops: Iterable[bytes]) -> Script:
    """Send a piece at once, then drop by drop."""

    def script(connection: socket.socket) -> None:
        connection.sendall(before)
        for drop in drops:
            time.sleep(0.05)
            connection.sendall(drop)

    return script


def hang(before: bytes = b"") -> Script:
    """Send a piece, then nothing more."""

    def script(connection: socket.socket) -> None:
        connection.sendall(before)
        connection.recv(1)

    return script


def reset(before: bytes = b"") -> Script:
    """Send a piece, then reset the connection."""

    def script(connection: socket.socket) -> None:
        connection.sendall(before)
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.close()

    return script
