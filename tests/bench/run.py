"""Measures the portal beside a bare Django project, in one run on one machine.

    make bench

The environment makes it shorter or longer: BENCH_SECONDS for each measurement (0.5),
BENCH_REQUESTS at most in one (2000), BENCH_ROUNDS (3), BENCH_CONNECTIONS ("1 16 64"),
BENCH_SOAK_SECONDS to watch the memory for so long (0). `--out FILE` takes the numbers
(var/bench.json), `--docs` rewrites the tables and the plot of docs/performance.md.
`--growth` measures only what pages cost with a large help desk, and writes nothing.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

from tests.bench import browser, growth, load, plot, report
from tests.bench.grown import SIZES
from tests.bench.load import Measured
from tests.bench.pages import Page, Ports, filled_form, make_pages
from tests.bench.processes import (
    ROOT,
    Server,
    free_port,
    gunicorn,
    manage,
    nginx,
    serving,
)
from tests.bench.soak import soak

SECONDS = float(os.environ.get("BENCH_SECONDS") or 0.5)
REQUESTS = int(os.environ.get("BENCH_REQUESTS") or 2000)
ROUNDS = int(os.environ.get("BENCH_ROUNDS") or 3)
CONNECTIONS = [
    int(n) for n in (os.environ.get("BENCH_CONNECTIONS") or "1 16 64").split()
]
SOAK_SECONDS = float(os.environ.get("BENCH_SOAK_SECONDS") or 0)
COUNT_SECONDS = 120
GROWTH_ROUNDS = 2  # a process of its own measures these: less noise
DOCUMENT = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "performance.svg"


class Machines:
    """Portal, floor, upstream and nginx of one run, all in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages_folder = folder / "pages"
        self.pages_folder.mkdir()
        self.upstream_port = free_port()
        self.upstream = f"http://127.0.0.1:{self.upstream_port}"
        self._plain = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        # As `manage.py serve` and docs/deployment.md have it.
        self._plain |= {"WEB_WORKERS": "1", "MALLOC_ARENA_MAX": "2"}
        self._plain["MALLOC_MMAP_THRESHOLD_"] = "32768"
        self.desk = self._portal(folder / "portal")
        manage(self.desk, "migrate", "--verbosity", "0")
        manage(self.desk, "collectstatic", "--noinput", "--verbosity", "0")
        self.access_key = manage(self.desk, "desk_demo").splitlines()[0].split()[-1]
        self.form = filled_form(self.desk)

    def portal(self, port: int) -> dict[str, str]:
        return self.desk | {
            "HELPSPOT_URL": self.upstream,
            "TRUSTED_PROXIES": "1",  # each new request comes from another address
            "PORT": str(port),
        }

    def grown(self, size: str) -> dict[str, str]:
        """Return a portal of its own in front of the help desk of that size."""
        data_dir = self.folder / size
        data_dir.mkdir()
        (data_dir / "static").symlink_to(self.folder / "portal" / "static")
        grown = self._portal(data_dir)
        grown["HELPSPOT_URL"] = f"{self.upstream}/{size}"
        manage(grown, "migrate", "--verbosity", "0")
        return grown

    def floor(self, port: int) -> dict[str, str]:
        floor = self._plain | {
            "DJANGO_SETTINGS_MODULE": "tests.bench.floor.settings",
            "FLOOR_DATA_DIR": str(self.folder),
            "FLOOR_PAGES_DIR": str(self.pages_folder),
            "FLOOR_UPSTREAM_URL": self.upstream,
            "FLOOR_UPSTREAM_QUERY": urlencode(
                {"method": "request.get", "accesskey": self.access_key}
            ),
            "FLOOR_UPSTREAM_FORM": urlencode(
                {"tNote": self.form["note"], "sEmail": self.form["email"]}
            ),
            "PORT": str(port),
        }
        manage(floor, "migrate", "--run-syncdb", "--verbosity", "0")
        return floor

    def upstream_command(self) -> list[str]:
        port = str(self.upstream_port)
        return [sys.executable, "-m", "tests.bench.upstream", port]

    def _portal(self, data_dir: Path) -> dict[str, str]:
        return self._plain | {
            "DATA_DIR": str(data_dir),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }


def measure_all(pages: list[Page], servers: Mapping[str, Server]) -> None:
    """Measure in rounds, page after page, the portal and its floors in turns."""
    for page in pages:  # all warm
        for target in (page.target, *page.floors.values()):
            load.measure(target, 4, seconds=0.5, requests=40)
    for number in range(ROUNDS):
        for page, connections in itertools.product(pages, CONNECTIONS):
            sides = [("portal", page.target), *page.floors.items()]
            for side, target in sides[:: 1 if number % 2 else -1]:
                server = servers.get(side, servers["floor"])
                before = server.cpu_seconds()
                measured = load.measure(
                    target, connections, seconds=SECONDS, requests=REQUESTS
                )
                if not measured.latencies:
                    raise SystemExit(f"{page.name}: {side} gives no good answer")
                cpu = (server.cpu_seconds() - before) / len(measured.latencies)
                page.rounds.setdefault((side, connections), []).append((measured, cpu))
        print(f"round {number + 1} of {ROUNDS} done", file=sys.stderr)


def numbers_of(page: Page, counted: dict[str, Any]) -> dict[str, Any]:
    """Return what was measured of a page, by connections and side."""
    found: dict[str, Any] = {"page": page.name, **counted}
    for connections in CONNECTIONS:
        ours = page.rounds["portal", connections]
        found[str(connections)] = {
            "portal": summary(ours),
            "floors": {
                letter: summary(page.rounds[letter, connections])
                | ratios(ours, page.rounds[letter, connections])
                for letter in page.floors
            },
        }
    return found


def ratios(
    ours: list[tuple[Measured, float]], theirs: list[tuple[Measured, float]]
) -> dict[str, float]:
    """Return the median of the rounds' ratios of throughput, the worst and the best."""
    found = [
        mine[0].throughput / other[0].throughput
        for mine, other in zip(ours, theirs, strict=True)
    ]
    return {
        "ratio": statistics.median(found),
        "ratio_best": max(found),
        "ratio_worst": min(found),
    }


def summary(rounds: list[tuple[Measured, float]]) -> dict[str, float]:
    """Return medians over the rounds, and the best of their throughputs."""
    middle = statistics.median
    return {
        "per_second": middle(measured.throughput for measured, _cpu in rounds),
        "per_second_best": max(measured.throughput for measured, _cpu in rounds),
        **{
            f"p{round(share * 100)}_ms": 1000
            * middle(measured.percentile(share) for measured, _cpu in rounds)
            for share in (0.5, 0.95, 0.99)
        },
        "cpu_ms": 1000 * middle(cpu for _measured, cpu in rounds),
        "failed": sum(measured.failed for measured, _cpu in rounds),
    }


def count(
    pages: list[Page], environment: dict[str, str], portal: int, upstream: str
) -> dict[str, Any]:
    asked = {
        "port": portal,
        "upstream": upstream,
        "pages": [
            {
                "name": page.name,
                "address": page.address,
                "status": page.target.status,
                "cookie": page.cookie,
                "headers": page.headers,
                "form": page.form,
            }
            for page in pages
        ],
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.counts"],
        cwd=ROOT,
        env=environment,
        input=json.dumps(asked),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=COUNT_SECONDS,
    )
    counted: dict[str, Any] = json.loads(done.stdout)
    return counted


def grown(machines: Machines) -> dict[str, Any] | None:
    """Return the cost of growth; None, and the rest still counts, where it failed."""
    try:
        return growth.measure(
            {size: machines.grown(size) for size in SIZES},
            machines.upstream,
            min(ROUNDS, GROWTH_ROUNDS),
        )
    except subprocess.SubprocessError as exc:
        print(f"growth was not measured: {exc}", file=sys.stderr)
        return None


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "load_at_start": [round(each, 1) for each in os.getloadavg()],
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "seconds": SECONDS,
        "requests": REQUESTS,
        "rounds": ROUNDS,
        "connections": CONNECTIONS,
    }


def run(folder: Path) -> dict[str, Any]:
    """Set everything up in the folder, measure, and return the numbers."""
    found: dict[str, Any] = {"machine": machine()}
    machines = Machines(folder)
    ports = free_port(), free_port()
    log = folder / "log"
    with ExitStack() as stack:
        start = stack.enter_context
        start(
            serving(
                machines.upstream_command(), machines.desk, machines.upstream_port, log
            )
        )
        environment = machines.portal(ports[0])
        portal = start(
            serving(gunicorn("portal.gunicorn_conf"), environment, ports[0], log)
        )
        floor_settings = "tests.bench.floor.gunicorn_conf"
        floor = start(
            serving(gunicorn(floor_settings), machines.floor(ports[1]), ports[1], log)
        )
        static = start(
            nginx(folder / "portal" / "static", machines.pages_folder, folder)
        )
        pages = make_pages(
            Ports(*ports, static.port if static else None),
            machines.access_key,
            machines.form,
            machines.pages_folder,
        )
        counted = count(pages, environment, portal.port, machines.upstream)
        servers = {"portal": portal, "floor": floor}
        measure_all(pages, servers | ({"n": static} if static else {}))
        found["pages"] = [numbers_of(page, counted[page.name]) for page in pages]
        found["memory_mb"] = {
            "portal": portal.memory_mb(),
            "floor": floor.memory_mb(),
        }
        found["growth"] = grown(machines)
        found["soak"] = soak(portal, pages, SOAK_SECONDS) if SOAK_SECONDS else None
    found["browser"] = browser.measure_served(folder / "served")
    found["machine"]["load_at_end"] = [round(each, 1) for each in os.getloadavg()]
    return found


def run_growth(folder: Path) -> dict[str, Any]:
    """Set up what growth needs, measure that alone, and return the numbers."""
    machines = Machines(folder)
    command, port = machines.upstream_command(), machines.upstream_port
    with serving(command, machines.desk, port, folder / "log"):
        return {"growth": grown(machines)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "bench.json")
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--growth", action="store_true")
    options = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        if options.growth:
            print(report.growth(run_growth(Path(folder))))
            return
        found = run(Path(folder))
    found["machine"]["took_seconds"] = round(time.monotonic() - started)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=2) + "\n")
    print(report.tables(found))
    print("\n".join(report.goals(found)))
    if options.docs:
        DOCUMENT.write_text(report.document(found, DOCUMENT.read_text()))
        PLOT.write_text(plot.ratios(found))


if __name__ == "__main__":
    main()
