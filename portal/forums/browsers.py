"""What a browser says of itself, in the two words that HelpSpot keeps of a poster."""

from __future__ import annotations

# The first mark found wins: most browsers claim to be the ones below them as well.
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)


def operating_system(user_agent: str) -> str:
    """Return the name of the operating system, "" for one unknown here."""
    return _first(_SYSTEMS, user_agent)


def browser(user_agent: str) -> str:
    """Return the name of the browser, "" for one unknown here."""
    return _first(_BROWSERS, user_agent)


def _first(marks: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in marks if mark in user_agent), "")
