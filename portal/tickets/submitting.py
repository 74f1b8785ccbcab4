"""The tickets room's pages."""

from django.http import HttpRequest, HttpResponse


def submit(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def drill_down(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def receipt(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError
