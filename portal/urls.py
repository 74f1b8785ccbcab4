"""The portal's addresses."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("portal.home.urls")),
    path("account/", include("portal.accounts.urls")),
    path("requests/", include("portal.tickets.urls")),
    path("requests/found/", include("portal.search.private_urls")),
    path("kb/", include("portal.kb.urls")),
    path("forums/", include("portal.forums.urls")),
    path("search/", include("portal.search.urls")),
    path("", include("portal.operations.urls")),
    # Before the desk, which has files at this address: the view hands those on.
    path("index.php", include("portal.legacy.urls")),
]
if settings.OPERATORS_PATH and not settings.DESK_IS_BUILT_IN:
    urlpatterns.append(path(f"{settings.OPERATORS_PATH}/", admin.site.urls))
if settings.DESK_IS_BUILT_IN:
    urlpatterns.append(path("", include("portal.desk.urls")))

handler400 = "portal.http.bad_request"
handler403 = "portal.http.forbidden"
handler404 = "portal.http.page_not_found"
handler500 = "portal.http.server_error"
