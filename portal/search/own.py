"""A customer's own requests, found as forgivingly as guides are."""

from __future__ import annotations

from collections.abc import Sequence

from portal.helpspot.types import TicketSummary
from portal.search.index import Index, Text


def find_own(
    tickets: Sequence[TicketSummary], query: str
) -> tuple[list[TicketSummary], str]:
    """Return the requests that hold the words, best first, and what led to them."""
    index = Index([_text(ticket) for ticket in tickets])
    sought = index.understand(query)
    found = [tickets[position] for position, _ in index.find(sought)]
    return found, index.marks(sought)


def _text(ticket: TicketSummary) -> Text:
    title = f"{ticket.id} {ticket.title or ''} {ticket.note}"
    return Text(title=title, place=ticket.category_name or "")
