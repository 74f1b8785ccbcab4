"""Answers operators before anything else looks at their request, and times pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from django.http import HttpRequest, HttpResponseBase

from portal.counts import Histogram
from portal.operations.metrics import PAGE_SECONDS
from portal.operations.records import HEALTHZ, METRICS, READYZ
from portal.operations.views import healthz, metrics, readyz

VIEWS = {HEALTHZ: healthz, READYZ: readyz, METRICS: metrics}


class OperationsMiddleware:
    """Answer the operators' addresses whatever the Host header says.

    Load balancers call by IP address, which stands in nobody's ALLOWED_HOSTS. Routes
    come too late for that: Django's own middleware refuses the host before them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the check, or let the portal answer."""
        return VIEWS.get(request.path_info, self.get_response)(request)


class PageTimesMiddleware:
    """Time every page by its view's name; addresses hold ids, keys and searches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and note the view, the status class and the seconds."""
        start = time.monotonic()
        response = self.get_response(request)
        match = request.resolver_match
        view = match.view_name if match else "none"
        # The page is made: a disk that takes no counts must not make a failure of it.
        with suppress(OSError):
            times = _times(view, response.status_code // 100)
            times.observe(time.monotonic() - start)
        return response


@cache  # for a stored page, finding them is as much work as noting the time
def _times(view: str, status_class: int) -> Histogram:
    return PAGE_SECONDS.labels(view, f"{status_class}xx")
