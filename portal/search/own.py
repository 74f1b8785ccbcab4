"""A customer's own requests, found as forgivingly as guides are."""

from __future__ import annotations

from collections.abc import Sequence

from portal.helpspot.types import TicketSummary
from portal.search.index import Index, Text


def find_own(tickets: Sequence[TicketSummary], query: str) -> list[TicketSummary]:
    """Return the requests that hold the words, best first."""
    index = Index([_text(ticket) for ticket in tickets])
    found = index.find(index.understand(query))
    return [tickets[position] for position, _ in found]


def _text(ticket: TicketSummary) -> Text:
    title = f"{ticket.id} {ticket.title or ''} {ticket.note}"
    return Text(title=title, place=ticket.category_name or "")
