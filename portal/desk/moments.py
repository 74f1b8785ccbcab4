"""Dates as HelpSpot sends them: formatted by the server, or as unix timestamps."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from portal.desk.models import DeskSettings


def unix(moment: datetime | None) -> int | str:
    """Return a moment as unix timestamp, "" for none."""
    return int(moment.timestamp()) if moment else ""


def date(moment: datetime | None, desk: DeskSettings) -> str:
    """Return a moment's date in the desk's zone, as in `June  9, 2008`."""
    return _date(moment.astimezone(_zone(desk))) if moment else ""


def date_and_time(moment: datetime, desk: DeskSettings) -> str:
    """Return a moment in the desk's zone, as in `Mon, June  9, 2008, 11:48 AM`."""
    local = moment.astimezone(_zone(desk))
    return f"{local:%a}, {_date(local)}, {local:%I:%M %p}"


def date_of_timestamp(value: str) -> str:
    """Return a date field's value as a date; it is midnight UTC of that date."""
    return _date(_at(value))


def time_of_timestamp(value: str, desk: DeskSettings) -> str:
    """Return a date and time field's value in the desk's zone."""
    return date_and_time(_at(value), desk)


def _at(value: str) -> datetime:
    return datetime.fromtimestamp(int(value), UTC)


def _date(moment: datetime) -> str:
    # HelpSpot pads the day with a blank.
    return f"{moment:%B} {moment.day:2d}, {moment.year}"


def _zone(desk: DeskSettings) -> ZoneInfo:
    return ZoneInfo(desk.time_zone)
