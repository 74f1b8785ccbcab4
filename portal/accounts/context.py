"""Who the visitor is, for private pages alone."""

from __future__ import annotations

from typing import Any, cast

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.functional import cached_property

from portal.accounts import visits
from portal.http import PortalRequest

PRIVATE_ROOMS = frozenset({"accounts", "tickets"})


class Visitor:
    """The visitor as templates ask for them; the session is read at the first ask."""

    def __init__(self, request: PortalRequest) -> None:
        self._request = request

    @cached_property
    def customer(self) -> visits.Customer | None:
        """Return the signed-in customer; None while the database is away."""
        try:
            return visits.signed_in_as(self._request)
        except DatabaseError:
            return None

    @property
    def is_signed_in(self) -> bool:
        """Tell whether a customer is signed in."""
        return self.customer is not None


def visitor(request: HttpRequest) -> dict[str, Any]:
    """Return the visitor on private pages.

    Public pages get nothing: they are the same for everyone, and one look at the
    session would already make them differ by cookie.
    """
    match = request.resolver_match
    if match is None or match.app_name not in PRIVATE_ROOMS:
        return {}
    return {"visitor": Visitor(cast("PortalRequest", request))}
