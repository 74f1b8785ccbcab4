"""When staff last said that something changed, known to every process in a second.

What was read before that is no longer served as fresh. Looking costs a page nothing:
one thread looks for all of them, and only while pages are asked for.
"""

from __future__ import annotations

import threading
import time

from django.conf import settings

from portal.brands import shared

LOOK_EVERY_SECONDS = 1.0
IDLE_AFTER_SECONDS = 30.0
KEEP_SECONDS = 7 * 24 * 60 * 60
_known: dict[str, float] = {}
_watch_lock = threading.Lock()
_asked_at = 0.0
_watcher: threading.Thread | None = None


def current(brand_id: str) -> float:
    """Return since when this brand's content counts as changed, in Unix time."""
    global _asked_at
    if not settings.REFRESH_BEHIND:
        return _look(brand_id)
    _asked_at = time.monotonic()
    if brand_id not in _known:
        _known[brand_id] = _look(brand_id)
    _watch()
    return _known[brand_id]


def begin(brand_id: str) -> None:
    """Declare all that was read until now outdated, for every process."""
    now = time.time()
    _known[brand_id] = now
    shared.keep(_key(brand_id), now, KEEP_SECONDS)


def _look(brand_id: str) -> float:
    found = shared.recall(_key(brand_id))
    known = found if isinstance(found, float) else 0.0
    return max(known, _known.get(brand_id, 0.0)) if settings.REFRESH_BEHIND else known


def _watch() -> None:
    global _watcher
    if _watcher and _watcher.is_alive():
        return
    with _watch_lock:
        if _watcher and _watcher.is_alive():
            return
        _watcher = threading.Thread(target=_run, name="generations", daemon=True)
        _watcher.start()


def _run() -> None:
    while time.monotonic() - _asked_at < IDLE_AFTER_SECONDS:
        for brand_id in list(_known):
            _known[brand_id] = _look(brand_id)
        time.sleep(LOOK_EVERY_SECONDS)


def _key(brand_id: str) -> str:
    return f"portal:generation:{brand_id}"
