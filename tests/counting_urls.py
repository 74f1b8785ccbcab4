"""The portal's addresses, and a public page that counts how often it is rendered."""

import threading

from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import conditional_page

from portal import http
from portal.http import PortalRequest, public
from portal.urls import *  # noqa: F403 - with the handlers
from portal.urls import urlpatterns as portal_urls

renderings: list[str] = []
may_render = threading.Event()
may_render.set()
made_do = threading.Event()


@conditional_page
@public
def counted(request: PortalRequest) -> HttpResponse:
    renderings.append(request.META.get("HTTP_COOKIE", ""))
    may_render.wait(10)
    response = HttpResponse(f"rendering {len(renderings)}")
    return http.made_do(response) if made_do.is_set() else response


urlpatterns = [path("counted/", counted), *portal_urls]
