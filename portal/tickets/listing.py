"""A customer's list of requests, as the query of its page asks for it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from portal.accounts import TicketList
from portal.brands import Brand
from portal.helpspot import HelpSpot
from portal.helpspot.errors import HelpSpotError
from portal.helpspot.types import CustomField, TicketSummary
from portal.tickets import questions
from portal.tickets.conversation import Detail, details

SHOWS = ("open", "closed", "all")
_FORMULA_STARTS = frozenset("=+-@\t\r")
SORTS = ("newest", "oldest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of the list: its name, how many requests it has, its address."""

    label: str
    count: int
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The custom fields that a list shows, in order."""

    fields: tuple[CustomField, ...] = ()
    time_zone: str = "UTC"

    def of(self, ticket: TicketSummary) -> tuple[Detail, ...]:
        """Return the request's answers to them; fewer where there are none."""
        return details(ticket, self.fields, self.time_zone)

    def answered_by(self, tickets: Sequence[TicketSummary]) -> Columns:
        """Return those that any of the requests answers."""
        answered = {
            value.field_id for ticket in tickets for value in ticket.custom_values
        }
        fields = tuple(field for field in self.fields if field.id in answered)
        return replace(self, fields=fields)

    def cells(self, ticket: TicketSummary) -> list[str]:
        """Return one text for each field, "" where there is no answer."""
        one_each = (replace(self, fields=(field,)) for field in self.fields)
        return [" ".join(map(str, one.of(ticket))) for one in one_each]


def all_columns(brand: Brand, helpspot: HelpSpot) -> Columns:
    """Return all custom fields as columns, none where the help desk does not tell."""
    try:
        fields = questions.remembered_fields(brand, helpspot).value
    except HelpSpotError:
        # The list is worth showing without these answers.
        return Columns()
    return Columns(fields=fields, time_zone=brand.connection.time_zone)


def shown_columns(brand: Brand, helpspot: HelpSpot) -> Columns:
    """Return the columns of the page: those that the brand names, in its order."""
    if not brand.list_fields:
        return Columns()
    columns = all_columns(brand, helpspot)
    known = {field.id: field for field in columns.fields}
    named = (known[field_id] for field_id in brand.list_fields if field_id in known)
    return replace(columns, fields=tuple(named))


class Listing:
    """The requests that match, and everything the page's filters need to say so."""

    def __init__(
        self,
        tickets: TicketList,
        query: Mapping[str, str],
        columns: Columns,
    ) -> None:
        self.show = _one_of(SHOWS, query.get("show"))
        self.sort = _one_of(SORTS, query.get("sort"))
        self.search = query.get("q", "").strip()
        self._words = self.search.casefold().split()
        self._parts: dict[str, Sequence[TicketSummary]] = {
            "open": tickets.open_ones,
            "closed": tickets.closed_ones,
            "all": tickets,
        }
        self._columns = columns
        found = self._parts[self.show]
        if self._words:
            found = [ticket for ticket in found if self._has_words(ticket)]
        self.found = found if self.sort == "newest" else found[::-1]

    @property
    def is_empty(self) -> bool:
        """Tell whether the customer has no requests at all."""
        return not self._parts["all"]

    @property
    def closed_count(self) -> int:
        """Return how many of the customer's requests are closed."""
        return len(self._parts["closed"])

    @property
    def segments(self) -> list[Segment]:
        """Return open, closed and all, each keeping what was searched."""
        labels = {"open": _("Open"), "closed": _("Closed"), "all": _("All")}
        return [
            Segment(
                label=labels[show],
                count=len(self._parts[show]),
                query=self._query(show=show),
                is_current=show == self.show,
            )
            for show in SHOWS
        ]

    @property
    def page_query(self) -> str:
        """Return the query that a page number is added to."""
        return self._query(show=self.show)

    def _query(self, *, show: str) -> str:
        return urlencode({"show": show, "q": self.search, "sort": self.sort})

    def _has_words(self, ticket: TicketSummary) -> bool:
        text = " ".join(
            (
                str(ticket.id),
                ticket.title or "",
                ticket.note,
                ticket.category_name or "",
                ticket.full_name or "",
                *map(str, self._columns.of(ticket)),
            )
        ).casefold()
        return all(word in text for word in self._words)


def as_csv(tickets: Sequence[TicketSummary], columns: Columns) -> str:
    """Return the requests as CSV that spreadsheets open without harm.

    Custom fields that any request answers follow the columns that all have. A cell
    that would start a formula there starts with an apostrophe instead.
    """
    text = StringIO()
    rows = csv.writer(text)
    columns = columns.answered_by(tickets)
    names = [_("Request"), _("Status"), _("Summary"), _("Topic"), _("Opened"), _("By")]
    names += [field.name for field in columns.fields]
    rows.writerow(map(_harmless, names))
    for ticket in tickets:
        opened = ticket.opened
        rows.writerow(
            _harmless(cell)
            for cell in (
                str(ticket.id),
                _("Open") if ticket.is_open else _("Closed"),
                ticket.title or ticket.note,
                ticket.category_name or "",
                opened.at.isoformat() if opened and opened.at else "",
                ticket.full_name or "",
                *columns.cells(ticket),
            )
        )
    return text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in _FORMULA_STARTS else cell


def _one_of(choices: Sequence[str], asked: str | None) -> str:
    return asked if asked is not None and asked in choices else choices[0]
