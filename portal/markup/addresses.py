"""Where the links and pictures of foreign text lead: into the portal, or outward."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from django.conf import settings
from django.urls import Resolver404, resolve, reverse

ID_PREFIX = "user-content-"
SCHEMES = frozenset({"http", "https", "mailto", "tel"})

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST = re.compile(r"(?:[\w.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_NUMBER = re.compile(r"[0-9]{1,10}")
_ACCESS_KEY = re.compile(r"[0-9]{1,10}[A-Za-z0-9]{6,40}")
_ID_CHARACTER = re.compile(r"[^\w.:-]")
_SAFE = "/:?#[]@!$&'()*+,;=%~-._"

_TICKET_FILE = "tickets:file"
_FILE_ROUTES = frozenset({"kb:file", _TICKET_FILE})

Values = Mapping[str, str]


def rewrite(address: str, prefix: str) -> str | None:
    """Return the address as the portal may link it, None where it may not.

    The help desk's own addresses become the portal's; `prefix` goes before the names
    that in-page links point to; user names and passwords are left out.
    """
    address = _CONTROLS.sub("", address).strip()
    if address.startswith("#"):
        name = own_id(address[1:], prefix)
        return f"#{name}" if name else None
    scheme = _SCHEME.match(address)
    if scheme and scheme[1].lower() in {"mailto", "tel"}:
        return quote(address, safe=_SAFE)
    if scheme and scheme[1].lower() not in SCHEMES:
        return None
    path, mark, query = address.partition("?")
    address = path.replace("\\", "/") + mark + query
    if address.startswith("//"):
        address = f"https://{address.lstrip('/')}"
        return _absolute(address)
    return _absolute(address) if scheme else _relative(address)


def own_page(values: Values) -> str | None:
    """Return the portal's address for one of the help desk's own `?pg=…` pages.

    `values` are the parameters under HelpSpot's names. None where the portal has no
    such page, or where its number is missing or damaged.
    """
    make_address = _PAGES.get(values.get("pg", "").lower())
    return make_address(values) if make_address else None


def own_id(name: str, prefix: str) -> str | None:
    """Return an id that no script and no other part of the page goes by."""
    name = _ID_CHARACTER.sub("-", name.strip())[:100]
    if not name:
        return None
    return name if name.startswith(prefix) else prefix + name


def host_of(address: str) -> str:
    """Return the host of an outward address, "" for one of the portal's own."""
    return urlsplit(address).hostname or ""


def is_picture(address: str) -> bool:
    """Tell whether the address is the portal's own route to a file."""
    return _route(urlsplit(address).path) in _FILE_ROUTES


def shown_inline(address: str) -> str:
    """Return a file's address so that the file is shown in the page, not saved."""
    is_ticket_file = _route(urlsplit(address).path) == _TICKET_FILE
    return f"{address}?inline" if is_ticket_file and "?" not in address else address


def is_outward(address: str) -> bool:
    """Tell whether the address leaves the portal."""
    return not address.startswith(("/", "#"))


def _absolute(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2].lower()
    if not _HOST.fullmatch(host):
        return None
    desk = urlsplit(settings.HELPSPOT_URL)
    if desk.hostname and host == desk.netloc.rpartition("@")[2].lower():
        own = _own_address(parts.path, parts.query, parts.fragment)
        if own:
            return own
    outward = (parts.scheme.lower(), host, parts.path, parts.query, parts.fragment)
    return quote(urlunsplit(outward), safe=_SAFE)


def _relative(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    own = _own_address(parts.path, parts.query, parts.fragment)
    if own:
        return own
    path = "/" + parts.path.lstrip("/")
    if parts.path.startswith("/") and _route(path):
        own = urlunsplit(("", "", path, parts.query, parts.fragment))
        return quote(own, safe=_SAFE)
    if not settings.HELPSPOT_URL:
        return None
    base = settings.HELPSPOT_URL.rstrip("/") + "/"
    return _absolute(urljoin(base, address))


@lru_cache(maxsize=1024)
def _route(path: str) -> str:
    """Return the name of the portal's page at a path, "" where there is none."""
    if not path.startswith("/"):
        return ""
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def _own_address(path: str, query: str, fragment: str) -> str | None:
    """Return the portal's address for a link to the help desk's own pages.

    A page that the portal lacks leads to its section.
    """
    if path.rpartition("/")[2] not in {"", "index.php"}:
        return None
    values = dict(parse_qsl(query))
    page = values.get("pg", "").lower()
    if page not in _PAGES:
        values["pg"] = page.partition(".")[0]
    address = own_page(values)
    name = own_id(fragment, ID_PREFIX)
    return f"{address}#{name}" if address and name else address


def _by_id(route: str, *more: str) -> Callable[[Values], str | None]:
    def make_address(values: Values) -> str | None:
        number = values.get("id", "")
        return (
            reverse(route, args=[int(number), *more])
            if _NUMBER.fullmatch(number)
            else None
        )

    return make_address


def _plain(route: str) -> Callable[[Values], str | None]:
    return lambda values: reverse(route)


def _submit(values: Values) -> str:
    answers = {name: value for name, value in values.items() if name != "pg" and value}
    return _with_query(reverse("tickets:submit"), answers)


def _search(values: Values) -> str:
    words = values.get("q", "")
    return _with_query(reverse("search:index"), {"q": words} if words else {})


def _with_query(address: str, query: Values) -> str:
    return f"{address}?{urlencode(query, errors='replace')}" if query else address


def _request_check(values: Values) -> str | None:
    key = values.get("id", "")
    if _ACCESS_KEY.fullmatch(key):
        return reverse("tickets:open_by_key", args=[key])
    return reverse("tickets:check")


def _file(values: Values) -> str | None:
    number, ticket = values.get("id", ""), values.get("reqid", "")
    if not _NUMBER.fullmatch(number):
        return None
    if values.get("from") == "3":
        return (
            reverse("tickets:file", args=[int(ticket), int(number), "file"])
            if _NUMBER.fullmatch(ticket)
            else None
        )
    return reverse("kb:file", args=[int(number)])


_PAGES: dict[str, Callable[[Values], str | None]] = {
    "file": _file,
    "forums": _plain("forums:index"),
    "forums.posts": _by_id("forums:topic_by_id"),
    "forums.rss": _plain("forums:feed"),
    "forums.topics": _by_id("forums:forum_by_id"),
    "home": _plain("home:index"),
    "kb": _plain("kb:index"),
    "kb.book": _by_id("kb:book_by_id"),
    "kb.chapter": _by_id("kb:chapter_by_id"),
    "kb.page": _by_id("kb:page_by_id"),
    "kb.printer.friendly": _by_id("kb:print_book", "view"),
    "login": _plain("accounts:sign_in"),
    "login.create": _plain("accounts:sign_in"),
    "login.forgot": _plain("accounts:sign_in"),
    "password": _plain("accounts:sign_in"),
    "request": _submit,
    "request.check": _request_check,
    "request.history": _plain("tickets:index"),
    "request.new": _submit,
    "rss": _plain("forums:feed"),
    "search": _search,
}
