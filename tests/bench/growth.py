"""Measures what pages cost where a help desk holds a hundred times as much.

    make bench BENCH_FLAGS=--growth

measures this alone.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from tests.bench.grown import SIZES
from tests.bench.processes import ROOT

SECONDS = 240
WAYS = ("cold_ms", "rendered_ms", "kept_ms")
# The same books, topics and requests at both sizes, with more around them.
ADDRESSES = {
    "home": "/",
    "guides index": "/kb/",
    "book": "/kb/books/1-manual-1/",
    "guide": "/kb/pages/1-how-to-do-thing-1/",
    "search": "/search/?q=labels",
    "forums": "/forums/",
    "topic list": "/forums/1-forum-1/",
    "topic": "/forums/topics/{topic}-what-about-thing-{topic}/",
    "list of requests": "/requests/",
}
SIGNED_IN = {"list of requests"}


def measure(
    environments: Mapping[str, Mapping[str, str]], upstream: str, rounds: int
) -> dict[str, Any]:
    """Return each page's cost at both sizes, and how much more the larger one is."""
    found: dict[str, list[dict[str, Any]]] = {size: [] for size in SIZES}
    for _ in range(rounds):
        for size in SIZES:
            found[size].append(_costs(size, environments[size], upstream))
    pages = [
        {
            "page": name,
            **{
                size: _middle([each["pages"][name] for each in found[size]])
                for size in SIZES
            },
            "ratios": {
                way: statistics.median(
                    large["pages"][name][way] / small["pages"][name][way]
                    for small, large in zip(found["small"], found["large"], strict=True)
                )
                for way in WAYS
            },
        }
        for name in ADDRESSES
    ]
    memory = {
        size: statistics.median(each["memory_mb"] for each in found[size])
        for size in SIZES
    }
    sizes = {size: str(amounts) for size, amounts in SIZES.items()}
    return {"sizes": sizes, "pages": pages, "memory_mb": memory}


def _costs(size: str, environment: Mapping[str, str], upstream: str) -> dict[str, Any]:
    topic = SIZES[size].topics  # the newest one of the first forum
    pages = {
        name: {
            "address": address.format(topic=topic),
            "signs_in": name in SIGNED_IN,
        }
        for name, address in ADDRESSES.items()
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.costs"],
        cwd=ROOT,
        env=dict(environment),
        input=json.dumps({"pages": pages, "upstream": upstream}),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
    )
    costs: dict[str, Any] = json.loads(done.stdout)
    return costs


def _middle(costs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in costs) for name in costs[0]}
