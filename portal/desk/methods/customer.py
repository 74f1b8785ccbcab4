"""The vendor's `customer.*` methods."""

from __future__ import annotations

from collections import defaultdict

from django.contrib.auth.hashers import make_password
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Lower

from portal.desk import errors, moments, throttle
from portal.desk.calls import Call
from portal.desk.errors import Refused, problem
from portal.desk.formats import Answer, Several, Tree, Value
from portal.desk.models import Customer, CustomValue, DeskSettings, Note, Ticket


def get_requests(call: Call) -> Answer:
    """Return a customer's requests, newest first.

    By setting these are the requests of the e-mail address, or those of every
    customer ID ever seen with it.
    Vendor's method: customer.getRequests
    """
    call.require("sEmail", "sPassword")
    email = call.text("sEmail").strip().lower()
    attempt = throttle.begin(email)
    if not _has_password(email, call.text("sPassword")):
        raise Refused(problem(errors.LOGIN_WRONG))
    throttle.forget(attempt)
    tickets = _tickets(email, call.desk)
    custom = _custom_values(tickets) if call.desk.lists_custom_values else {}
    rows = [{**_ticket(one), **custom.get(one.pk, {})} for one in tickets]
    return Answer("requests", {"request": Several(rows)})


def _has_password(email: str, password: str) -> bool:
    customers = Customer.objects.alias(lower_email=Lower("email"))
    customer = customers.filter(lower_email=email).first()
    if customer is None:
        # Hashing takes long; without it the time would tell who is a customer.
        make_password(password)
        return False
    return customer.has_password(password)


def _tickets(email: str, desk: DeskSettings) -> QuerySet[Ticket]:
    tickets = Ticket.objects.alias(lower_email=Lower("email"))
    mine = Q(lower_email=email)
    if desk.history_by == DeskSettings.HistoryBy.CUSTOMER_ID:
        mine |= Q(customer_id__in=_customer_ids(email))
    opening = Note.objects.filter(is_initial=True, is_public=True)
    return (
        tickets.filter(mine, is_trash=False)
        .select_related("category", "status")
        .prefetch_related(Prefetch("notes", queryset=opening, to_attr="opening"))
        .order_by("-opened_at", "-id")
    )


def _custom_values(tickets: QuerySet[Ticket]) -> dict[int, dict[str, Value]]:
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    values = CustomValue.objects.filter(
        ticket__in=tickets.values("pk").order_by(), custom_field__is_public=True
    )
    for ticket_id, field_id, value in values.order_by("custom_field").values_list(
        "ticket", "custom_field", "value"
    ):
        found[ticket_id][f"Custom{field_id}"] = value
    return found


def _customer_ids(email: str) -> list[str]:
    # Read first, so that the search for requests has two indexes to go by.
    seen, given = (
        rows.alias(lower_email=Lower("email"))
        .filter(~Q(customer_id=""), lower_email=email)
        .order_by()
        .values_list("customer_id", flat=True)
        for rows in (Ticket.objects.all(), Customer.objects.all())
    )
    return list(seen.union(given))


def _ticket(ticket: Ticket) -> Tree:
    opening: list[Note] = ticket.opening  # type: ignore[attr-defined]  # prefetched or annotated by the query
    return {
        "xRequest": ticket.pk,
        "fOpenedVia": ticket.opened_via,
        "xOpenedViaId": 0,
        "fOpen": int(ticket.is_open),
        "xStatus": ticket.status_id,
        "fUrgent": int(ticket.is_urgent),
        "xCategory": ticket.category_id or 0,
        "dtGMTOpened": moments.unix(ticket.opened_at),
        "sRequestPassword": ticket.password,
        "sTitle": ticket.title,
        "sUserId": ticket.customer_id,
        "sFirstName": ticket.first_name,
        "sLastName": ticket.last_name,
        "sEmail": ticket.email,
        "sPhone": ticket.phone,
        "sCategory": ticket.category.name if ticket.category else "",
        "sStatus": ticket.status.name,
        "tNote": opening[0].body if opening else "",
        "fullname": ticket.full_name,
        "accesskey": ticket.access_key,
    }
