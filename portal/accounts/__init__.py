"""Accounts: signing in, and whether this visitor may see this request.

Pages use the names in `__all__`. They are looked up when first used, because Django
imports this package before its models may be.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portal.accounts.kept_lists import MOST_TICKETS, TicketList
    from portal.accounts.visits import (
        Customer,
        access_key,
        access_keys,
        add_ticket,
        grant,
        is_signed_in,
        sign_in,
        sign_out,
        signed_in_as,
        tickets,
    )

__all__ = [
    "MOST_TICKETS",
    "Customer",
    "TicketList",
    "access_key",
    "access_keys",
    "add_ticket",
    "grant",
    "is_signed_in",
    "sign_in",
    "sign_out",
    "signed_in_as",
    "tickets",
]

_HOMES = {"MOST_TICKETS": "kept_lists", "TicketList": "kept_lists"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(name)
    home = import_module(f"portal.accounts.{_HOMES.get(name, 'visits')}")
    return getattr(home, name)
