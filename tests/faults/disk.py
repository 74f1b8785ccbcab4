"""Fills the disk under the portal while customers send, and makes room again.

The portal's folder is a small file system of its own, which takes root; elsewhere this
is left out and says so. Exits 1 if a promise was broken.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from tests.faults.browser import KINDS, Customers, Told
from tests.faults.site import Site
from tests.faults.verdict import Clock, judge, wait_until_settled

SIZE = "64m"
BROWSERS = 6
BEFORE, MEANWHILE, AFTER = 8, 24, 8
MUST_BE_ZERO = (
    "lost",
    "doubled",
    "files wrong",
    "wrongly reported",
    "still waiting",
)


def main() -> int:
    """Fill the disk, print what was found, and return the exit status."""
    folder = Path(tempfile.mkdtemp(prefix="portal-disk-"))
    data = folder / "portal"
    data.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(data)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        print("Disk full: left out, a file system cannot be mounted here")
        shutil.rmtree(folder)
        return 0
    try:
        broken = _fill(folder, data)
    finally:
        subprocess.run(["umount", "--lazy", str(data)], check=True)
    print(f"Disk full: {len(broken)} broken", *broken, sep="\n")
    if not broken:
        shutil.rmtree(folder)
    return int(bool(broken))


def _fill(folder: Path, data: Path) -> list[str]:
    site = Site(folder, HELPSPOT_KNOWS_REFERENCES="1")
    clock = Clock(site.portal_rows)
    broken: list[str] = []
    try:
        site.start_web(workers=2)
        customers = Customers(site.port, site.seeded)
        customers.open_requests()
        site.proxy.turn("refused")
        told = _send(customers, 0, BEFORE)
        with _full(data):
            site.proxy.turn()
            meanwhile = _send(customers, BEFORE, MEANWHILE)
            if [_status(site, path) for path in ("/healthz", "/", "/kb/")] != [200] * 3:
                broken.append("pages are away while the disk is full")
            if _status(site, "/readyz") != 503:
                broken.append("says that it is ready while the disk is full")
        told += meanwhile
        told += _send(customers, BEFORE + MEANWHILE, AFTER)
        clock.start()
        wait_until_settled(site.portal_rows, time.monotonic() + 180)
        if _status(site, "/readyz") != 200:
            broken.append("is not ready though there is room again")
        for one in told:
            customers.read_receipt(one)
        figures = judge(
            told,
            site.portal_rows,
            site.desk_rows,
            is_exactly_once=True,
            is_held=False,
        )
        log = site.logged()
    finally:
        if clock.is_alive():
            clock.stop()
        site.close()
    print({name: value for name, value in figures.items() if value})
    broken += [f"{name}: {figures[name]}" for name in MUST_BE_ZERO if figures[name]]
    if "Traceback" in log:
        broken.append("tracebacks in the log")
    return [*broken, *_told_wrongly(told, meanwhile)]


def _told_wrongly(told: list[Told], meanwhile: list[Told]) -> Iterator[str]:
    """Yield what customers were told against what is promised."""
    if not any(503 in one.statuses for one in meanwhile):
        yield "the disk was not full"
    if any(set(one.statuses) - {303, 503} for one in told):
        yield f"answers {[one.statuses for one in told]}"
    if any(one.outcome != "accepted" for one in told if one not in meanwhile):
        yield "not accepted though there was room"
    if any(one.is_text_lost for one in told):
        yield "what was typed did not come back"


def _send(customers: Customers, first: int, count: int) -> list[Told]:
    def send(number: int) -> Told:
        return customers.submit(number, 7, KINDS[number % len(KINDS)])

    with ThreadPoolExecutor(BROWSERS) as browsers:
        return list(browsers.map(send, range(first, first + count)))


@contextmanager
def _full(data: Path) -> Iterator[None]:
    """Leave not a byte of room, and give it all back."""
    filler = data / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1024 * 1024, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)
    yield
    filler.unlink()


def _status(site: Site, path: str) -> int:
    return requests.get(f"http://127.0.0.1:{site.port}{path}", timeout=30).status_code


if __name__ == "__main__":
    sys.exit(main())
