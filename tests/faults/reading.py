"""Visits the portal's pages while its help desk fails, one fault after the other.

For each fault a fresh web process starts, with what an earlier one remembered in its
files; then the main pages are opened: *kept* ones that were read before, *new* ones
that were not, a request, and the form, which is sent. What is shown, how soon, and what
caches may keep is compared with what the portal promises. Afterwards the fault ends,
and the same pages must come back by themselves. Ends with a slow help desk beside a
fast one, and with crowds at a cold page. Exits 1 if a promise was broken.
"""

from __future__ import annotations

import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import requests

from tests.faults.browser import Customers, Told
from tests.faults.crowds import (
    crowds_are_one,
    hung_pages_hang_nobody,
    slow_desk_slows_nobody,
)
from tests.faults.one_fault import WRONG
from tests.faults.site import SOUND, Site
from tests.faults.verdict import Clock, judge, wait_until_settled

SAYS_OLD = ("You see what it said on", "as of")
OLD_PAGE_SECONDS = 5
# Pages with the notice are kept twice at most, and a probe comes every 5 s.
COMES_BACK_SECONDS = 30
# Coming back is waited for after these alone: the others would show the same.
WAITED_FOR = frozenset({"refused", "silent", "502"})
BREAKER_MS = 50
# Before the first calls are lost, a form waits for its own for so long.
SENDING_SECONDS = 32
MUST_BE_ZERO = ("lost", "wrongly reported", "doubled without mark", "still waiting")
_MAX_AGE = re.compile(r"max-age=(\d+)")


@dataclass(frozen=True)
class Fault:
    """A way to fail, how long pages may take then, and what they show.

    `shows` is "old" where the help desk counts as away, "new" where it just takes its
    time, and "either" where pages may show what it says or count it as away.
    """

    name: str
    seconds: float = 12
    shows: str = "old"


FAULTS = (
    Fault("refused", 3),
    # A home page made by a process that just started asks twice in a row: for lists,
    # then for what is in them. Asking three times would take longer than this.
    Fault("slow 2.5 s", 7.5, "new"),
    Fault("silent"),
    Fault("headers only"),
    Fault("one byte a second", 20),
    Fault("500"),
    Fault("502"),
    Fault("503"),
    Fault("504"),
    Fault("200 with HTML"),
    Fault("200 with a sign-in page"),
    Fault("200 with nothing"),
    Fault("200 with JSON"),
    Fault("PHP warning before", shows="either"),
    Fault("PHP warning inside", shows="either"),
    Fault("PHP warning after", shows="either"),
    Fault("truncated XML"),
    Fault("close mid-answer"),
    Fault("two lengths", shows="either"),
    Fault("wrong encoding declared", shows="either"),
    Fault("Windows' bytes as UTF-8", shows="either"),
    Fault("UTF-16", shows="either"),
    Fault("byte order mark", shows="either"),
    Fault("control characters", shows="either"),
    Fault("50 MB answer"),
)


@dataclass(frozen=True)
class Visit:
    """A page that was opened, and how it answered."""

    group: str
    path: str
    status: int
    seconds: float
    text: str = field(repr=False)
    caching: str

    @property
    def says_old(self) -> bool:
        return any(words in self.text for words in SAYS_OLD)

    @property
    def may_be_kept(self) -> int:
        """Return for how many seconds a cache may serve it unasked."""
        found = _MAX_AGE.findall(self.caching)
        return max(map(int, found)) if found and "no-store" not in self.caching else 0


class Reader:
    """Opens pages, as a visitor who has opened a request before."""

    def __init__(self, site: Site, cookies: dict[str, str]) -> None:
        self._site, self._cookies = site, cookies

    def routes(self, number: int) -> list[tuple[str, str]]:
        """Return groups and addresses; those of *new* pages are each number's own."""
        site = self._site
        ticket, access_key = site.seeded["tickets"][1]  # type: ignore[index]  # JSON of our own
        forum = site.seeded["forum"]
        return [
            ("kept", "/"),
            ("kept", "/kb/"),
            ("kept", f"/kb/books/{site.book}-pens/"),
            ("kept", f"/kb/pages/{site.guide}-guide-0/"),
            ("kept", "/search/?q=guide"),
            ("kept", "/forums/"),
            ("kept", f"/forums/{forum}-pens/"),
            ("kept", f"/forums/topics/{site.topic}-more-0/"),
            ("form", "/requests/new/"),
            ("new", f"/kb/pages/{site.guide + number}-guide-{number}/"),
            ("new", f"/forums/topics/{site.topic + number}-more-{number}/"),
            ("request", f"/requests/{ticket}/"),
            ("by key", f"/requests/open/{access_key}/"),
        ]

    def open(self, route: tuple[str, str]) -> Visit:
        """Open one page."""
        group, path = route
        started = time.monotonic()
        answer = requests.get(
            f"http://127.0.0.1:{self._site.port}{path}",
            headers={"X-Forwarded-For": "10.30.0.1", "Connection": "close"},
            # Opening one by its key would end the session of whoever has it open.
            cookies=self._cookies if group == "request" else None,
            allow_redirects=False,
            timeout=(3, 60),
        )
        return Visit(
            group,
            path,
            answer.status_code,
            time.monotonic() - started,
            unescape(answer.content.decode(errors="replace")),
            answer.headers.get("Cache-Control", ""),
        )

    def open_all(self, number: int) -> list[Visit]:
        """Open all pages, one after the other."""
        return [self.open(route) for route in self.routes(number)]

    def open_at_once(self, number: int) -> list[Visit]:
        """Open all pages at the same moment, by addresses that are not stored."""
        routes = [
            (group, path + ("&" if "?" in path else "?") + "first=1")
            for group, path in self.routes(number)
        ]
        with ThreadPoolExecutor(len(routes)) as browsers:
            return list(browsers.map(self.open, routes))


# ------------------------------------------------------------------- promises


def broken_promises(fault: Fault, visit: Visit) -> Iterator[str]:
    """Yield what a page shows, or how it does so, against what is promised."""
    if WRONG in visit.text:
        yield "shows what the fault said"
    if visit.seconds > fault.seconds:
        yield f"took {visit.seconds:.1f} s"
    if visit.status not in {200, 303} and "no-store" not in visit.caching:
        yield f"an error that caches may keep: {visit.caching}"
    if visit.says_old and visit.may_be_kept > OLD_PAGE_SECONDS:
        yield f"an old copy that caches may keep: {visit.caching}"
    has_text = re.search(r"/(kb/pages|forums/topics|requests)/\d", visit.path)
    if has_text and visit.status == 200 and SOUND not in visit.text:
        yield "its text is spoilt"
    yield from _unexpected(fault, visit)


def _unexpected(fault: Fault, visit: Visit) -> Iterator[str]:
    is_new = visit.status in {200, 303} and not visit.says_old
    if visit.status not in {200, 303, 503}:
        yield f"status {visit.status}"
    elif visit.group in {"kept", "form"} and visit.status != 200:
        yield f"status {visit.status}, though it was read before"
    if fault.shows == "new" and not is_new:
        yield f"status {visit.status}, says old: {visit.says_old}"
    if fault.shows == "old" and visit.group in {"new", "request", "by key"} and is_new:
        yield f"status {visit.status} from nowhere"


def broken_by_sending(told: Told, seconds: float) -> Iterator[str]:
    """Yield how sending a form went against what is promised."""
    if told.statuses != [303]:
        yield f"{told.kind}: answers {told.statuses}"
    if seconds > SENDING_SECONDS:
        yield f"{told.kind}: took {seconds:.1f} s"


@dataclass
class Row:
    """What one fault did to one group of pages."""

    fault: str
    group: str
    statuses: set[int]
    slowest: float
    open_median: float | None = None
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        statuses = " ".join(map(str, sorted(self.statuses)))
        median = "" if self.open_median is None else f"{self.open_median * 1000:.0f}"
        verdict = "; ".join(dict.fromkeys(self.broken)) or "ok"
        return (
            f"{self.fault:25}{self.group:9}{statuses:12}"
            f"{self.slowest * 1000:8.0f}{median:>8}  {verdict}"
        )


HEAD = f"{'fault':25}{'pages':9}{'status':12}{'slowest':>8}{'later':>8}  verdict"


def try_fault(
    site: Site, reader: Reader, customers: Customers, number: int, fault: Fault
) -> tuple[list[Row], list[Told]]:
    """Open and send everything under one fault, and once more when it is over."""
    site.start_web(fresh_seconds=1)
    site.logged()
    site.proxy.turn(fault.name)
    # A slow help desk gets no more questions at once than one process may ask.
    first = (reader.open_all if fault.shows == "new" else reader.open_at_once)(number)
    later = reader.open_all(number)
    rows = [_row(fault, group, first, later) for group in dict.fromkeys(_groups(first))]
    told, sending = [], Row(fault.name, "sent", set(), 0)
    for kind in ("ticket", "reply"):
        started = time.monotonic()
        one = customers.submit(1000 + 2 * number + len(told), number, kind)
        seconds = time.monotonic() - started
        sending.statuses.update(one.statuses)
        sending.slowest = max(sending.slowest, seconds)
        sending.broken += broken_by_sending(one, seconds)
        told.append(one)
    site.proxy.turn()
    rows += [sending, _coming_back(reader, number, fault)]
    log = site.logged()
    if "Traceback" in log:
        rows[-1].broken.append("traceback in the log")
    if WRONG in log:
        rows[-1].broken.append("the fault's words in the log")
    return rows, told


def _groups(visits: Sequence[Visit]) -> list[str]:
    return [visit.group for visit in visits]


def _row(
    fault: Fault, group: str, first: Sequence[Visit], later: Sequence[Visit]
) -> Row:
    ours = [visit for visit in first if visit.group == group]
    again = [visit for visit in later if visit.group == group]
    median = statistics.median(visit.seconds for visit in again)
    broken = [
        f"{visit.path}: {words}"
        for visit in [*ours, *again]
        for words in broken_promises(fault, visit)
    ]
    if fault.shows == "old":
        # In the first moment nobody knows yet that the help desk is away.
        broken += [
            f"{visit.path}: does not say that it is old"
            for visit in again
            if visit.group == "kept" and not visit.says_old
        ]
    is_quick = group not in {"request", "by key"}
    if fault.shows == "old" and is_quick and median * 1000 > BREAKER_MS:
        broken.append(f"{median * 1000:.0f} ms though it is known to be away")
    return Row(
        fault.name,
        group,
        {visit.status for visit in [*ours, *again]},
        max(visit.seconds for visit in ours),
        median,
        broken,
    )


def _coming_back(reader: Reader, number: int, fault: Fault) -> Row:
    """Wait until all pages are as they were, by themselves."""
    started = time.monotonic()
    ends_at = started + (COMES_BACK_SECONDS if fault.name in WAITED_FOR else 0)
    while True:
        time.sleep(0.5)
        visits = reader.open_all(number)
        wrong = [visit for visit in visits if not _is_as_before(visit)]
        if not wrong or time.monotonic() > ends_at:
            break
    if fault.name not in WAITED_FOR:
        wrong = [visit for visit in wrong if WRONG in visit.text]
    seconds = time.monotonic() - started
    return Row(
        fault.name,
        "after",
        {visit.status for visit in visits},
        seconds,
        broken=[
            f"{visit.path}: status {visit.status}, says old: {visit.says_old}"
            for visit in wrong
        ],
    )


def _is_as_before(visit: Visit) -> bool:
    is_open = visit.status in {200, 303}
    return is_open and not visit.says_old and WRONG not in visit.text


# ------------------------------------------------------------------------ run


def main(names: Sequence[str] = ()) -> int:
    """Try all faults, or those named; print a table and return the exit status."""
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="portal-reading-"))
    site = Site(folder)
    broken: list[str] = []
    clock = Clock(site.portal_rows)
    try:
        site.start_web()
        customers = Customers(site.port, site.seeded)
        customers.open_requests()
        reader = Reader(site, customers.reply_cookies)
        warm = reader.open_all(0)
        assert all(visit.status in {200, 303} for visit in warm), warm
        told: list[Told] = []
        print(HEAD, flush=True)
        for number, fault in enumerate(FAULTS, 1):
            if names and fault.name not in names:
                continue
            rows, sent = try_fault(site, reader, customers, number, fault)
            told += sent
            for row in rows:
                print(row, flush=True)
                broken += row.broken
        print(f"Most memory of the web worker at the end: {site.most_memory()} MB")
        clock.start()
        wait_until_settled(site.portal_rows, time.monotonic() + 180)
        for one in told:
            customers.read_receipt(one)
        figures = judge(
            told,
            site.portal_rows,
            site.desk_rows,
            is_exactly_once=False,
            is_held=False,
        )
        print({name: value for name, value in figures.items() if value})
        broken += [f"{name}: {figures[name]}" for name in MUST_BE_ZERO if figures[name]]
        if not names or "crowds" in names:
            broken += slow_desk_slows_nobody(site)
            broken += crowds_are_one(site)
        if not names or "hung" in names:
            broken += hung_pages_hang_nobody(site, customers.reply_cookies)
    finally:
        if clock.is_alive():
            clock.stop()
        site.close()
    print(f"Reading: {len(broken)} broken in {time.monotonic() - began:.0f} s")
    if broken:
        print(*broken, f"Logs and databases: {folder}", sep="\n")
    else:
        shutil.rmtree(folder)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
