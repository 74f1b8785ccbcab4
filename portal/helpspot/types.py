"""What pages get from HelpSpot: frozen values that fetch nothing.

Ids are int, flags bool, absent is None. HelpSpot's administrator chooses which
columns come back, so everything but the ids may be absent. Dates are `Moment`s.
Access keys are secrets: they stay out of every repr.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time as HelpSpot gave it.

    `at` is aware, or None where the text follows no known pattern; `has_time` says
    whether a time of day came with the date; `text` is the text as it came.
    """

    at: datetime | None
    has_time: bool = True
    text: str = ""


# ------------------------------------------------------------------- requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A public category and the custom fields it asks for, in display order."""

    id: int
    name: str
    custom_field_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A public custom field.

    `type` is HelpSpot's word (select, text, lrgtext, checkbox, numtext, decimal,
    regex, date, datetime, drilldown, or one this portal does not know).
    `choices` are the items of a select; `paths` the leaves of a drill-down, each a
    tuple of its levels; `pattern` is a JavaScript regular expression literal.
    """

    id: int
    name: str
    type: str
    is_required: bool = False
    is_always_visible: bool = False
    order: int = 0
    text_size: int | None = None
    text_rows: int | None = None
    choices: tuple[str, ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()
    decimal_places: int = 0
    pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file on its way to HelpSpot; `file` is open for reading at its start."""

    filename: str
    mime_type: str
    file: BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCreated:
    """HelpSpot's answer to a new request: its number and its access key."""

    id: int
    access_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file at a public note. The portal streams it; its address stays inside."""

    document_id: int
    ticket_id: int
    note_id: int
    filename: str
    mime_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One public note of a request's conversation.

    `author_name` is the staff member's full name, None for the customer. `body` is
    foreign: HTML where `is_html`, plain text otherwise; show it through `markup`.
    """

    id: int
    ticket_id: int
    author_name: str | None
    is_by_staff: bool
    is_initial: bool
    body: str
    is_html: bool
    created: Moment | None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomValue:
    """The value of one custom field of a request, as HelpSpot wrote it.

    Drill-downs come as levels joined by `#-#`, checkboxes as 1 or 0.
    """

    field_id: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A request with its public conversation, oldest note first."""

    id: int
    is_open: bool
    is_urgent: bool = False
    title: str | None = None
    status_name: str | None = None
    category_id: int | None = None
    category_name: str | None = None
    assigned_to: str | None = None
    opened: Moment | None = None
    closed: Moment | None = None
    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    customer_id: str | None = None
    custom_values: tuple[CustomValue, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSummary:
    """One row of a customer's list of requests. `note` is the opening text.

    The vendor documents no custom values here; they are there where a server sends
    them.
    """

    id: int
    access_key: str = field(repr=False)
    is_open: bool
    is_urgent: bool = False
    title: str | None = None
    status_id: int | None = None
    status_name: str | None = None
    category_id: int | None = None
    category_name: str | None = None
    opened: Moment | None = None
    note: str = ""
    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    customer_id: str | None = None
    custom_values: tuple[CustomValue, ...] = ()


class Chunks(Iterator[bytes], Protocol):
    """A file's bytes; closing them early lets go of the rest."""

    def close(self) -> None:
        """Stop reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file on its way from HelpSpot, read in chunks and closed when read."""

    chunks: Chunks
    mime_type: str | None
    size: int | None


# --------------------------------------------------------------------- forums


@dataclass(frozen=True, slots=True, kw_only=True)
class Forum:
    """A public forum."""

    id: int
    name: str
    description: str = ""
    is_closed: bool = False
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A forum topic as lists show it. `post_count` includes the opening post."""

    id: int
    forum_id: int
    title: str
    author_name: str = ""
    is_closed: bool = False
    is_sticky: bool = False
    posted: Moment | None = None
    post_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post of a topic. `label` is the badge staff gave its author."""

    id: int
    topic_id: int
    author_name: str = ""
    url: str | None = None
    body: str = ""
    label: str | None = None
    posted: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicMatch:
    """A topic that a search found."""

    topic_id: int
    title: str
    forum_id: int | None = None
    forum_name: str = ""
    excerpt: str = ""
    posted: Moment | None = None


# ------------------------------------------------------------- knowledge base


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A public knowledge book. `description` is plain text."""

    id: int
    name: str
    description: str = ""
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedPage:
    """A page that staff linked to another."""

    id: int
    name: str
    chapter_name: str = ""
    book_id: int | None = None
    book_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A knowledge-base page, alone or as an entry of its book's contents.

    `number` is HelpSpot's position such as `2.3.` ("" where it gave none), kept apart
    from `name` because it shifts. `body` is foreign HTML, None in a list of contents.
    """

    id: int
    chapter_id: int | None
    name: str
    number: str = ""
    order: int = 0
    is_highlighted: bool = False
    tags: tuple[str, ...] = ()
    related: tuple[RelatedPage, ...] = ()
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A chapter and its pages in order."""

    id: int
    name: str
    number: str = ""
    order: int = 0
    is_appendix: bool = False
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMatch:
    """A page that a search found, best first."""

    page_id: int
    name: str
    book_name: str = ""
    excerpt: str = ""


# -------------------------------------------------------------- the help desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """HelpSpot's version and the oldest API version a client may speak."""

    version: str
    min_version: str


FieldLabels = Mapping[str, str]
