"""Where a help desk is, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where a help desk is and how it likes to be asked.

    `base_url` is HelpSpot's address, or "embedded:" for the practice desk in this
    process. `time_zone` is that of the dates HelpSpot formats. `portal_id` is the
    secondary portal that new requests are filed under, 0 for the primary one. `ca_file`
    has the certificates that vouch for the help desk, "" for the usual ones.
    """

    base_url: str
    time_zone: str = "UTC"
    login_by_post: bool = False
    portal_id: int = 0
    ca_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how large HelpSpot's answers may be; seconds and bytes.

    `read`, `write` and `download` bound a whole call by the clock, however slowly the
    bytes drip; `wait` bounds every pause between bytes of a read. A write gets
    another second for every `bytes_per_second` that it sends. A read is tried again
    once, after a pause between the two of `pause`. A call waits `place_wait` at most
    for one of the places of `calls_at_once`; where `waiting_at_once` wait already, it
    gives up as soon as none was given for `place_pause`. After `lost_calls` lost ones
    within `lost_within`, one call in every `probe_pause` is let through; as many that
    were lost after `hung_after` or longer end both reads and writes.
    """

    connect: float = 2
    wait: float = 5
    read: float = 8
    write: float = 30
    download: float = 600
    bytes_per_second: int = 500_000
    pause: tuple[float, float] = (0.2, 0.4)
    answer_bytes: int = 16 * MEGABYTE
    long_answer_bytes: int = 32 * MEGABYTE
    calls_at_once: int = 8
    place_wait: float = 1
    place_pause: float = 0.1
    waiting_at_once: int = 4
    hung_after: float = 2
    lost_calls: int = 5
    lost_within: float = 10
    probe_pause: float = 5
