"""`manage.py serve`: everything set up, then the portal behind gunicorn."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand


def collect_static_if_changed() -> None:
    """Collect and compress the static files unless the last start left them so."""
    stamp = Path(settings.STATIC_ROOT) / "collected-from"
    state = _static_sources()
    if not stamp.exists() or stamp.read_text(encoding="ascii") != state:
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(state, encoding="ascii")


def _static_sources() -> str:
    found = sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            changed_at = storage.get_modified_time(name).timestamp()
            found.update(f"{name} {storage.size(name)} {changed_at}\n".encode())
    return found.hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """Wait for others that start in the same folder; one that dies is none of them."""
    folder = os.open(settings.DATA_DIR, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


class Command(BaseCommand):
    """Migrate, collect static files, load demo content once, and serve."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, print where everything is, and become gunicorn.

        HOST and PORT say where to listen (127.0.0.1:8000).
        """
        host = os.environ.get("HOST") or "127.0.0.1"
        port = os.environ.get("PORT") or "8000"
        where = StringIO()
        where.write(f"Portal:          http://{host}:{port}/\n")
        with _alone():
            call_command("migrate", interactive=False, verbosity=0)
            collect_static_if_changed()
            if settings.DESK_IS_BUILT_IN:
                call_command("desk_demo", stdout=where)
        if settings.DESK_IS_BUILT_IN:
            where.write(f"Staff side:      http://{host}:{port}/desk/\n")
        # The portal serves, too, where the disk is full of what it said.
        with suppress(OSError):
            self.stdout.write(where.getvalue(), ending="")
            self.stdout.flush()
        # With a heap for each thread, hardly any gives its memory back; what is large
        # is in no heap, unless the limit grows by itself.
        os.environ.setdefault("MALLOC_ARENA_MAX", "2")
        os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", "32768")
        configuration = settings.BASE_DIR / "portal" / "gunicorn_conf.py"
        os.execv(  # noqa: S606 - our own interpreter, fixed arguments
            sys.executable,
            [sys.executable, "-m", "gunicorn", "-c", str(configuration)],
        )
