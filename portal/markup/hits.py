"""Where a search's words stand in a text, whatever their accents and case."""

from __future__ import annotations

import re
import unicodedata

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_WORD = re.compile(r"\w+")
_MAX_TERMS = 12
# From here on scripts leave no space between words.
_SPACELESS = "\u2e80"
_ELLIPSIS = "…"


def excerpt(text: str, query: str, length: int = 200) -> str:
    """Return about `length` characters of the text round the first hit."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    hits = _hits(text, query)
    start = max(0, hits[0][0] - length // 3) if hits else 0
    start = min(start, len(text) - length)
    end = start + length
    if start:
        space = text.find(" ", start, start + 20)
        start = space + 1 if space >= 0 else start
    if end < len(text):
        space = text.rfind(" ", max(start, end - 20), end)
        end = space if space >= 0 else end
    before = _ELLIPSIS if start else ""
    after = _ELLIPSIS if end < len(text) else ""
    return f"{before}{text[start:end].strip()}{after}"


def highlight(text: str, query: str) -> SafeString:
    """Return the text with the query's words in `<mark>`, everything escaped."""
    parts: list[str] = []
    end = 0
    for start, stop in _hits(text, query):
        parts += [escape(text[end:start]), f"<mark>{escape(text[start:stop])}</mark>"]
        end = stop
    parts.append(escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - each part is escaped


def _hits(text: str, query: str) -> list[tuple[int, int]]:
    """Return where the query's words stand, in order, without overlaps."""
    terms = {_fold(word)[0] for word in _WORD.findall(query)[:_MAX_TERMS]} - {""}
    if not terms:
        return []
    folded, origins = _fold(text)
    choices = "|".join(_pattern(term) for term in sorted(terms, key=len, reverse=True))
    return [
        (origins[match.start()], origins[match.end()])
        for match in re.finditer(choices, folded)
        if origins[match.start()] < origins[match.end()]
    ]


def _pattern(term: str) -> str:
    """Return where a term counts: at a word's start, a single letter as a word."""
    if any(character >= _SPACELESS for character in term):
        return re.escape(term)
    end = r"\b" if len(term) == 1 else ""
    return rf"\b{re.escape(term)}{end}"


def _fold(text: str) -> tuple[str, list[int]]:
    """Return the text without accents and case, and where each character was."""
    folded: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text):
        for part in unicodedata.normalize("NFKD", character).casefold():
            if not unicodedata.combining(part):
                folded.append(part)
                origins.append(index)
    return "".join(folded), [*origins, len(text)]
