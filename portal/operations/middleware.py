"""Answers operators before anything else looks at their request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from portal.operations.records import HEALTHZ, READYZ
from portal.operations.views import healthz, readyz

VIEWS = {HEALTHZ: healthz, READYZ: readyz}


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
