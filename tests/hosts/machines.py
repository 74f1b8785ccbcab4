"""What a portal of several machines is made of, all on this one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from tests.faults.databases import POSTGRES, Postgres, Sqlite
from tests.faults.processes import (
    DELIVER,
    GUNICORN,
    START_SECONDS,
    Running,
    copy_code,
    environment,
    free_port,
    run,
    seed_desk,
    wait_until_served,
)

NGINX = Path("/usr/sbin/nginx")
REDIS = Path("/usr/bin/redis-server")
CONFIGURATION = Path(__file__).with_name("nginx.conf")
EMAIL, PASSWORD = "t0@example.com", "correct horse battery"
SEED_CUSTOMER = f"""
from portal.desk.models import Customer
customer = Customer(email="{EMAIL}")
customer.set_password("{PASSWORD}")
customer.save()
"""
# HelpSpot knows no references: a request that is sent twice is there twice.
FORGET_REFERENCES = """
CREATE TRIGGER forget_references AFTER INSERT ON desk_ticket
BEGIN UPDATE desk_ticket SET reference = NULL WHERE id = NEW.id; END
"""
# Handed to the outbox as a view does; while the help desk is away it keeps them.
FILL = """
from portal import outbox
from portal.brands import brand_for
from portal.helpspot import helpspot_for
brand = brand_for("")
helpspot = helpspot_for(brand.connection)
for number in range({first}, {last}):
    content = outbox.TicketContent(
        note=f"canary{name}x{{number:06}}x",
        email=f"c{{number}}@example.com", first_name="Ann", last_name="Example")
    outbox.submit(brand, helpspot, content, key=f"{name}-{{number}}")
"""
WAITING = """
SELECT count(*) FROM outbox_submission
WHERE state IN ('received', 'connecting', 'sending', 'unknown')
"""


def what_is_missing() -> list[str]:
    """Return the programs that this machine would have to have."""
    missing = [program.name for program in (NGINX, REDIS) if not program.exists()]
    return missing if list(POSTGRES.glob("*")) else [*missing, "postgresql"]


class Program(Running):
    """A server that is not written in Python."""

    program: ClassVar[list[str]] = []


class Host:
    """A machine of the portal: its web server and its deliverer."""

    def __init__(
        self, env: dict[str, str], folder: Path, name: str, ends: ExitStack
    ) -> None:
        self.env, self.port = env, int(env["PORT"])
        run(env, "manage.py", "migrate", "-v0")
        run(env, "manage.py", "collectstatic", "--noinput", "-v0")
        self.web = Running(GUNICORN, env, folder / f"web-{name}.log")
        ends.callback(self.web.kill)
        self.deliverer = Running(DELIVER, env, folder / f"deliver-{name}.log")
        ends.callback(self.deliverer.kill)

    def wait(self) -> None:
        """Wait until a load balancer would send visitors here."""
        wait_until_served(self.port, "/readyz")

    def restart(self) -> None:
        """End the web server as a deployment does, and start it again."""
        self.web.stop()
        self.web.start()
        self.wait()

    def reload(self) -> None:
        """Have the web server replace its workers, and wait until it has."""
        before = set(self.web.workers)
        self.web.tell(signal.SIGHUP)
        wait_until(
            lambda: (
                len(self.web.workers) >= len(before)
                and not before.intersection(self.web.workers)
            )
        )
        self.wait()

    def change(self, **variables: str) -> None:
        """Set variables, and restart the web server and the deliverer with them."""
        self.env.update(variables)
        self.deliverer.stop()
        self.deliverer.start()
        self.restart()


class Portal:
    """Two hosts, what they share, what stands in front, and the help desk."""

    def __init__(self, folder: Path, ends: ExitStack) -> None:
        code = copy_code(folder)
        self._folder = folder
        self.database = Postgres(folder, free_port())
        ends.callback(self._close_database)
        self.port, redis_port, self._desk_port = free_port(), free_port(), free_port()
        desk_env = environment(
            code,
            folder / "desk",
            PORT=str(self._desk_port),
            OUTBOX_DELIVERS_IN_WEB="false",
        )
        self.seeded = seed_desk(desk_env)
        run(desk_env, "manage.py", "shell", "-c", SEED_CUSTOMER)
        self.desk_database = Sqlite(folder / "desk" / "portal.sqlite3")
        self.desk_database.change(FORGET_REFERENCES)
        self.desk = Running(GUNICORN, desk_env, folder / "desk.log")
        ends.callback(self.desk.kill)
        outside = {"PWD": str(folder), "PATH": os.environ["PATH"]}
        redis = [str(REDIS), "--port", str(redis_port), "--save", "", "--bind"]
        self.redis = Program([*redis, "127.0.0.1"], outside, folder / "redis.log")
        ends.callback(self.redis.kill)
        self.hosts = [
            Host(
                environment(
                    code,
                    folder / f"host-{name}",
                    PORT=str(free_port()),
                    SECRET_KEY="one-key-for-both-hosts-of-this-run",
                    DATABASE_URL=self.database.url,
                    CACHE_URL=f"redis://127.0.0.1:{redis_port}/0",
                    HELPSPOT_URL=f"http://127.0.0.1:{self._desk_port}",
                    OUTBOX_DELIVERS_IN_WEB="false",
                    TRUSTED_PROXIES="1",
                    METRICS="true",
                ),
                folder,
                name,
                ends,
            )
            for name in ("one", "two")
        ]
        ports = [host.port for host in self.hosts]
        configuration = folder / "nginx.conf"
        configuration.write_text(
            CONFIGURATION.read_text().format(folder=folder, port=self.port, ports=ports)
        )
        nginx = [str(NGINX), "-c", str(configuration), "-p", str(folder)]
        self.nginx = Program(nginx, outside, folder / "nginx-start.log")
        ends.callback(self.nginx.kill)
        self.wait_for_desk()
        for host in self.hosts:
            host.wait()
        wait_until_served(self.port, "/healthz")

    def wait_for_desk(self) -> None:
        """Wait until the help desk answers."""
        wait_until_served(self._desk_port, "/api/index.php?method=version")

    def fill(self, name: str, first: int, last: int) -> list[str]:
        """Submit requests without any page; return a word of each that no other has."""
        script = FILL.format(name=name, first=first, last=last)
        run(self.hosts[0].env, "manage.py", "shell", "-c", script)
        return [f"canary{name}x{number:06}x" for number in range(first, last)]

    @property
    def waiting(self) -> int:
        """Return how many submissions still need attention."""
        return int(self.database.rows(WAITING)[0][0])

    @property
    def requests_made(self) -> int:
        """Return how many requests the help desk has."""
        rows = self.desk_database.rows("SELECT count(*) FROM desk_ticket")
        return int(rows[0][0])

    def logs(self) -> str:
        """Return what the portal's own processes have said."""
        return "".join(
            path.read_text(errors="replace")
            for name in ("web", "deliver")
            for path in self._folder.glob(f"{name}-*.log")
        )

    def _close_database(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.database.close()


@contextmanager
def portal_of_two_hosts(folder: Path) -> Iterator[Portal]:
    """Run all of it, and end all of it whatever happens."""
    with ExitStack() as ends:
        yield Portal(folder, ends)


def wait_until(
    is_so: Callable[[], bool], seconds: float = START_SECONDS, *, every: float = 0.2
) -> float | None:
    """Wait for something; return how many seconds that took, None if it never was."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(every)
    return time.monotonic() - began
