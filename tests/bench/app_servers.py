"""Measures application servers for the portal, one after the other.

    python -m tests.bench.app_servers --python VENV/bin/python

The interpreter has what `requirements/base.txt` names, and granian where that is to be
measured too. BENCH_SECONDS is for each measurement (1), BENCH_ROUNDS how often (2).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import load
from tests.bench.load import Measured, Target, get
from tests.bench.pages import Page, Ports, make_pages
from tests.bench.processes import ROOT, Server, free_port, serving
from tests.bench.run import Machines

SECONDS = float(os.environ.get("BENCH_SECONDS") or 1)
ROUNDS = int(os.environ.get("BENCH_ROUNDS") or 2)
MANY = 1_000_000
SLOW_CLIENTS = 40
IN_FLIGHT = 8
RELOAD_SECONDS = 8.0
EXIT_SECONDS = 40.0
PORTAL_PAGES = ("home", "request page", "submit (GET)")
WSGI = {"portal": "portal.wsgi", "floor": "tests.bench.floor.wsgi"}
SETTINGS = {
    "portal": "portal.gunicorn_conf",
    "floor": "tests.bench.floor.gunicorn_conf",
}


@dataclass(frozen=True)
class Candidate:
    """A server with so many workers and threads in each."""

    name: str
    workers: int
    threads: int

    def __str__(self) -> str:
        return f"{self.name} {self.workers}x{self.threads}"

    def command(self, python: str, site: str, port: int) -> list[str]:
        if self.name == "gunicorn":
            conf = f"python:{SETTINGS[site]}"
            return [python, "-m", "gunicorn", "-c", conf, "--log-level", "warning"]
        return [
            *(python, "-m", "granian", "--interface", "wsgi", "--no-ws"),
            *("--http", "1", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", str(self.workers)),
            *("--blocking-threads", str(self.threads)),
            *("--backlog", "2048", "--workers-kill-timeout", "30"),
            *("--respawn-failed-workers", "--log-level", "warning"),
            f"{WSGI[site]}:application",
        ]

    def environment(self, environment: dict[str, str]) -> dict[str, str]:
        return environment | {
            "WEB_WORKERS": str(self.workers),
            "WEB_THREADS": str(self.threads),
        }


CANDIDATES = (
    Candidate("gunicorn", 1, 16),
    Candidate("gunicorn", 2, 8),
    Candidate("gunicorn", 2, 16),
    Candidate("gunicorn", 2, 32),
    Candidate("granian", 1, 16),
    Candidate("granian", 2, 16),
)


@dataclass
class Bench:
    """What all candidates are measured with."""

    python: str
    machines: Machines
    pages: list[Page]
    log: Path

    @contextmanager
    def started(self, candidate: Candidate, site: str) -> Iterator[Server]:
        port = free_port()
        make = self.machines.portal if site == "portal" else self.machines.floor
        environment = candidate.environment(make(port))
        command = candidate.command(self.python, site, port)
        with serving(command, environment, port, self.log) as server:
            warm = get("/" if site == "portal" else "/same/home/")
            for _ in range(4 * candidate.workers):
                load.call(port, warm)
            yield server


def measure(bench: Bench, candidate: Candidate) -> dict[str, float]:
    """Return what one candidate does, by the name of what was measured."""
    found: dict[str, float] = {}
    constant = get("/same/home/")
    with bench.started(candidate, "floor") as server:
        for connections in (1, 16, 64):
            found |= _speed("constant", server, constant, connections)
        found |= _beside_slow_clients(server, constant)
    with bench.started(candidate, "portal") as server:
        for page in bench.pages:
            if page.name in PORTAL_PAGES:
                found |= _speed(page.name, server, page.target.build(), 64)
        found["worker MB after load"] = server.memory_mb()
    fresh = get("/same/home/", headers="Connection: close\r\n")
    for way, request in (("kept", constant), ("fresh", fresh)):
        with bench.started(candidate, "floor") as server:
            found |= _reload(server, request, way)
    with bench.started(candidate, "floor") as server:
        found |= _stop(server)
    return found


def _speed(
    name: str, server: Server, request: bytes, connections: int
) -> dict[str, float]:
    target = Target(server.port, lambda: request)
    load.measure(target, connections, seconds=SECONDS / 2, requests=MANY)
    before = server.cpu_seconds()
    measured = load.measure(target, connections, seconds=SECONDS, requests=MANY)
    used = server.cpu_seconds() - before
    return _numbers(f"{name} @{connections}", measured) | {
        f"{name} @{connections} CPU ms": 1000 * used / max(1, len(measured.latencies))
    }


def _numbers(name: str, measured: Measured) -> dict[str, float]:
    return {
        f"{name} per second": measured.throughput,
        f"{name} p99 ms": 1000 * measured.percentile(0.99) if measured.latencies else 0,
        f"{name} failed": measured.failed,
    }


# --------------------------------------------------------------- slow clients


def _beside_slow_clients(server: Server, request: bytes) -> dict[str, float]:
    """Load with a few connections while many others drip a request."""
    target = Target(server.port, lambda: request)
    head = b"GET /same/home/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Drip: "
    body = (
        b"POST /commit/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Cookie: csrftoken=" + b"b" * 32 + b"\r\n\r\n"
    )
    found = {}
    for name, start in (("slow heads", head), ("slow bodies", body)):
        with _dripping(server.port, start):
            found |= _numbers(
                name, load.measure(target, 4, seconds=2 * SECONDS, requests=MANY)
            )
    return found


@contextmanager
def _dripping(port: int, start: bytes) -> Iterator[None]:
    is_over = threading.Event()

    def drip() -> None:
        while not is_over.wait(0.2):
            for connection in connections:
                try:
                    connection.send(b"x")
                except OSError:
                    continue

    with ExitStack() as stack:
        connections = [
            stack.enter_context(load.connect(port)) for _ in range(SLOW_CLIENTS)
        ]
        for connection in connections:
            connection.sendall(start)
        dripper = threading.Thread(target=drip, daemon=True)
        dripper.start()
        try:
            yield
        finally:
            is_over.set()
            dripper.join(5)


# --------------------------------------------------------- reloading, stopping


def _reload(server: Server, request: bytes, way: str) -> dict[str, float]:
    """Load for some seconds and let new workers take over meanwhile."""
    target = Target(server.port, lambda: request)
    before = set(server.workers)
    with _later(0.8, lambda: server.process.send_signal(signal.SIGHUP)):
        answered = _in_flight(server.port, sent_after=0.5)
        measured = load.measure(target, 8, seconds=RELOAD_SECONDS, requests=MANY)
        finished = answered()
    name = f"reload, {way} connections"
    return {
        f"{name}: answered": len(measured.latencies),
        f"{name}: failed": measured.failed,
        f"{name}: longest ms": 1000 * max(measured.latencies),
        f"{name}: in flight finished of {IN_FLIGHT}": finished,
        f"{name}: old workers left": len(before & set(server.workers)),
    }


def _stop(server: Server) -> dict[str, float]:
    answered = _in_flight(server.port, sent_after=0)
    time.sleep(0.3)
    start = time.monotonic()
    server.process.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.process.wait(EXIT_SECONDS)
    took = time.monotonic() - start
    return {f"stop: in flight finished of {IN_FLIGHT}": answered(), "stop: s": took}


@contextmanager
def _later(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    timer = threading.Timer(seconds, act)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join(5)


def _in_flight(port: int, sent_after: float) -> Callable[[], int]:
    """Send requests that take a second; return what tells how many were answered."""

    def ask(_: int) -> bool:
        time.sleep(sent_after)
        try:
            return load.call(port, get("/slow/")).status == 200
        except (OSError, ValueError):
            return False

    pool = ThreadPoolExecutor(IN_FLIGHT)
    answers = [pool.submit(ask, number) for number in range(IN_FLIGHT)]

    def answered() -> int:
        count = sum(answer.result(load.WAIT_SECONDS + 5) for answer in answers)
        pool.shutdown(wait=False)
        return count

    return answered


# -------------------------------------------------------------------- the run


def run(folder: Path, python: str, only: Sequence[str]) -> dict[str, Any]:
    candidates = [each for each in CANDIDATES if not only or str(each) in only]
    if subprocess.run([python, "-c", "import granian"], check=False).returncode:
        candidates = [each for each in candidates if each.name != "granian"]
    machines = Machines(folder)
    log = folder / "log"
    rounds: dict[str, list[dict[str, float]]] = {str(each): [] for each in candidates}
    with serving(
        machines.upstream_command(), machines.desk, machines.upstream_port, log
    ):
        bench = Bench(python, machines, [], log)
        with ExitStack() as stack:
            first = [
                stack.enter_context(bench.started(CANDIDATES[0], "portal")).port,
                free_port(),
            ]
            bench.pages = make_pages(
                Ports(*first, None),
                machines.access_key,
                machines.form,
                machines.pages_folder,
            )
        for number in range(ROUNDS):
            for candidate in candidates[:: 1 if number % 2 == 0 else -1]:
                rounds[str(candidate)].append(measure(bench, candidate))
                print(f"round {number + 1}: {candidate}", file=sys.stderr)
    return {
        name: {key: statistics.median(each[key] for each in found) for key in found[0]}
        for name, found in rounds.items()
    }


def table(found: dict[str, dict[str, float]]) -> str:
    """Return one row for each thing measured, one column for each candidate."""
    names = list(found)
    lines = [
        f"| | {' | '.join(names)} |",
        f"| --- |{' ---: |' * len(names)}",
    ]
    for key in found[names[0]]:
        numbers = [found[name][key] for name in names]
        if key.endswith(" failed") and not any(numbers):
            continue
        shown = " | ".join(
            f"{each:.0f}" if abs(each) >= 20 or each == int(each) else f"{each:.1f}"
            for each in numbers
        )
        lines.append(f"| {key} | {shown} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "app-servers.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        found = run(Path(folder), options.python, options.only)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=2) + "\n")
    print(table(found))


if __name__ == "__main__":
    main()
