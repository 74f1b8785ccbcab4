"""A help desk during whose answer the same visitor does something else."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.desk import server

DURING: dict[str, Callable[[], object]] = {}


def answer(request: HttpRequest) -> HttpResponse:
    """Do what is to be done during the method, once; then answer."""
    method = request.POST.get("method") or request.GET.get("method", "")
    DURING.pop(method, lambda: None)()
    return server.answer(request)
