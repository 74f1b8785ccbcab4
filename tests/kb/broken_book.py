"""A help desk whose one book cannot be opened."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from portal.desk import server
from portal.desk.models import Book


def answer(request: HttpRequest) -> HttpResponse:
    """Answer like the practice desk, but 503 for the contents of "Broken book"."""
    broken = Book.objects.filter(name="Broken book").first()
    values = {**request.GET.dict(), **request.POST.dict()}
    if broken and values.get("xBook") == str(broken.pk):
        return HttpResponse("<h1>Bad gateway</h1>", status=503)
    return server.answer(request)
