"""The demo's staff and customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User

from portal.desk.demo.contents import CustomerEntry, StaffEntry
from portal.desk.models import Customer
from portal.desk.roles import SUPPORT_STAFF, make_groups

# Known to everybody who reads this or the README: never for real people's data.
CUSTOMER_PASSWORD = "lighthouse"  # noqa: S105 - demo content, and documented as such
STAFF_PASSWORD = "inkwell-demo"  # noqa: S105 - demo content, and documented as such


def load_staff(entries: Sequence[StaffEntry]) -> Mapping[str, User]:
    """Create the administrator and the support staff; return them by user name."""
    make_groups()
    group = Group.objects.get(name=SUPPORT_STAFF)
    password = make_password(STAFF_PASSWORD)  # once: hashing is slow by design
    users = {}
    for entry in entries:
        # Who is there already keeps the password that was chosen.
        users[entry.username], is_new = User.objects.get_or_create(
            username=entry.username,
            defaults={
                "first_name": entry.first_name,
                "last_name": entry.last_name,
                "email": f"{entry.username}@inkwell.example",
                "password": password,
                "is_staff": True,
                "is_superuser": entry.is_administrator,
            },
        )
        if is_new and not entry.is_administrator:
            users[entry.username].groups.add(group)
    return users


def load_customers(entries: Sequence[CustomerEntry]) -> None:
    """Create the customers who can sign in, all with the same password."""
    password = make_password(CUSTOMER_PASSWORD)
    Customer.objects.bulk_create(
        [
            Customer(
                email=entry.email,
                password=password,
                first_name=entry.first_name,
                last_name=entry.last_name,
                customer_id=entry.customer_id,
            )
            for entry in entries
        ],
        ignore_conflicts=True,
    )
