"""`manage.py desk_load`: fills the practice desk with made-up content for measuring."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.desk import search
from portal.desk.demo.bulk import Amounts, load_bulk


class Command(BaseCommand):
    """Add pages, topics and requests, then index everything anew."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how much of each to add."""
        for name in ("pages", "topics", "requests"):
            parser.add_argument(f"--{name}", type=int, default=0, metavar="N")
        parser.add_argument("--posts-per-topic", type=int, default=3, metavar="N")
        parser.add_argument(
            "--for",
            dest="email",
            default="",
            metavar="EMAIL",
            help="whose the requests are; many guests otherwise",
        )
        parser.add_argument("--seed", type=int, default=1, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        """Add, index, and print how long both took."""
        amounts = Amounts(
            pages=options["pages"],
            topics=options["topics"],
            requests=options["requests"],
            posts_per_topic=max(1, options["posts_per_topic"]),
            email=options["email"],
        )
        self._timed("Loaded", lambda: load_bulk(amounts, options["seed"]))
        self._timed("Indexed", search.rebuild)

    def _timed(self, what: str, act: Callable[[], None]) -> None:
        started = time.monotonic()
        act()
        self.stdout.write(f"{what} in {time.monotonic() - started:.1f} s")
