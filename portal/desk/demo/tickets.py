"""The demo's requests, and how the help desk that takes them is set up."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.contrib.auth.models import User
from django.core.management.color import no_style
from django.db import connection
from django.db.models import Max

from portal.desk.demo.contents import (
    DeskEntry,
    NoteEntry,
    TicketEntry,
    read_file,
    read_tickets,
)
from portal.desk.demo.times import Calendar
from portal.desk.models import (
    ACCESS_LENGTH,
    ACCESS_LETTERS,
    Category,
    CategoryField,
    CustomField,
    CustomValue,
    Document,
    Note,
    Status,
    Ticket,
)

KNOWN_LETTERS = "jiicxpWqTzrLmNbHdKsV"  # of the access key that is printed
_FIRST_ID = 12_457  # a desk that has been busy for a while
_SEED = 48210
_VIA = {
    "web form": Ticket.OpenedVia.WEB_FORM,
    "email": Ticket.OpenedVia.EMAIL,
    "phone": Ticket.OpenedVia.PHONE,
    "web service": Ticket.OpenedVia.WEB_SERVICE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Statuses by name, categories and custom fields by the demo's keys."""

    statuses: Mapping[str, Status]
    categories: Mapping[str, Category]
    fields: Mapping[str, CustomField]


def load_setup(desk: DeskEntry) -> Setup:
    """Create statuses, custom fields and categories."""
    statuses = [
        Status(name=entry.name, is_closed=entry.is_closed, order=order)
        for order, entry in enumerate(desk.statuses)
    ]
    fields = [
        CustomField(**entry.model_dump(exclude={"key"}), order=order)
        for order, entry in enumerate(desk.fields, start=1)
    ]
    categories = [
        Category(name=entry.name, is_public=entry.is_public, order=order)
        for order, entry in enumerate(desk.categories, start=1)
    ]
    Status.objects.bulk_create(statuses)
    CustomField.objects.bulk_create(fields)
    Category.objects.bulk_create(categories)
    setup = Setup(
        statuses={status.name: status for status in statuses},
        categories=dict(
            zip((entry.key for entry in desk.categories), categories, strict=True)
        ),
        fields=dict(zip((entry.key for entry in desk.fields), fields, strict=True)),
    )
    CategoryField.objects.bulk_create(
        CategoryField(
            category=setup.categories[entry.key],
            custom_field=setup.fields[key],
            order=order,
        )
        for entry in desk.categories
        for order, key in enumerate(entry.fields, start=1)
    )
    return setup


def load_tickets(
    calendar: Calendar, desk: DeskEntry, setup: Setup, staff: Mapping[str, User]
) -> None:
    """Create the requests, oldest first, with their values, notes and files."""
    entries = sorted(read_tickets(), key=lambda entry: calendar.at(entry.notes[0].at))
    customers = {
        customer.email: (
            customer.first_name,
            customer.last_name,
            customer.customer_id,
        )
        for customer in desk.customers
    }
    chance = random.Random(_SEED)  # noqa: S311 - the same keys every time
    last_id = Ticket.objects.aggregate(last=Max("id"))["last"] or 0
    tickets = []
    for number, entry in enumerate(entries, start=max(_FIRST_ID, last_id + 1)):
        first, _, last = entry.name.partition(" ")
        names = customers.get(entry.customer, (first, last, entry.customer_id))
        letters = "".join(chance.choices(ACCESS_LETTERS, k=ACCESS_LENGTH))
        tickets.append(
            Ticket(
                id=number,
                password=KNOWN_LETTERS if entry.is_demo_key else letters,
                opened_via=_VIA[entry.via],
                category=setup.categories[entry.category],
                status=setup.statuses[entry.status],
                is_open=not entry.closed,
                is_urgent=entry.is_urgent,
                title=entry.title,
                first_name=names[0],
                last_name=names[1],
                customer_id=names[2],
                email=entry.customer,
                phone=entry.phone,
                assigned_to=staff.get(entry.assigned),
                opened_at=calendar.at(entry.notes[0].at),
                closed_at=calendar.at(entry.closed) if entry.closed else None,
            )
        )
    Ticket.objects.bulk_create(tickets)
    _continue_numbers_after_ours()
    both = list(zip(tickets, entries, strict=True))
    CustomValue.objects.bulk_create(
        CustomValue(
            ticket=ticket,
            custom_field=setup.fields[key],
            value=_wire_value(setup.fields[key], value, calendar),
        )
        for ticket, entry in both
        for key, value in entry.fields.items()
    )
    _load_notes(both, calendar, staff)


def _continue_numbers_after_ours() -> None:
    """Let the database number the next request after those that we numbered."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Ticket]):
            cursor.execute(statement)


def _wire_value(field: CustomField, value: str, calendar: Calendar) -> str:
    """Return a value as the wire has it; dates are written as ages."""
    kinds = CustomField.Type
    if field.type == kinds.DRILL_DOWN:
        return value.replace(" > ", "#-#")
    if field.type == kinds.DATETIME:
        return str(int(calendar.at(value).timestamp()))
    if field.type == kinds.DATE:
        moment = calendar.at(value)
        midnight = datetime.combine(moment.date(), time(), moment.tzinfo)
        return str(int(midnight.timestamp()))
    return value


def _load_notes(
    tickets: Iterable[tuple[Ticket, TicketEntry]],
    calendar: Calendar,
    staff: Mapping[str, User],
) -> None:
    # By time over all requests, as a desk in use numbers them.
    notes = sorted(
        (
            (_note(ticket, note, calendar, staff, is_initial=number == 0), note.files)
            for ticket, entry in tickets
            for number, note in enumerate(entry.notes)
        ),
        key=lambda found: found[0].created_at,
    )
    Note.objects.bulk_create(note for note, _ in notes)
    Document.objects.bulk_create(_documents(notes))


def _note(
    ticket: Ticket,
    entry: NoteEntry,
    calendar: Calendar,
    staff: Mapping[str, User],
    *,
    is_initial: bool,
) -> Note:
    return Note(
        ticket=ticket,
        author=staff[entry.by] if entry.by else None,
        created_at=calendar.at(entry.at),
        is_public=not (entry.private or entry.log),
        is_initial=is_initial,
        log=entry.log,
        body=(entry.text or entry.html or entry.private).strip(),
        is_html=bool(entry.html or entry.private),
    )


def _documents(notes: Iterable[tuple[Note, Sequence[str]]]) -> list[Document]:
    documents = []
    for note, names in notes:
        for name in names:
            content, mime_type = read_file(name)
            documents.append(
                Document(
                    note=note,
                    filename=name,
                    mime_type=mime_type,
                    size=len(content),
                    content=content,
                )
            )
    return documents
