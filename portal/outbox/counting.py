"""Counts what a delivery process of its own does where the web server's counts stand.

Prometheus' library looks where to count when it is imported, so this comes first.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from django.conf import settings

FOLDER = "metrics"
MOST_PROCESSES = 64
_held: list[TextIO] = []


def count_beside_the_web() -> None:
    """Count in files that the web's /metrics adds up, where METRICS is on.

    A process keeps a name such as `deliver-0` for as long as it lives. The next one of
    that name goes on counting, whatever number the system gives it and however often
    either side restarts.
    """
    if not settings.METRICS:
        return
    folder = settings.DATA_DIR / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    name = _free_name(folder)
    _forget_live_values(folder, name)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    from prometheus_client import values

    values.ValueClass = values.MultiProcessValue(lambda: name)  # type: ignore[no-untyped-call]  # the package has no types


def forget_ended() -> None:
    """Take away what processes that ended here showed of themselves as they lived.

    Their counts stay. The next one of the name may never come.
    """
    folder = settings.DATA_DIR / FOLDER
    for path in folder.glob("deliver-*.lock"):
        # Whoever lives holds it.
        with suppress(OSError), path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _forget_live_values(folder, path.stem)


def _forget_live_values(folder: Path, name: str) -> None:
    for stale in folder.glob(f"gauge_live*_{name}.db"):
        stale.unlink(missing_ok=True)


def _free_name(folder: Path) -> str:
    for number in range(MOST_PROCESSES):
        name = f"deliver-{number}"
        lock = (folder / f"{name}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            _held.append(lock)  # open files keep their locks
            return name
    raise RuntimeError("Too many processes deliver here.")
