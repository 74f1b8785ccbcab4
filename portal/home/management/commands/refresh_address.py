"""`manage.py refresh_address`: where a help desk says that staff changed something."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.urls import reverse

from portal.brands import brand_for
from portal.brands.publishing import refresh_token


class Command(BaseCommand):
    """Print the address; a POST to it has all public content read anew."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it, without the portal's own host."""
        token = refresh_token(brand_for(""))
        self.stdout.write(reverse("operations:refresh", args=[token]))
