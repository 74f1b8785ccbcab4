"""The kb room's pages."""

from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def book_by_id(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def book(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def print_book(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def page_by_id(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def page(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def vote(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def tag(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def file(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError
