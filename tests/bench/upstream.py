"""A help desk on a socket: the practice desk's answers, kept, each after 5 ms.

What the practice desk itself takes to think is no part of what is measured: it is
asked once for each different read, and once for all new requests. Below `/small` and
`/large` is a desk with so much in it that its documents are made up (`grown.py`).
`/calls` tells how often the API was called.

    DATA_DIR=… python -m tests.bench.upstream PORT
"""

from __future__ import annotations

import io
import itertools
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.bench import grown

SECONDS = 0.005
_calls = itertools.count(1)
_called = 0
_lock = threading.Lock()
_answers: dict[str, tuple[int, str, bytes]] = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        if self.path == "/calls":
            self._send(200, "text/plain", str(_called).encode())
        else:
            self._answer(self.path, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # Each new request is another text; its answer has the same shape.
        self._answer(self._method, body)

    @property
    def _method(self) -> str:
        return dict(parse_qsl(urlsplit(self.path).query))["method"]

    def _answer(self, key: str, body: bytes) -> None:
        global _called
        ends_at = time.monotonic() + SECONDS
        with _lock:
            _called = next(_calls)
            if key not in _answers:
                _answers[key] = self._ask(body)
        time.sleep(max(0, ends_at - time.monotonic()))
        self._send(*_answers[key])

    def _ask(self, body: bytes) -> tuple[int, str, bytes]:
        size, _, rest = self.path[1:].partition("/")
        amounts = grown.SIZES.get(size)
        if amounts:
            made_up = grown.answer(amounts, dict(parse_qsl(urlsplit(rest).query)))
            if made_up is not None:
                return 200, "text/xml", made_up
            self.path = f"/{rest}"
        return self._ask_practice_desk(body)

    def _ask_practice_desk(self, body: bytes) -> tuple[int, str, bytes]:
        from django.core.handlers.wsgi import WSGIRequest

        from portal.desk import server

        address = urlsplit(self.path)
        answer = server.answer(
            WSGIRequest(
                {
                    "REQUEST_METHOD": self.command,
                    "PATH_INFO": address.path,
                    "QUERY_STRING": address.query,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "CONTENT_LENGTH": str(len(body)),
                    "SERVER_NAME": "127.0.0.1",
                    "SERVER_PORT": "80",
                    "REMOTE_ADDR": "127.0.0.1",
                    "wsgi.url_scheme": "http",
                    "wsgi.input": io.BytesIO(body),
                }
            )
        )
        return answer.status_code, answer["Content-Type"], answer.content

    def _send(self, status: int, mime_type: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", mime_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
