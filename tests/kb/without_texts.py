"""A help desk that leaves the pages' texts out of a book's contents."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict

from portal.desk import server


def answer(request: HttpRequest) -> HttpResponse:
    """Answer like the practice desk, deaf to `fWithPageHTML`."""
    for name in ("GET", "POST"):
        values: QueryDict = getattr(request, name).copy()
        values.pop("fWithPageHTML", None)
        setattr(request, name, values)
    return server.answer(request)
