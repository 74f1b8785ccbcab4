"""The portal's addresses, and one whose view is broken."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from portal.urls import *  # noqa: F403 - with the handlers
from portal.urls import urlpatterns as portal_urls


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("secret words")


urlpatterns = [path("broken/", broken), *portal_urls]
