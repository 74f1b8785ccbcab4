"""How calls to the help desk went, counted for operators: no value is ever a label."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Literal

from portal.counts import Counter, Gauge, Histogram
from portal.helpspot.errors import (
    Disabled,
    HelpSpotError,
    LoginFailed,
    NotFound,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)

Kind = Literal["read", "write"]
KINDS: tuple[Kind, Kind] = ("read", "write")

CALLS = Counter(
    "portal_helpspot_calls",
    "Calls to the help desk, by HelpSpot's method and how they ended.",
    ["method", "outcome"],
)
CALL_SECONDS = Histogram(
    "portal_helpspot_call_seconds",
    "How long calls to the help desk took; files until their first byte.",
    ["method"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60),
)
REFUSED_CALLS = Counter(
    "portal_helpspot_refused_calls",
    "Calls that were not made: the help desk is down, or asked enough already.",
    ["kind"],
)
BREAKER_STATE = Gauge(
    "portal_helpspot_breaker_state",
    "Whether calls to the help desk are made (0), one tries (1), or none is made (2).",
    ["kind"],
    # The worst of the processes that live: one that ended no longer knows.
    multiprocess_mode="livemax",
)
_OUTCOMES: Mapping[type[HelpSpotError], str] = {
    NotFound: "not_found",
    Rejected: "rejected",
    LoginFailed: "login_failed",
    Disabled: "disabled",
    Unavailable: "unavailable",
    Throttled: "throttled",
    Uncertain: "uncertain",
}


@contextmanager
def measured(method: str) -> Iterator[None]:
    """Count the call inside and how it ended, in seconds too.

    `method` is the vendor's name, or "file".
    """
    start = time.monotonic()
    try:
        yield
    except HelpSpotError as exc:
        _note(method, _OUTCOMES[type(exc)], start)
        raise
    else:
        _note(method, "ok", start)


def _note(method: str, outcome: str, start: float) -> None:
    # The call is done: a disk that takes no counts must not make a failure of it.
    with suppress(OSError):
        CALLS.labels(method, outcome).inc()
        CALL_SECONDS.labels(method).observe(time.monotonic() - start)


def count_refused(kind: Kind) -> None:
    """Count a call that was not made."""
    with suppress(OSError):
        REFUSED_CALLS.labels(kind).inc()


def show_breaker(kind: Kind, state: int) -> None:
    """Show what a breaker does with calls now."""
    with suppress(OSError):
        BREAKER_STATE.labels(kind).set(state)
