"""Sending a new request: the form, its drill-down levels, the receipt."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import replace_url

from portal import accounts, outbox
from portal.accounts import limits
from portal.accounts.limits import Limit, TooManyAttempts
from portal.helpspot.errors import Rejected
from portal.helpspot.types import Moment, TicketSummary
from portal.http import PortalRequest, redirect, render_page
from portal.tickets import prefill, questions
from portal.tickets.custom_fields import field_name, make_field
from portal.tickets.forms import TicketForm

ADDRESS_LIMITS = (Limit(20, 60 * 60),)
EMAIL_LIMITS = (Limit(10, 24 * 60 * 60),)
# Forms with new files, sent or not: what waits takes room.
FILES_LIMITS = (Limit(40, 60 * 60),)

State = outbox.Submission.State
WAITING_STATES = frozenset(
    {State.RECEIVED, State.CONNECTING, State.SENDING, State.UNKNOWN}
)
LOST_STATES = frozenset({State.DISCARDED, State.REFUSED})
POLL_SECONDS = 10
SLOW_POLL_SECONDS = 60
SLOW_AFTER = timedelta(minutes=5)
_RECEIPTS = "receipts"
MOST_RECEIPTS = 20


# ------------------------------------------------------------------- the form


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: PortalRequest) -> HttpResponse:
    """Show the form for a new request and take what the customer sends."""
    if request.method != "POST":
        return _form_page(request, _empty_form(request), status=200)
    if "_choose" in request.POST or "_remove" in request.POST:
        return _change_form(request)
    form = TicketForm(
        brand=request.brand,
        questions=_questions(request),
        data=request.POST,
        files=request.FILES,
    )
    submission = _send(request, form)
    if submission is None:
        return _form_page(request, form, status=form.status)
    return redirect(request, "tickets:receipt", submission.reference)


@require_safe
def drill_down(request: PortalRequest, field_id: int) -> HttpResponse:
    """Show a drill-down field level by level, or what follows the level just chosen."""
    field = questions.drill_down(request.brand, request.helpspot, field_id)
    name = field_name(field_id)
    form = forms.Form()
    form.fields[name] = make_field(field, request.brand.connection.time_zone)
    widget = form.fields[name].widget
    value = widget.value_from_datadict(request.GET, {}, name)
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) < 3:
        level = widget.level(name, value[: int(after)], {}, int(after) + 1)
        return render(
            request,
            "tickets/_drill_down_rest.html",
            {"rest_id": f"id_{name}_after_{after}", "next": level},
        )
    widget.is_by_level = True
    form.initial[name] = value
    return render(request, "tickets/_drill_down_field.html", {"field": form[name]})


def _empty_form(request: PortalRequest) -> TicketForm:
    typed = prefill.answers(request.GET)
    customer = accounts.signed_in_as(request)
    if customer:
        typed.setdefault("name", customer.full_name)
        typed.setdefault("email", customer.email)
    return TicketForm(brand=request.brand, questions=_questions(request), typed=typed)


def _change_form(request: PortalRequest) -> HttpResponse:
    """Show the form again, with all that was typed, after a choice within it."""
    form = TicketForm(
        brand=request.brand,
        questions=_questions(request),
        typed=request.POST,
        files=request.FILES,
        dropped=request.POST.get("_remove", ""),
    )
    with suppress(TooManyAttempts, outbox.NotStored):
        _keep_files(request, form)
    response = _form_page(request, form, status=200)
    category = form.questions.category
    query = f"?category={category.id}" if category else ""
    return replace_url(response, reverse("tickets:submit") + query)


def _questions(request: PortalRequest) -> questions.Questions:
    sent = request.POST if request.method == "POST" else request.GET
    return questions.ask(
        request.brand,
        request.helpspot,
        prefill.category_id(sent),
        request.POST.get("asked", ""),
    )


def _form_page(
    request: PortalRequest, form: TicketForm, *, status: int
) -> HttpResponse:
    response = render_page(
        request,
        "tickets/submit.html",
        {"form": form, "questions": form.questions},
        partial="fields",
        status=status,
    )
    if form.retry_after is not None:
        response["Retry-After"] = str(form.retry_after)
    return response


# -------------------------------------------------------------------- sending


def _send(request: PortalRequest, form: TicketForm) -> outbox.Submission | None:
    """Keep and hand over a valid form; None leaves the reason on the form."""
    try:
        _keep_files(request, form)
        if form.is_valid():
            return _submit(request, form)
    except TooManyAttempts as exc:
        form.show_pause(exc.retry_after)
    except Rejected as exc:
        form.show_refusal(exc.problems)
        questions.forget(request.brand)
    except outbox.NotStored:
        form.show_not_stored()
    return None


def _keep_files(request: PortalRequest, form: TicketForm) -> None:
    """Let the new files wait, whatever else is wrong with the form."""
    files = form.attachments
    if files.has_new:
        with files.refusing_what_is_left():
            limits.spend("files", limits.visitor_network(request), FILES_LIMITS)
            files.stage()


def _submit(request: PortalRequest, form: TicketForm) -> outbox.Submission:
    answers = form.cleaned_data
    if not outbox.is_kept(request.brand, answers["key"]):
        limits.spend("submit-email", answers["email"].casefold(), EMAIL_LIMITS)
        limits.spend("submit", limits.visitor_network(request), ADDRESS_LIMITS)
    first_name, last_name = form.names()
    category = form.questions.category
    submission = outbox.submit_ticket(
        request.brand,
        request.helpspot,
        key=answers["key"],
        note=answers["note"],
        email=answers["email"],
        first_name=first_name,
        last_name=last_name,
        phone=answers["phone"],
        customer_id=answers["customer_id"],
        category_id=category.id if category else None,
        is_urgent=answers["is_urgent"],
        custom=form.custom_values(),
        files=form.attachments.waiting,
    )
    _open_to_visitor(
        request,
        submission,
        note=answers["note"],
        category_name=category.name if category else None,
    )
    _remember_receipt(request, submission)
    return submission


def _open_to_visitor(
    request: PortalRequest,
    submission: outbox.Submission,
    *,
    note: str = "",
    category_name: str | None = None,
) -> None:
    """Let this visitor see a delivered request, and list it if they are signed in."""
    ticket_id, access_key = submission.result_id, submission.access_key
    if ticket_id is None or access_key is None:
        return
    if accounts.access_key(request, ticket_id) is not None:
        return
    accounts.grant(request, ticket_id, access_key)
    accounts.add_ticket(
        request,
        TicketSummary(
            id=ticket_id,
            access_key=access_key,
            is_open=True,
            category_name=category_name,
            opened=Moment(at=submission.created_at),
            note=note,
        ),
    )


# -------------------------------------------------------------------- receipt


@require_safe
def receipt(request: PortalRequest, reference: str) -> HttpResponse:
    """Show what became of a request that this browser sent."""
    # A visit that is over ends here, and its receipts with it.
    accounts.signed_in_as(request)
    if reference not in request.session.get(_RECEIPTS, ()):
        raise Http404
    try:
        submission = outbox.find(reference)
    except outbox.Submission.DoesNotExist:
        raise Http404 from None
    _open_to_visitor(request, submission)
    _remember_receipt(request, submission)
    is_waiting = submission.state in WAITING_STATES
    every = _poll_seconds(submission)
    if is_waiting and request.GET.get("every") == str(every):
        # Nothing new: the page stays as it is, and nothing is read out again.
        return HttpResponse(status=204)
    return render_page(
        request,
        "tickets/receipt.html",
        {
            "submission": submission,
            "is_waiting": is_waiting,
            "is_lost": submission.state in LOST_STATES,
            "poll_seconds": every,
        },
        partial="receipt",
    )


def _remember_receipt(request: PortalRequest, submission: outbox.Submission) -> None:
    receipts: list[str] = request.session.get(_RECEIPTS, [])
    if submission.reference not in receipts:
        receipts = [*receipts, submission.reference]
        request.session[_RECEIPTS] = receipts[-MOST_RECEIPTS:]


def _poll_seconds(submission: outbox.Submission) -> int:
    is_old = timezone.now() - submission.created_at > SLOW_AFTER
    return SLOW_POLL_SECONDS if is_old else POLL_SECONDS
