"""The processes of a run: the help desk, the portal, its deliverer; and their kills."""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from tests.faults.databases import Database

SOURCE = Path(__file__).resolve().parents[2]
GUNICORN = ["-m", "gunicorn", "-c", "python:portal.gunicorn_conf"]
DELIVER = ["manage.py", "deliver"]
START_SECONDS = 90
# Longer than the portal waits for it.
HOLD_SECONDS = 8
SEED_DESK = """
import json
from portal.desk.models import Forum, Post, Status, Ticket, Topic
status = Status.objects.first() or Status.objects.create(name="Active")
forum = Forum.objects.create(name="Pens")
topics = []
for number in range(4):
    topic = Topic.objects.create(forum=forum, title=f"Topic {number}", author_name="A")
    Post.objects.create(topic=topic, author_name="A", body="First")
    topics.append(topic.pk)
tickets = []
for number in range(4):
    ticket = Ticket.objects.create(status=status, email=f"t{number}@example.com")
    ticket.notes.create(body="First", is_initial=True)
    tickets.append([ticket.pk, ticket.access_key])
print("SEEDED " + json.dumps({"forum": forum.pk, "topics": topics, "tickets": tickets}))
"""


def copy_code(folder: Path) -> Path:
    """Copy the portal's code, so that edits meanwhile do not change what runs."""
    code = folder / "code"
    code.mkdir()
    for name in ("portal", "templates", "static"):
        shutil.copytree(SOURCE / name, code / name)
    shutil.copy(SOURCE / "manage.py", code)
    return code


def free_port() -> int:
    """Return a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(code: Path, data_dir: Path, **more: str) -> dict[str, str]:
    """Return a clean environment for this code, with its own DATA_DIR."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {
        **kept,
        "PWD": str(code),
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "HOST": "127.0.0.1",
        **more,
    }


def run(env: dict[str, str], *words: str) -> str:
    """Run a command to its end and return what it prints."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=env["PWD"],
        env=env,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{words[:2]} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def seed_desk(env: dict[str, str]) -> dict[str, object]:
    """Fill the help desk's database; return what may be answered to."""
    run(env, "manage.py", "migrate", "-v0")
    said = run(env, "manage.py", "shell", "-c", SEED_DESK)
    line = next(line for line in said.splitlines() if line.startswith("SEEDED "))
    seeded: dict[str, object] = json.loads(line.removeprefix("SEEDED "))
    return seeded


class Running:
    """A process group that this run started, and starts again after a kill."""

    program: ClassVar[list[str]] = [sys.executable]

    def __init__(self, words: list[str], env: dict[str, str], log: Path) -> None:
        self._words, self._env, self._log = words, env, log
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.program, *self._words],
                cwd=self._env["PWD"],
                env=self._env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def workers(self) -> list[int]:
        """Return the ids of this process's children."""
        assert self._process
        pid = self._process.pid
        with suppress(OSError):
            listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
            return [int(word) for word in listed.split()]
        return []

    def tell(self, number: signal.Signals) -> None:
        """Send its first process a signal."""
        assert self._process
        os.kill(self._process.pid, number)

    def stop(self) -> None:
        """Ask it to end, as a deployment does, and wait until it has."""
        assert self._process
        self._process.terminate()
        self._process.wait(START_SECONDS)

    def kill(self) -> None:
        """Kill it and all its children at once, as a power cut would."""
        assert self._process
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def kill_worker(self, chance: random.Random) -> bool:
        """Kill one of its children; False if it has none yet."""
        workers = self.workers
        if not workers:
            return False
        with suppress(ProcessLookupError):
            os.kill(chance.choice(workers), signal.SIGKILL)
        return True


def wait_until_served(port: int, path: str) -> None:
    """Wait until somebody answers at this address."""
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        connection.close()
        time.sleep(0.2)
    raise RuntimeError(f"Nobody answers on port {port}")


class Killer:
    """Kills a web worker, the whole web server, or the deliverer; starts it again.

    In between it holds the database, or spoils what the processes remember together.
    """

    def __init__(
        self,
        web: Running,
        deliverer: Running,
        database: Database,
        cache: Path,
        seed: int,
    ) -> None:
        self._web, self._deliverer = web, deliverer
        self._database, self._cache = database, cache
        self.disturbances: Counter[str] = Counter()
        self._chance = random.Random(seed)  # noqa: S311 - repeatable
        self._next: list[str] = []
        self.kills: Counter[str] = Counter()

    def strike(self) -> None:
        """Kill one of them at a random moment of the next second."""
        time.sleep(self._chance.random())
        if not self._next:
            self._next = ["worker", "worker", "web server", "deliverer"]
            self._chance.shuffle(self._next)
        victim = self._next.pop()
        if victim == "worker":
            self._kill_worker()
        else:
            process = self._web if victim == "web server" else self._deliverer
            process.kill()
            process.start()
        self.kills[victim] += 1
        self._disturb()

    def _disturb(self) -> None:
        """Hold the database for some seconds at times, spoil the memory at others."""
        what = self._chance.choice(["", "held database", "spoilt memory"])
        if what == "held database":
            self._database.hold(self._chance.uniform(1, HOLD_SECONDS))
        elif what == "spoilt memory":
            for kept in self._cache.glob("*.djcache"):
                with suppress(OSError):
                    kept.write_bytes(self._chance.randbytes(200))
        if what:
            self.disturbances[what] += 1

    def _kill_worker(self) -> None:
        ends_at = time.monotonic() + START_SECONDS
        while not self._web.kill_worker(self._chance):
            if time.monotonic() > ends_at:
                raise RuntimeError("The web server starts no worker")
            time.sleep(0.1)
