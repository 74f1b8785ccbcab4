"""What happens around every view: headers, same-origin check, brand, failed reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from csp.constants import HEADER
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    UnreadablePostError,
)
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject

from portal.accounts.limits import TooManyAttempts
from portal.brands import Brand, brand_for, publishing
from portal.brands.maintenance import planned_maintenance
from portal.brands.sections import offered_sections
from portal.helpspot import helpspot_for
from portal.helpspot.errors import Disabled, HelpSpotError, NotFound
from portal.http import (
    DATABASE_AWAY,
    NextPageAway,
    PerhapsDone,
    error_page,
    keep_private,
    not_stored,
)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
# The desk's own side and its API stay open.
PAGES = frozenset({"accounts", "forums", "home", "kb", "legacy", "search", "tickets"})
AFTER_SENDING = "tickets:receipt"
# What staff publish in the built-in desk's admin, as it names its addresses.
PUBLISHED = frozenset(
    f"desk_{name}"
    for name in (
        "book",
        "category",
        "chapter",
        "customfield",
        "forum",
        "page",
        "post",
        "tag",
        "topic",
    )
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class SameOriginMiddleware(CsrfViewMiddleware):
    """Refuse forms that another site's page sends.

    Browsers say where a form comes from (Sec-Fetch-Site, Origin), so the portal's
    pages need no cookie and no token, stay the same for everyone, and no form is ever
    lost to an expired token. The staff admin keeps Django's own tokens. What is no
    browser sends neither header, and holds no session that another site could use.
    """

    def process_view(  # type: ignore[override]  # our page answers, not a bare 403
        self, request: HttpRequest, callback: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Answer 403 to a cross-site write; leave the admin to Django's check."""
        match = request.resolver_match
        if match and "admin" in match.namespaces:
            return super().process_view(request, callback, args, kwargs)
        if request.method in SAFE_METHODS or getattr(callback, "csrf_exempt", False):
            return None
        return None if _is_same_origin(request) else error_page(request, 403)


def _is_same_origin(request: HttpRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host()


class ContentSecurityMiddleware(CSPMiddleware):
    """django-csp's header, put together once for all pages that ask for no other."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Say what the page may load."""
        asked = self.get_policy_parts(request, response)
        if settings.DEBUG or asked != PolicyParts():
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, _policy_of_most())
        return response


@cache
def _policy_of_most() -> str:
    return build_policy()


class SessionsMiddleware(SessionMiddleware):
    """Django's sessions, where one that cannot be saved is no bare error.

    What the view did stands; the same form sent again leads to the same receipt. That
    holds as well where another page of the same browser just signed out.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponse
    ) -> HttpResponse:
        """Save the session, or say that the next page cannot be opened just now.

        One that is not there, and that nobody ended here, leaves its cookie alone:
        another page of the same browser may just have got a new one by that name.
        """
        session = request.session
        if session.is_empty() and not session.modified:
            if session.accessed:
                patch_vary_headers(response, ("Cookie",))
            return response
        try:
            return super().process_response(request, response)
        except (*DATABASE_AWAY, SessionInterrupted):
            response.close()
            return not_stored(request, is_done=True)


class BrandMiddleware:
    """Put brand and help desk on the request; answer failed reads with honest pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; whatever no view declared public is private and never stored."""
        request.brand = brand = brand_for(request.get_host())  # type: ignore[attr-defined]  # views see a PortalRequest
        request.helpspot = helpspot = helpspot_for(brand.connection)  # type: ignore[attr-defined]  # views see a PortalRequest
        # Once for a whole page: a help desk that hung is not asked again for a menu.
        request.sections = SimpleLazyObject(partial(offered_sections, brand, helpspot))  # type: ignore[attr-defined]  # views see a PortalRequest
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            keep_private(response)
        if request.method == "POST" and response.status_code == 302:
            _show_what_staff_published(request, brand)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Close the pages during maintenance; what was typed can still be sent."""
        maintenance = planned_maintenance()
        match = request.resolver_match
        if (
            maintenance is None
            or not maintenance.is_on
            or request.method not in SAFE_METHODS
            or match is None
            or match.view_name == AFTER_SENDING
            or not PAGES.intersection(match.namespaces)
        ):
            return None
        context = {"retry_after": maintenance.seconds_left}
        return error_page(request, 503, context, name="maintenance")

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Turn what is away, help desk or database, into a page; the rest are bugs.

        Who left before all of a form had come reads no page, and is no bug.
        """
        if isinstance(exception, UnreadablePostError):
            return HttpResponse(status=400)
        if isinstance(exception, NextPageAway | SessionInterrupted):
            return not_stored(request, is_done=True)
        if isinstance(exception, PerhapsDone):
            return not_stored(request, is_in_doubt=True)
        if isinstance(exception, DATABASE_AWAY):
            return not_stored(request)
        if isinstance(exception, TooManyAttempts):
            return error_page(request, 429, {"retry_after": exception.retry_after})
        if isinstance(exception, NotFound | Disabled):
            return error_page(request, 404)
        if isinstance(exception, HelpSpotError):
            return error_page(request, 503)
        return None


def _show_what_staff_published(request: HttpRequest, brand: Brand) -> None:
    """Do for the built-in desk what a help desk's automation does."""
    match = request.resolver_match
    if match and (match.url_name or "").rpartition("_")[0] in PUBLISHED:
        publishing.refresh(publishing.refresh_token(brand))
