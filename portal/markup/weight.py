"""How much a body costs to parse, by one look at its tags before parsing.

The parser's time grows with the square of the elements left open and of the
attributes of one tag and of the ampersands, and it cannot be stopped.
"""

from __future__ import annotations

import re
from collections import Counter

MAX_BYTES = 512 * 1024
MAX_TAGS = 20_000
MAX_OPEN_TAGS = 2000
MAX_ATTRIBUTES = 500
MAX_AMPERSANDS = 50_000

# Their end tags may be left out, and a new one ends the last: they never nest alone.
# fmt: off
_UNNESTED = frozenset({
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input",
    "li", "link", "meta", "p", "param", "source", "td", "th", "tr", "track",
    "wbr",
})
# fmt: on
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/<>]*)")
_PART = re.compile(r"[\s/]+|[^\s/>=]+|=|>")
_NAME_REST = re.compile(r"[^\s/>=]*")
_VALUE = re.compile(r"""\s*(?:"[^"]*"?|'[^']*'?|[^\s>"'][^\s>]*|)""")


def is_bearable(html: str) -> bool:
    """Tell whether the parser can take this in a fraction of a second."""
    size = len(html.encode(errors="replace"))
    if size > MAX_BYTES or html.count("&") > MAX_AMPERSANDS:
        return False
    open_by_name: Counter[str] = Counter()
    open_tags = looked_at = 0
    # Each tag is looked at, even where it seems to stand inside another: what is a
    # quoted value and what a tag is for the parser to know.
    for number, tag in enumerate(_TAG.finditer(html), start=1):
        name = tag[2].lower()
        if tag[1]:
            if open_by_name[name]:
                open_by_name[name] -= 1
                open_tags -= 1
        elif name not in _UNNESTED:
            open_by_name[name] += 1
            open_tags += 1
        attributes, end = _count_attributes(html, tag.end())
        looked_at += end - tag.start()
        if (
            number > MAX_TAGS
            or open_tags > MAX_OPEN_TAGS
            or attributes > MAX_ATTRIBUTES
            or looked_at > 4 * len(html)
        ):
            return False
    return True


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
