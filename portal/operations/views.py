"""Answers for load balancers; nothing in them is about a person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.operations.readiness import readiness

NO_STORE = {"Cache-Control": "no-store"}


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer "ok" for as long as the process answers at all."""
    return HttpResponse("ok", content_type="text/plain", headers=NO_STORE)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer whether visitors can be sent here: 200, or 503 where they cannot.

    JSON: `ready`, `reasons`, `outbox` (submissions by state) and
    `oldest_waiting_seconds` (or null).
    """
    found = readiness()
    return JsonResponse(
        {
            "ready": found.is_ready,
            "reasons": found.reasons,
            "outbox": found.outbox,
            "oldest_waiting_seconds": found.oldest_waiting_seconds,
        },
        status=200 if found.is_ready else 503,
        headers=NO_STORE,
    )
