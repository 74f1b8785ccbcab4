"""Deliver the outbox as a process of its own."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from threading import Event, Thread
from typing import Any

from django.core.management.base import BaseCommand

from portal.outbox.housekeeping import keep_house
from portal.outbox.worker import drain, run

ENDS = {signal.SIGTERM, signal.SIGINT}


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
        # A handler would run in the middle of this thread's own use of the event, and
        # wait there for ever for a lock that this thread holds.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        Thread(target=_await_end, args=(stop,), name="signals", daemon=True).start()
        if options["once"]:
            keep_house()
            self.stdout.write(f"{drain(stop)} attended to")
        else:
            run(stop)


def _await_end(stop: Event) -> None:
    signal.sigwait(ENDS)
    stop.set()
