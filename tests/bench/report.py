"""The numbers of one run as tables, and as docs/performance.md."""

from __future__ import annotations

from typing import Any

# The least share of its floor's throughput that a page is meant to reach.
GOALS = {"a": 0.7, "c": 0.7, "d": 0.8}
ONE_CALL = "request page"
# Made anew for each visitor; its share of a fixed page is shown, not judged.
PRIVATE = "submit (GET)"

DOCUMENT = """\
# How fast the portal is

`make bench` measures the portal beside a bare Django project in one run, so that the
machine matters little: what counts is each page's share of its floor's throughput.
This file is one such run, as it came out (`BENCH_FLAGS=--docs make bench` rewrites it).

## How it is measured

Portal and floor run behind gunicorn with the same settings (`portal/gunicorn_conf.py`:
one worker, gthread, 16 threads) on 127.0.0.1, with SQLite set up the same way. The help
desk is a small server in its own process that gives the practice desk's answers, with
demo content, each after 5 ms; so the practice desk's own work is not counted. A small
load generator in Python keeps its connections open and shares the cores with all of
them. Each measurement ends after {seconds} s or {requests} requests; {rounds} rounds,
portal and floor in turns. Numbers are medians over the rounds; a ratio is the median
of the rounds' ratios, with the worst and best in brackets.

The floors have `startproject`'s middleware and stand for the least a page can cost:

- **a**: a view that returns the same bytes as the portal's page
- **c**: a form and one commit in SQLite
- **d**: one call of 5 ms upstream on a kept connection, and a small template

Every new request comes from another visitor, address and email, without a session.
SQL queries and calls upstream are counted in a process of their own: first with nothing
remembered, then warm.

## The machine

{cores} cores, {system}, Python {python}, Django {django}; {date}.
Load average {load_at_start} at the start and {load_at_end} at the end.
{noise}
A slow page is asked only a few dozen times in each measurement, so that its p99 is
its slowest answer. CPU time comes in ticks of 10 ms, shared among a measurement's
answers.

## What came out

{tables}

## Goals

Judged by the median ratio, with a single connection and with several. Floor a renders
nothing, so that its goal stands for pages kept whole, not for faster templates.

{goals}
"""


def tables(found: dict[str, Any]) -> str:
    """Return one table for each number of connections, counts, and memory."""
    parts = [
        f"### {connections} connection{'s' if connections > 1 else ''}\n\n"
        + _timings(found["pages"], str(connections))
        for connections in found["machine"]["connections"]
    ]
    memory = found["memory_mb"]
    parts.append("### Each request\n\n" + _counts(found["pages"]))
    parts.append(
        f"Memory of the worker after all this: portal {memory['portal']:.0f} MB, "
        f"floor {memory['floor']:.0f} MB."
    )
    return "\n\n".join(parts)


def document(found: dict[str, Any]) -> str:
    """Return docs/performance.md."""
    machine = dict(found["machine"])
    for name in ("load_at_start", "load_at_end"):
        machine[name] = ", ".join(str(each) for each in machine[name])
    goals = "\n".join(f"- {line}" for line in _goals(found))
    return DOCUMENT.format(
        **machine, noise=_noise(found), tables=tables(found), goals=goals
    )


def _timings(pages: list[dict[str, Any]], connections: str) -> str:
    lines = [
        (
            "| page | per second (best) | p50 / p95 / p99 ms | CPU ms "
            "| floor | per second (best) | p50 / p95 / p99 ms | CPU ms | ratio |"
        ),
        "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for page in pages:
        at = page[connections]
        lines.append(
            f"| {page['page']} | {_side(at['portal'])} | {page['floor']} "
            f"| {_side(at['floor'])} | {at['ratio']:.2f} "
            f"({at['ratio_worst']:.2f}–{at['ratio_best']:.2f}) |"
        )
    failed = sum(
        page[connections][side]["failed"]
        for page in pages
        for side in ("portal", "floor")
    )
    return "\n".join([*lines, "", f"Requests that failed: {failed}."])


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


def _noise(found: dict[str, Any]) -> str:
    spreads = [
        page[str(connections)]["ratio_best"] / page[str(connections)]["ratio_worst"]
        for page in found["pages"]
        for connections in found["machine"]["connections"]
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
    return noise


def _goals(found: dict[str, Any]) -> list[str]:
    lines = []
    for page in found["pages"]:
        if page["page"] == PRIVATE:
            continue
        least = GOALS[page["floor"]]
        ratios = [
            page[str(connections)]["ratio"]
            for connections in found["machine"]["connections"]
        ]
        seen = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        lines.append(
            f"{page['page']}: at least {least} of floor {page['floor']}: "
            f"{_verdict(is_met=min(ratios) >= least)} ({seen})"
        )
        if page["page"] == ONE_CALL:
            calls = page["warm"]["calls"]
            lines.append(
                f"{page['page']}: one call upstream: "
                f"{_verdict(is_met=calls == 1)} ({calls})"
            )
    return lines


def _verdict(*, is_met: bool) -> str:
    return "met" if is_met else "**missed**"
