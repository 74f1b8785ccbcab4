"""The pages that are measured, and the floors that each stands on."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from tests.bench import load
from tests.bench.load import Answer, Measured, Target, get, post
from tests.bench.processes import manage

NOTE = "The labels come out blank since the update, and so does the test page."
ORDER_ANSWERS = {
    "Order number, like 88-1021": "88-1021",
    "What is wrong with the order?": "It has not arrived",
}
IDS = f"""
import json
from portal.desk.models import CategoryField
found = CategoryField.objects.filter(custom_field__name__in={list(ORDER_ANSWERS)})
ids = {{each.custom_field.name: each.custom_field_id for each in found}}
print(json.dumps(ids | {{"category": found[0].category_id}}))
"""
TOKEN = "b" * 32
Rounds = dict[tuple[str, int], list[tuple[Measured, float]]]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Ports:
    """Where everything listens; nginx is not on every machine."""

    portal: int
    floor: int
    nginx: int | None


@dataclass
class Page:
    """One page, its floors by letter, and what was measured of all."""

    name: str
    address: str
    target: Target
    floors: dict[str, Target]
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    rounds: Rounds = field(default_factory=dict)


def filled_form(environment: Mapping[str, str]) -> dict[str, str]:
    """Return a short form that the demo's desk takes: about an order."""
    ids: dict[str, int] = json.loads(manage(environment, "shell", "-v0", "-c", IDS))
    form = {"name": "Amal Haddad", "email": "amal@example.com", "note": NOTE}
    form["category"] = str(ids.pop("category"))
    form |= {f"custom_{id_}": ORDER_ANSWERS[name] for name, id_ in ids.items()}
    return form


def make_pages(
    ports: Ports, access_key: str, form: dict[str, str], folder: Path
) -> list[Page]:
    """Find the pages' addresses, and keep their bytes in the folder for the floors."""
    fetch = _Fetch(ports.portal)
    guide = fetch.link("/search/?q=blank+labels", r"/kb/pages/[^\"]+/")
    book = fetch.link("/kb/", r"/kb/books/[^\"]+/")
    forum = fetch.link("/forums/", r"/forums/\d+-[^\"/]+/")
    topic = fetch.link(forum, r"/forums/topics/[^\"/]+/")
    style = fetch.link("/", r"/static/[^\"]+\.css")
    addresses = {
        "home": "/",
        "guides index": "/kb/",
        "book": book,
        "guide": guide,
        "topic list": forum,
        "topic": topic,
        "search": "/search/?q=blank+labels",
        "submit (GET)": "/requests/new/",
    }
    pages = []
    for name, address in addresses.items():
        file = _keep(folder, name, fetch(address).body)
        floors = {"a": f"/same/{file}/", "b": f"/template/{file}/"}
        page = Page(
            name,
            address,
            _always(ports.portal, get(address)),
            {
                letter: _always(ports.floor, get(path))
                for letter, path in floors.items()
            },
        )
        if name == "home" and ports.nginx:
            page.floors["n"] = _always(ports.nginx, get(f"/same/{file}"))
        pages.append(page)
    pages.insert(7, _request_page(ports, fetch, access_key, folder))
    pages.append(_submission(ports, form))
    pages.append(_unchanged(ports, fetch, guide))
    if ports.nginx:
        pages.append(
            Page(
                "static file",
                style,
                _always(ports.portal, get(style)),
                {"n": _always(ports.nginx, get(style))},
            )
        )
    return pages


def _request_page(ports: Ports, fetch: _Fetch, access_key: str, folder: Path) -> Page:
    ticket, cookie = fetch.opened(access_key)
    file = _keep(folder, "request", fetch(ticket, cookie).body)
    return Page(
        "request page",
        ticket,
        _always(ports.portal, get(ticket, cookie)),
        {"d": _always(ports.floor, get(f"/call/{file}/"))},
        cookie=cookie,
    )


def _submission(ports: Ports, form: dict[str, str]) -> Page:
    sent = urlencode(form | {"csrfmiddlewaretoken": TOKEN})
    headers = f"Cookie: csrftoken={TOKEN}\r\n"
    floors = {"c": "/commit/", "e": "/hand-over/", "g": "/promises/"}
    return Page(
        "submit (POST)",
        "/requests/new/",
        Target(ports.portal, submit(form), 303),
        {
            letter: _always(ports.floor, post(path, sent, headers), 303)
            for letter, path in floors.items()
        },
        form=form,
    )


def _unchanged(ports: Ports, fetch: _Fetch, address: str) -> Page:
    etag = re.search(r"(?i)^etag: (.+?)\r?$", fetch(address).head, re.MULTILINE)
    if not etag:
        raise SystemExit(f"{address} has no ETag")
    ours = get(address, headers=f"If-None-Match: {etag[1]}\r\n")
    theirs = get("/unchanged/guide/", headers='If-None-Match: "unchanged"\r\n')
    return Page(
        "guide (304)",
        address,
        _always(ports.portal, ours, 304),
        {"f": _always(ports.floor, theirs, 304)},
        headers={"If-None-Match": etag[1]},
    )


def submit(form: Mapping[str, str]) -> load.Build:
    """Each time another customer, another address and another form."""

    def build() -> bytes:
        number = next(_numbers)
        sent = dict(form)
        sent |= {"email": f"bench{number}@example.com", "key": f"bench{number}"}
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        return post(
            "/requests/new/", urlencode(sent), f"X-Forwarded-For: {address}\r\n"
        )

    return build


class _Fetch:
    """Gets pages of the portal, one by one."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __call__(self, address: str, cookie: str = "", status: int = 200) -> Answer:
        answer = load.call(self._port, get(address, cookie))
        if answer.status != status:
            raise SystemExit(f"{address} answers {answer.status}")
        return answer

    def link(self, address: str, pattern: str) -> str:
        found = re.search(rf'href="({pattern})"', self(address).body.decode())
        if not found:
            raise SystemExit(f"{address} links to no {pattern}")
        return found[1]

    def opened(self, access_key: str) -> tuple[str, str]:
        """Return the address of the request and the cookie that opens it."""
        answer = load.call(self._port, get(f"/requests/open/{access_key}/"))
        location = re.search(r"(?i)^location: (\S+)", answer.head, re.MULTILINE)
        cookie = re.search(
            r"(?i)^set-cookie: (session=[^;]+)", answer.head, re.MULTILINE
        )
        if not location or not cookie:
            raise SystemExit(f"No way to the request:\n{answer.head}")
        return location[1], cookie[1]


def _keep(folder: Path, name: str, content: bytes) -> str:
    file = re.sub(r"\W+", "-", name)
    (folder / file).write_bytes(content)
    return file


def _always(port: int, request: bytes, status: int = 200) -> Target:
    return Target(port, lambda: request, status)
