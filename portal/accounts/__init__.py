"""Accounts: signing in, and whether this visitor may see this request."""

from portal.accounts.visits import (
    MOST_TICKETS,
    Customer,
    access_key,
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
    "access_key",
    "add_ticket",
    "grant",
    "is_signed_in",
    "sign_in",
    "sign_out",
    "signed_in_as",
    "tickets",
]
