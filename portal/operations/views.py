"""Answers for load balancers and monitors; nothing in them is about a person."""

from __future__ import annotations

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotFound,
    JsonResponse,
)
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from portal.brands import publishing
from portal.http import visitor_address
from portal.operations.metrics import CONTENT_TYPE, exposition
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


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus where METRICS is on, and only METRICS_ADDRESSES; else 404."""
    address = visitor_address(request, settings.TRUSTED_PROXIES)
    if not settings.METRICS or address not in settings.METRICS_ADDRESSES:
        return HttpResponseNotFound(headers=NO_STORE)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE, headers=NO_STORE)


@csrf_exempt  # help desks post it; the token is the proof
@require_POST
def refresh(request: HttpRequest, token: str) -> HttpResponse:
    """Have all public content read anew: 204, or 404 for a token that is not ours."""
    try:
        publishing.refresh(token)
    except LookupError:
        raise Http404 from None
    return HttpResponse(status=204, headers=NO_STORE)
