"""What a mail program repeats below an answer, told apart from the answer."""

from __future__ import annotations

import re

_HTML_QUOTE = re.compile(
    r"<div[^<>]*\bclass=[\"'][^\"']*\b(?:gmail_quote|yahoo_quoted|moz-cite-prefix)\b"
    r"|<div[^<>]*\bid=[\"'](?:divRplyFwdMsg|appendonsend)[\"']"
    r"|<blockquote\b(?=[^<>]*(?:\bcite\b|\btype=))",
    re.IGNORECASE,
)
_TEXT_QUOTE = re.compile(
    r"^(?:-{2,} ?Original Message ?-{2,}\s*$"
    r"|[^\n>]{0,200}\b(?:wrote|schrieb|a écrit|escribió):\s*$\n(?:\s*\n)?>"
    r"|>[^\n]*\n>)",
    re.MULTILINE,
)
_ANSWER_BELOW = re.compile(r"^[^>\s].*$", re.MULTILINE)
_WORD = re.compile(r"\w")
_TAG = re.compile(r"<[^<>]*>")


def split(body: str, *, is_html: bool) -> tuple[str, str]:
    """Return what was written and the repeated mail below it, "" where there is none.

    Someone who answers between quoted lines is left whole.
    """
    found = (_HTML_QUOTE if is_html else _TEXT_QUOTE).search(body)
    if found is None:
        return body, ""
    written, quoted = body[: found.start()], body[found.start() :]
    if not _WORD.search(_TAG.sub("", written) if is_html else written):
        return body, ""
    if not is_html and found[0].startswith(">") and _ANSWER_BELOW.search(quoted):
        return body, ""
    return written.rstrip(), quoted
