"""Customers' lists of requests: each sealed beside its visit, unpacked once a process.

A visit holds a list's reference: the token of its row and the edition, which is a new
one after each change, so that what a process remembers by reference is never old.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal import markup
from portal.accounts.models import KeptList
from portal.accounts.seals import seal, unseal
from portal.helpspot.types import CustomValue, Moment, TicketSummary
from portal.memo import Memo
from portal.turns import to_write

# A longer list is cut to its newest: each process has it unpacked in its memory.
MOST_TICKETS = 2000
SUMMARY_LENGTH = 200
# The texts of some sixteen of the longest lists; what holds them takes nearly as much.
REMEMBERED_BYTES = 16 * 1024 * 1024


class TicketList(tuple[TicketSummary, ...]):
    """A customer's requests, newest first; what they alone decide is found out once."""

    @cached_property
    def open_ones(self) -> tuple[TicketSummary, ...]:
        """Return those that are open."""
        return tuple(ticket for ticket in self if ticket.is_open)

    @cached_property
    def closed_ones(self) -> tuple[TicketSummary, ...]:
        """Return those that are closed."""
        return tuple(ticket for ticket in self if not ticket.is_open)

    @cached_property
    def access_keys(self) -> dict[int, str]:
        """Return their access keys by number."""
        return {ticket.id: ticket.access_key for ticket in reversed(self)}


_lists: Memo[TicketList] = Memo(REMEMBERED_BYTES)


def keep(tickets: Sequence[TicketSummary], seconds: int) -> str:
    """Keep a list for so long; return its reference."""
    token = secrets.token_urlsafe(16)
    KeptList.objects.create(
        token=token,
        sealed_rows=_pack(tickets),
        expires_at=timezone.now() + timedelta(seconds=seconds),
    )
    return _reference(token)


def add(reference: str, ticket: TicketSummary) -> str:
    """Put a request on top of a list; return the reference from now on.

    Others may add to it at the same moment: what counts is the list as it is kept.
    """
    token = _token(reference)
    with to_write(), transaction.atomic():
        kept = KeptList.objects.select_for_update().filter(token=token).first()
        if kept:
            others = [one for one in _unpack(kept) if one.id != ticket.id]
            kept.sealed_rows = _pack([ticket, *others])
            kept.save()
    return _reference(token)


def forget(reference: str) -> None:
    """Delete a list."""
    KeptList.objects.filter(token=_token(reference)).delete()


def find(reference: str) -> TicketList | None:
    """Return a list, None where it is gone."""
    try:
        return _lists.answer(reference, partial(_load, _token(reference)), _texts)
    except KeptList.DoesNotExist:
        return None


def _reference(token: str) -> str:
    return f"{token}.{secrets.token_urlsafe(6)}"


def _token(reference: str) -> str:
    return reference.partition(".")[0]


def _load(token: str) -> TicketList:
    return _unpack(KeptList.objects.get(token=token))


def _unpack(kept: KeptList) -> TicketList:
    rows = unseal(kept.sealed_rows)
    if rows is None:
        raise KeptList.DoesNotExist
    return TicketList(_summary(row) for row in json.loads(rows))


def _pack(tickets: Sequence[TicketSummary]) -> str:
    rows = [_row(ticket) for ticket in tickets[:MOST_TICKETS]]
    return seal(json.dumps(rows, separators=(",", ":")))


def _row(ticket: TicketSummary) -> list[Any]:
    opened = ticket.opened
    return [
        ticket.id,
        ticket.access_key,
        ticket.is_open,
        ticket.title,
        ticket.category_name,
        opened.at.isoformat() if opened and opened.at else None,
        opened.has_time if opened else True,
        opened.text if opened else None,
        _first_line(ticket.note),
        ticket.full_name,
        {
            value.field_id: value.value[:SUMMARY_LENGTH]
            for value in ticket.custom_values
        },
    ]


def _summary(row: list[Any]) -> TicketSummary:
    id_, key, is_open, title, category, at, has_time, text, note, name, custom = row
    return TicketSummary(
        id=id_,
        access_key=key,
        is_open=is_open,
        title=title,
        category_name=category,
        opened=None
        if text is None
        else Moment(
            at=datetime.fromisoformat(at) if at else None, has_time=has_time, text=text
        ),
        note=note,
        full_name=name,
        custom_values=tuple(
            CustomValue(field_id=int(field_id), value=value)
            for field_id, value in custom.items()
        ),
    )


def _first_line(note: str) -> str:
    lines = (line.strip() for line in markup.to_text(note).splitlines())
    return next((line[:SUMMARY_LENGTH] for line in lines if line), "")


def _texts(tickets: TicketList) -> tuple[str, ...]:
    return tuple(text for ticket in tickets for text in _texts_of(ticket))


def _texts_of(ticket: TicketSummary) -> Iterator[str]:
    yield ticket.access_key
    yield ticket.note
    yield from filter(None, (ticket.title, ticket.category_name, ticket.full_name))
    if ticket.opened:
        yield ticket.opened.text
    for value in ticket.custom_values:
        yield value.value
