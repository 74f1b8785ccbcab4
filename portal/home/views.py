"""The home room's pages."""

from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError
