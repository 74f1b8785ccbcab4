"""The service room: the only code that knows HelpSpot's wire."""

from functools import cache

from portal.helpspot.client import Connection, HelpSpot
from portal.helpspot.side_by_side import side_by_side

__all__ = ["Connection", "HelpSpot", "helpspot_for", "side_by_side"]


@cache
def helpspot_for(connection: Connection) -> HelpSpot:
    """Return the one client of a help desk; it is safe to share between threads."""
    return HelpSpot(connection)
