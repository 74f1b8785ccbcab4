"""Keeps out of the log what load balancers ask every few seconds.

Imports no model: Django sets up logging before it knows any.
"""

from __future__ import annotations

import logging

HEALTHZ = "/healthz"
READYZ = "/readyz"
METRICS = "/metrics"


class LeaveOutChecks(logging.Filter):
    """Drop Django's line for each unready answer; the answer itself says why."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record is about any other address."""
        request = getattr(record, "request", None)
        return getattr(request, "path_info", None) not in {HEALTHZ, READYZ}
