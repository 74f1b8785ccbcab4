"""The two shapes in which `request.get` shows a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.contrib.auth.models import User

from portal.desk import moments
from portal.desk.calls import Call
from portal.desk.formats import Several, Tree, Value
from portal.desk.models import CustomField, CustomValue, Document, Note, Ticket


def name_of(person: User | None) -> str:
    """Return a staff member's full name, or the user name where there is none."""
    return (person.get_full_name() or person.get_username()) if person else ""


class Labelled:
    """A request as in the vendor's sample: labels, names and formatted dates."""

    def __init__(self, call: Call) -> None:
        self.desk = call.desk
        self.base_url = call.base_url

    def ticket(self, ticket: Ticket, notes: Sequence[Note]) -> Tree:
        """Return a request and its public notes, given newest first."""
        history = [self.note(note) for note in notes]
        return {
            "xRequest": ticket.pk,
            "fOpenedVia": self.opened_via(ticket),
            "xOpenedViaId": 0,
            "xPersonOpenedBy": self.person(ticket.opened_by),
            "xPersonAssignedTo": self.person(ticket.assigned_to),
            "fOpen": int(ticket.is_open),
            "xStatus": self.status(ticket),
            "fUrgent": int(ticket.is_urgent),
            "xCategory": self.category(ticket),
            "dtGMTOpened": self.date(ticket.opened_at),
            "dtGMTClosed": self.date(ticket.closed_at),
            "sRequestPassword": ticket.password,
            "sTitle": ticket.title,
            "sUserId": ticket.customer_id,
            "sFirstName": ticket.first_name,
            "sLastName": ticket.last_name,
            "sEmail": ticket.email,
            "sPhone": ticket.phone,
            **self.labels(ticket),
            "iLastReplyBy": self.person(notes[0].author if notes else None) or 0,
            "fTrash": int(ticket.is_trash),
            "dtGMTTrashed": self.date(ticket.trashed_at),
            "fullname": ticket.full_name,
            **self.custom_values(ticket),
            "request_history": {"item": Several(history, key="xRequestHistory")},
        }

    def note(self, note: Note) -> Tree:
        """Return a public note and the files at it."""
        files = [self.file(note, document) for document in note.documents.all()]
        return {
            "xRequestHistory": note.pk,
            "xRequest": note.ticket_id,
            **self.author(note),
            "dtGMTChange": self.date_and_time(note.created_at),
            "fPublic": 1,
            "fInitial": int(note.is_initial),
            "tLog": note.log,
            "tNote": note.body,
            "tEmailHeaders": "",
            "fNoteIsHTML": int(note.is_html),
            "fMergedFromRequest": note.merged_from,
            "files": {"file": Several(files)},
        }

    def file(self, note: Note, document: Document) -> Tree:
        """Return a file's name and addresses."""
        place = f"reqid={note.ticket_id}&reqhisid={note.pk}"
        return {
            "sFileMimeType": document.mime_type,
            "sFilename": document.filename,
            "xDocumentId": document.pk,
            "public_url": (
                f"{self.base_url}/index.php?pg=file&from=3&id={document.pk}&{place}"
            ),
            "private_url": (
                f"{self.base_url}/admin.php?pg=file&from=0&id={document.pk}"
                "&showfullsize=1&download=1"
            ),
        }

    def custom_values(self, ticket: Ticket) -> Mapping[str, Value]:
        """Return the value of every public custom field, "" where there is none."""
        values = dict(
            CustomValue.objects.filter(ticket=ticket).values_list(
                "custom_field", "value"
            )
        )
        return {
            f"Custom{field.pk}": self.custom_value(field, values.get(field.pk, ""))
            for field in CustomField.objects.filter(is_public=True).order_by("id")
        }

    def opened_via(self, ticket: Ticket) -> Value:
        """Return how the request came in."""
        return ticket.get_opened_via_display()

    def person(self, person: User | None) -> Value:
        """Return a staff member."""
        return name_of(person)

    def status(self, ticket: Ticket) -> Value:
        """Return the status."""
        return ticket.status.name

    def category(self, ticket: Ticket) -> Value:
        """Return the category."""
        return ticket.category.name if ticket.category else ""

    def labels(self, ticket: Ticket) -> Mapping[str, Value]:
        """Return the labels that stand beside ids."""
        return {}

    def author(self, note: Note) -> Mapping[str, Value]:
        """Return who wrote a note; a blank is the customer."""
        return {"xPerson": name_of(note.author) or " "}

    def date(self, moment: datetime | None) -> Value:
        """Return a date."""
        return moments.date(moment, self.desk)

    def date_and_time(self, moment: datetime) -> Value:
        """Return a date and time."""
        return moments.date_and_time(moment, self.desk)

    def custom_value(self, field: CustomField, value: str) -> Value:
        """Return a custom field's value."""
        if value and field.type == CustomField.Type.DATE:
            return moments.date_of_timestamp(value)
        if value and field.type == CustomField.Type.DATETIME:
            return moments.time_of_timestamp(value, self.desk)
        return value


class Raw(Labelled):
    """A request with ids and timestamps (`fRawValues`), and labels beside the ids."""

    def opened_via(self, ticket: Ticket) -> Value:
        """Return how the request came in, as HelpSpot's id."""
        return ticket.opened_via

    def person(self, person: User | None) -> Value:
        """Return a staff member's id, 0 for nobody."""
        return person.pk if person else 0

    def status(self, ticket: Ticket) -> Value:
        """Return the status's id."""
        return ticket.status_id

    def category(self, ticket: Ticket) -> Value:
        """Return the category's id, 0 for none."""
        return ticket.category_id or 0

    def labels(self, ticket: Ticket) -> Mapping[str, Value]:
        """Return the labels of category and status."""
        return {
            "sCategory": super().category(ticket),
            "sStatus": super().status(ticket),
        }

    def author(self, note: Note) -> Mapping[str, Value]:
        """Return who wrote a note: the id, 0 for the customer, and our own name."""
        return {"xPerson": note.author_id or 0, "xPersonName": name_of(note.author)}

    def date(self, moment: datetime | None) -> Value:
        """Return a date as unix timestamp."""
        return moments.unix(moment)

    def date_and_time(self, moment: datetime) -> Value:
        """Return a date and time as unix timestamp."""
        return moments.unix(moment)

    def custom_value(self, field: CustomField, value: str) -> Value:
        """Return a custom field's value as it was sent."""
        return value
