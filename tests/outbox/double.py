"""A help desk on a real socket that can fail as real ones do, and counts its work."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

WRITES = {
    "request.create",
    "request.update",
    "forums.createTopic",
    "forums.createPost",
    "kb.voteHelpful",
    "kb.voteNotHelpful",
}

# What the portal's pages ask for as well.
PLAIN_ANSWERS = {
    "request.getCategories": "<categories><category><xCategory>1</xCategory>"
    "<sCategory>Printers</sCategory></category></categories>",
    "request.getCustomFields": "<customfields />",
    "kb.list": "<books />",
    "forums.list": "<forums />",
}

WIRE_POINTS = [
    "connected",
    "headers read",
    "half of the body read",
    "last byte read",
    "done, no answer yet",
    "half of the answer sent",
    "whole answer sent",
    "look asked for",
    "half of the look answered",
    "look answered",
]


@dataclass
class Double:
    """What the help desk has, and how it fails next.

    `faults` are used up one a write: hang_up (before anything is done), hang_up_after,
    bad_gateway (502), bad_gateway_after, garble_after, refuse (HelpSpot's no).
    `reached` is told where in an exchange it is (`WIRE_POINTS`).
    """

    url: str = ""
    faults: list[str] = field(default_factory=list)
    done: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refusal: tuple[int, str] = (101, "Required parameter Custom3 not supplied")
    delay: float = 0
    reached: Callable[[str], None] = lambda _point: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def writes(self, method: str) -> list[dict[str, str]]:
        """What was done by this method."""
        return [values for name, values in self.done if name == method]

    def next_fault(self, method: str) -> str:
        if method not in WRITES:
            return ""
        with self._lock:
            return self.faults.pop(0) if self.faults else ""

    def do(self, method: str, values: dict[str, str]) -> int:
        with self._lock:
            self.done.append((method, {**values, "at": str(int(time.time()))}))
            return len(self.done)

    def refuse(self) -> str:
        number, text = self.refusal
        return (
            f"<errors><error><id>{number}</id>"
            f"<description>{text}</description></error></errors>"
        )

    def answer(self, method: str, values: dict[str, str]) -> str:
        if method in WRITES:
            number = self.do(method, values)
            return {
                "request.create": f"<request><xRequest>{number}</xRequest>"
                f"<accesskey>{number}abcdef</accesskey></request>",
                "request.update": "<request><xRequest>1</xRequest></request>",
                "forums.createTopic": f"<topic><xTopicId>{number}</xTopicId></topic>",
                "forums.createPost": f"<post><xPostId>{number}</xPostId></post>",
            }.get(method, "<page><iHelpful>1</iHelpful></page>")
        if method == "request.get":
            notes = "".join(
                f"<item><xRequestHistory>{number}</xRequestHistory><fPublic>1</fPublic>"
                f"<xPerson /><tNote>{escape(note['tNote'])}</tNote></item>"
                for number, note in enumerate(self.writes("request.update"), 1)
            )
            return (
                "<request><xRequest>1</xRequest><fOpen>1</fOpen>"
                f"<request_history>{notes}</request_history></request>"
            )
        if method == "forums.getTopics":
            return "<topics>{}</topics>".format(
                "".join(
                    f"<topic><xTopicId>{number}</xTopicId><xForumId>1</xForumId>"
                    f"<dtGMTPosted>{values['at']}</dtGMTPosted>"
                    f"<sTopic>{escape(values['sTopic'])}</sTopic></topic>"
                    for number, values in self._topics()
                )
            )
        if method == "forums.getPosts":
            return "<posts>{}</posts>".format(
                "".join(
                    f"<post><xPostId>{number}</xPostId>"
                    f"<xTopicId>{values['xTopicId']}</xTopicId>"
                    f"<dtGMTPosted>{post['at']}</dtGMTPosted>"
                    f"<sName>{escape(post['sName'])}</sName>"
                    f"<tPost>{escape(post['tPost'])}</tPost></post>"
                    for number, post in self._posts(int(values["xTopicId"]))
                )
            )
        if method == "customer.getRequests":
            rows = "".join(self._request(*row) for row in enumerate(self.done, 1))
            return f"<requests>{rows}</requests>"
        return PLAIN_ANSWERS[method]

    def _request(self, number: int, row: tuple[str, dict[str, str]]) -> str:
        method, values = row
        if method != "request.create":
            return ""
        return (
            f"<request><xRequest>{number}</xRequest><fOpen>1</fOpen>"
            f"<accesskey>{number}abcdef</accesskey>"
            f"<sEmail>{values['sEmail']}</sEmail>"
            f"<tNote>{escape(values['tNote'])}</tNote></request>"
        )

    def _topics(self) -> Iterator[tuple[int, dict[str, str]]]:
        for number, (method, values) in enumerate(self.done, 1):
            if method == "forums.createTopic":
                yield number, values

    def _posts(self, topic_id: int) -> Iterator[tuple[int, dict[str, str]]]:
        for number, (method, values) in enumerate(self.done, 1):
            is_opening = method == "forums.createTopic" and number == topic_id
            is_answer = method == "forums.createPost" and (
                values["xTopicId"] == str(topic_id)
            )
            if is_opening or is_answer:
                yield number, values


class Handler(BaseHTTPRequestHandler):
    double: Double

    def handle(self) -> None:
        self.double.reached("connected")
        # Who hangs up, or is killed, is no trouble of the help desk's.
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        self.double.reached("look asked for")
        self.respond({})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.double.reached("headers read")
        body = self.rfile.read(length // 2)
        self.double.reached("half of the body read")
        body += self.rfile.read(length - len(body))
        if len(body) < length:
            return self.hang_up()
        self.double.reached("last byte read")
        content_type = self.headers["Content-Type"]
        if content_type.startswith("multipart/form-data"):
            self.respond(_multipart(content_type, body))
        else:
            self.respond(dict(parse_qsl(body.decode(), keep_blank_values=True)))
        return None

    def respond(self, sent: dict[str, str]) -> None:
        query = parse_qsl(urlsplit(self.path).query, keep_blank_values=True)
        values = dict(query) | sent
        method = values.pop("method")
        fault = self.double.next_fault(method)
        time.sleep(self.double.delay)
        if fault == "hang_up":
            return self.hang_up()
        if fault == "bad_gateway":
            return self.send(502, "<html><body>Bad gateway</body></html>")
        if fault == "refuse":
            return self.send(400, self.double.refuse())
        answer = self.double.answer(method, values)
        if method in WRITES:
            self.double.reached("done, no answer yet")
        if fault == "hang_up_after":
            return self.hang_up()
        if fault == "bad_gateway_after":
            return self.send(504, "<html><body>Gateway timeout</body></html>")
        if fault == "garble_after":
            answer = answer[: len(answer) // 2]
        return self.send(200, answer)

    def hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def send(self, status: int, text: str) -> None:
        content = f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        is_look = self.command == "GET"
        half = len(content) // 2
        self.wfile.write(content[:half])
        self.double.reached(
            "half of the look answered" if is_look else "half of the answer sent"
        )
        self.wfile.write(content[half:])
        self.double.reached("look answered" if is_look else "whole answer sent")

    def log_message(self, *args: object) -> None:
        pass


def _multipart(content_type: str, body: bytes) -> dict[str, str]:
    message = BytesParser(policy=HTTP).parsebytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + body
    )
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_payload(decode=True).decode()
        )
        for part in message.iter_parts()
    }


@contextmanager
def serving() -> Iterator[Double]:
    """Serve a double on a free port."""
    double = Double()
    handler = type("DoubleHandler", (Handler,), {"double": double})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
