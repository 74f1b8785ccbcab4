"""Prepared answers on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from responses import matchers

from portal.helpspot import Connection, HelpSpot

ANSWERS = Path(__file__).parent / "answers"
T = TypeVar("T")
BASE = "https://help.inkwell.example/desk"


def sample(name: str) -> bytes:
    """Return a recorded answer."""
    return (ANSWERS / f"{name}.xml").read_bytes()


class Wire:
    """HelpSpot as `responses` plays it: every prepared answer must be used."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock

    def answers(
        self,
        method: str,
        body: bytes | str | Exception | None = None,
        *,
        verb: str = "GET",
        status: int = 200,
        query: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare one answer; without a body it is the recorded one."""
        matching = matchers.query_param_matcher(
            {"method": method, **(query or {})}, strict_match=query is not None
        )
        self.mock.add(
            verb,
            f"{BASE}/api/index.php",
            body=sample(method) if body is None else body,
            status=status,
            match=[matching],
        )

    def sent(self, index: int = -1) -> dict[str, str]:
        """Return the parameters of a form that was sent."""
        body = self.mock.calls[index].request.body
        return dict(parse_qsl(body.decode() if isinstance(body, bytes) else body))

    def asked(self, index: int = -1) -> dict[str, str]:
        """Return the parameters of an address that was asked."""
        return dict(parse_qsl(urlsplit(self.mock.calls[index].request.url).query))


def ask(call: Callable[[HelpSpot], T], body: bytes | str, verb: str = "GET") -> T:
    """Return what a call makes of an answer."""
    with responses.RequestsMock() as mock:
        mock.add(verb, f"{BASE}/api/index.php", body=body)
        return call(HelpSpot(Connection(base_url=BASE)))


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
        yield Wire(mock)


@pytest.fixture
def helpspot() -> HelpSpot:
    return HelpSpot(Connection(base_url=BASE, time_zone="Europe/Stockholm"))
