"""How much a body costs to parse, by one look at its tags before parsing.

The parser's time grows with the square of the elements left open, of the attributes
of one tag and of the ampersands, and it cannot be stopped. This look is linear, and
wherever it may differ from the parser it counts too much, never too little.
"""

from __future__ import annotations

import re

MAX_BYTES = 512 * 1024
MAX_TAGS = 30_000
MAX_OPEN_TAGS = 2000
MAX_ATTRIBUTES = 500
MAX_AMPERSANDS = 50_000

# fmt: off
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta",
    "param", "source", "track", "wbr",
})
# Their end tags may be left out: an end tag further out closes them too.
_OPTIONAL = frozenset({
    "caption", "colgroup", "dd", "dt", "li", "optgroup", "option", "p", "rp", "rt",
    "tbody", "td", "tfoot", "th", "thead", "tr",
})
# These live on when something else closes them, so only their own end tag counts.
_FORMATTING = frozenset({
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike",
    "strong", "tt", "u",
})
# Between their tags there is only text.
_RAW = frozenset({
    "iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style",
    "textarea", "title", "xmp",
})
# fmt: on
_CELLS = frozenset({"td", "th"})
_CLOSES = {
    "dd": frozenset({"dd", "dt", "p"}),
    "dt": frozenset({"dd", "dt", "p"}),
    "li": frozenset({"li", "p"}),
    "p": frozenset({"p"}),
    "td": _CELLS,
    "th": _CELLS,
    "tr": _CELLS | {"tr"},
}
_NOTHING: frozenset[str] = frozenset()
_COMMENT_ENDS = {"<!--": "-->", "<![": "]]>", "<": ">"}
_MARK = re.compile(r"<(/?)([A-Za-z][^\s/<>]*)|<!--|<!\[|<(?=[!?/])")
_PART = re.compile(r"[\s/]+|[^\s/>=]+|=|>")
_NAME_REST = re.compile(r"[^\s/>=]*")
_VALUE = re.compile(r"""\s*(?:"[^"]*"?|'[^']*'?|[^\s>"'][^\s>]*|)""")


def is_bearable(html: str) -> bool:
    """Tell whether the parser can take this in a fraction of a second."""
    size = len(html.encode(errors="replace"))
    if size > MAX_BYTES or html.count("&") > MAX_AMPERSANDS:
        return False
    scales = _Scales(html)
    return all(scales.take(mark) for mark in _MARK.finditer(html))


class _Scales:
    """Weighs one mark after the other.

    Each tag is looked at, even where it seems to stand inside another or in a
    comment: which of them is real is for the parser to know. An end tag counts only
    where none of them can hide it.
    """

    def __init__(self, html: str) -> None:
        self._html = html
        self._open: list[str] = []
        self._raw: set[str] = set()
        self._tags = self._strays = self._looked_at = 0
        self._hidden_until = 0
        self._comment_until = dict.fromkeys(_COMMENT_ENDS, 0)
        lowered = html.lower()
        # In a drawing or a formula no end tag may be left out.
        self._is_plain = "<svg" not in lowered and "<math" not in lowered

    def take(self, mark: re.Match[str]) -> bool:
        """Add a mark; return whether all of them are still bearable."""
        if not mark[2]:
            self._hide_comment(mark[0], mark.start())
            return True
        name = mark[2].lower()
        attributes, end = _count_attributes(self._html, mark.end())
        if mark[1]:
            self._raw.discard(name)
            if mark.start() >= self._hidden_until and not self._raw:
                self._close(name)
        else:
            self._open_tag(name)
        self._tags += 1
        self._looked_at += end - mark.start()
        self._hidden_until = max(self._hidden_until, end)
        return (
            attributes <= MAX_ATTRIBUTES
            and self._tags <= MAX_TAGS
            and len(self._open) + self._strays <= MAX_OPEN_TAGS
            and self._looked_at <= 4 * len(self._html)
        )

    def _hide_comment(self, kind: str, start: int) -> None:
        if start >= self._comment_until[kind]:
            end = self._html.find(_COMMENT_ENDS[kind], start)
            self._comment_until[kind] = end if end >= 0 else len(self._html)
        self._hidden_until = max(self._hidden_until, self._comment_until[kind])

    def _open_tag(self, name: str) -> None:
        if name in _RAW:
            self._raw.add(name)
        if self._is_plain and name in _VOID:
            return
        if self._is_plain:
            closes = _CLOSES.get(name, _NOTHING)
            while self._open and self._open[-1] in closes:
                self._open.pop()
        self._open.append(name)

    def _close(self, name: str) -> None:
        index = len(self._open) - 1
        if name not in _FORMATTING and self._is_plain:
            while index >= 0 and self._open[index] in _OPTIONAL - {name}:
                index -= 1
        if index >= 0 and self._open[index] == name:
            del self._open[index:]
        else:
            self._strays += 1


def _count_attributes(html: str, start: int) -> tuple[int, int]:
    """Return how many attributes the tag has, up to the limit, and where it ends."""
    count = 0
    is_named = False
    end = start
    while count <= MAX_ATTRIBUTES and (part := _PART.match(html, end)):
        end = part.end()
        if part[0] == ">":
            break
        if part[0] == "=" and is_named:
            value = _VALUE.match(html, end)
            end = value.end() if value else end
            is_named = False
        elif part[0] == "=":
            rest = _NAME_REST.match(html, end)
            end = rest.end() if rest else end
            count += 1
            is_named = True
        elif not part[0].isspace():
            is_named = "/" not in part[0]
            count += is_named
    return count, end
