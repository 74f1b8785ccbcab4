"""Counters, gauges and histograms for operators, which no full disk can end.

Behind gunicorn they are counted in files. The library writes into them where the disk
has set no room aside, and where it then has none, the system ends the process. Here
the room is there before the first count, or the process counts for itself alone.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from prometheus_client import Counter, Gauge, Histogram, values
from prometheus_client.mmap_dict import MmapedDict

__all__ = ["Counter", "Gauge", "Histogram"]

FIRST_BYTES = 64 * 1024
# What a count takes beside its name.
_PLACE_BYTES = 32


class RoomyFile(MmapedDict):
    """A file of counts with all of its room on the disk."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        try:
            if not read_mode:
                _set_aside(filename)
        except OSError:
            memory = os.memfd_create("counts")
            super().__init__(f"/proc/self/fd/{memory}")  # type: ignore[no-untyped-call]  # the package has no types
            os.close(memory)
        else:
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]  # the package has no types

    def _init_value(self, key: str) -> None:
        """Begin a count; raises `OSError` where there is no room for one more."""
        if self._used + len(key.encode()) + _PLACE_BYTES > self._capacity:
            os.posix_fallocate(self._f.fileno(), 0, 2 * self._capacity)
        super()._init_value(key)  # type: ignore[no-untyped-call]  # the package has no types


def _set_aside(filename: str) -> None:
    file = Path(filename)
    with file.open("ab") as opened:
        size = os.fstat(opened.fileno()).st_size
        try:
            os.posix_fallocate(opened.fileno(), 0, max(size, FIRST_BYTES))
        except OSError:
            # Nothing is counted in one without its beginning, and nobody can read it.
            if not size:
                file.unlink()
            raise


_values: Any = values
_values.MmapedDict = RoomyFile
