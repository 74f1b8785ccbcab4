"""HelpSpot's patterns: JavaScript regular expression literals, checked in linear time.

HelpSpot checks them in its own pages only, so the portal must. A pattern that RE2 does
not take, or would read differently, is not checked here: the help desk judges.
"""

from __future__ import annotations

import re

import re2

_LITERAL = re.compile(r"/(.*)/([a-z]*)", re.DOTALL)
_CODE_POINT = re.compile(r"\\u([0-9a-fA-F]{4})|\\u\{([0-9a-fA-F]{1,6})\}")
# An empty class and a class of everything: JavaScript's alone.
_ONLY_IN_JAVASCRIPT = re.compile(r"\[\^?\]|\\c[A-Za-z]")
# `g`, `u` and `d` change nothing about whether a text matches.
_FLAGS = {"i": "i", "m": "m", "s": "s", "g": "", "u": "", "d": ""}
_LONGEST_PATTERN = 2000


def matches(pattern: str, text: str) -> bool:
    """Tell whether the text has the pattern; True where it cannot be checked here."""
    translated = translate(pattern)
    if translated is None:
        return True
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(translated, options)
    except re2.error:
        return True
    return compiled.search(text) is not None


def translate(pattern: str) -> str | None:
    """Return a JavaScript literal, or a bare pattern, as RE2 reads it."""
    literal = _LITERAL.fullmatch(pattern.strip())
    source, flags = literal.groups() if literal else (pattern.strip(), "")
    if (
        len(source) > _LONGEST_PATTERN
        or _ONLY_IN_JAVASCRIPT.search(source)
        or any(flag not in _FLAGS for flag in flags)
    ):
        return None
    source = _CODE_POINT.sub(lambda found: rf"\x{{{found[1] or found[2]}}}", source)
    kept = "".join(dict.fromkeys(_FLAGS[flag] for flag in flags))
    return f"(?{kept}){source}" if kept else source
