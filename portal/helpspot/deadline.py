"""Connections that keep to one deadline for the whole call, and tell what was sent.

`requests` bounds single pauses only: a server that drips a byte a second holds it for
ever. And its ConnectionError does not tell a refused connection, where nothing was
sent, from one that broke after the last byte.
"""

from __future__ import annotations

import io
import math
import socket
import ssl
import time
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPResponse
from typing import Any

from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context


@dataclass(slots=True)
class Deadline:
    """When a call must be over, and whether any of it may have left.

    `ends_at` is on the monotonic clock; `wait` bounds every single pause. Until a
    connection says otherwise, everything may have left.
    """

    ends_at: float
    wait: float
    may_have_left: bool = True

    def left(self) -> float:
        """Return the seconds left, below 0 where the call is late."""
        return self.ends_at - time.monotonic()

    def pause(self) -> float:
        """Return how long to wait for the next bytes; raises TimeoutError."""
        left = self.left()
        if left <= 0:
            raise TimeoutError
        return min(left, self.wait)


current: ContextVar[Deadline] = ContextVar("current")


class _PunctualReader(io.RawIOBase):
    """A socket's bytes as long as there is time for them."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._socket = sock
        self._file = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there, waiting no longer than the deadline allows."""
        self._socket.settimeout(self._deadline.pause())
        return self._file.readinto(buffer)

    def close(self) -> None:
        """Close the file; the socket belongs to its connection."""
        self._file.close()
        super().close()


class _MeasuredReader(io.BufferedReader):
    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes; raises `OSError` for a chunk of fewer than none.

        The libraries take its size for a wish, or for all that ever comes.
        """
        if size is None or size < 0:
            raise OSError
        return super().read(size)


class _PunctualResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = _MeasuredReader(_PunctualReader(sock, current.get()))


class _Punctual(HTTPConnection):
    """A connection that notes when the first byte may leave."""

    response_class = _PunctualResponse

    def connect(self) -> None:
        """Connect; until that is done nothing has left."""
        current.get().may_have_left = False
        super().connect()

    def _new_conn(self) -> socket.socket:
        """Connect to the first of the name's addresses that answers, in time.

        The library gives each of them the whole time for connecting.
        """
        failure: OSError | None = None
        for *_, (host, port, *_scope) in self._addresses():
            wait = min(self.timeout or math.inf, current.get().pause())
            try:
                return create_connection(
                    (str(host), int(port)), wait, socket_options=self.socket_options
                )
            except OSError as exc:
                failure = exc
        raise failure or OSError

    def _addresses(self) -> list[Any]:
        name = self._dns_host.strip("[]")
        try:
            return socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)
        except UnicodeError:  # a part of the name is empty, or too long
            raise OSError from None

    def send(self, data: Any) -> None:
        """Send, waiting no longer than the deadline allows."""
        if self.sock is None:
            self.connect()
        deadline = current.get()
        self.sock.settimeout(deadline.pause())
        deadline.may_have_left = True
        super().send(data)


class _PunctualTLS(_Punctual, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Punctual


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _PunctualTLS


class PunctualAdapter(HTTPAdapter):
    """A transport adapter whose connections keep to the `current` deadline.

    `tls` is how a help desk behind https is recognised, None for one that is not.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of punctual connections."""
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def cert_verify(self, *args: Any) -> None:
        """Leave it to `tls`: here `requests` would have certificates read each time."""


@lru_cache(maxsize=8)
def recognising(ca_file: str) -> ssl.SSLContext:
    """Return what accepts the certificates that these vouch for, and no others.

    `ca_file` has the authorities, "" for those of `requests`; it is read once, because
    that takes longer than the call. Names are checked too.
    """
    context = create_urllib3_context()
    context.load_verify_locations(ca_file or DEFAULT_CA_BUNDLE_PATH)
    return context
