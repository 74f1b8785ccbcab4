"""Measures the portal beside a bare Django project, in one run on one machine.

    make bench

The environment makes it shorter or longer: BENCH_SECONDS for each measurement (1.2),
BENCH_REQUESTS at most in one (2000), BENCH_ROUNDS (3), BENCH_CONNECTIONS ("1 16").
`--out FILE` takes the numbers (var/bench.json), `--docs` rewrites docs/performance.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

from tests.bench import load, report
from tests.bench.load import Connection, Measured, Target, get, post

ROOT = Path(__file__).resolve().parents[2]
SECONDS = float(os.environ.get("BENCH_SECONDS") or 1.2)
REQUESTS = int(os.environ.get("BENCH_REQUESTS") or 2000)
ROUNDS = int(os.environ.get("BENCH_ROUNDS") or 3)
CONNECTIONS = [int(n) for n in (os.environ.get("BENCH_CONNECTIONS") or "1 16").split()]
NOTE = "The labels come out blank since the update, and so does the test page."
ORDER_ANSWERS = {
    "Order number, like 88-1021": "88-1021",
    "What is wrong with the order?": "It has not arrived",
}
IDS = f"""
import json
from portal.desk.models import CategoryField
found = CategoryField.objects.filter(custom_field__name__in={list(ORDER_ANSWERS)})
ids = {{each.custom_field.name: each.custom_field_id for each in found}}
print(json.dumps(ids | {{"category": found[0].category_id}}))
"""
TICK = os.sysconf("SC_CLK_TCK")
_numbers = itertools.count(1)


@dataclass
class Server:
    """A process of ours that listens on a port."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def worker(self) -> int:
        """The process that answers: gunicorn's one worker."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return int(children.split()[0])

    def cpu_seconds(self) -> float:
        """Return what the worker has used so far."""
        after_name = Path(f"/proc/{self.worker}/stat").read_text().rpartition(")")[2]
        user, system = after_name.split()[11:13]
        return (int(user) + int(system)) / TICK

    def memory_mb(self) -> float:
        """Return the worker's resident memory."""
        status = Path(f"/proc/{self.worker}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found[1]) / 1024 if found else 0


@dataclass
class Page:
    """One page, the floor it stands on, and what was measured of both."""

    name: str
    floor: str
    address: str
    target: Target
    floor_target: Target
    cookie: str = ""
    form: dict[str, str] = field(default_factory=dict)
    rounds: dict[tuple[str, int], list[tuple[Measured, float]]] = field(
        default_factory=dict
    )


# -------------------------------------------------------------------- servers


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    arguments: list[str], environment: dict[str, str], port: int, log: Path
) -> Iterator[Server]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(port, process, log)
        yield Server(process, port)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"Did not start:\n{log.read_text()[-3000:]}")


def gunicorn(settings: str) -> list[str]:
    return ["gunicorn", "-c", f"python:{settings}", "--log-level", "warning"]


def manage(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


# ---------------------------------------------------------------------- pages


def fetch(port: int, address: str, cookie: str = "") -> tuple[int, str, bytes]:
    connection = Connection(port)
    status, head, body = connection.call(get(address, cookie))
    connection.close()
    return status, head.decode("latin-1"), body


def first_link(port: int, address: str, pattern: str) -> str:
    found = re.search(rf'href="({pattern})"', fetch(port, address)[2].decode())
    if not found:
        raise SystemExit(f"{address} links to no {pattern}")
    return found[1]


def open_ticket(port: int, access_key: str) -> tuple[str, str]:
    """Return the address of the request and the cookie that opens it."""
    _status, head, _body = fetch(port, f"/requests/open/{access_key}/")
    location = re.search(r"(?i)^location: (\S+)", head, re.MULTILINE)
    cookie = re.search(r"(?i)^set-cookie: (session=[^;]+)", head, re.MULTILINE)
    if not location or not cookie:
        raise SystemExit(f"No way to the request:\n{head}")
    return location[1], cookie[1]


def filled_form(environment: dict[str, str]) -> dict[str, str]:
    """Return a short form that the demo's desk takes: about an order."""
    ids: dict[str, int] = json.loads(manage(environment, "shell", "-v0", "-c", IDS))
    form = {"name": "Amal Haddad", "email": "amal@example.com", "note": NOTE}
    form["category"] = str(ids.pop("category"))
    form |= {f"custom_{id_}": ORDER_ANSWERS[name] for name, id_ in ids.items()}
    return form


def submit(form: dict[str, str]) -> load.Build:
    """Each time another customer, another address and another form."""

    def build() -> bytes:
        number = next(_numbers)
        sent = form | {"email": f"bench{number}@example.com", "key": f"bench{number}"}
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        return post(
            "/requests/new/", urlencode(sent), f"X-Forwarded-For: {address}\r\n"
        )

    return build


def floor_form(form: dict[str, str]) -> bytes:
    token = "b" * 32
    sent = form | {"csrfmiddlewaretoken": token}
    return post("/commit/", urlencode(sent), f"Cookie: csrftoken={token}\r\n")


def make_pages(
    portal: int, floor: int, access_key: str, form: dict[str, str], folder: Path
) -> list[Page]:
    guide = first_link(portal, "/search/?q=blank+labels", r"/kb/pages/[^\"]+/")
    forum = first_link(portal, "/forums/", r"/forums/\d+-[^\"/]+/")
    topic = first_link(portal, forum, r"/forums/topics/[^\"/]+/")
    ticket, cookie = open_ticket(portal, access_key)
    addresses = {
        "home": "/",
        "guides index": "/kb/",
        "guide": guide,
        "topic list": forum,
        "topic": topic,
        "search": "/search/?q=blank+labels",
        "submit (GET)": "/requests/new/",
    }
    pages = []
    for name, address in addresses.items():
        status, _head, body = fetch(portal, address)
        if status != 200:
            raise SystemExit(f"{address} answers {status}")
        file = re.sub(r"\W+", "-", name)
        (folder / file).write_bytes(body)
        ours, same = get(address), get(f"/same/{file}/")
        pages.append(
            Page(
                name,
                "a",
                address,
                Target(portal, lambda request=ours: request),
                Target(floor, lambda request=same: request),
            )
        )
    opened = get(ticket, cookie)
    call = get("/call/")
    pages.insert(
        6,
        Page(
            "request page",
            "d",
            ticket,
            Target(portal, lambda: opened),
            Target(floor, lambda: call),
            cookie=cookie,
        ),
    )
    committed = floor_form(form)
    pages.append(
        Page(
            "submit (POST)",
            "c",
            "/requests/new/",
            Target(portal, submit(form), 303),
            Target(floor, lambda: committed, 303),
            form=form,
        )
    )
    return pages


# ------------------------------------------------------------------ measuring


def measure_all(pages: list[Page], portal: Server, floor: Server) -> None:
    """Measure in rounds, page after page, the portal and its floor in turns."""
    for page in pages:  # both warm
        for target in (page.target, page.floor_target):
            load.measure(target, 4, seconds=0.5, requests=40)
    for number in range(ROUNDS):
        for page, connections in itertools.product(pages, CONNECTIONS):
            sides = [
                ("portal", page.target, portal),
                ("floor", page.floor_target, floor),
            ]
            for side, target, server in sides[:: 1 if number % 2 else -1]:
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
    found: dict[str, Any] = {"page": page.name, "floor": page.floor, **counted}
    for connections in CONNECTIONS:
        sides = {
            side: summary(page.rounds[side, connections])
            for side in ("portal", "floor")
        }
        ratios = [
            ours[0].throughput / theirs[0].throughput
            for ours, theirs in zip(
                page.rounds["portal", connections],
                page.rounds["floor", connections],
                strict=True,
            )
        ]
        found[str(connections)] = {
            **sides,
            "ratio": statistics.median(ratios),
            "ratio_best": max(ratios),
            "ratio_worst": min(ratios),
        }
    return found


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
    )
    counted: dict[str, Any] = json.loads(done.stdout)
    return counted


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
    (pages_folder := folder / "pages").mkdir()
    portal_port, floor_port, upstream_port = free_port(), free_port(), free_port()
    upstream = f"http://127.0.0.1:{upstream_port}"
    plain = {"PATH": os.environ["PATH"], "WEB_WORKERS": "1", "PYTHONPATH": str(ROOT)}
    desk = plain | {
        "DATA_DIR": str(folder / "portal"),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    ours = desk | {
        "HELPSPOT_URL": upstream,
        "TRUSTED_PROXIES": "1",  # each new request comes from another address
        "PORT": str(portal_port),
    }
    manage(desk, "migrate", "--verbosity", "0")
    manage(desk, "collectstatic", "--noinput", "--verbosity", "0")
    access = manage(desk, "desk_demo")
    access_key = access.splitlines()[0].split()[-1]
    theirs = plain | {
        "DJANGO_SETTINGS_MODULE": "tests.bench.floor.settings",
        "FLOOR_DATA_DIR": str(folder),
        "FLOOR_PAGES_DIR": str(pages_folder),
        "FLOOR_UPSTREAM_URL": upstream,
        "FLOOR_UPSTREAM_QUERY": urlencode(
            {"method": "request.get", "accesskey": access_key}
        ),
        "PORT": str(floor_port),
    }
    manage(theirs, "migrate", "--run-syncdb", "--verbosity", "0")
    log = folder / "log"
    with ExitStack() as stack:
        stack.enter_context(
            serving(
                ["tests.bench.upstream", str(upstream_port)], desk, upstream_port, log
            )
        )
        portal = stack.enter_context(
            serving(gunicorn("portal.gunicorn_conf"), ours, portal_port, log)
        )
        floor = stack.enter_context(
            serving(
                gunicorn("tests.bench.floor.gunicorn_conf"), theirs, floor_port, log
            )
        )
        pages = make_pages(
            portal_port, floor_port, access_key, filled_form(desk), pages_folder
        )
        counted = count(pages, ours, portal_port, upstream)
        measure_all(pages, portal, floor)
        found["pages"] = [numbers_of(page, counted[page.name]) for page in pages]
        found["memory_mb"] = {
            "portal": round(portal.memory_mb(), 1),
            "floor": round(floor.memory_mb(), 1),
        }
    found["machine"]["load_at_end"] = [round(each, 1) for each in os.getloadavg()]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "bench.json")
    parser.add_argument("--docs", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        found = run(Path(folder))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=2) + "\n")
    print(report.tables(found))
    if options.docs:
        (ROOT / "docs" / "performance.md").write_text(report.document(found))


if __name__ == "__main__":
    main()
