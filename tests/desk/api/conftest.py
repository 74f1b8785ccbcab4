"""The desk asked as a stranger's program asks it: by address and form, raw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from django.http import HttpResponse
from django.test import Client

API = "/api/index.php"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
Ask = Callable[..., HttpResponse]


@pytest.fixture
def ask(client: Client) -> Ask:
    """Call a method by GET; returns the response."""

    def ask(method: str, **parameters: Any) -> HttpResponse:
        return client.get(API, {"method": method, **parameters})

    return ask


@pytest.fixture
def send(client: Client) -> Ask:
    """Call a method by POST, as a multipart form; returns the response."""

    def send(method: str, **parameters: Any) -> HttpResponse:
        return client.post(f"{API}?method={method}", parameters)

    return send


def document(text: str) -> str:
    """Return the XML document of elements that are indented for reading."""
    lines = [line.lstrip() for line in text.strip("\n").split("\n")]
    return DECLARATION + "\n".join(lines).rstrip() + "\n"


def problems(response: HttpResponse) -> list[tuple[int, str]]:
    """Return the ids and texts of an errors document, which is a 400."""
    assert response.status_code == 400
    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own desk's
    assert root.tag == "errors"
    return [
        (int(error.findtext("id")), error.findtext("description"))
        for error in root.findall("error")
    ]


def texts(response: HttpResponse, path: str) -> list[str]:
    """Return the text of every element at a path of an XML answer."""
    assert response.status_code == 200, response.content
    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own desk's
    return [element.text or "" for element in root.findall(path)]
