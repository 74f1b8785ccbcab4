"""How a view answers: whole page or swapped part, redirect, error page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, InternalError, OperationalError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
)
from django.shortcuts import redirect as django_redirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control, patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from portal.brands import Brand
from portal.brands.sections import Sections
from portal.helpspot import HelpSpot

PUBLIC_SECONDS = 60
SHORT_ANSWER = 100
# A page made from an old copy, or without a part, while the help desk is away.
MADE_DO_SECONDS = 5
BEHIND_SECONDS = 5 * 60
RETRY_SECONDS = 30  # what is away may be back by then
STAND_IN_SECONDS = 24 * 60 * 60
# How our database says that it is away. A PostgreSQL that takes no writes, as until a
# stand-in is made the first, calls that an internal error.
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)
P = ParamSpec("P")


class PortalRequest(HttpRequest):
    """A request as views get it: with its brand and its help desk.

    `sections` are looked up when something first wants one of them.
    """

    brand: Brand
    helpspot: HelpSpot
    sections: Sections
    htmx: HtmxDetails


PortalView = Callable[Concatenate[PortalRequest, P], HttpResponseBase]


def render_page(
    request: PortalRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the page, or only its partial when htmx swaps the element of that id.

    `as_of` in the context is when the old copy was read that the page is made from,
    `failed` tells that a part could not be had: such a page is kept only for seconds.
    """
    if partial and request.htmx and request.htmx.target == partial:
        template = f"{template}#{partial}"
    response = render(request, template, dict(context or {}), status=status)
    if any((context or {}).get(name) for name in ("as_of", "failed")):
        made_do(response)
    if partial:
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def made_do(response: HttpResponse) -> HttpResponse:
    """Mark an answer as made from an old copy or in part: kept only for seconds."""
    response.is_made_do = True  # type: ignore[attr-defined]  # read by `public`
    return response


def redirect(
    request: PortalRequest, to: Any, *args: Any, **kwargs: Any
) -> HttpResponse:
    """Redirect to a URL name, object or address, inside a swap as well."""
    response: HttpResponse = django_redirect(to, *args, **kwargs)
    if request.htmx:
        response = HttpResponseClientRedirect(response["Location"])
    elif request.method == "POST":
        response.status_code = 303
    # An empty page with htmx's header is nothing for a browser that follows a link.
    patch_vary_headers(response, ["HX-Request"])
    return response


def public(view: PortalView[P]) -> PortalView[P]:
    """Mark a page as the same for everyone, so that any cache may keep it.

    Such a page carries no cookie and nothing personal; its view never touches the
    session. What the view itself says of caches stands. No cache keeps a redirect:
    where a thing has a new name, one process leads to it while another still leads
    back, and a browser that kept both would go round in circles.
    """
    return _public(view, max_age=PUBLIC_SECONDS)


def public_and_current(view: PortalView[P]) -> PortalView[P]:
    """Mark a page as public where browsers ask each time: its readers write there."""
    return _public(view, max_age=0, s_maxage=PUBLIC_SECONDS)


def _public(view: PortalView[P], **seconds: int) -> PortalView[P]:
    @wraps(view)
    def answer(
        request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if (
            request.method in {"GET", "HEAD"}
            and response.status_code == 200
            and not response.has_header("Cache-Control")
        ):
            is_made_do = getattr(response, "is_made_do", False)
            limit = MADE_DO_SECONDS if is_made_do else PUBLIC_SECONDS
            behind = RETRY_SECONDS if is_made_do else BEHIND_SECONDS
            patch_cache_control(
                response,
                public=True,
                **{name: min(value, limit) for name, value in seconds.items()},
                stale_while_revalidate=behind,
                stale_if_error=STAND_IN_SECONDS,
            )
        return response

    answer.is_public = True  # type: ignore[attr-defined]  # read through `is_public`
    return answer


def is_public(view: Callable[..., Any]) -> bool:
    """Tell whether a view's pages are marked as the same for everyone."""
    return getattr(view, "is_public", False)


def visitor_address(request: HttpRequest, trusted_proxies: int) -> str:
    """Return the visitor's IP address.

    Only the addresses that our own proxies appended to X-Forwarded-For count; with
    `trusted_proxies` 0 the header is ignored.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For", "")
    if trusted_proxies < 1 or not forwarded:
        return peer
    hops = [hop.strip() for hop in forwarded.split(",")]
    return hops[-trusted_proxies] if len(hops) >= trusted_proxies else peer


def error_page(
    request: HttpRequest,
    status: int,
    context: Mapping[str, Any] | None = None,
    *,
    name: str = "",
) -> HttpResponse:
    """Return `templates/errors/<status>.html` in the portal's look, never cached.

    `name` names another of those templates. 503 and 429 carry Retry-After, from
    `retry_after` (seconds) in the context.
    """
    values: dict[str, Any] = {"retry_after": RETRY_SECONDS, **(context or {})}
    if status == 404:
        values["guess"] = _sought_words(request)
    values["retry_minutes"] = max(1, round(values["retry_after"] / 60))
    response = HttpResponse(
        render_to_string(f"errors/{name or status}.html", values, request=request),
        status=status,
    )
    if status in {429, 503}:
        response["Retry-After"] = str(values["retry_after"])
    keep_private(response)
    return response


def keep_private(response: HttpResponseBase) -> None:
    """Let nobody keep an answer, nor learn its address: it may hold an access key.

    Where none is said at all (`no-referrer`), browsers hide even that a form comes from
    here, and on plain http nothing else tells it from one of another site.
    """
    patch_cache_control(response, private=True, no_store=True)
    response.setdefault("Referrer-Policy", "strict-origin")


def _sought_words(request: HttpRequest) -> str:
    """Return the words in the address of a guide or topic that is not there."""
    match = request.resolver_match
    slug: str = match.kwargs.get("slug", "") if match else ""
    return slug.replace("-", " ").strip()[:200]


class NextPageAway(Exception):
    """What the visitor asked for is done; only the page after it cannot be shown."""


class PerhapsDone(Exception):
    """Nobody can tell whether it is done, and the form cannot be shown again."""


def not_stored(
    request: HttpRequest, *, is_done: bool = False, is_in_doubt: bool = False
) -> HttpResponse:
    """Answer 503 where our database is away, with all that was typed but passwords.

    Nothing was sent on, or with `is_done` it was and only the next page is missing, or
    with `is_in_doubt` nobody can tell; the page sends the same form again, which is
    never taken twice, and says so where this is that form. Files that were not kept
    are asked for once more.
    """
    file_fields = [] if is_done else list(request.FILES)
    is_done = is_done or is_in_doubt or "perhaps" in request.POST
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if "password" not in name.lower() and name != "perhaps"
        for value in values
    ]
    context = {
        "is_post": request.method == "POST",
        "is_done": is_done,
        "texts": [(name, value) for name, value in typed if _is_text(value)],
        "file_fields": file_fields,
        "others": [(name, value) for name, value in typed if not _is_text(value)],
    }
    return error_page(request, 503, context, name="not_stored")


def _is_text(value: str) -> bool:
    return len(value) > SHORT_ANSWER or "\n" in value


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 in the portal's look."""
    return error_page(request, 404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 in the portal's look."""
    return error_page(request, 403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, or 413 where too much was sent, in the portal's look."""
    too_much = isinstance(exception, RequestDataTooBig | TooManyFieldsSent)
    return error_page(request, 413 if too_much else 400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 with a page that needs no database, session or help desk.

    Nor the list of hashed static files: whatever broke may have been that.
    """
    style_address = f"{settings.STATIC_URL}portal.css"
    page = render_to_string("errors/500.html", {"style_address": style_address})
    return HttpResponse(page, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that came from another site."""
    return error_page(request, 403)
