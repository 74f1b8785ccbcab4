"""Counts SQL queries and calls upstream of each page, in this process, one by one.

Reads a list of pages as JSON from stdin and prints what was counted.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any
from urllib.request import urlopen


def count(page: dict[str, Any], port: int, upstream: str) -> dict[str, Any]:
    from django.core.cache import cache
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from portal import stored_pages
    from portal.brands import memory

    def calls() -> int:
        with urlopen(f"{upstream}/calls", timeout=10) as answer:  # noqa: S310  # our own
            return int(answer.read())

    def ask() -> dict[str, int]:
        client = Client(SERVER_NAME="127.0.0.1", SERVER_PORT=str(port))
        if page["cookie"]:
            name, _, value = page["cookie"].partition("=")
            client.cookies[name] = value
        before = calls()
        with CaptureQueriesContext(connection) as queries:
            if page["form"]:
                number = next(numbers)
                form = {**page["form"], "email": f"count{number}@example.com"}
                response = client.post(
                    page["address"], form | {"key": f"count{number}"}
                )
            else:
                response = client.get(page["address"], headers=page["headers"])
            response.close()
        assert response.status_code == page["status"], response.status_code
        # What asks for the counter is no call of the page.
        return {"sql": len(queries), "calls": calls() - before}

    numbers = iter(range(10))
    cache.clear()
    memory.forget_everything()
    stored_pages.store.forget()
    return {"cold": ask(), "warm": ask()}


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    asked = json.load(sys.stdin)
    counted = {
        page["name"]: count(page, asked["port"], asked["upstream"])
        for page in asked["pages"]
    }
    json.dump(counted, sys.stdout)
