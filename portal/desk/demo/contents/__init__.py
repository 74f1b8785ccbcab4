"""The demo's texts as files, and what may stand in them."""

from __future__ import annotations

import mimetypes
import tomllib
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from portal.desk.models import CustomField

FOLDER = Path(__file__).parent
_FILES = FOLDER / "files"
Found = TypeVar("Found", bound=BaseModel)


class Entry(BaseModel):
    """A table of a TOML file: a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# ------------------------------------------------------------------- help desk


class StatusEntry(Entry):
    """A status of requests."""

    name: str
    is_closed: bool = False


class FieldEntry(Entry):
    """A custom field; `key` is what requests and categories call it."""

    key: str
    name: str
    type: CustomField.Type
    is_required: bool = False
    is_public: bool = True
    is_always_visible: bool = False
    text_size: int | None = None
    text_rows: int | None = None
    decimal_places: int = 0
    pattern: str = ""
    items: str = ""


class CategoryEntry(Entry):
    """A category and the keys of its fields, in display order."""

    key: str
    name: str
    is_public: bool = True
    fields: list[str] = []


class StaffEntry(Entry):
    """A member of staff."""

    username: str
    first_name: str
    last_name: str
    is_administrator: bool = False


class CustomerEntry(Entry):
    """Someone who can sign in."""

    email: str
    first_name: str
    last_name: str
    customer_id: str = ""


class DeskEntry(Entry):
    """`desk.toml`."""

    statuses: list[StatusEntry]
    fields: list[FieldEntry]
    categories: list[CategoryEntry]
    staff: list[StaffEntry]
    customers: list[CustomerEntry]


class NoteEntry(Entry):
    """A line of a request's history.

    `by` is a user name of staff, "" for the customer. One of the four texts is there:
    plain, HTML, private (HTML too) or a log line.
    """

    by: str = ""
    at: str
    text: str = ""
    html: str = ""
    private: str = ""
    log: str = ""
    files: list[str] = []


class TicketEntry(Entry):
    """A request; `customer` is an e-mail address, `name` is needed for guests."""

    title: str
    customer: str
    name: str = ""
    phone: str = ""
    customer_id: str = ""
    category: str
    status: str
    via: Literal["web form", "email", "phone", "web service"] = "web form"
    is_urgent: bool = False
    is_demo_key: bool = False
    assigned: str = ""
    closed: str = ""
    fields: dict[str, str] = {}
    notes: list[NoteEntry]


class TicketEntries(Entry):
    """`requests.toml`."""

    requests: list[TicketEntry]


# ---------------------------------------------------------------------- forums


class PersonEntry(Entry):
    """Who posts: a badge and a web address, where they have one."""

    label: str = ""
    url: str = ""


class TopicEntry(Entry):
    """A topic: started at `at`, last posted in at `until`; posts are [name, text]."""

    title: str
    at: str
    until: str = ""
    is_sticky: bool = False
    is_closed: bool = False
    posts: list[tuple[str, str]]


class ForumEntry(Entry):
    """A file below `forums/`."""

    name: str
    description: str
    is_closed: bool = False
    is_moderated: bool = False
    people: dict[str, PersonEntry] = {}
    topics: list[TopicEntry]


# ----------------------------------------------------------------------- books


class ChapterEntry(Entry):
    """A chapter and its pages' file names, in order."""

    name: str
    is_appendix: bool = False
    is_hidden: bool = False
    pages: list[str]


class BookEntry(Entry):
    """A TOML file below `books/`; its pages are in the folder of the same name."""

    name: str
    description: str
    is_public: bool = True
    chapters: list[ChapterEntry]


class PageEntry(Entry):
    """A page: a head of `key: value` lines, a blank line, HTML."""

    slug: str
    title: str
    tags: list[str]
    related: list[str]
    is_highlighted: bool
    is_hidden: bool
    helpful: int
    not_helpful: int
    body: str


def read_desk() -> DeskEntry:
    """Return how the help desk is set up."""
    return _read_toml(FOLDER / "desk.toml", DeskEntry)


def read_tickets() -> list[TicketEntry]:
    """Return the requests."""
    return _read_toml(FOLDER / "requests.toml", TicketEntries).requests


def read_forums() -> list[ForumEntry]:
    """Return the forums in order."""
    paths = sorted((FOLDER / "forums").glob("*.toml"))
    return [_read_toml(path, ForumEntry) for path in paths]


def read_books() -> list[tuple[BookEntry, list[list[PageEntry]]]]:
    """Return the books in order, each with its chapters' pages."""
    return [
        (book, [[_read_page(folder, slug) for slug in c.pages] for c in book.chapters])
        for path in sorted((FOLDER / "books").glob("*.toml"))
        for book in [_read_toml(path, BookEntry)]
        for folder in [path.with_suffix("")]
    ]


def read_file(name: str) -> tuple[bytes, str]:
    """Return the bytes and the MIME type of one of the demo's files."""
    mime_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return (_FILES / name).read_bytes(), mime_type


def _read_toml(path: Path, kind: type[Found]) -> Found:
    return kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def _read_page(folder: Path, slug: str) -> PageEntry:
    text = (folder / f"{slug}.html").read_text(encoding="utf-8")
    head, _, body = text.partition("\n\n")
    values = {
        key.strip(): value.strip()
        for key, _, value in (line.partition(":") for line in head.splitlines())
    }
    helpful, _, not_helpful = values.pop("votes", "0/0").partition("/")
    shown = values.pop("shown", "")
    return PageEntry.model_validate(
        {
            "tags": _words(values.pop("tags", "")),
            "related": _words(values.pop("related", "")),
            "is_highlighted": shown == "highlighted",
            "is_hidden": shown == "hidden",
            "helpful": helpful,
            "not_helpful": not_helpful,
            "slug": slug,
            "body": body.strip(),
            **values,
        }
    )


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]
