"""Customers who fill in the portal's forms, and what the pages told them."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass, field

import requests

KINDS = ("ticket", "ticket", "ticket", "reply", "post", "topic")
REFERENCE = re.compile(r"R-[2-9A-Z]{4}-[2-9A-Z]{4}")
NUMBER = re.compile(r"Its number is <b>(\d+)</b>")
# How often a form is sent again, with the same key, while nobody answers.
TRIES = 40
FILES_SHARE = 0.3
FILE_LINES = 4000
TRIES_NOT_SENT = 4
WAIT = (3, 75)


def content_of(canary: str) -> bytes:
    """Return the file that goes with a text: some 200 kB that nothing else has."""
    return f"line of {canary}\n".encode() * FILE_LINES


def _file(told: Told) -> dict[str, tuple[str, bytes, str]]:
    content = content_of(told.canary)
    return {"attached": (f"{told.canary}.txt", content, "text/plain")}


@dataclass
class Told:
    """One submission and what became of it, as far as the pages say.

    `outcome` is accepted, not sent, or unanswered; `statuses` lists all answers, 0 for
    a connection that died. `is_text_lost` says that a page which had not kept it
    did not give it back either.
    """

    canary: str
    kind: str
    has_file: bool = False
    outcome: str = "unanswered"
    reference: str = ""
    says: str = ""
    number: int | None = None
    is_text_lost: bool = False
    statuses: list[int] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)


class Customers:
    """Sends forms to the portal on this machine."""

    def __init__(self, port: int, seeded: dict[str, object]) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._seeded = seeded
        self.reply_cookies: dict[str, str] = {}

    def open_requests(self) -> None:
        """Open the requests that replies go to, in one browser."""
        session = self._session(0)
        for _number, access_key in self._seeded["tickets"]:  # type: ignore[attr-defined]  # JSON of our own
            opened = session.get(
                f"{self._base}/requests/open/{access_key}/",
                timeout=WAIT,
                allow_redirects=False,
            )
            assert opened.status_code == 303, opened.status_code
        self.reply_cookies = session.cookies.get_dict()

    def submit(self, number: int, seed: int, kind: str) -> Told:
        """Fill in one form and send it until somebody answers."""
        chance = random.Random(f"{seed}-{number}")  # noqa: S311 - repeatable
        told = Told(f"canary{seed}x{number}x{chance.getrandbits(48):012x}", kind)
        told.has_file = kind in {"ticket", "reply"} and chance.random() < FILES_SHARE
        path, fields = self._form(told, chance)
        session = self._session(number + 1)
        if kind == "reply":
            session.cookies.update(self.reply_cookies)
        not_sent = 0
        for _try in range(TRIES):
            try:
                response = session.post(
                    self._base + path,
                    data=fields,
                    files=_file(told) if told.has_file else None,
                    timeout=WAIT,
                    allow_redirects=False,
                )
            except requests.RequestException:
                told.statuses.append(0)
                time.sleep(chance.uniform(0.3, 1.5))
                continue
            told.statuses.append(response.status_code)
            if response.status_code in {302, 303}:
                told.outcome = "accepted"
                self._read_address(told, response.headers["Location"])
                break
            if response.status_code in {429, 422, 403, 404}:
                told.outcome = "not sent"
                break
            if response.status_code == 503:
                told.is_text_lost |= told.canary not in response.text
                # The page carries along that nobody can tell whether it was kept.
                is_in_doubt = 'name="perhaps"' in response.text
                fields |= {"perhaps": "1"} if is_in_doubt else {}
                told.outcome = "unanswered" if is_in_doubt else "not sent"
                not_sent += 1
                if not_sent == TRIES_NOT_SENT:
                    break
            else:
                told.outcome = "unanswered"
            time.sleep(chance.uniform(0.3, 1.5))
        told.cookies = session.cookies.get_dict()
        return told

    def read_receipt(self, told: Told) -> None:
        """Read what the receipt of a request says now."""
        if told.outcome != "accepted" or told.kind != "ticket":
            return
        session = self._session(0)
        session.cookies.update(told.cookies)
        page = session.get(
            f"{self._base}/requests/sent/{told.reference}/", timeout=WAIT
        )
        text = page.text
        if page.status_code != 200:
            told.says = f"status {page.status_code}"
        elif "<title>We have your request" in text or "We have your request</h1>" in (
            text
        ):
            told.says = "delivered"
            found = NUMBER.search(text)
            told.number = int(found[1]) if found else None
        elif "did not reach us" in text:
            told.says = "refused"
        elif "has not confirmed it" in text:
            told.says = "held"
        else:
            told.says = "waiting"

    def _read_address(self, told: Told, address: str) -> None:
        found = REFERENCE.search(address)
        if found:
            told.reference = found[0]
            told.says = "waiting"
        else:
            # The address of a topic or post that shows already.
            told.says = "delivered"

    def _form(self, told: Told, chance: random.Random) -> tuple[str, dict[str, str]]:
        text = f"My pen leaks. {told.canary}"
        key = f"{chance.getrandbits(128):032x}"
        post = {"author_name": f"Reader {key[:6]}", "body": text}
        if told.kind == "ticket":
            email = f"{told.canary}@example.com"
            fields = {"key": key, "note": text, "name": "Ann Example", "email": email}
            return "/requests/new/", fields
        if told.kind == "reply":
            number, _key = chance.choice(self._seeded["tickets"])  # type: ignore[call-overload]  # JSON of our own
            return f"/requests/{number}/reply/", {"key": key, "note": text}
        if told.kind == "post":
            topic = chance.choice(self._seeded["topics"])  # type: ignore[call-overload]  # JSON of our own
            return f"/forums/topics/{topic}-topic/reply/", post
        forum = self._seeded["forum"]
        return f"/forums/{forum}-pens/new/", {**post, "title": told.canary}

    def _session(self, number: int) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        # Each customer has an address, so that no limit is met.
        high, low = divmod(number, 250)
        session.headers["X-Forwarded-For"] = f"10.20.{high}.{low + 1}"
        session.headers["Connection"] = "close"
        return session
