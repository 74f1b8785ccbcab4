"""Visitors who read pages and send forms at a steady rate, whatever happens.

Each has an address of 127.0.0.0/8 of their own, which the proxy sees and passes on: so
nobody meets a limit that is meant for one visitor.
"""

from __future__ import annotations

import http.client
import itertools
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

THREADS = 24
TIMEOUT = 40
TRIES = 8
PAUSE = 1.0
FORM = "/requests/new/"
GATEWAY_STATUSES = frozenset({0, 502, 504})
_addresses = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What came back; the status is 0 where nothing did."""

    status: int
    text: str = ""
    location: str = ""


def new_address() -> str:
    """Return the address of a visitor who was not here before."""
    middle, low = divmod(next(_addresses), 250)
    return f"127.1.{middle}.{low + 1}"


def ask(
    port: int,
    path: str,
    fields: Mapping[str, str] | None = None,
    *,
    address: str = "127.0.0.1",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask for a page, or send a form where there are fields, from an address."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=TIMEOUT, source_address=(address, 0)
    )
    said = dict(headers or {})
    try:
        if fields is None:
            connection.request("GET", path, headers=said)
        else:
            said["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", path, urlencode(fields), said)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        return Answer(response.status, text, response.headers.get("Location", ""))
    except (OSError, http.client.HTTPException):
        return Answer(0)
    finally:
        connection.close()


@dataclass
class Form:
    """One request somebody sends: `statuses` lists the answers, the last one counts."""

    canary: str
    gives_up: bool = False
    statuses: list[int] = field(default_factory=list)
    outcome: str = "unanswered"
    is_text_given_back: bool = True
    is_in_doubt: bool = False

    @property
    def fields(self) -> dict[str, str]:
        """Return what is typed; the key stays the same, as in the page."""
        return {
            "key": f"key-{self.canary}",
            "note": f"My pen leaks. {self.canary}",
            "name": "Ann Example",
            "email": f"{self.canary}@example.com",
            # As the page carries it along where nobody can tell.
            **({"perhaps": "1"} if self.is_in_doubt else {}),
        }

    def send(self, port: int) -> None:
        """Send it until somebody has it, as a customer does who presses again."""
        address = new_address()
        for _try in range(TRIES):
            answer = ask(port, FORM, self.fields, address=address)
            self.statuses.append(answer.status)
            self.is_in_doubt |= 'name="perhaps"' in answer.text
            if answer.status == 303:
                self.outcome = "accepted"
                return
            if answer.status == 503 and "not sent" in answer.text:
                self.outcome = "refused"
                self.is_text_given_back &= self.canary in answer.text
                if self.gives_up:
                    return
            else:
                self.outcome = "unanswered"
            time.sleep(PAUSE)


class Visitors:
    """What the visitors of a while met."""

    def __init__(self, name: str, port: int, pages: list[str], rate: float) -> None:
        self._name, self._port, self._pages, self._rate = name, port, pages, rate
        self.reads: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.forms: list[Form] = []
        self.lasted = 0.0
        self.gives_up = False

    @contextmanager
    def coming(self, *, forms_every: int = 0) -> Iterator[Visitors]:
        """Let them come for as long as the block lasts; each n-th sends a form."""
        over = threading.Event()
        slots = itertools.count(1)
        began = time.monotonic()

        def visit() -> None:
            while not over.is_set():
                slot = next(slots)
                if over.wait(max(0.0, began + slot / self._rate - time.monotonic())):
                    return
                if forms_every and slot % forms_every == 0:
                    self._send(slot)
                else:
                    self._read(slot)

        threads = [threading.Thread(target=visit) for _number in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            over.set()
            self.lasted = time.monotonic() - began
            for thread in threads:
                thread.join()

    @property
    def failed(self) -> int:
        """Return how many pages did not come."""
        return sum(self.reads.values()) - self.reads[200]

    @property
    def per_second(self) -> float:
        """Return how many visitors there were a second."""
        return round((len(self.seconds) + len(self.forms)) / self.lasted, 1)

    @property
    def slowest_percent(self) -> float:
        """Return in how many seconds 99 of 100 pages came."""
        return round(statistics.quantiles(self.seconds, n=100)[-1], 2)

    def _read(self, slot: int) -> None:
        began = time.monotonic()
        page = self._pages[slot % len(self._pages)]
        answer = ask(self._port, page, address=new_address())
        self.seconds.append(time.monotonic() - began)
        self.reads[answer.status] += 1

    def _send(self, slot: int) -> None:
        form = Form(f"canary{self._name}{slot}x", gives_up=self.gives_up)
        self.forms.append(form)
        form.send(self._port)
