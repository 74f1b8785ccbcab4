"""A believable company in the practice desk: Inkwell, maker of label printers.

What it says stands in `contents/`: see the README there.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from portal.desk import search
from portal.desk.demo.books import load_books
from portal.desk.demo.contents import read_desk
from portal.desk.demo.forums import load_forums
from portal.desk.demo.people import (
    CUSTOMER_PASSWORD,
    STAFF_PASSWORD,
    load_customers,
    load_staff,
)
from portal.desk.demo.tickets import KNOWN_LETTERS, load_setup, load_tickets
from portal.desk.demo.times import Calendar
from portal.desk.models import Customer, DeskSettings, Ticket

CUSTOMER_EMAIL = "amal@example.com"
STAFF_NAME = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccess:
    """How to get in. Everybody may know it: the demo holds nobody's secrets.

    `access_key` is "" where staff have deleted its request.
    """

    access_key: str
    customer_email: str
    customer_password: str
    staff_name: str
    staff_password: str


def load_demo() -> DemoAccess:
    """Fill the practice desk once, and return how to get in, loaded now or before."""
    with transaction.atomic():
        if not Customer.objects.filter(email=CUSTOMER_EMAIL).exists():
            _load()
    ticket = Ticket.objects.filter(password=KNOWN_LETTERS).first()
    return DemoAccess(
        access_key=ticket.access_key if ticket else "",
        customer_email=CUSTOMER_EMAIL,
        customer_password=CUSTOMER_PASSWORD,
        staff_name=STAFF_NAME,
        staff_password=STAFF_PASSWORD,
    )


def _load() -> None:
    calendar = Calendar(timezone.now())
    DeskSettings.load()
    desk = read_desk()
    staff = load_staff(desk.staff)
    load_customers(desk.customers)
    load_books()
    load_forums(calendar)
    load_tickets(calendar, desk, load_setup(desk), staff)
    search.rebuild()
