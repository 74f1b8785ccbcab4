"""The numbers of one run as tables, and as docs/performance.md."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Iterator
from typing import Any

from tests.bench import browser
from tests.bench.growth import SIGNED_IN

# The least share of its floor's throughput that a page is meant to reach.
GOALS = {"a": 0.7, "c": 0.7, "d": 0.8, "e": 0.7, "f": 0.9, "g": 0.7}
MOST_CPU_MS = 0.6
MOST_MEMORY_MB = 120
MOST_GROWTH = 1.3
MOST_PAINT_MS, MOST_SUGGESTIONS_MS = 1000, 150
ONE_CALL = "request page"
# Made anew for each visitor; its share of a fixed page is shown, not judged.
PRIVATE = "submit (GET)"
KNOWN_WAYS = ("kept_ms", "rendered_ms")
WAYS = {"kept_ms": "kept", "rendered_ms": "rendered", "cold_ms": "cold"}
KEPT_FROM = "## Why this server"

DOCUMENT = """\
# How fast the portal is

`make bench` measures the portal beside a bare Django project in one run, so that the
machine matters little: what counts is each page's share of its floor's throughput.
This file is one such run, as it came out (`make bench BENCH_FLAGS=--docs` rewrites all
but the last section).

![Share of its floor's throughput that each page reaches](performance.svg)

## How it is measured

Portal and floor run behind gunicorn with the same settings (`portal/gunicorn_conf.py`:
one worker, gthread, 16 threads) on 127.0.0.1, with SQLite set up the same way. The help
desk is a small server in its own process that gives the practice desk's answers, with
demo content, each after 5 ms; so the practice desk's own work is not counted. A small
load generator in Python, one thread, keeps its connections open and shares the cores
with all of them. Each measurement ends after {seconds} s or {requests} requests;
{rounds} rounds, portal and floors in turns. Numbers are medians over the rounds; a
ratio is the median of the rounds' ratios, with the worst and best in brackets.

The floors have `startproject`'s middleware and stand for the least a page can cost:

- **a**: a view that returns the same bytes as the portal's page
- **b**: a template that puts the same page together from memory, line for line
- **c**: a form and one commit in SQLite
- **d**: one call of 5 ms upstream on a kept connection, and b's template
- **e**: c and one call upstream: a submission that is handed over at once
- **f**: a 304 by Django's `etag` decorator
- **g**: what a submission promises, in as few lines: the words sealed in a row that is
  committed before a byte leaves, a call on a connection of its own, its outcome
  committed, and a receipt in a new session
- **n**: the same file from nginx, where the machine has one; here the load generator
  is what limits

Every new request comes from another visitor, address and email, without a session.
SQL queries and calls upstream are counted in a process of their own: first with nothing
remembered, then warm.

## The machine

{cores} cores, {system}, Python {python}, Django {django}; {date}.
Load average {load_at_start} at the start and {load_at_end} at the end; the run took
{took_seconds} s.
{noise}
A slow page is asked only a few dozen times in each measurement, so that its p99 is
its slowest answer. CPU time comes in ticks of 10 ms, shared among a measurement's
answers.

## What came out

{tables}

## Goals

Judged by the median ratio, for each number of connections. Floor a renders nothing, so
that its goal stands for pages kept whole, not for faster templates. CPU is judged by
the worst of its medians; floor a's stand beside them, because the machine moves both.

{goals}

"""
GROWTH = """\
### Growth

The same pages in front of two help desks:

- {small}
- {large}

CPU ms for one answer, in a process of its own, without a server: kept as bytes,
rendered from what is remembered, and cold, with nothing known; the larger desk's over
the smaller's in brackets. Calls are those of the cold page. The double makes up both
desks' documents, so that only the portal's own work counts. A page that shows more,
as a book with twenty times the guides in it, costs more for that alone: where the HTML
grows, the second number in brackets is the growth of CPU for each kB of it, and that
is judged. Cold, each page of the guides reads the contents of all books, because
HelpSpot does not say which book a page is in; that happens once for all processes, and
then behind the readers' backs.
"""
BROWSER = """\
### In a browser

Chromium against the demo content, which the portal has ready and the browser has never
seen. The largest paint is at 390 pixels, on a line of 150 ms and 1.6 Mbit/s, with a
processor four times slower; suggestions count from the end of the pause in typing until
they stand on the screen, on a line without such bounds.
"""
MORE_HTML = 1.1


def judged_floor(page: dict[str, Any]) -> str:
    """Return the letter of the floor that stands for the page."""
    letters = next(value for value in page.values() if _is_measured(value))["floors"]
    if page["page"] == PRIVATE:
        return "b"
    return next(letter for letter in "adefbn" if letter in letters)


def tables(found: dict[str, Any]) -> str:
    """Return one table for each number of connections, counts, growth and memory."""
    parts = [
        f"### {connections} connection{'s' if connections > 1 else ''}\n\n"
        + _timings(found["pages"], str(connections))
        for connections in found["machine"]["connections"]
    ]
    parts.append("### Each request\n\n" + _counts(found["pages"]))
    if found["growth"]:
        parts.append(_growth(found["growth"]))
    parts.append("### Memory\n\n" + _memory(found))
    if found["browser"]:
        parts.append(f"{BROWSER}\n{browser.table(found['browser'])}")
    return "\n\n".join(parts)


def growth(found: dict[str, Any]) -> str:
    """Return the table of growth alone, with the goals it is judged by."""
    goals = "\n".join(f"- {line}" for line in _growth_goals(found))
    return f"{_growth(found['growth'])}\n\n{goals}"


def document(found: dict[str, Any], before: str) -> str:
    """Return docs/performance.md, with the section that people write as it was."""
    machine = dict(found["machine"])
    for name in ("load_at_start", "load_at_end"):
        machine[name] = ", ".join(str(each) for each in machine[name])
    measured = DOCUMENT.format(
        **machine,
        noise=_noise(found),
        tables=tables(found),
        goals="\n".join(f"- {line}" for line in goals(found)),
    )
    _, heading, kept = before.partition(KEPT_FROM)
    return measured + (heading + kept if heading else "")


def goals(found: dict[str, Any]) -> list[str]:
    """Return each goal with what was seen and whether that meets it."""
    return [
        line
        for part in (
            _shares(found),
            _cpu_goals(found),
            _growth_goals(found),
            _memory_goals(found),
            _browser_goals(found),
        )
        for line in part
    ]


def _is_measured(value: Any) -> bool:
    return isinstance(value, dict) and "floors" in value


def _timings(pages: list[dict[str, Any]], connections: str) -> str:
    lines = [
        (
            "| page | per second (best) | p50 / p95 / p99 ms | CPU ms "
            "| floor | per second (best) | p50 / p95 / p99 ms | CPU ms | ratio |"
        ),
        "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    failed = 0.0
    for page in pages:
        at = page[connections]
        failed += at["portal"]["failed"]
        ours = f"| {page['page']} | {_side(at['portal'])}"
        for letter, floor in at["floors"].items():
            failed += floor["failed"]
            lines.append(
                f"{ours} | {letter} | {_side(floor)} | {floor['ratio']:.2f} "
                f"({floor['ratio_worst']:.2f}–{floor['ratio_best']:.2f}) |"
            )
            ours = "| | | | "
    return "\n".join([*lines, "", f"Requests that failed: {failed:.0f}."])


def _side(side: dict[str, float]) -> str:
    return (
        f"{side['per_second']:.0f} ({side['per_second_best']:.0f}) "
        f"| {side['p50_ms']:.1f} / {side['p95_ms']:.1f} / {side['p99_ms']:.1f} "
        f"| {side['cpu_ms']:.1f}"
    )


def _counts(pages: list[dict[str, Any]]) -> str:
    lines = [
        "| page | calls upstream, warm (cold) | SQL queries, warm (cold) |",
        "| --- | ---: | ---: |",
    ]
    lines += [
        f"| {page['page']} | {page['warm']['calls']} ({page['cold']['calls']}) "
        f"| {page['warm']['sql']} ({page['cold']['sql']}) |"
        for page in pages
    ]
    return "\n".join(lines)


def _growth(grown: dict[str, Any]) -> str:
    lines = [
        GROWTH.format(**grown["sizes"]),
        "| page | HTML kB | calls | kept | rendered | cold |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for page in grown["pages"]:
        small, large = page["small"], page["large"]
        costs = " | ".join(
            f"{small[way]:.1f} → {large[way]:.1f} ({_grown(page, way)})" for way in WAYS
        )
        lines.append(
            f"| {page['page']} | {small['kilobytes']:.0f} → {large['kilobytes']:.0f} "
            f"| {small['calls']:.0f} → {large['calls']:.0f} | {costs} |"
        )
    memory = grown["memory_mb"]
    lines += [
        "",
        (
            f"Memory of that process after all pages: {memory['small']:.0f} → "
            f"{memory['large']:.0f} MB."
        ),
    ]
    return "\n".join(lines)


def _grown(page: dict[str, Any], way: str) -> str:
    ratio: float = page["ratios"][way]
    judged = _judged_growth(page, way)
    return f"{ratio:.2f}x" + (f", {judged:.2f}x a kB" if judged != ratio else "")


def _judged_growth(page: dict[str, Any], way: str) -> float:
    """Return how much dearer a page is, or each kB of it where it shows more.

    Only what is rendered costs by the kB; bytes that are kept, and what a cold page
    reads beside its own content, do not.
    """
    ratio: float = page["ratios"][way]
    html: float = page["large"]["kilobytes"] / page["small"]["kilobytes"]
    return ratio / html if way == "rendered_ms" and html > MORE_HTML else ratio


def _memory(found: dict[str, Any]) -> str:
    memory, soaked = found["memory_mb"], found["soak"]
    after_load = (
        f"Memory of the worker after all this load: portal {memory['portal']:.0f} MB, "
        f"floor {memory['floor']:.0f} MB."
    )
    if not soaked:
        return after_load
    return (
        f"{after_load} Then {soaked['seconds']} s of mixed pages, {soaked['answered']} "
        f"answered and {soaked['failed']} failed: {soaked['started_mb']:.1f} MB at the "
        f"start, {soaked['warm_mb']:.1f} MB halfway, {soaked['ended_mb']:.1f} MB "
        f"at the end; in the second half {soaked['mb_per_hour']:+.1f} MB an hour."
    )


def _noise(found: dict[str, Any]) -> str:
    spreads = [
        floor["ratio_best"] / floor["ratio_worst"]
        for page in found["pages"]
        for connections in found["machine"]["connections"]
        for floor in page[str(connections)]["floors"].values()
    ]
    noise = (
        f"The best round's ratio is up to {max(spreads):.1f} times the worst round's "
        "of the same page."
    )
    if found["machine"]["load_at_start"][0] > 0.5 * found["machine"]["cores"]:
        noise += (
            " Other work kept the machine busy during the run, so small differences "
            "mean nothing."
        )
    return textwrap.fill(noise, 88)


def _shares(found: dict[str, Any]) -> Iterator[str]:
    connections = [str(each) for each in found["machine"]["connections"]]
    for page in found["pages"]:
        for letter, least in GOALS.items():
            if page["page"] == PRIVATE or letter not in page[connections[0]]["floors"]:
                continue
            ratios = [page[each]["floors"][letter]["ratio"] for each in connections]
            yield (
                f"{page['page']}: at least {least} of floor {letter}: "
                f"{_verdict(is_met=min(ratios) >= least)} ({_two_places(ratios)})"
            )
        if page["page"] == ONE_CALL:
            calls = page["warm"]["calls"]
            yield (
                f"{page['page']}: one call upstream: "
                f"{_verdict(is_met=calls == 1)} ({calls})"
            )


def _cpu_goals(found: dict[str, Any]) -> Iterator[str]:
    connections = [str(each) for each in found["machine"]["connections"]]
    for page in found["pages"]:
        if page["page"] == PRIVATE or "a" not in page[connections[0]]["floors"]:
            continue
        ours = [page[each]["portal"]["cpu_ms"] for each in connections]
        floor = [page[each]["floors"]["a"]["cpu_ms"] for each in connections]
        yield (
            f"{page['page']}: under {MOST_CPU_MS} ms of CPU while it is warm: "
            f"{_verdict(is_met=max(ours) < MOST_CPU_MS)} "
            f"({_two_places(ours)}; floor a {_two_places(floor)})"
        )


def _two_places(numbers: list[float]) -> str:
    return ", ".join(f"{number:.2f}" for number in numbers)


def _growth_goals(found: dict[str, Any]) -> Iterator[str]:
    for page in found["growth"]["pages"] if found["growth"] else ():
        # A customer's own pages are never kept as bytes.
        ways = ("rendered_ms",) if page["page"] in SIGNED_IN else KNOWN_WAYS
        known = [_judged_growth(page, way) for way in ways]
        is_cold_met = page["ratios"]["cold_ms"] <= MOST_GROWTH
        seen = ", ".join(f"{name} {_grown(page, way)}" for way, name in WAYS.items())
        yield (
            f"{page['page']}: at most {MOST_GROWTH} times the cost with a large help "
            f"desk: {_verdict(is_met=max(known) <= MOST_GROWTH)}, "
            f"cold {_verdict(is_met=is_cold_met)} ({seen})"
        )


def _memory_goals(found: dict[str, Any]) -> Iterator[str]:
    memory = found["memory_mb"]["portal"]
    yield (
        f"worker after load: under {MOST_MEMORY_MB} MB: "
        f"{_verdict(is_met=memory < MOST_MEMORY_MB)} ({memory:.0f})"
    )


def _browser_goals(found: dict[str, Any]) -> Iterator[str]:
    seen = found["browser"]
    for name, times in seen["paints"].items() if seen else ():
        paint = statistics.median(times)
        yield (
            f"{name}: largest paint under {MOST_PAINT_MS} ms: "
            f"{_verdict(is_met=paint < MOST_PAINT_MS)} ({paint:.0f})"
        )
    if seen:
        waited = statistics.median(seen["suggestions"])
        yield (
            f"suggestions: under {MOST_SUGGESTIONS_MS} ms after the pause: "
            f"{_verdict(is_met=waited < MOST_SUGGESTIONS_MS)} ({waited:.0f})"
        )


def _verdict(*, is_met: bool) -> str:
    return "met" if is_met else "**missed**"
