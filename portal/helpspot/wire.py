"""HelpSpot's answers as plain values; every oddity of its wire is settled here.

Bytes become text, text one safe tree, and elements of the tree become ids, flags,
texts and moments. What cannot be read is `Unreadable`: nothing is ever made up, and
no list comes back in part.
"""

from __future__ import annotations

import calendar
import codecs
import html
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from html.entities import html5
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
    tostring,
)
from zoneinfo import ZoneInfo

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from portal.helpspot.errors import Problem
from portal.helpspot.types import Moment

MAX_DEPTH = 50
MAX_ELEMENTS = 200_000
MAX_ATTRIBUTES = 100
MAX_FAULTS = 200_000

ROOTS = {
    "customer.getRequests": "requests",
    "request.create": "request",
    "request.update": "request",
    "request.getCategories": "categories",
    "request.getCustomFields": "customfields",
    "request.get": "request",
    "forums.list": "forums",
    "forums.get": "forum",
    "forums.getTopics": "topics",
    "forums.getPosts": "posts",
    "forums.createTopic": "topic",
    "forums.createPost": "post",
    "forums.search": "topics",
    "kb.list": "books",
    "kb.get": "book",
    "kb.getBookTOC": "toc",
    "kb.getPage": "page",
    "kb.search": "pages",
    "kb.voteHelpful": "page",
    "kb.voteNotHelpful": "page",
    "util.getFieldLabels": "labels",
    "version": "results",
}


class Unreadable(Exception):
    """The answer is not what HelpSpot's manual describes, or was cut short."""


class Missing(Exception):
    """The answer is empty: HelpSpot has no such thing."""


# -------------------------------------------------------------- bytes to a tree


def parse(body: bytes, method: str) -> Element:
    """Return the root of the method's answer, or `errors` or `reply`.

    Raises `Unreadable`.
    """
    document = _cut(_decode(body), ROOTS[method])
    try:
        return _tree(document)
    except ParseError:
        pass
    try:
        return _tree(_mend(document))
    except ParseError:
        raise Unreadable from None


_UTF_16 = {
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
# Python knows many more, some of them slow or no encodings at all.
_ENCODINGS = re.compile(
    r"iso-8859-(?!1$)\d+|windows-125[013-8]|cp125[013-8]|koi8-[ru]"
    r"|shift_jis|euc-(jp|kr)|gb2312|gbk|gb18030|big5",
    re.IGNORECASE,
)
# Where iso-8859-1 has control characters, everybody means Windows' quotes and dashes.
_WINDOWS = "".join(
    bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)
)


def _decode(body: bytes) -> str:
    for mark, encoding in _UTF_16.items():
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    # The bytes decide: declarations are often wrong, and hardly any text in another
    # encoding is valid UTF-8 by chance.
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _DECLARED.search(body)
    if declared and _ENCODINGS.fullmatch(declared[1].decode("ascii")):
        try:
            return body.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass
    return _decode_mixture(body)


def _decode_mixture(body: bytes) -> str:
    valid = body.decode("utf-8", "ignore")
    valid_bytes = len(valid.encode())
    strange = len(body) - valid_bytes
    if strange > valid_bytes - len(valid):
        return codecs.charmap_decode(body, "strict", _WINDOWS)[0]
    return body.decode("utf-8", "helpspot.mixture")


def _single_bytes(error: UnicodeError) -> tuple[str, int]:
    # One byte alone is a letter in an older encoding; the start of a longer sequence
    # is a letter that PHP cut in half.
    if not isinstance(error, UnicodeDecodeError):
        raise error
    strange = error.object[error.start : error.end]
    text = _WINDOWS[strange[0]] if len(strange) == 1 else "\N{REPLACEMENT CHARACTER}"
    return text, error.end


codecs.register_error("helpspot.mixture", _single_bytes)

# A web page or a document type is no answer of HelpSpot's.
_FOREIGN = re.compile(r"<(!doctype|html|head|body)\b", re.IGNORECASE)
_PHP_NOISE = re.compile(
    r"(?:<br\s*/?>\s*)?<b>(?:Warning|Notice|Deprecated|Strict Standards)</b>:"
    r"(?:(?!<b>).){0,2000}<b>[^<]{0,1000}</b> on line <b>\d+</b>(?:<br\s*/?>)?\n?",
    re.DOTALL,
)
_IN_PHP_NOISE = "</b> on line <b>"


def _cut(text: str, root: str) -> str:
    """Return the document without what PHP wrote round and into it."""
    opening = re.search(rf"<({root}|errors|reply)(?=[\s/>])[^<>]*>", text)
    if opening is None or _FOREIGN.search(text, 0, opening.start()):
        raise Unreadable
    if opening[0].endswith("/>"):
        if f"<{opening[1]}" in text[opening.end() :]:
            raise Unreadable
        return opening[0]
    end = 0
    for closing in re.finditer(rf"</{opening[1]}\s*>", text):
        end = closing.end()
    if end < opening.end():
        raise Unreadable
    document = text[opening.start() : end]
    # Looking for the words first spares long answers the slow search.
    return _PHP_NOISE.sub("", document) if _IN_PHP_NOISE in document else document


class _LimitedTree:
    """Build a tree, but no deeper or larger than any honest answer."""

    def __init__(self) -> None:
        # Comments stay in, so that nothing behind one passes for a whole value.
        self._builder = TreeBuilder(insert_comments=True, insert_pis=True)
        self._depth = 0
        self._elements = 0
        self.data = self._builder.data
        self.close = self._builder.close

    def start(self, tag: str, attributes: dict[str, str]) -> Element:
        """Open an element; raises `Unreadable` over a limit."""
        self._depth += 1
        self._count()
        if self._depth > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise Unreadable
        return self._builder.start(tag, attributes)

    def comment(self, text: str) -> Element:
        """Add a comment."""
        self._count()
        return self._builder.comment(text)

    def pi(self, target: str, text: str | None = None) -> Element:
        """Add a processing instruction."""
        self._count()
        return self._builder.pi(target, text)

    def _count(self) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Unreadable

    def end(self, tag: str) -> Element:
        """Close an element."""
        self._depth -= 1
        return self._builder.end(tag)


def _tree(document: str) -> Element:
    parser = XMLParser(target=_LimitedTree(), forbid_dtd=True)
    try:
        parser.feed(document)
        root: Element = parser.close()
    except DefusedXmlException:
        raise Unreadable from None
    return root


_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_AMPERSAND = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);)(?:#(\d{1,7}|[xX][0-9a-fA-F]{1,6});|(\w{2,32};))?"
)
# Elements that hold HTML, which some servers forget to escape.
_LONG_TEXT = re.compile(r"<(tNote|tPage|tPost|tDescription|desc)>")
_WIRE_NAME = re.compile(
    r"</?(?:[a-z]{1,2}[A-Z]\w*|[a-z]+_[a-z]+|item|files?|page|chapter|request|topic"
    r"|post|book|tag|name|desc|fullname|accesskey)[\s/>]"
)


def _mend(document: str) -> str:
    """Return the document without the known faults that keep it from being XML."""
    document = _NOT_XML.sub("", document)
    # Behind the last end of a CDATA section no further one can begin.
    end = document.rfind("]]>") + 3 if "]]>" in document else 0
    pieces = [*_CDATA.split(document[:end]), document[end:]]
    return "".join(
        piece
        if piece.startswith("<![CDATA[") and piece.endswith("]]>")
        else _AMPERSAND.sub(_reference, "".join(_escape_raw_html(piece)), MAX_FAULTS)
        for piece in pieces
    )


def _escape_raw_html(piece: str) -> Iterator[str]:
    done = 0
    while opening := _LONG_TEXT.search(piece, done):
        end = piece.find(f"</{opening[1]}>", opening.end())
        if end < 0:
            break
        inner = piece[opening.end() : end]
        yield piece[done : opening.end()]
        # An inner name of the wire means that the end of this value was lost: what
        # follows belongs to something else, perhaps to a private note.
        is_html = "<" in inner and not _WIRE_NAME.search(inner)
        yield html.escape(inner, quote=False) if is_html else inner
        done = end
    yield piece[done:]


def _reference(match: re.Match[str]) -> str:
    number, name = match.groups()
    if number:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        return "" if code > 0x10FFFF or _NOT_XML.match(chr(code)) else match[0]
    if name in html5:
        return html5[name]
    return f"&amp;{name or ''}"


# ------------------------------------------------------------- a tree to values

_NUMBER = re.compile(r"[0-9]{1,15}")


def only(element: Element, name: str) -> Element | None:
    """Return the one direct child of that name; None where it is absent or doubled."""
    found = element.findall(name)
    return found[0] if len(found) == 1 else None


def singles(element: Element) -> dict[str, Element]:
    """Return the direct children whose name occurs once, by that name, in order."""
    named = [child for child in element if isinstance(child.tag, str)]
    counts = Counter(child.tag for child in named)
    return {child.tag: child for child in named if counts[child.tag] == 1}


def items(element: Element, container: str, name: str) -> list[Element]:
    """Return the elements in a container, none where it is absent or empty."""
    return [item for each in element.findall(container) for item in each.findall(name)]


def content(element: Element) -> str:
    """Return an element's whole text as it came, without comments."""
    return "".join(_texts(element)) if len(element) else element.text or ""


def _texts(element: Element) -> Iterator[str]:
    # `itertext` gives the text of comments too.
    if isinstance(element.tag, str):
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


def text(element: Element, name: str) -> str | None:
    """Return a short text without blanks round it; None where that leaves nothing."""
    child = only(element, name)
    return (content(child).strip() or None) if child is not None else None


def body(element: Element, name: str) -> str:
    """Return a long text as it came, "" where it is absent.

    HTML that came as elements, because it was not escaped, becomes HTML text again.
    """
    child = only(element, name)
    if child is None:
        return ""
    if not any(isinstance(inner.tag, str) for inner in child):
        return content(child)
    return html.escape(child.text or "", quote=False) + "".join(
        tostring(inner, encoding="unicode", method="html") for inner in child
    )


def number(element: Element, name: str) -> int | None:
    """Return a whole number; None where there is none."""
    digits = text(element, name) or ""
    return int(digits) if _NUMBER.fullmatch(digits) else None


def reference(element: Element, name: str) -> int | None:
    """Return the id of something else; None for 0 and where there is none."""
    return number(element, name) or None


def id_(element: Element, name: str) -> int:
    """Return the id that every such element has; raises `Unreadable`."""
    found = reference(element, name)
    if found is None:
        raise Unreadable
    return found


def content_id(element: Element) -> int:
    """Return the id that is the element's whole content; raises `Unreadable`."""
    digits = content(element).strip()
    if not _NUMBER.fullmatch(digits):
        raise Unreadable
    return int(digits)


def check_is(element: Element, name: str, expected: int) -> None:
    """Raise `Missing` unless the answer is about the thing that was asked for."""
    if reference(element, name) != expected:
        raise Missing


def flag(element: Element, name: str, *, default: bool = False) -> bool:
    """Return a flag; the default where it is absent or neither 0 nor 1."""
    return {"1": True, "0": False}.get(text(element, name) or "", default)


def label(element: Element, *names: str) -> str | None:
    """Return the first of these that is a label and not an id."""
    for name in names:
        found = text(element, name)
        if found and not _NUMBER.fullmatch(found):
            return found
    return None


def is_public(item: Element) -> bool:
    """Tell whether a history item is for customers.

    Only one plain `<fPublic>1</fPublic>` amid nothing but elements says so; whatever is
    odd is private.
    """
    flags = item.findall("fPublic")
    return (
        len(flags) == 1
        and flags[0].text == "1"
        and not len(flags[0])
        and not flags[0].attrib
        and _holds_elements_only(item)
    )


def _holds_elements_only(item: Element) -> bool:
    # Text or a comment there may have swallowed the end of this item and the
    # beginning of a private one.
    between = [item.text, *(child.tail for child in item)]
    return all(isinstance(child.tag, str) for child in item) and not any(
        text and text.strip() for text in between
    )


def problems(errors: Element) -> tuple[Problem, ...]:
    """Return the entries of an errors document."""
    return tuple(
        Problem(
            id=number(error, "id") or 0,
            text=" ".join((text(error, "description") or "").split()),
        )
        for error in errors.iterfind("error")
    )


# ------------------------------------------------------------------------ times

MAX_DATE = 100  # letters
_UNIX = re.compile(r"-?[0-9]{1,12}")
_FORMATTED = re.compile(
    r"(?:[^\W\d]+\.?,? )?(?P<month>[A-Za-z]{3})[a-z]*\.? (?P<day>\d{1,2}),? "
    r"(?P<year>\d{4})"
    r"(?:,? (?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
    r"(?: ?(?P<half>[AaPp][Mm]))?)?"
)
_MONTHS = [month.lower() for month in calendar.month_abbr[1:]]


def moment(element: Element, name: str, zone: ZoneInfo) -> Moment | None:
    """Return a time, None where there is none.

    A number counts seconds from 1970; a formatted date is one of the zone given.
    """
    came = text(element, name)
    if came is None or came == "0":
        return None
    try:
        if len(came) > MAX_DATE:
            return Moment(at=None, text=came)
        if _UNIX.fullmatch(came):
            return Moment(at=datetime.fromtimestamp(int(came), UTC), text=came)
        match = _FORMATTED.fullmatch(" ".join(came.split()))
        if match:
            at = _local_time(match, zone)
            at.astimezone(UTC)  # the last day of all is over there, and has no date
            return Moment(at=at, has_time=match["hour"] is not None, text=came)
    except (ValueError, OverflowError, OSError):
        pass  # a date that no calendar has
    return Moment(at=None, text=came)


def _local_time(match: re.Match[str], zone: ZoneInfo) -> datetime:
    hour = int(match["hour"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if match["half"].lower() == "pm" else 0)
    return datetime(
        int(match["year"]),
        _MONTHS.index(match["month"].lower()) + 1,
        int(match["day"]),
        hour,
        int(match["minute"] or 0),
        int(match["second"] or 0),
        tzinfo=zone,
    )
