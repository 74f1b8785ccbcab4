"""`manage.py desk_demo`: a believable company in the practice desk, loaded once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal.desk.demo import load_demo


class Command(BaseCommand):
    """Load the demo content where it is not there yet; print how to get in."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and print."""
        access = load_demo()
        if access.access_key:
            self.stdout.write(f"Demo access key: {access.access_key}")
        self.stdout.write(
            f"Demo customer:   {access.customer_email} / {access.customer_password}"
        )
        self.stdout.write(
            f"Demo staff:      {access.staff_name} / {access.staff_password}"
        )
