"""Keeps access keys and passwords out of log lines, whoever writes them."""

from __future__ import annotations

import logging
import re

_SECRETS = re.compile(
    r"""
    (?P<name>\b(?:sPassword|password|accesskey|access_key|sRequestPassword)
        (?:%3D|["']?\s*[=:]\s*["']?))      # in a query, a dict, JSON or a repr
        [^&\s"',}<]+
    | (?P<element><(?:sRequestPassword|accesskey|sPassword)>)[^<]*
    | (?P<path>/(?:requests/(?:open|feed)|refresh)/)[^/\s"']+
    | (?P<old>\bpg=request\.check&(?:amp;)?id=)\w+
    | (?<![A-Za-z0-9])\d+(?:[A-Za-z]{20}|[a-z]{6})(?![A-Za-z0-9])
    """,
    re.IGNORECASE | re.VERBOSE,
)


def redact(text: str) -> str:
    """Return the text with passwords and access keys masked."""
    return _SECRETS.sub(_mask, text)


def _mask(match: re.Match[str]) -> str:
    return f"{match[match.lastgroup] if match.lastgroup else ''}[hidden]"


class RedactSecrets(logging.Filter):
    """A logging filter that masks secrets in a record's message and traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place; every record passes."""
        record.msg = redact(record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


class HideAddresses(logging.Filter):
    """A filter for the HTTP library's loggers, whose lines hold whole addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let warnings pass, without what they are about and without their error."""
        record.args = record.exc_info = record.exc_text = None
        return record.levelno >= logging.WARNING
