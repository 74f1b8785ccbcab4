"""Kills the portal while customers send, and starts it again with another clock.

The portal's processes alone see the other clock, as Python tells it: under Debian's
`faketime` Python's pauses never end. What pauses are measured by does not jump, as on a
machine whose clock is set. Exits 1 if a promise was broken.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from tests.faults.browser import Customers, Told
from tests.faults.site import Site
from tests.faults.verdict import judge, states, wait_until_settled

# Python runs a module of this name before all else.
OTHER_CLOCK = """
import os
from datetime import UTC, datetime, timedelta

import time_machine

jump = timedelta(seconds=float(os.environ["CLOCK_JUMP"]))
time_machine.travel(datetime.now(UTC) + jump).start()
"""
# By how many seconds the clock jumps.
JUMPS = {
    "an hour forward": 3600,
    "20 minutes back": -1200,
    "an hour back": -3600,
    "a day back": -86400,
}
KINDS = ("ticket", "post", "ticket", "topic")
# The longest lease, the pause after a first try, and some work.
PROMISED_SECONDS = 100
# Then the forms are kept, and none is answered.
HALFWAY_SECONDS = 3
MUST_BE_ZERO = (
    "lost",
    "doubled",
    "files wrong",
    "wrongly reported",
    "still waiting",
    "unanswered",
    "not sent",
)


def main() -> int:
    """Let the clock jump, print what was found, and return the exit status."""
    folder = Path(tempfile.mkdtemp(prefix="portal-clocks-"))
    clock = folder / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(OTHER_CLOCK)
    site = Site(folder, HELPSPOT_KNOWS_REFERENCES="1")
    broken: list[str] = []
    told: list[Told] = []
    try:
        for number, (name, seconds) in enumerate(JUMPS.items()):
            told += _jump(site, clock, 100 * number, seconds)
            started = time.monotonic()
            wait_until_settled(site.portal_rows, started + PROMISED_SECONDS)
            print(
                f"{name}: delivered in {time.monotonic() - started:.0f} s", flush=True
            )
        figures = judge(
            told,
            site.portal_rows,
            site.desk_rows,
            is_exactly_once=True,
            is_held=False,
        )
        if "Traceback" in site.logged():
            broken.append("tracebacks in the log")
    finally:
        site.close()
    print({name: value for name, value in figures.items() if value})
    broken += [f"{name}: {figures[name]}" for name in MUST_BE_ZERO if figures[name]]
    print(f"Clock jumps: {len(broken)} broken", *broken, sep="\n")
    if not broken:
        shutil.rmtree(folder)
    return int(bool(broken))


def _jump(site: Site, clock: Path, first: int, seconds: int) -> list[Told]:
    """Leave rows that wait and rows being sent, and start with another clock."""
    site.start_web()
    customers = Customers(site.port, site.seeded)

    def send(number: int, kind: str = "") -> Told:
        return customers.submit(number, 9, kind or KINDS[number % len(KINDS)])

    # What the form asks is known from here on: sending one asks nothing first.
    requests.get(f"http://127.0.0.1:{site.port}/requests/new/", timeout=30)
    site.proxy.turn("refused")
    told = [send(first + number) for number in range(3)]
    site.start_web()
    site.proxy.turn("silent")
    with ThreadPoolExecutor(4) as browsers:
        # Requests, whose forms have a key: on forum pages the day is part of it.
        sending = [
            browsers.submit(send, first + 3 + number, "ticket") for number in range(4)
        ]
        time.sleep(HALFWAY_SECONDS)
        site.kill_web()
        left = Counter(states(site.portal_rows).values())
        print(f"Killed with {left['sending']} being sent, {left['received']} waiting")
        assert left["sending"], left
        site.proxy.turn()
        site.start_web(PYTHONPATH=str(clock), CLOCK_JUMP=str(seconds))
        told += [job.result() for job in sending]
    return told + [send(first + 7 + number) for number in range(3)]


if __name__ == "__main__":
    sys.exit(main())
