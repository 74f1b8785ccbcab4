"""A help desk on a real socket that knows which calls were made at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from portal.brands import brand_for
from tests.helpspot.conftest import sample

LONG = 3
BUSY = (503, b"<h1>Busy</h1>")
GONE = (400, b"<errors><error><id>204</id></error></errors>")


class Meeting:
    """Some calls, each answered only when all of them are being made."""

    def __init__(self, *methods: str) -> None:
        self.expected = Counter(methods)
        self._barrier = threading.Barrier(len(methods))
        self.took_place = False

    def attend(self) -> None:
        """Wait for the others; not for ever, so that a test that fails ends."""
        try:
            self._barrier.wait(LONG)
        except threading.BrokenBarrierError:
            return
        self.took_place = True


class MeetingDesk:
    """Recorded answers by method, or what `answers` says instead.

    Calls fail whose address has one of the words in `down`; what those with one of
    the words in `gone` ask for is not there.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.answers: dict[str, bytes] = {}
        self.down: set[str] = set()
        self.gone: set[str] = set()
        self._meetings: list[Meeting] = []
        self._lock = threading.Lock()

    def expect(self, *methods: str) -> Meeting:
        """Hold the next calls of these methods back until all are being made."""
        meeting = Meeting(*methods)
        self._meetings.append(meeting)
        return meeting

    def answer(self, address: str) -> tuple[int, bytes]:
        """Return status and body, when it is time."""
        (method,) = parse_qs(urlsplit(address).query)["method"]
        with self._lock:
            self.calls.append(method)
            meeting = next(
                (one for one in self._meetings if one.expected[method]), None
            )
            if meeting:
                meeting.expected[method] -= 1
        if meeting:
            meeting.attend()
        if any(words in address for words in self.down):
            return BUSY
        if any(words in address for words in self.gone):
            return GONE
        return 200, self.answers.get(method) or sample(method)


@contextmanager
def meeting_desk(settings) -> Iterator[MeetingDesk]:
    """Let the portal's help desk be one of these."""
    desk = MeetingDesk()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = desk.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    settings.HELPSPOT_URL = f"http://127.0.0.1:{server.server_port}"
    brand_for.cache_clear()
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        brand_for.cache_clear()
