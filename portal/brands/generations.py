"""When something was last said to have changed, known to every process in a second.

What was read before that is no longer served as fresh. Looking costs a page nothing:
one thread looks for all of them, and only while pages are asked for.
"""

from __future__ import annotations

import threading
import time

from django.conf import settings

from portal.brands import shared
from portal.brands.brand import Brand

LOOK_EVERY_SECONDS = 1.0
IDLE_AFTER_SECONDS = 30.0
KEEP_SECONDS = 7 * 24 * 60 * 60
# As far apart as two machines' clocks may be.
CLOCKS_DIFFER_BY = 60.0
Generation = tuple[float, float]
_known: dict[str, float] = {}
_watch_lock = threading.Lock()
_asked_at = 0.0
_watcher: threading.Thread | None = None


def changed_at(brand: Brand, *, is_forums: bool = False) -> float:
    """Return when this brand's content was last said to have changed, in Unix time.

    `is_forums` asks for what people write as well as for what staff publish.
    """
    published, written = generation(brand)
    return max(published, written) if is_forums else published


def generation(brand: Brand) -> Generation:
    """Return what differs wherever any of this brand's content is said to have changed.

    These are when staff published and when people wrote. The later of them alone would
    stay the same where this process hears later of what was earlier.
    """
    return _moment(brand.id), _moment(f"{brand.id}/forums")


def begin(brand: Brand) -> None:
    """Declare all that was read until now outdated, for every process."""
    _begin(brand.id)


def begin_forums(brand: Brand) -> None:
    """Declare what was read of the forums until now outdated, for every process."""
    _begin(f"{brand.id}/forums")


def _begin(name: str) -> None:
    now = time.time()
    _known[name] = now
    shared.keep(_key(name), now, KEEP_SECONDS)


def _moment(name: str) -> float:
    global _asked_at
    if not settings.REFRESH_BEHIND:
        return _look(name)
    _asked_at = time.monotonic()
    _watch()
    if name not in _known:
        _known[name] = _look(name)
    return _known[name]


def _look(name: str) -> float:
    found = shared.recall(_key(name))
    moment = found if isinstance(found, float) else 0.0
    # A shared memory that was emptied takes nothing back: it is told again.
    known = _known.get(name, 0.0) if settings.REFRESH_BEHIND else 0.0
    # A clock set back leaves moments that are still to come: until then no copy would
    # count.
    latest = time.time() + CLOCKS_DIFFER_BY
    moment, known = (one if one <= latest else 0.0 for one in (moment, known))
    if known > moment:
        # Said while the shared memory was away, or lost there since.
        shared.keep(_key(name), known, KEEP_SECONDS)
    return max(moment, known)


def _watch() -> None:
    global _watcher
    if _watcher and _watcher.is_alive():
        return
    with _watch_lock:
        if _watcher is None or not _watcher.is_alive():
            # Nobody looked since the last page: the first after it must not miss what
            # was said meanwhile.
            _look_again()
            _watcher = threading.Thread(target=_run, name="generations", daemon=True)
            _watcher.start()


def _run() -> None:
    while time.monotonic() - _asked_at < IDLE_AFTER_SECONDS:
        time.sleep(LOOK_EVERY_SECONDS)
        _look_again()


def _look_again() -> None:
    for name in list(_known):
        _known[name] = _look(name)


def _key(name: str) -> str:
    return f"portal:generation:{name}"
