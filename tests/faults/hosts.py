"""The portal on two hosts: PostgreSQL, Redis, nginx, two web servers, two deliverers.

Everything runs on 127.0.0.1 with ports and folders of its own, is bounded in count and
time, and ends with the run. It needs Debian's postgresql, redis-server and nginx. Exits
1 where a promise was broken. SUBMISSIONS sets how many wait for the deliverers.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import requests
from databases import Postgres, Sqlite
from processes import (
    DELIVER,
    GUNICORN,
    Running,
    copy_code,
    environment,
    free_port,
    run,
    seed_desk,
    wait_until_served,
)

DELIVERY_SECONDS = 400
RESTARTS = 10
READERS = 4
PAUSE = 0.08
BOTH_AT_ONCE = 10
WAIT = (3, 40)
FILL = """
from datetime import timedelta
from django.utils import timezone
from portal.outbox.contents import TicketContent
from portal.outbox.models import Submission
from portal.outbox.submitting import _fresh
rows = []
for number in range({count}):
    content = TicketContent(
        note=f"canary{{number:06}}", category_id=None, first_name="A", last_name="B",
        customer_id="", email=f"c{{number}}@example.com", phone="", is_urgent=False,
        custom={{}})
    waits = dict(state="received", attempts=0, lease_owner="", due_at=timezone.now())
    rows.append(Submission(
        brand_id="default", key=f"hosts-{{number}}", kind="ticket",
        **{{**_fresh(content, ()), **waits}}))
Submission.objects.bulk_create(rows, batch_size=500)
"""
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream portal {{ {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://portal;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_next_upstream error timeout http_502 http_503;
      proxy_next_upstream_tries 2;
      proxy_connect_timeout 2s;
    }}
  }}
}}
"""


class Hosts:
    """All processes of a run."""

    def __init__(self, folder: Path) -> None:
        code = copy_code(folder)
        self.desk_dir = folder / "desk"
        self.database = Postgres(folder, free_port())
        self.redis_port, self.port = free_port(), free_port()
        desk_port = free_port()
        desk_env = environment(
            code, self.desk_dir, PORT=str(desk_port), OUTBOX_DELIVERS_IN_WEB="0"
        )
        self.seeded = seed_desk(desk_env)
        self.ports = [free_port(), free_port()]
        self._folder = folder
        self.environments = [
            environment(
                code,
                folder / f"host{number}",
                PORT=str(port),
                SECRET_KEY="one-key-for-both-hosts-of-this-run",
                DATABASE_URL=self.database.url,
                CACHE_URL=f"redis://127.0.0.1:{self.redis_port}/0",
                HELPSPOT_URL=f"http://127.0.0.1:{desk_port}",
                OUTBOX_DELIVERS_IN_WEB="0",
                TRUSTED_PROXIES="1",
                METRICS="1",
                WEB_WORKERS="2",
            )
            for number, port in enumerate(self.ports)
        ]
        for env in self.environments:
            run(env, "manage.py", "migrate", "-v0")
            run(env, "manage.py", "collectstatic", "--noinput", "-v0")
        self._others: list[subprocess.Popen[bytes]] = []
        self.redis = self.start_redis()
        self._start_nginx()
        self.desk = Running(GUNICORN, desk_env, folder / "desk.log")
        self.webs = [
            Running(GUNICORN, env, folder / f"web{number}.log")
            for number, env in enumerate(self.environments)
        ]
        self.deliverers: list[Running] = []
        wait_until_served(desk_port, "/api/index.php?method=version")
        for port in self.ports:
            wait_until_served(port, "/readyz")
        wait_until_served(self.port, "/healthz")

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_redis(self) -> subprocess.Popen[bytes]:
        return self._start("redis-server", "--port", str(self.redis_port), "--save", "")

    def start_deliverers(self) -> None:
        self.deliverers = [
            Running(DELIVER, env, self._folder / f"deliver{number}.log")
            for number, env in enumerate(self.environments)
        ]

    def close(self) -> None:
        for process in (*self.webs, *self.deliverers, self.desk):
            process.kill()
        for other in self._others:
            with suppress(ProcessLookupError):
                os.killpg(other.pid, signal.SIGTERM)
            other.wait(10)
        self.database.close()

    def logs(self) -> str:
        return "".join(
            path.read_text(errors="replace")
            for name in ("web", "deliver")
            for path in self._folder.glob(f"{name}*.log")
        )

    def _start_nginx(self) -> None:
        conf = self._folder / "nginx.conf"
        servers = " ".join(
            f"server 127.0.0.1:{port} max_fails=0;"
            for port in self.ports
        )
        text = NGINX.format(folder=self._folder, port=self.port, servers=servers)
        conf.write_text(text)
        self._start("/usr/sbin/nginx", "-c", str(conf), "-p", str(self._folder))

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            words,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._others.append(process)
        return process


class Readers(threading.Thread):
    """Visitors who read public pages all the while, through nginx."""

    def __init__(self, base: str, addresses: list[str]) -> None:
        super().__init__(daemon=True)
        self._base, self._addresses = base, addresses
        self._over = threading.Event()
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        with ThreadPoolExecutor(READERS) as pool:
            for number in range(READERS):
                pool.submit(self._read, number)

    def stop(self) -> Counter[int]:
        self._over.set()
        self.join(30)
        return self.statuses

    def _read(self, number: int) -> None:
        session = requests.Session()
        session.trust_env = False
        while not self._over.wait(PAUSE):
            number += 1
            address = self._addresses[number % len(self._addresses)]
            try:
                answer = session.get(self._base + address, timeout=WAIT)
            except requests.RequestException:
                self.statuses[0] += 1
            else:
                self.statuses[answer.status_code] += 1


# ---------------------------------------------------------------------- the checks


def deliver_all(hosts: Hosts, count: int) -> dict[str, object]:
    """Let two deliverers bring everything along; count what the help desk has."""
    run(hosts.environments[0], "manage.py", "shell", "-c", FILL.format(count=count))
    began = time.monotonic()
    hosts.start_deliverers()
    ends_at = began + DELIVERY_SECONDS
    query = "SELECT count(*) FROM outbox_submission WHERE state <> 'delivered'"
    left = count
    while left and time.monotonic() < ends_at:
        time.sleep(1)
        left = hosts.database.rows(query)[0][0]
    seconds = time.monotonic() - began
    notes = Sqlite(hosts.desk_dir / "portal.sqlite3").rows(
        "SELECT substr(body, 1, 12), count(*) FROM desk_note"
        " WHERE body LIKE 'canary%' GROUP BY 1"
    )
    attempts = hosts.database.rows("SELECT sum(attempts) FROM outbox_submission")
    return {
        "waiting for delivery": count,
        "left": left,
        "on the help desk": len(notes),
        "there more than once": sum(times > 1 for _note, times in notes),
        "attempts": int(attempts[0][0]),
        "deliveries a second": round((count - left) / seconds, 1),
    }


def share_state(hosts: Hosts) -> dict[str, object]:
    """See that a session, and a form sent to both at once, are one on both hosts."""
    number, key = hosts.seeded["tickets"][0]  # type: ignore[index]
    one, other = (f"http://127.0.0.1:{port}" for port in hosts.ports)
    session = requests.Session()
    session.trust_env = False
    session.post(f"{one}/requests/check/", data={"accesskey": key}, timeout=WAIT)
    seen = session.get(f"{other}/requests/{number}/", timeout=WAIT)

    def send(base: str, form: int) -> int:
        fields = {
            "key": f"both-{form}",
            "note": f"twice{form:03}",
            "name": "Ann",
            "email": f"twice{form}@example.com",
        }
        answer = requests.post(
            f"{base}/requests/new/", data=fields, timeout=WAIT, allow_redirects=False
        )
        return answer.status_code

    with ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(send, base, form)
            for form in range(BOTH_AT_ONCE)
            for base in (one, other)
        ]
        statuses = Counter(job.result() for job in jobs)
    notes = Sqlite(hosts.desk_dir / "portal.sqlite3").rows(
        "SELECT count(*) FROM desk_note WHERE body LIKE 'twice%'"
    )
    return {
        "session of one host known on the other": seen.status_code == 200,
        "forms sent to both at once": BOTH_AT_ONCE,
        "their requests": notes[0][0],
        "their answers": dict(statuses),
    }


def restart_under_load(hosts: Hosts) -> dict[str, object]:
    """Restart one host after the other while visitors read."""
    readers = Readers(hosts.base, ["/", "/forums/", "/kb/", "/requests/new/"])
    readers.start()
    for number in range(RESTARTS):
        web = hosts.webs[number % 2]
        web.stop()
        web.start()
        wait_until_served(hosts.ports[number % 2], "/readyz")
        time.sleep(1)
    statuses = readers.stop()
    return {
        "restarts": RESTARTS,
        "pages read meanwhile": sum(statuses.values()),
        "that failed": sum(
            count for status, count in statuses.items() if status != 200
        ),
    }


def lose_memory(hosts: Hosts) -> dict[str, object]:
    """Stop Redis and start it again while visitors read."""
    readers = Readers(hosts.base, ["/", "/forums/", "/kb/"])
    readers.start()
    time.sleep(2)
    hosts.redis.terminate()
    hosts.redis.wait(10)
    time.sleep(6)
    hosts.redis = hosts.start_redis()
    time.sleep(8)
    statuses = readers.stop()
    return {
        "pages read without Redis": sum(statuses.values()),
        "that failed without it": sum(
            count for status, count in statuses.items() if status != 200
        ),
    }


def lose_database(hosts: Hosts) -> dict[str, object]:
    """Stop PostgreSQL for ten seconds: pages go on, forms come back, all heals."""
    requests.get(f"{hosts.base}/forums/", timeout=WAIT)
    hosts.database.stop()
    readers = Readers(hosts.base, ["/", "/forums/"])
    readers.start()
    fields = {"key": "lost", "note": "keepme", "name": "Ann", "email": "l@example.com"}
    refused = requests.post(f"{hosts.base}/requests/new/", data=fields, timeout=WAIT)
    unready = requests.get(f"http://127.0.0.1:{hosts.ports[0]}/readyz", timeout=WAIT)
    time.sleep(10)
    statuses = readers.stop()
    hosts.database.start()
    wait_until_served(hosts.ports[0], "/readyz")
    wait_until_served(hosts.ports[1], "/readyz")
    sent = requests.post(
        f"{hosts.base}/requests/new/", data=fields, timeout=WAIT, allow_redirects=False
    )
    return {
        "public pages without the database": dict(statuses),
        "form refused honestly": refused.status_code == 503
        and "keepme" in refused.text,
        "not ready meanwhile": unready.status_code == 503,
        "form taken afterwards": sent.status_code == 303,
    }


def main() -> int:
    """Run all checks, print what was found, and return the exit status."""
    count = int(os.environ.get("SUBMISSIONS") or 5000)
    folder = Path(tempfile.mkdtemp(prefix="portal-hosts-"))
    folder.chmod(0o755)
    found: dict[str, object] = {}
    hosts = Hosts(folder)
    try:
        for check in (share_state, restart_under_load, lose_memory, lose_database):
            found |= check(hosts)
            print(check.__name__, "done", flush=True)
        found |= deliver_all(hosts, count)
    finally:
        hosts.close()
    found["tracebacks in logs"] = hosts.logs().count("Traceback (most recent")
    for name, value in found.items():
        print(f"{name:42}{value!s:>12}")
    kept = (
        found["left"] == 0
        and found["there more than once"] == 0
        and found["on the help desk"] == count
        and found["session of one host known on the other"]
        and found["their requests"] == BOTH_AT_ONCE
        and found["that failed"] == 0
        and found["that failed without it"] == 0
        and found["form refused honestly"]
        and found["not ready meanwhile"]
        and found["form taken afterwards"]
        and found["tracebacks in logs"] == 0
    )
    if kept:
        shutil.rmtree(folder)
    else:
        print(f"Logs: {folder}")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
