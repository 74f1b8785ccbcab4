"""The accounts room's pages: sign in, sign out, refresh the list."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import DatabaseError
from django.http import HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)
from django.views.decorators.http import require_http_methods, require_POST

from portal import accounts, outbox
from portal.accounts import limits
from portal.accounts.forms import PasswordForm, SignInForm
from portal.accounts.limits import Limit
from portal.accounts.pace import unhurried
from portal.helpspot.errors import (
    HelpSpotError,
    LoginFailed,
    Throttled,
    Unavailable,
)
from portal.helpspot.types import TicketSummary
from portal.http import PortalRequest, redirect, render_page

logger = logging.getLogger(__name__)

ACCOUNT_LIMITS = (Limit(5, 15 * 60),)
ADDRESS_LIMITS = (Limit(20, 15 * 60),)
# Below what makes a help desk refuse every sign-in; access keys go on opening requests.
BRAND_LIMITS = (Limit(100, 10 * 60),)
RETRY_SECONDS = 60
# An account that the help desk holds up is left alone, or it never gets free.
PAUSE = Limit(1, RETRY_SECONDS)
PAGES_AFTER_SIGN_IN = frozenset(
    {"tickets:index", "tickets:detail", "tickets:submit", "tickets:check"}
)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: PortalRequest) -> HttpResponse:
    """Show the sign-in form and take e-mail address and password."""
    goes_to = _next_path(request)
    form = SignInForm(data=request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound:
        with unhurried():
            status = _try(request, form, form.data.get("email", "").strip())
        if status == 303:
            return redirect(request, goes_to)
    elif accounts.is_signed_in(request):
        return redirect(request, goes_to)
    return _page(
        request,
        "accounts/sign_in.html",
        {
            "form": form,
            "next": goes_to,
            "is_signed_out": "signed_out" in request.GET,
        },
        status,
    )


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def password(request: PortalRequest) -> HttpResponse:
    """Ask for the password again, and fetch the customer's list afresh."""
    customer = accounts.signed_in_as(request)
    if customer is None:
        return redirect(request, "accounts:sign_in")
    form = PasswordForm(data=request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound:
        with unhurried():
            status = _try(request, form, customer.email)
        if status == 303:
            return redirect(request, "tickets:index")
    return _page(
        request,
        "accounts/password.html",
        {"form": form, "customer": customer},
        status,
    )


@require_POST
def sign_out(request: PortalRequest) -> HttpResponse:
    """Forget what this browser could see."""
    accounts.sign_out(request)
    return redirect(request, f"{reverse('accounts:sign_in')}?signed_out=1")


@sensitive_variables("password")
def _try(request: PortalRequest, form: SignInForm | PasswordForm, email: str) -> int:
    """Sign in with the form; return 303 when done, else the status to show it with."""
    if not form.is_valid():
        return 422
    counters = (
        ("sign-in", email.casefold(), ACCOUNT_LIMITS),
        ("sign-in-address", limits.visitor_network(request), ADDRESS_LIMITS),
        ("sign-in-brand", request.brand.id, BRAND_LIMITS),
    )
    limits.spend(*counters)
    try:
        tickets = _ask(request, email, form.cleaned_data["password"])
    except LoginFailed:
        form.add_error(None, _failure(form))
        return 422
    except HelpSpotError as exc:
        # Says nothing about the password, so it does not count.
        for counter in counters:
            limits.give_back(*counter)
        if not isinstance(exc, Unavailable):
            raise
        form.add_error(None, _absence(exc))
        return 503
    for counter in counters:
        limits.give_back(*counter)
    accounts.sign_in(request, email, tickets)
    _settle(request, tickets)
    return 303


@sensitive_variables("password")
def _ask(request: PortalRequest, email: str, password: str) -> list[TicketSummary]:
    """Ask the help desk, but not about an account that it has just held up."""
    account = email.casefold()
    if limits.was_lately("sign-in-pause", account, PAUSE):
        raise Throttled("customer.getRequests")
    try:
        return request.helpspot.customer.get_requests(email, password)
    except Throttled:
        limits.record("sign-in-pause", account, (PAUSE,))
        raise


def _settle(request: PortalRequest, tickets: Sequence[TicketSummary]) -> None:
    """Settle what the list shows to have arrived; whoever signs in is in anyway."""
    try:
        outbox.settle_with(request.brand, tickets)
    except DatabaseError as exc:
        # The next list shows it as well.
        logger.error("A list settled nothing: %s", type(exc).__name__)  # noqa: TRY400 - a traceback would carry what the customer wrote


def _failure(form: SignInForm | PasswordForm) -> str:
    if isinstance(form, PasswordForm):
        return _("The password does not match. Check it and try again")
    return _("The email or password does not match. Check both and try again")


def _absence(exc: Unavailable) -> str:
    if isinstance(exc, Throttled):
        return _(
            "Our help desk takes no sign-ins for a moment, because it saw too many "
            "wrong ones. Wait a minute and try again"
        )
    return _("Our help desk is not answering. Wait a minute and try again")


def _page(
    request: PortalRequest, template: str, context: dict[str, object], status: int
) -> HttpResponse:
    response = render_page(
        request, template, {"section": "requests", **context}, status=status
    )
    if status == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _next_path(request: PortalRequest) -> str:
    """Return where to go after sign-in: one of our own paths, never another site."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    home = reverse("tickets:index")
    is_ours = (
        url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
        and asked.startswith("/")
        and asked.isprintable()
        and "\\" not in asked
    )
    if not is_ours:
        return home
    path = asked.partition("?")[0].partition("#")[0]
    try:
        match = resolve(path)
    except Resolver404:
        return home
    return path if match.view_name in PAGES_AFTER_SIGN_IN else home
