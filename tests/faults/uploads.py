"""Has 20 visitors send 20 MB each at the same moment, and watches the web worker.

One worker, as `manage.py serve` runs it, with a practice desk beside it. What it takes
at most over what it had at rest is judged, how long each visitor waits, and whether
the help desk has every file as it was chosen. DATABASE=postgres keeps the portal's
rows in a PostgreSQL cluster of the trial's own. Exits 1 if a promise was broken.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.faults.browser import REFERENCE
from tests.faults.databases import Postgres
from tests.faults.processes import free_port
from tests.faults.site import Site
from tests.faults.verdict import Clock, wait_until_settled

VISITORS = 20
MEGABYTE = 1024 * 1024
# As large as a file may be.
FILE_BYTES = 10 * MEGABYTE
FILES = 2
BLOCK = 64 * 1024
MOST_MEGABYTES = 200
# What proxies wait for an answer, unless they are told otherwise.
MOST_SECONDS = 60
SETTLED_SECONDS = 180
BOUNDARY = "4e6f7468696e67"


@dataclass(frozen=True)
class Sent:
    """One visitor's form, and how it was answered."""

    canary: str
    status: int
    seconds: float
    reference: str


def main() -> int:
    """Send all at once, print what was found, and return the exit status."""
    folder = Path(tempfile.mkdtemp(prefix="portal-uploads-"))
    settings = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "32768"}
    postgres = None
    if os.environ.get("DATABASE") == "postgres":
        postgres = Postgres(folder, free_port())
        settings["DATABASE_URL"] = postgres.url
    site = Site(folder, **settings)
    rows = postgres or site.portal_rows
    clock = Clock(rows)
    try:
        site.start_web(HELPSPOT_URL=f"http://127.0.0.1:{site.desk_port}")
        # One by one first: what a process takes only once is not the crowd's doing.
        _send(site.port, -1, FILE_BYTES // 100)
        rest = site.memory()
        sent = _all_at_once(site.port)
        most = site.most_memory()
        clock.start()
        wait_until_settled(rows, time.monotonic() + SETTLED_SECONDS)
        broken = list(_broken(site, sent, most - rest))
    finally:
        if clock.is_alive():
            clock.stop()
        site.close()
        if postgres:
            postgres.close()
    slowest = max(one.seconds for one in sent)
    print(
        f"{VISITORS} visitors with {FILES * FILE_BYTES // MEGABYTE} MB each at once: "
        f"+{most - rest} MB over {rest} MB at rest (+{MOST_MEGABYTES} at most), "
        f"answers {dict(Counter(one.status for one in sent))}, "
        f"slowest {slowest:.1f} s ({MOST_SECONDS} at most)"
    )
    print(f"Uploads: {len(broken)} broken", *broken, sep="\n")
    if not broken:
        shutil.rmtree(folder)
    return int(bool(broken))


def _broken(site: Site, sent: list[Sent], megabytes: int) -> Iterator[str]:
    """Yield the promises that were not kept."""
    if megabytes > MOST_MEGABYTES:
        yield f"{megabytes} MB more than at rest"
    for number, one in enumerate(sent):
        if one.status != 303:
            yield f"{one.canary}: answered {one.status}"
        if one.seconds > MOST_SECONDS:
            yield f"{one.canary}: answered after {one.seconds:.0f} s"
        files = site.desk_rows.rows(
            "SELECT content FROM desk_document JOIN desk_note"  # noqa: S608 - our own words
            " ON desk_note.id = note_id"
            f" WHERE body LIKE '%{one.canary} %' ORDER BY desk_document.id"
        )
        arrived = [hashlib.sha256(content).digest() for (content,) in files]
        if arrived != [_digest(number, file) for file in range(FILES)]:
            yield f"{one.canary} ({one.reference}): {len(arrived)} files arrived"
    if "Traceback" in site.logged():
        yield "tracebacks in the log"


# ------------------------------------------------------------------- visitors


def _all_at_once(port: int) -> list[Sent]:
    ready = threading.Barrier(VISITORS)

    def visit(number: int) -> Sent:
        ready.wait()
        return _send(port, number, FILE_BYTES)

    with ThreadPoolExecutor(VISITORS) as visitors:
        return list(visitors.map(visit, range(VISITORS)))


def _send(port: int, number: int, size: int) -> Sent:
    """Fill in the form, as a browser without scripts does, and send it."""
    canary = f"visitor{number}"
    head, tail = _form(canary), f"--{BOUNDARY}--\r\n".encode()
    heads = [_file_head(canary, file) for file in range(FILES)]
    length = len(head) + len(tail) + sum(len(one) + size + 2 for one in heads)

    def body() -> Iterator[bytes]:
        yield head
        for file, file_head in enumerate(heads):
            yield file_head
            yield from _blocks(number, file, size)
            yield b"\r\n"
        yield tail

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3 * MOST_SECONDS)
    started = time.monotonic()
    connection.request(
        "POST",
        "/requests/new/",
        body(),
        {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(length),
            "X-Forwarded-For": f"10.30.0.{number + 2}",
        },
    )
    answer = connection.getresponse()
    answer.read()
    seconds = time.monotonic() - started
    connection.close()
    found = REFERENCE.search(answer.headers.get("Location") or "")
    return Sent(canary, answer.status, seconds, found[0] if found else "")


def _form(canary: str) -> bytes:
    fields = {
        "key": hashlib.sha256(canary.encode()).hexdigest()[:32],
        "note": f"My pen leaks, says {canary} again.",
        "name": "Ann Example",
        "email": f"{canary}@example.com",
    }
    return "".join(
        f"--{BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ).encode()


def _file_head(canary: str, file: int) -> bytes:
    return (
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="attached"; '
        f'filename="{canary}-{file}.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()


def _blocks(number: int, file: int, size: int) -> Iterator[bytes]:
    """Yield a file's content, block by block: no other has it."""
    chance = random.Random(f"{number}-{file}")  # noqa: S311 - repeatable
    block = chance.randbytes(BLOCK)
    for start in range(0, size, BLOCK):
        yield (start.to_bytes(8) + block)[: min(BLOCK, size - start)]


def _digest(number: int, file: int) -> bytes:
    digest = hashlib.sha256()
    for block in _blocks(number, file, FILE_BYTES):
        digest.update(block)
    return digest.digest()


if __name__ == "__main__":
    sys.exit(main())
