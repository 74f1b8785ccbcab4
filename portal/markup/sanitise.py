"""The allow-list: which elements and attributes of foreign HTML survive."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import nh3
from django.utils.translation import gettext

from portal.markup import addresses
from portal.markup.weight import is_bearable

_MAX_PASSES = 4

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
MEDIA = frozenset({"audio", "video"})
# fmt: off
ELEMENTS = HEADINGS | frozenset({
    "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite",
    "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt",
    "em", "figcaption", "figure", "hr", "i", "img", "ins", "kbd", "li", "mark",
    "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small", "span",
    "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "time", "tr", "u", "ul", "var", "wbr",
})
# fmt: on
# What cannot stand in a paragraph.
# fmt: off
BLOCKS = HEADINGS | frozenset({
    "blockquote", "caption", "col", "colgroup", "dd", "details", "div", "dl", "dt",
    "figcaption", "figure", "hr", "li", "ol", "p", "pre", "summary", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "ul",
})
# fmt: on
VOID = frozenset({"br", "col", "hr", "img", "source", "wbr"})
# Audio and video pass only to become links; see `portal.markup.document`.
_PASSING = ELEMENTS | MEDIA | {"source"}
DROPPED_WITH_CONTENT = frozenset(
    [
        "applet",
        "frameset",
        "iframe",
        "math",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "plaintext",
        "script",
        "select",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
        "xmp",
    ]
)
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "id", "lang", "title"},
    "a": {"href", "name"},
    "audio": {"src"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"datetime"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "ins": {"datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "source": {"src"},
    "td": {"colspan", "rowspan"},
    "th": {"abbr", "colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"src"},
}
_PATTERNS = {
    "colspan": re.compile(r"[1-9][0-9]?"),
    "datetime": re.compile(r"[0-9TZPWDHMS:.+\- ]{1,40}"),
    "dir": re.compile(r"ltr|rtl|auto"),
    "height": re.compile(r"[1-9][0-9]{0,3}"),
    "lang": re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}"),
    "rowspan": re.compile(r"[1-9][0-9]{0,2}"),
    "scope": re.compile(r"col|row|colgroup|rowgroup"),
    "span": re.compile(r"[1-9][0-9]?"),
    "start": re.compile(r"-?[0-9]{1,6}"),
    "type": re.compile(r"[1aAiI]"),
    "value": re.compile(r"-?[0-9]{1,6}"),
    "width": re.compile(r"[1-9][0-9]{0,3}"),
}
_FREE_TEXT = frozenset({"abbr", "alt", "title"})
_FLAGS = frozenset({"open", "reversed"})

_LONG_DATA_ADDRESS = re.compile(r"data:[\w/+.;,=%-]{200,}")
_FRAME = re.compile(r"<(?:embed|iframe|object)\b[^<>]*>", re.IGNORECASE)


def sanitise(foreign: str, prefix: str) -> str | None:
    """Return the HTML with only what the allow-list has.

    `prefix` goes before every id. None where the body is too big or too tangled to
    be worth the time, or does not settle: such a body is shown as text.
    """
    foreign = foreign.encode(errors="replace").decode()
    foreign = _LONG_DATA_ADDRESS.sub("data:,", foreign)
    if not is_bearable(foreign):
        return None
    cleaner = nh3.Cleaner(
        tags=set(_PASSING),
        clean_content_tags=set(DROPPED_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=lambda element, name, value: keep_attribute(
            element, name, value, prefix
        ),
        url_schemes=set(addresses.SCHEMES),
        link_rel=None,
    )
    # Taking an element away can make a browser read the rest in another way: what
    # does not come out as it went in goes in again.
    last = _frames_as_links(foreign)
    for _ in range(_MAX_PASSES):
        cleaned = cleaner.clean(last)
        if cleaned == last:
            return cleaned
        if not is_bearable(cleaned):
            return None
        last = cleaned
    return last if cleaner.clean(last) == last else None


def keep_attribute(element: str, name: str, value: str, prefix: str) -> str | None:
    """Return the attribute's value as the portal shows it, None to drop it."""
    if name in _FREE_TEXT:
        return value
    if name in _FLAGS:
        return ""
    if name == "id" or (element == "a" and name == "name"):
        return addresses.own_id(value, prefix)
    if name in {"href", "src"}:
        return addresses.rewrite(value, prefix)
    pattern = _PATTERNS.get(name)
    return value if pattern and pattern.fullmatch(value.strip()) else None


class _OneTag(HTMLParser):
    """The attributes of one tag."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(tag)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the attributes."""
        self.values = {name: value or "" for name, value in attrs}


def _frames_as_links(foreign: str) -> str:
    """Put a link before each frame; the frames themselves do not survive."""
    return _FRAME.sub(_frame_link, foreign)


def _frame_link(match: re.Match[str]) -> str:
    values = _OneTag(match[0]).values
    address = addresses.rewrite(values.get("src") or values.get("data", ""), "")
    host = addresses.host_of(address or "")
    if not address or not host:
        return match[0]
    words = gettext("Show content from %(host)s") % {"host": host}
    return f'<a href="{html.escape(address)}">{html.escape(words)}</a> {match[0]}'
