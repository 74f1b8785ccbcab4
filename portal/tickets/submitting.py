"""Sending a new request: the form, its drill-down levels, a last look at it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import replace_url

from portal import accounts, outbox
from portal.accounts import limits
from portal.accounts.limits import Limit, TooManyAttempts
from portal.brands.sections import with_sections
from portal.helpspot.errors import Rejected
from portal.helpspot.types import TicketSummary
from portal.http import (
    DATABASE_AWAY,
    NextPageAway,
    PortalRequest,
    redirect,
    render_page,
)
from portal.tickets import drift, prefill, questions, receipts
from portal.tickets.custom_fields import field_name, make_field
from portal.tickets.forms import EmptyForm, TicketForm

ADDRESS_LIMITS = (Limit(20, 60 * 60),)
EMAIL_LIMITS = (Limit(10, 24 * 60 * 60),)
# Forms with new files, sent or not: what waits takes room.
FILES_LIMITS = (Limit(40, 60 * 60),)

MOST_OPEN = 3
# Buttons that choose or take away within the form, and the way back to it.
_CHANGES = frozenset({"_choose", "_remove", "_change"})


# ------------------------------------------------------------------- the form


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: PortalRequest) -> HttpResponse:
    """Show the form for a new request and take what the customer sends."""
    if request.method != "POST":
        return _form_page(request, _new_form(request), status=200)
    if _CHANGES.intersection(request.POST):
        return _change_form(request)
    current = _questions(request)
    form = _sent_form(request, _asked(request, current) or current)
    if _is_to_be_checked(request, form):
        return _check_page(request, form)
    submission = _send(request, form, current)
    if submission is None:
        with form.coming_back():
            return _form_page(request, form, status=form.status)
    address = reverse("tickets:receipt", args=[submission.reference])
    mark = receipts.form_mark(submission, form.cleaned_data["key"])
    return redirect(request, f"{address}?{urlencode(mark)}" if mark else address)


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


def _new_form(request: PortalRequest) -> TicketForm | EmptyForm:
    typed = prefill.answers(request.GET)
    customer = accounts.signed_in_as(request)
    if customer:
        typed.setdefault("name", customer.full_name)
        typed.setdefault("email", customer.email)
    current = with_sections(
        request.sections, request.helpspot, partial(_questions, request)
    )
    # Parts for htmx need the form itself.
    if typed or request.htmx:
        return TicketForm(brand=request.brand, questions=current, typed=typed)
    return EmptyForm(request.brand, current)


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


def _open_tickets(request: PortalRequest) -> Sequence[TicketSummary]:
    """Return a signed-in customer's newest open requests: this may belong there."""
    return accounts.tickets(request).open_ones[:MOST_OPEN]


def _sent_form(request: PortalRequest, asked: questions.Questions) -> TicketForm:
    return TicketForm(
        brand=request.brand,
        questions=asked,
        data=request.POST,
        files=request.FILES,
    )


def _questions(request: PortalRequest) -> questions.Questions:
    sent = request.POST if request.method == "POST" else request.GET
    return questions.ask(
        request.brand,
        request.helpspot,
        prefill.category_id(sent),
        request.POST.get("asked", ""),
    )


def _asked(
    request: PortalRequest, current: questions.Questions
) -> questions.Questions | None:
    """Return what the form asked: staff may have changed the questions since.

    Whether the help desk answers is known from the current ones.
    """
    sealed = request.POST.get("asked", "")
    asked = questions.asked(sealed, prefill.category_id(request.POST))
    return asked and replace(asked, is_current=current.is_current)


def _is_to_be_checked(request: PortalRequest, form: TicketForm) -> bool:
    if not request.brand.checks_answers or "_checked" in request.POST:
        return False
    with suppress(TooManyAttempts, outbox.NotStored):
        _keep_files(request, form)
    return form.is_valid()


def _check_page(request: PortalRequest, form: TicketForm) -> HttpResponse:
    """Show the answers once more, each with a way back to its field."""
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "waiting"
        for value in values
    ]
    carried += [("waiting", file.token) for file in form.attachments.waiting]
    return render_page(
        request,
        "tickets/check_answers.html",
        {"answers": form.answers(), "carried": carried},
    )


def _form_page(
    request: PortalRequest, form: TicketForm | EmptyForm, *, status: int
) -> HttpResponse:
    written = form if isinstance(form, TicketForm) else None
    response = render_page(
        request,
        "tickets/submit.html",
        {
            "form": form,
            "is_empty": written is None,
            "key": (written and written["key"].value()) or outbox.new_key(),
            "questions": form.questions,
            "open_tickets": _open_tickets(request),
        },
        partial="fields",
        status=status,
    )
    if written and written.retry_after is not None:
        response["Retry-After"] = str(written.retry_after)
    return response


# -------------------------------------------------------------------- sending


def _send(
    request: PortalRequest, form: TicketForm, current: questions.Questions
) -> outbox.Submission | None:
    """Keep and hand over a valid form; None leaves the reason on the form."""
    try:
        _keep_files(request, form)
        if form.is_valid():
            return _submit_as_asked(request, form, current)
    except TooManyAttempts as exc:
        form.show_pause(exc.retry_after)
    except Rejected as exc:
        form.show_refusal(exc.problems)
    except outbox.NotStored as exc:
        form.show_not_stored(exc)
    return None


def _submit_as_asked(
    request: PortalRequest, form: TicketForm, current: questions.Questions
) -> outbox.Submission:
    """Submit; what was refused for a change of the questions is fitted to them."""
    try:
        return _submit(request, form, current)
    except Rejected:
        form.attachments.take_back()
        questions.forget(request.brand)
        changed = _questions(request)
        custom = form.custom_values()
        if drift.fit(form.questions, changed, custom) == drift.fit(
            form.questions, current, custom
        ):
            raise
        return _submit(request, form, changed)


def _keep_files(request: PortalRequest, form: TicketForm) -> None:
    """Let the new files wait, whatever else is wrong with the form."""
    files = form.attachments
    if files.has_new:
        with files.refusing_what_is_left():
            limits.spend(("files", limits.visitor_network(request), FILES_LIMITS))
            files.stage()


def _submit(
    request: PortalRequest, form: TicketForm, current: questions.Questions
) -> outbox.Submission:
    answers = form.cleaned_data
    counters = (
        ("submit-email", answers["email"].casefold(), EMAIL_LIMITS),
        ("submit", limits.visitor_network(request), ADDRESS_LIMITS),
    )
    first_name, last_name = form.names()
    fitted = drift.fit(form.questions, current, form.custom_values())
    submission = outbox.submit(
        request.brand,
        request.helpspot,
        outbox.TicketContent(
            note=fitted.added_to(answers["note"]),
            email=answers["email"],
            first_name=first_name,
            last_name=last_name,
            phone=answers["phone"],
            customer_id=answers["customer_id"],
            category_id=fitted.category_id,
            is_urgent=answers["is_urgent"],
            custom=fitted.custom,
        ),
        key=answers["key"],
        files=form.attachments.waiting,
        admit=partial(limits.admit, *counters),
    )
    category = form.questions.category
    try:
        receipts.open_to_visitor(
            request,
            submission,
            note=answers["note"],
            category_name=category.name if category else None,
        )
        receipts.remember(request, submission, form.answers())
    except DATABASE_AWAY as exc:
        raise NextPageAway from exc
    return submission
