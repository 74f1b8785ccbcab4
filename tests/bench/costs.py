"""Measures what pages cost this process in CPU, for a desk of one size.

Reads addresses by page from stdin, as JSON, and prints for each: milliseconds where
nothing is known, where the answers are remembered, and where the page is kept as bytes;
its size; and the calls of the first.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

COLD, REMEMBERED, KEPT = 2, 10, 200


def cost(page: dict[str, Any], upstream: str) -> dict[str, float]:
    from django.core.cache import cache
    from django.test import Client

    from portal import stored_pages
    from portal.brands import memory

    client = Client(SERVER_NAME="127.0.0.1")
    if page["signs_in"]:
        form = {"email": "amal@example.com", "password": "x"}
        assert client.post("/account/sign-in/", form).status_code == 303

    def calls() -> int:
        with urlopen(f"{upstream}/calls", timeout=10) as answer:  # noqa: S310  # our own
            return int(answer.read())

    def forget_pages() -> None:
        stored_pages.store.forget()

    def forget() -> None:
        cache.clear()
        memory.forget_everything()
        forget_pages()

    def milliseconds(prepare: Callable[[], None], times: int) -> float:
        taken = []
        for _ in range(times):
            prepare()
            before = time.process_time()
            response = client.get(page["address"])
            taken.append(time.process_time() - before)
            assert response.status_code == 200, response.status_code
        return 1000 * statistics.median(taken)

    forget()
    client.get(page["address"])  # imports, templates, what is compiled once
    before = calls()
    cold = milliseconds(forget, COLD)
    return {
        "calls": (calls() - before) / COLD,
        "cold_ms": cold,
        "rendered_ms": milliseconds(forget_pages, REMEMBERED),
        "kept_ms": milliseconds(lambda: None, KEPT),
        "kilobytes": len(client.get(page["address"]).content) / 1024,
    }


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from tests.bench.processes import memory_mb

    asked = json.load(sys.stdin)
    found = {
        name: cost(page, asked["upstream"]) for name, page in asked["pages"].items()
    }
    json.dump({"pages": found, "memory_mb": memory_mb(os.getpid())}, sys.stdout)
