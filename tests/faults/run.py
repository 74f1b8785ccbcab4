"""Reads pages while the help desk fails, then sends hundreds of forms.

How reading is tried stands in `reading`, a full disk in `disk`, another clock in
`clocks` and many files at once in `uploads`. Sending goes through a failing network
while processes are killed.

A practice desk, a proxy that fails on a seeded schedule, and the portal in front of it,
all on 127.0.0.1 with folders of their own. Run three times: with a help desk that knows
a reference again, with one that does not, and with one that does not where operators
decide about what nobody can know. Meanwhile processes are killed, the database is held
and the shared memory is spoilt. Afterwards the faults stop, and what the pages promised
is compared with what the desk has. Exits 1 if a promise was broken.

SEED, SUBMISSIONS, FAULTS and KILLS set the size of all runs together, SECONDS the time
after which no new form is sent and waiting ends. DATABASE=postgres keeps the portal's
rows in a PostgreSQL cluster of the run's own.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults import clocks, disk, reading, uploads
from tests.faults.browser import KINDS, Customers, Told
from tests.faults.databases import Database, Postgres, Sqlite
from tests.faults.processes import (
    DELIVER,
    GUNICORN,
    Killer,
    Running,
    copy_code,
    environment,
    free_port,
    run,
    seed_desk,
    wait_until_served,
)
from tests.faults.proxy import Proxy
from tests.faults.verdict import Clock, judge, wait_until_settled, waiting

BROWSERS = 6
MUST_BE_ZERO = (
    "lost",
    "doubled without mark",
    "doubled against a promise",
    "files wrong",
    "wrongly reported",
    "still waiting",
    "tracebacks in logs",
    "customers' words in logs",
)
RUNS = (
    ("references known", True, "repeat"),
    ("not known", False, "repeat"),
    ("not known, held", False, "hold"),
)


def run_once(
    folder: Path,
    *,
    seed: int,
    submissions: int,
    faults: int,
    kills: int,
    seconds: float,
    knows_references: bool,
    when_unknown: str,
) -> dict[str, object]:
    """Run one schedule against one kind of help desk; return its figures."""
    began = time.monotonic()
    code = copy_code(folder)
    desk_dir, portal_dir = folder / "desk", folder / "portal"
    desk_port, web_port = free_port(), free_port()
    desk_env = environment(
        code,
        desk_dir,
        PORT=str(desk_port),
        WEB_WORKERS="1",
        OUTBOX_DELIVERS_IN_WEB="0",
    )
    seeded = seed_desk(desk_env)
    proxy = Proxy(
        desk_port, seed, faults, submissions // 2, drops_references=not knows_references
    )
    is_postgres = os.environ.get("DATABASE") == "postgres"
    database: Database = (
        Postgres(folder, free_port())
        if is_postgres
        else Sqlite(portal_dir / "portal.sqlite3")
    )
    web_env = environment(
        code,
        portal_dir,
        PORT=str(web_port),
        WEB_WORKERS="2",
        TRUSTED_PROXIES="1",
        HELPSPOT_URL=f"http://127.0.0.1:{proxy.port}",
        HELPSPOT_KNOWS_REFERENCES=str(int(knows_references)),
        OUTBOX_WHEN_UNKNOWN=when_unknown,
        DATABASE_URL=database.url,
    )
    run(web_env, "manage.py", "migrate", "-v0")
    run(web_env, "manage.py", "collectstatic", "--noinput", "-v0")
    desk = Running(GUNICORN, desk_env, folder / "desk.log")
    web = Running(GUNICORN, web_env, folder / "web.log")
    deliverer = Running(DELIVER, web_env, folder / "deliver.log")
    clock = Clock(database)
    try:
        wait_until_served(desk_port, "/api/index.php?method=version")
        wait_until_served(web_port, "/healthz")
        customers = Customers(web_port, seeded)
        with proxy.in_peace():
            customers.open_requests()
        killer = Killer(web, deliverer, database, portal_dir / "cache", seed)
        clock.start()
        told = _fail(
            customers,
            killer,
            proxy,
            database,
            seed=seed,
            submissions=submissions,
            kills=kills,
            ends_at=began + seconds,
        )
        proxy.calm()
        wait_until_settled(database, time.monotonic() + max(180, seconds / 3))
        wait_until_served(web_port, "/healthz")
        for one in told:
            customers.read_receipt(one)
    finally:
        if clock.is_alive():
            clock.stop()
        for process in (web, deliverer, desk):
            process.kill()
        proxy.close()
    figures = judge(
        told,
        database,
        Sqlite(desk_dir / "portal.sqlite3"),
        is_exactly_once=knows_references,
        is_held=when_unknown == "hold",
    )
    database.close()
    logs = "".join(
        (folder / f"{name}.log").read_text(errors="replace")
        for name in ("web", "deliver")
    )
    return {
        **figures,
        "faults": sum(proxy.used.values()),
        "faults by kind": dict(sorted(proxy.used.items())),
        "kills": sum(killer.kills.values()),
        "kills by kind": dict(sorted(killer.kills.items())),
        "disturbances": sum(killer.disturbances.values()),
        "disturbances by kind": dict(sorted(killer.disturbances.items())),
        "tracebacks in logs": logs.count("Traceback (most recent"),
        "customers' words in logs": len(set(re.findall(r"canary\w+", logs))),
        "seconds": round(time.monotonic() - began, 1),
    }


def _fail(
    customers: Customers,
    killer: Killer,
    proxy: Proxy,
    database: Database,
    *,
    seed: int,
    submissions: int,
    kills: int,
    ends_at: float,
) -> list[Told]:
    """Submit everything while the schedule's faults and kills happen."""
    chance = random.Random(seed)  # noqa: S311 - repeatable
    kinds = [chance.choice(KINDS) for _number in range(submissions)]
    told: list[Told] = []

    def submit(number: int) -> None:
        if time.monotonic() < ends_at:
            told.append(customers.submit(number, seed, kinds[number]))

    with ThreadPoolExecutor(BROWSERS) as browsers:
        jobs = [browsers.submit(submit, number) for number in range(submissions)]
        struck = 0
        while struck < kills and time.monotonic() < ends_at:
            is_over = all(job.done() for job in jobs)
            if is_over or len(told) >= submissions * struck / kills:
                killer.strike()
                struck += 1
            else:
                time.sleep(0.05)
    for job in jobs:
        job.result()
    # Faults that are left meet the retries.
    while proxy.faults_left and waiting(database) and time.monotonic() < ends_at:
        time.sleep(0.5)
    return told


def _table(reports: list[dict[str, object]]) -> str:
    names = [
        name for name, value in reports[0].items() if isinstance(value, int | float)
    ]
    head = "".join(f"{name:>18}" for name, *_ in RUNS)
    lines = [f"{'':28}{head}"]
    for name in names:
        values = "".join(f"{report[name]!s:>18}" for report in reports)
        lines.append(f"{name:28}{values}")
    return "\n".join(lines)


def main() -> int:
    """Read and send through all faults; print what was found, return the status."""
    is_reading_broken = reading.main()
    is_sending_broken = _send_through_faults()
    others = [disk.main(), clocks.main(), uploads.main()]
    return int(is_reading_broken or is_sending_broken or any(others))


def _send_through_faults() -> bool:
    seed = int(os.environ.get("SEED") or time.time())
    sizes = {
        name: int(os.environ.get(name.upper()) or default)
        for name, default in (("submissions", 330), ("faults", 231), ("kills", 54))
    }
    seconds = float(os.environ.get("SECONDS") or 1800)
    print(f"SEED={seed} {sizes}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="portal-faults-"))
    reports = []
    share = {name: -(-size // len(RUNS)) for name, size in sizes.items()}
    for number, (_name, knows_references, when_unknown) in enumerate(RUNS):
        place = folder / str(number)
        place.mkdir()
        reports.append(
            run_once(
                place,
                seed=seed + number,
                seconds=seconds / len(RUNS),
                knows_references=knows_references,
                when_unknown=when_unknown,
                **share,
            )
        )
    is_broken = any(report[name] for report in reports for name in MUST_BE_ZERO)
    print(json.dumps({"seed": seed, "runs": reports}))
    print(_table(reports))
    if is_broken:
        print(f"Logs and databases: {folder}")
    else:
        shutil.rmtree(folder)
    return is_broken


if __name__ == "__main__":
    sys.exit(main())
