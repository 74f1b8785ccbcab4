"""Plain text as HTML, and HTML as plain text."""

from __future__ import annotations

import re
from html import unescape

import nh3
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from portal.markup import addresses
from portal.markup.sanitise import DROPPED_WITH_CONTENT
from portal.markup.weight import is_bearable

# fmt: off
_BLOCKS = frozenset({
    "blockquote", "br", "caption", "dd", "div", "dl", "dt", "figcaption",
    "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "section", "article", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
    "ul",
})
# fmt: on
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>")
_SPACES = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\s*\n\s*")
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n\s*")
_ADDRESS = re.compile(r"\bhttps?://[^\s<>\"\u201c\u201d]{1,2000}", re.IGNORECASE)
_PAIRS = {")": "(", "]": "[", "}": "{"}
_NOT_LAST = ".,;:!?'\"»”’…*_"


def plain(words: str) -> SafeString:
    """Return text as paragraphs with line breaks; its web addresses become links."""
    lines = words.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    paragraphs = (one for one in _PARAGRAPH_END.split(lines) if one.strip())
    return mark_safe("".join(f"<p>{_line(one)}</p>" for one in paragraphs))  # noqa: S308 - each part is escaped


def to_text(html: str) -> str:
    """Return the words of foreign HTML, one line for each block."""
    if is_bearable(html):
        html = nh3.clean(
            html,
            tags=set(_BLOCKS),
            clean_content_tags=set(DROPPED_WITH_CONTENT),
            attributes={},
            link_rel=None,
        )
    spaced = _TAG.sub(
        lambda tag: "\n" if tag[2].lower() in _BLOCKS else "", html.replace("\n", " ")
    )
    return _BREAKS.sub("\n", _SPACES.sub(" ", unescape(spaced))).strip()


def _line(words: str) -> str:
    parts: list[str] = []
    end = 0
    for match in _ADDRESS.finditer(words):
        found = _without_punctuation(match[0])
        parts += [escape(words[end : match.start()]), _link(found)]
        end = match.start() + len(found)
    parts.append(escape(words[end:]))
    return "".join(parts).replace("\n", "<br>")


def _without_punctuation(address: str) -> str:
    """Leave the sentence's own punctuation out of an address at its end."""
    while address:
        last = address[-1]
        opening = _PAIRS.get(last)
        is_unpaired = opening and address.count(opening) < address.count(last)
        if last not in _NOT_LAST and not is_unpaired:
            break
        address = address[:-1]
    return address


def _link(address: str) -> str:
    target = addresses.rewrite(address, addresses.ID_PREFIX)
    if target is None:
        return escape(address)
    if addresses.is_outward(target):
        return format_html(
            '<a href="{}" rel="noopener noreferrer nofollow ugc">{}</a>',
            target,
            address,
        )
    return format_html('<a href="{}">{}</a>', target, address)
