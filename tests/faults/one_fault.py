"""A proxy in front of the help desk that fails at every call, in one way at a time."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable

from tests.faults.proxy import Proxy, whole

# What no page may ever show: a server's own words, and where its files are.
WRONG = "WrongContent7"
ACCEPT_SECONDS = 0.2
_NOISE = (
    f"<br />\n<b>Warning</b>:  mysqli::query(): gone away in <b>/srv/{WRONG}/db.php"
    "</b> on line <b>12</b><br />\n"
).encode()
_PAGE = f"<!doctype html><html><body><h1>{WRONG}</h1><br>{{}}</body></html>"
_LOGIN = '<form><input name="username"><input type="password"></form>'
# Answers that have nothing to do with the question: status, body, type.
_FOREIGN = {
    "500": (500, _PAGE.format("Server error"), "text/html"),
    "502": (502, _PAGE.format("Bad gateway"), "text/html"),
    "503": (503, _PAGE.format("Busy"), "text/html"),
    "504": (504, _PAGE.format("Time-out"), "text/html"),
    "200 with HTML": (200, _PAGE.format("Sorry"), "text/html"),
    "200 with a sign-in page": (200, _PAGE.format(_LOGIN), "text/html"),
    "200 with nothing": (200, "", "text/xml"),
    "200 with JSON": (200, f'{{"pages": ["{WRONG}"]}}', "application/json"),
}


def _inside(answer: bytes) -> bytes:
    """Put PHP's noise behind the first element that ends."""
    cut = answer.find(b">", answer.find(b"</")) + 1
    return answer[:cut] + _NOISE + answer[cut:]


def _declared(answer: bytes, encoding: str) -> bytes:
    return answer.replace(b'encoding="UTF-8"', f'encoding="{encoding}"'.encode(), 1)


# The help desk's own answer, spoilt on its way.
_SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "PHP warning before": lambda answer: _NOISE + answer,
    "PHP warning inside": _inside,
    "PHP warning after": lambda answer: answer + _NOISE,
    "truncated XML": lambda answer: answer[: len(answer) // 2],
    "wrong encoding declared": lambda answer: _declared(answer, "iso-8859-1"),
    "Windows' bytes as UTF-8": lambda answer: answer.decode().encode(
        "cp1252", "replace"
    ),
    "UTF-16": lambda answer: answer.decode().encode("utf-16"),
    "byte order mark": lambda answer: b"\xef\xbb\xbf" + answer,
    "control characters": lambda answer: answer.replace(b"><", b">\x00\x0b<"),
}


class OneFault(Proxy):
    """Passes calls on, or fails them all as `fault` says; counts them by address."""

    fault = ""

    def __init__(self, desk_port: int) -> None:
        self.calls: Counter[str] = Counter()
        super().__init__(desk_port, 0, 0, 0, drops_references=False)

    def turn(self, fault: str = "") -> None:
        """Fail so from now on; without a name fail no more."""
        self.fault = fault
        time.sleep(ACCEPT_SECONDS)

    def _is_refusing(self) -> bool:
        return self.fault == "refused"

    def _deal(self, *, is_write: bool) -> str:
        return self.fault

    def _answer(
        self, connection: socket.socket, fault: str, head: bytes, body: bytes
    ) -> None:
        self.calls[head.split(b" ", 2)[1].decode()] += 1
        if fault == "silent":
            self._hang(connection)
            return
        if fault in _FOREIGN:
            status, text, mime_type = _FOREIGN[fault]
            connection.sendall(whole(status, text.encode(), mime_type))
            return
        if fault.startswith("slow "):
            time.sleep(float(fault.removeprefix("slow ").removesuffix(" s")))
        if fault not in _SPOILT and fault != "one byte a second":
            super()._answer(connection, fault, head, body)
            return
        status, answer, mime_type = self._pass_on(head, body)
        if fault in _SPOILT:
            answer = _SPOILT[fault](answer)
            connection.sendall(whole(status, answer, mime_type))
            return
        for byte in whole(status, answer, mime_type):
            connection.sendall(bytes([byte]))
            time.sleep(1)
