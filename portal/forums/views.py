"""The forums room's pages."""

from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def feed(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def forum_by_id(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def forum(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def new_topic(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def forum_feed(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def topic_by_id(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def topic(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def reply(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError


def topic_feed(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Not built yet."""
    raise NotImplementedError
