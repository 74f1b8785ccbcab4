"""A help desk that answers everything but the methods a test names, or nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from portal.desk import server
from portal.helpspot import deadline

DOWN: set[str] = set()


def answer(request: HttpRequest) -> HttpResponse:
    """Answer like the practice desk, or 503 for a method that is down."""
    method = request.POST.get("method") or request.GET.get("method", "")
    if any(method.startswith(start) for start in DOWN):
        return HttpResponse("<h1>Bad gateway</h1>", status=503)
    return server.answer(request)


def refuse(request: HttpRequest) -> HttpResponse:
    """Refuse the connection: nothing has left."""
    deadline.current.get().may_have_left = False
    raise ConnectionRefusedError
