"""The help desk as Python: `HelpSpot(connection)`, named as in the vendor's manual."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where a help desk is and how it likes to be asked.

    `base_url` is HelpSpot's address, or "embedded:" for the practice desk in this
    process. `time_zone` is that of the dates HelpSpot formats. `portal_id` is the
    secondary portal that new requests are filed under, 0 for the primary one.
    """

    base_url: str
    time_zone: str = "UTC"
    login_by_post: bool = False
    portal_id: int = 0


class HelpSpot:
    """One help desk; its methods stand in groups as in the vendor's manual."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
