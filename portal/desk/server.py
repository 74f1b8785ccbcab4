"""The practice desk as a server."""

from django.http import HttpRequest, HttpResponse


def answer(request: HttpRequest) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError
