"""The vendor's `customer.*` method."""

from __future__ import annotations

from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from django.views.decorators.debug import sensitive_variables

from portal.helpspot import custom_fields, wire
from portal.helpspot.errors import LoginFailed, Rejected
from portal.helpspot.transport import Transport
from portal.helpspot.types import TicketSummary

EMAIL_MALFORMED = 105


class CustomerMethods:
    """The vendor's `customer.*` method."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @sensitive_variables()
    def get_requests(self, email: str, password: str) -> list[TicketSummary]:
        """Return all requests of a customer, newest first.

        `email` is a user name where HelpSpot asks another system for passwords. Raises
        `LoginFailed`, and `Throttled` after too many failures, whoever made them.

        Vendor's method: customer.getRequests
        """
        zone = self._transport.zone
        failure = LoginFailed("customer.getRequests")
        try:
            tickets = self._transport.read(
                "customer.getRequests",
                lambda root: [_summary(row, zone) for row in root.findall("request")],
                {"sEmail": email, "sPassword": password},
                verb="POST" if self._transport.connection.login_by_post else "GET",
            )
        except Rejected as exc:
            # What is no address is nobody's.
            if EMAIL_MALFORMED not in {problem.id for problem in exc.problems}:
                raise
        else:
            return sorted(tickets, key=_age, reverse=True)
        raise failure


def _age(ticket: TicketSummary) -> tuple[float, int]:
    at = ticket.opened and ticket.opened.at
    return at.timestamp() if at else 0, ticket.id


def _summary(row: Element, zone: ZoneInfo) -> TicketSummary:
    id_ = wire.id_(row, "xRequest")
    letters = wire.text(row, "sRequestPassword")
    key = wire.text(row, "accesskey") or (f"{id_}{letters}" if letters else None)
    if key is None:
        raise wire.Unreadable
    return TicketSummary(
        id=id_,
        access_key=key,
        is_open=wire.flag(row, "fOpen", default=True),
        is_urgent=wire.flag(row, "fUrgent"),
        title=wire.text(row, "sTitle"),
        status_id=wire.reference(row, "xStatus"),
        status_name=wire.label(row, "sStatus", "xStatus"),
        category_id=wire.reference(row, "xCategory"),
        category_name=wire.label(row, "sCategory", "xCategory"),
        opened=wire.moment(row, "dtGMTOpened", zone),
        note=wire.body(row, "tNote"),
        full_name=wire.text(row, "fullname"),
        first_name=wire.text(row, "sFirstName"),
        last_name=wire.text(row, "sLastName"),
        email=wire.text(row, "sEmail"),
        phone=wire.text(row, "sPhone"),
        customer_id=wire.text(row, "sUserId"),
        custom_values=tuple(custom_fields.values(row)),
    )
