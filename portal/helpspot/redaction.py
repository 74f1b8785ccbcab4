"""Keeps access keys and passwords out of log lines, whoever writes them."""

from __future__ import annotations

import logging
import re

_SECRETS = re.compile(
    r"(?P<name>(?:sPassword|password|accesskey|sRequestPassword)=)[^&\s\"']+"
    r"|\b\d+(?:[A-Za-z]{20}|[a-z]{6})\b",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Return the text with passwords and access keys masked."""
    return _SECRETS.sub(lambda match: f"{match['name'] or ''}[hidden]", text)


class RedactSecrets(logging.Filter):
    """A logging filter that masks secrets in a record's whole message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the message in place; every record passes."""
        record.msg = redact(record.getMessage())
        record.args = None
        return True
