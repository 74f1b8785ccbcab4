"""A request's conversation and details as its page shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal import downloads, markup
from portal.brands import Brand
from portal.helpspot.types import (
    Attachment,
    CustomField,
    Moment,
    Note,
    Ticket,
    TicketSummary,
)
from portal.tickets import quotes

# Longer conversations show their opening and these many of the newest notes.
FOLD_OVER = 12
NEWEST_SHOWN = 10
SUMMARY_LENGTH = 120
DAY_SECONDS = 24 * 60 * 60
_PICTURES = frozenset({"png", "jpg", "jpeg", "gif", "webp"})
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A link to an attachment; `kind` is its ending in capitals, "" for none."""

    url: str
    name: str
    kind: str
    is_picture: bool
    is_pdf: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A note as it is shown, and who it is from.

    `staff_name` is a first name alone, "" where none is known; `body` is what was
    written, `quoted` the mail that it repeats below, "" for none. A sent reply leads to
    the one that `is_latest`.
    """

    id: int
    is_by_staff: bool
    staff_name: str
    created: Moment | None
    body: SafeString
    quoted: SafeString
    files: tuple[File, ...]
    is_latest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The messages in order; `hidden` of them lie folded between the two lists."""

    opening: tuple[Message, ...]
    hidden: int
    rest: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A custom field's answer; `moment` in place of `text` for dates."""

    label: str
    text: str = ""
    moment: Moment | None = None
    is_code: bool = False

    def __str__(self) -> str:
        """Return the answer in words alone, a date as in ISO 8601."""
        if self.moment is None or self.moment.at is None:
            return self.text
        at = self.moment.at
        return at.isoformat() if self.moment.has_time else at.date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a request's page says of it, worked out where the page is put together.

    `is_whole` unfolds the middle of a long conversation.
    """

    ticket: Ticket
    details: tuple[Detail, ...]
    is_whole: bool

    @property
    def conversation(self) -> Conversation:
        """Return the messages as they are shown."""
        return conversation(self.ticket, is_whole=self.is_whole)

    @property
    def summary(self) -> str:
        """Return what the request is called."""
        return summary(self.ticket)

    @property
    def state_tag(self) -> str:
        """Return what changes whenever the conversation or its status does, quoted."""
        return state_tag(self.ticket)

    @property
    def is_waiting_for_customer(self) -> bool:
        """Tell whether it is the customer's turn."""
        return is_waiting_for_customer(self.ticket)

    @property
    def handled_by(self) -> str:
        """Return the first name of whoever it is assigned to, "" for nobody."""
        return first_name(self.ticket.assigned_to)

    @property
    def moments(self) -> tuple[Moment | None, ...]:
        """Return every time on the page."""
        return (
            self.ticket.opened,
            self.ticket.closed,
            *(note.created for note in self.ticket.notes),
            *(detail.moment for detail in self.details),
        )


def takes_replies(ticket: Ticket, brand: Brand) -> bool:
    """Return whether a reply still belongs there: closed ones take them for a time."""
    days = brand.closed_reply_days
    if ticket.is_open or days is None or ticket.closed is None:
        return True
    closed_at = ticket.closed.at
    return closed_at is None or timezone.now() - closed_at <= timedelta(days=days)


def conversation(ticket: Ticket, *, is_whole: bool) -> Conversation:
    """Return the ticket's messages, the middle folded where there are many."""
    hidden = len(ticket.notes) - NEWEST_SHOWN - 1
    if is_whole or len(ticket.notes) <= FOLD_OVER:
        hidden = 0
    shown = [*ticket.notes[:1], *ticket.notes[1 + hidden :]]
    messages = tuple(_message(note, is_latest=note is shown[-1]) for note in shown)
    return Conversation(opening=messages[:1], hidden=hidden, rest=messages[1:])


def news(ticket: Ticket, after: int) -> tuple[Message, ...]:
    """Return the messages that came after the note of that id."""
    return tuple(_message(note) for note in ticket.notes if note.id > after)


def state_tag(ticket: Ticket) -> str:
    """Return what changes whenever the conversation or its status does, quoted."""
    newest = max((note.id for note in ticket.notes), default=0)
    return f'"{newest}-{len(ticket.notes)}-{int(ticket.is_open)}"'


def summary(ticket: Ticket) -> str:
    """Return the title, else the first line that was written, else ""."""
    if ticket.title or not ticket.notes:
        return ticket.title or ""
    opening = ticket.notes[0]
    text = markup.to_text(opening.body) if opening.is_html else opening.body
    lines = (line.strip() for line in text.splitlines())
    return next((line[:SUMMARY_LENGTH] for line in lines if line), "")


def is_waiting_for_customer(ticket: Ticket) -> bool:
    """Tell whether it is the customer's turn: the last public note is the team's."""
    return ticket.is_open and bool(ticket.notes) and ticket.notes[-1].is_by_staff


def first_name(name: str | None) -> str:
    """Return the first word of a name."""
    return (name or "").strip().partition(" ")[0]


def safe_filename(attachment: Attachment) -> str:
    """Return the file's name as one harmless step of a path."""
    name = _UNSAFE.sub("-", attachment.filename).strip().lstrip(".")
    return name[:200] or _("file")


def details(
    ticket: Ticket | TicketSummary, fields: Sequence[CustomField], time_zone: str
) -> tuple[Detail, ...]:
    """Return the answered custom fields in the fields' order, readable."""
    values = {value.field_id: value.value for value in ticket.custom_values}
    return tuple(
        _detail(field, values[field.id].strip(), time_zone)
        for field in fields
        if values.get(field.id, "").strip()
    )


def _message(note: Note, *, is_latest: bool = False) -> Message:
    body, quoted = quotes.split(note.body, is_html=note.is_html)
    return Message(
        id=note.id,
        is_by_staff=note.is_by_staff,
        staff_name=first_name(note.author_name) if note.is_by_staff else "",
        created=note.created,
        body=markup.prose(body, is_html=note.is_html, scope=str(note.id)),
        quoted=markup.prose(quoted, is_html=note.is_html, scope=f"{note.id}q"),
        files=tuple(_file(attachment) for attachment in note.attachments),
        is_latest=is_latest,
    )


def _file(attachment: Attachment) -> File:
    name = safe_filename(attachment)
    ending = PurePosixPath(name).suffix.removeprefix(".").lower()
    return File(
        url=reverse(
            "tickets:file", args=[attachment.ticket_id, attachment.document_id, name]
        ),
        name=attachment.filename or name,
        kind=ending.upper() if len(ending) <= 5 else "",
        is_picture=ending in _PICTURES,
        is_pdf=downloads.is_called_pdf(name),
    )


def _detail(field: CustomField, value: str, time_zone: str) -> Detail:
    if field.type == "drilldown":
        return Detail(label=field.name, text=" › ".join(value.split("#-#")))
    if field.type == "checkbox" and value in {"0", "1"}:
        return Detail(label=field.name, text=_("Yes") if value == "1" else _("No"))
    if field.type in {"date", "datetime"} and re.fullmatch(r"-?[0-9]{1,11}", value):
        moment = _moment(int(value), field.type == "datetime", time_zone)
        return Detail(label=field.name, moment=moment)
    return Detail(label=field.name, text=value, is_code=field.type == "regex")


def _moment(seconds: int, has_time: bool, time_zone: str) -> Moment:  # noqa: FBT001 - the Moment's own flag
    # A date sent through the API is midnight UTC; staff's are midnight in their zone.
    is_utc_date = not has_time and seconds % DAY_SECONDS == 0
    zone = UTC if is_utc_date else ZoneInfo(time_zone)
    return Moment(at=datetime.fromtimestamp(seconds, zone), has_time=has_time)
