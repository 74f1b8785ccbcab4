"""Keeps a portal busy with all kinds of pages, and watches its memory."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Any

from tests.bench import load
from tests.bench.load import Target, get
from tests.bench.pages import Page
from tests.bench.processes import Server

CONNECTIONS = 8
READING_SECONDS, SENT_FORMS = 4.0, 16
WORDS = ("labels", "blank", "order", "driver", "ribbon", "update", "paper", "queue")


def soak(portal: Server, pages: Sequence[Page], seconds: float) -> dict[str, Any]:
    """Read, search and send for so long; tell how memory grew in the second half."""
    reading = Target(portal.port, _reader(pages))
    sending = next(page.target for page in pages if page.form)
    start = time.monotonic()
    samples = []
    answered = failed = 0
    while (now := time.monotonic() - start) < seconds:
        samples.append((now, portal.memory_mb()))
        for target, most in ((reading, 1_000_000), (sending, SENT_FORMS)):
            measured = load.measure(
                target, CONNECTIONS, seconds=READING_SECONDS, requests=most
            )
            answered += len(measured.latencies)
            failed += measured.failed
    samples.append((time.monotonic() - start, portal.memory_mb()))
    warm = [sample for sample in samples if sample[0] >= seconds / 2]
    return {
        "seconds": round(seconds),
        "answered": answered,
        "failed": failed,
        "started_mb": samples[0][1],
        "warm_mb": warm[0][1],
        "ended_mb": samples[-1][1],
        "mb_per_hour": 3600 * slope(warm),
    }


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Return the least-squares slope, 0 for a single moment."""
    middle_x = sum(x for x, _ in samples) / len(samples)
    middle_y = sum(y for _, y in samples) / len(samples)
    spread = sum((x - middle_x) ** 2 for x, _ in samples)
    if not spread:
        return 0.0
    return sum((x - middle_x) * (y - middle_y) for x, y in samples) / spread


def _reader(pages: Sequence[Page]) -> load.Build:
    plain = [
        page.target.build()
        for page in pages
        if not page.form and page.target.status == 200
    ]
    kinds = itertools.cycle([*plain, b""])
    numbers = itertools.count()

    def build() -> bytes:
        request = next(kinds)
        if request:
            return request
        # Searches differ, so that what is kept of them is let go again.
        number = next(numbers)
        word, other = WORDS[number % 8], WORDS[number // 8 % 8]
        visitor = f"X-Forwarded-For: 10.9.{number // 256 % 256}.{number % 256}\r\n"
        return get(f"/search/?q={word}+{other}+{number // 64}", headers=visitor)

    return build
