"""A help desk, a proxy before it, and a portal, for trials of one thing at a time."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.faults.databases import Sqlite
from tests.faults.one_fault import OneFault
from tests.faults.processes import (
    GUNICORN,
    Running,
    copy_code,
    environment,
    free_port,
    run,
    seed_desk,
    wait_until_served,
)

# Letters that every wrong encoding breaks.
SOUND = "Füller – „Tinte“ für 5 €"
SEED_GUIDES = f"""
from portal.desk.models import Book, Chapter, Page, Post, Topic, Forum, Note
book = Book.objects.create(name="Pens")
chapter = Chapter.objects.create(book=book, name="All")
for number in range(60):
    body = "<p>{SOUND}</p>"
    Page.objects.create(chapter=chapter, name=f"Guide {{number}}", body=body)
for number in range(60):
    topic = Topic.objects.create(
        forum=Forum.objects.get(), title=f"More {{number}}", author_name="A"
    )
    Post.objects.create(topic=topic, author_name="A", body="{SOUND}")
Note.objects.update(body="{SOUND}")
pages = list(Page.objects.order_by("pk").values_list("pk", flat=True))
topics = list(Topic.objects.filter(title__startswith="More").order_by("pk"))
print("GUIDES", book.pk, pages[0], topics[0].pk)
"""
KINDS = (
    "sections forums topics topic posts latest-topics kb-shelf kb-page kb-print"
    " categories fields search"
)


class Site:
    """A desk, the proxy before it, and the portal, in a folder of their own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        code = copy_code(folder)
        self._folder = folder
        self.port, self.desk_port = free_port(), free_port()
        desk_env = environment(
            code,
            folder / "desk",
            PORT=str(self.desk_port),
            WEB_WORKERS="1",
            OUTBOX_DELIVERS_IN_WEB="0",
        )
        self.seeded = seed_desk(desk_env)
        said = run(desk_env, "manage.py", "shell", "-c", SEED_GUIDES)
        line = next(line for line in said.splitlines() if line.startswith("GUIDES "))
        self.book, self.guide, self.topic = map(int, line.split()[1:])
        self.proxy = OneFault(self.desk_port)
        self._env = environment(
            code,
            folder / "portal",
            PORT=str(self.port),
            TRUSTED_PROXIES="1",
            HELPSPOT_URL=f"http://127.0.0.1:{self.proxy.port}",
            **settings,
        )
        run(self._env, "manage.py", "migrate", "-v0")
        run(self._env, "manage.py", "collectstatic", "--noinput", "-v0")
        self._desk = Running(GUNICORN, desk_env, folder / "desk.log")
        wait_until_served(self.desk_port, "/api/index.php?method=version")
        self._web: Running | None = None
        self._log_read = 0
        self.portal_rows = Sqlite(folder / "portal" / "portal.sqlite3")
        self.desk_rows = Sqlite(folder / "desk" / "portal.sqlite3")

    def start_web(
        self, *, workers: int = 1, fresh_seconds: int | None = None, **settings: str
    ) -> None:
        """Start the portal anew; it knows what its files still hold."""
        if self._web:
            self._web.stop()
        kinds = KINDS.split() if fresh_seconds is not None else []
        env = {
            **self._env,
            "WEB_WORKERS": str(workers),
            "FRESH_SECONDS": " ".join(f"{kind}={fresh_seconds}" for kind in kinds),
            **settings,
        }
        self._web = Running(GUNICORN, env, self._folder / "web.log")
        wait_until_served(self.port, "/healthz")

    def kill_web(self) -> None:
        """Kill the portal, as a power cut would."""
        if self._web:
            self._web.kill()
            self._web = None

    def forget(self) -> None:
        """Take away what the portal remembers in its files."""
        shutil.rmtree(self._folder / "portal" / "cache", ignore_errors=True)

    def logged(self) -> str:
        """Return what the portal logged since this was last asked."""
        text = (self._folder / "web.log").read_text(errors="replace")
        new, self._log_read = text[self._log_read :], len(text)
        return new

    def memory(self) -> int:
        """Return how much memory the web worker has now, in MB."""
        return self._megabytes("VmRSS")

    def most_memory(self) -> int:
        """Return the most memory that the web worker ever had, in MB."""
        return self._megabytes("VmHWM")

    def _megabytes(self, name: str) -> int:
        assert self._web
        status = Path(f"/proc/{self._web.workers[0]}/status").read_text()
        found = re.search(rf"{name}:\s+(\d+)", status)
        return int(found[1]) // 1024 if found else 0

    def close(self) -> None:
        """End all of it."""
        for process in (self._web, self._desk):
            if process:
                process.kill()
        self.proxy.close()
