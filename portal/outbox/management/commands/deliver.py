"""Deliver the outbox as a process of its own."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from threading import Event
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from portal.outbox.housekeeping import keep_house
from portal.outbox.worker import drain, run


class Command(BaseCommand):
    """Deliver until told to stop; SIGTERM finishes the row at hand first."""

    help = "Hands what customers sent to the help desk, until it is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer to do only what is due."""
        parser.add_argument(
            "--once", action="store_true", help="do what is due now, then end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Deliver in the foreground."""
        stop = Event()

        def finish(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, finish)
        signal.signal(signal.SIGINT, finish)
        if options["once"]:
            keep_house()
            self.stdout.write(f"{drain(stop)} attended to")
        else:
            run(stop)
