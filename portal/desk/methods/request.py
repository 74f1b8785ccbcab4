"""The vendor's `request.*` methods."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import Prefetch
from django.utils.crypto import constant_time_compare

from portal.desk import errors, rules
from portal.desk.attachments import Attachment, NotBase64, attach, read_attachments
from portal.desk.calls import Call
from portal.desk.errors import Problem, Refused, missing, problem
from portal.desk.formats import Answer, Several, Tree
from portal.desk.models import (
    Category,
    CategoryField,
    CustomField,
    CustomValue,
    Document,
    Status,
    Ticket,
)
from portal.desk.ticket_shapes import Labelled, Raw

ACCESS_KEY = re.compile(r"(?P<id>[0-9]{1,15})(?P<password>[A-Za-z]+)")
IDENTITY = ("sFirstName", "sLastName", "sUserId", "sEmail", "sPhone")
LARGEST_PORTAL = 2**31 - 1
MAXIMA = {
    "sFirstName": 100,
    "sLastName": 100,
    "sUserId": 100,
    "sEmail": 250,
    "sPhone": 50,
    "sReference": 40,
}


def get_categories(call: Call) -> Answer:
    """Return the public categories and the fields they ask for.

    Vendor's method: request.getCategories
    """
    asked = CategoryField.objects.filter(custom_field__is_public=True)
    categories = Category.objects.filter(is_public=True).prefetch_related(
        Prefetch("categoryfield_set", queryset=asked, to_attr="asked")
    )
    rows = [_category(category) for category in categories]
    return Answer("categories", {"category": Several(rows, key="xCategory")})


def get_custom_fields(call: Call) -> Answer:
    """Return the public custom fields; of a drill-down the items are full paths.

    Vendor's method: request.getCustomFields
    """
    fields = CustomField.objects.filter(is_public=True)
    return Answer("customfields", {"field": Several([_field(one) for one in fields])})


def get(call: Call) -> Answer:
    """Return a request and its public history, newest first.

    With `fRawValues` ids and timestamps stand where labels and dates were, and there
    are three elements more: sCategory, sStatus, and after a note's xPerson our own
    xPersonName, because ids of staff say nothing to a portal.
    Vendor's method: request.get
    """
    ticket = _find_ticket(call)
    notes = (
        ticket.notes.filter(is_public=True)
        .select_related("author")
        .prefetch_related(
            Prefetch("documents", queryset=Document.objects.defer("content"))
        )
        .order_by("-created_at", "-id")
    )
    shape = Raw(call) if call.flag("fRawValues") else Labelled(call)
    return Answer("request", shape.ticket(ticket, list(notes)))


def create(call: Call) -> Answer:
    """Make a request by the web form's rules; `sReference` twice makes one.

    Vendor's method: request.create
    """
    kept = _ticket_of_reference(call)
    if kept is None:
        kept = _create(call)
    return Answer("request", {"xRequest": kept.pk, "accesskey": kept.access_key})


def update(call: Call) -> Answer:
    """Add the customer's note to a request, and open it again if it was closed.

    Vendor's method: request.update
    """
    call.require("accesskey", "tNote")
    ticket = _find_ticket(call)
    if len(call.text("sReference")) > MAXIMA["sReference"]:
        reason = f"sReference is longer than {MAXIMA['sReference']} characters"
        raise Refused(problem(errors.REQUEST_NOT_UPDATED, reason))
    try:
        attachments = read_attachments(call)
    except NotBase64 as exc:
        raise Refused(problem(errors.REQUEST_NOT_UPDATED, str(exc))) from exc
    if not _has_note(ticket, call.text("sReference")):
        _add_note(ticket, call, attachments)
    return Answer("request", {"xRequest": ticket.pk})


# ------------------------------------------------------------ finding, making


def _find_ticket(call: Call) -> Ticket:
    call.require("accesskey")
    parts = ACCESS_KEY.fullmatch(call.text("accesskey").strip())
    tickets = Ticket.objects.select_related(
        "category", "status", "assigned_to", "opened_by"
    )
    ticket = tickets.filter(pk=int(parts["id"]) if parts else 0).first()
    # Compared also where there is no such request, so that both take as long.
    sent, right = parts["password"] if parts else "", ticket.password if ticket else "-"
    if not constant_time_compare(sent, right) or ticket is None:
        raise Refused(problem(errors.ACCESS_KEY_NEEDED))
    return ticket


def _ticket_of_reference(call: Call) -> Ticket | None:
    reference = call.text("sReference")
    if not reference:
        return None
    ticket = Ticket.objects.filter(reference=reference).first()
    if ticket is None:
        return None
    # A reference is short enough to guess, and the answer holds the access key.
    opening = ticket.notes.filter(is_initial=True, body=call.text("tNote"))
    if ticket.email != call.text("sEmail").strip() or not opening.exists():
        reason = "sReference stands for another request"
        raise Refused(problem(errors.REQUEST_NOT_CREATED, reason))
    return ticket


def _create(call: Call) -> Ticket:
    category, problems = _category_of(call)
    values, wrong = rules.read_values(call, category)
    problems = [*_identity_problems(call), *problems, *wrong]
    try:
        attachments = read_attachments(call)
    except NotBase64 as exc:
        problems.append(problem(errors.REQUEST_NOT_CREATED, str(exc)))
    if problems:
        raise Refused(*problems)
    try:
        with transaction.atomic():
            ticket = _store_ticket(call, category)
            CustomValue.objects.bulk_create(
                CustomValue(ticket=ticket, custom_field=field, value=value)
                for field, value in values.items()
            )
            note = ticket.notes.create(body=call.text("tNote"), is_initial=True)
            attach(note, attachments)
    except IntegrityError:
        kept = _ticket_of_reference(call)
        if kept is None:
            raise
        return kept
    return ticket


def _store_ticket(call: Call, category: Category | None) -> Ticket:
    return Ticket.objects.create(
        opened_via=Ticket.OpenedVia.WEB_SERVICE,
        category=category,
        status=_first_status(),
        is_urgent=call.flag("fUrgent"),
        customer_id=call.text("sUserId").strip(),
        first_name=call.text("sFirstName").strip(),
        last_name=call.text("sLastName").strip(),
        email=call.text("sEmail").strip(),
        phone=call.text("sPhone").strip(),
        portal_id=min(call.number("xPortal"), LARGEST_PORTAL),
        reference=call.text("sReference") or None,
    )


def _category_of(call: Call) -> tuple[Category | None, list[Problem]]:
    if call.text("xCategory").strip() in {"", "0"}:
        return None, []
    categories = Category.objects.filter(is_public=True)
    category = categories.filter(pk=call.number("xCategory")).first()
    if category is None:
        reason = "xCategory is not a public category"
        return None, [problem(errors.REQUEST_NOT_CREATED, reason)]
    return category, []


def _identity_problems(call: Call) -> Iterable[Problem]:
    yield from call.missing(["tNote"])
    if len(call.missing(IDENTITY)) == len(IDENTITY):
        yield missing(" or ".join([", ".join(IDENTITY[:-1]), IDENTITY[-1]]))
    if call.has_wrong_email():
        yield problem(errors.EMAIL_WRONG)
    for name, maximum in MAXIMA.items():
        if len(call.text(name)) > maximum:
            reason = f"{name} is longer than {maximum} characters"
            yield problem(errors.REQUEST_NOT_CREATED, reason)


def _has_note(ticket: Ticket, reference: str) -> bool:
    return bool(reference) and ticket.notes.filter(reference=reference).exists()


def _add_note(ticket: Ticket, call: Call, attachments: list[Attachment]) -> None:
    reference = call.text("sReference")
    try:
        with transaction.atomic():
            ticket = _as_it_is_now(ticket)
            note = ticket.notes.create(
                body=call.text("tNote"), reference=reference or None
            )
            attach(note, attachments)
            _reopen(ticket)
    except IntegrityError as exc:
        if not _has_note(ticket, reference):
            reason = "sReference stands for another note"
            raise Refused(problem(errors.REQUEST_NOT_UPDATED, reason)) from exc


def _as_it_is_now(ticket: Ticket) -> Ticket:
    # Staff may have closed or deleted it since it was found.
    tickets = Ticket.objects.select_for_update().select_related("status")
    current = tickets.filter(pk=ticket.pk).first()
    if current is None:
        raise Refused(problem(errors.ACCESS_KEY_NEEDED))
    return current


def _first_status() -> Status:
    status = Status.objects.filter(is_closed=False).first()
    return status or Status.objects.create(name="Active")


def _reopen(ticket: Ticket) -> None:
    if ticket.is_open:
        return
    old, new = ticket.status, _first_status()
    ticket.status, ticket.is_open, ticket.closed_at = new, True, None
    ticket.save(update_fields=["status", "is_open", "closed_at"])
    ticket.notes.create(
        is_public=False, log=f'Status changed from "{old.name}" to "{new.name}"'
    )


# ------------------------------------------------------------- the wire names


def _category(category: Category) -> Tree:
    asked: list[CategoryField] = category.asked  # type: ignore[attr-defined]  # prefetched or annotated by the query
    ids = [one.custom_field_id for one in asked]
    return {
        "xCategory": category.pk,
        "sCategory": category.name,
        "sCustomFieldList": {"xCustomField": Several(ids)},
    }


def _field(field: CustomField) -> Tree:
    has_items = {CustomField.Type.SELECT, CustomField.Type.DRILL_DOWN}
    items = rules.choices(field) if field.type in has_items else []
    return {
        "xCustomField": field.pk,
        "fieldName": field.name,
        "isRequired": int(field.is_required),
        "fieldType": field.type,
        "iOrder": field.order,
        "sTxtSize": field.text_size or "",
        "lrgTextRows": field.text_rows or "",
        "listItems": {"item": Several(items)},
        "iDecimalPlaces": field.decimal_places,
        "sRegex": field.pattern,
        "isAlwaysVisible": int(field.is_always_visible),
    }
