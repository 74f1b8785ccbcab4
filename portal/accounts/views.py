"""The accounts room's pages."""

from django.http import HttpRequest, HttpResponse


def sign_in(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def sign_out(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def password(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError
