"""`manage.py serve`: everything set up, then the portal behind gunicorn."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Migrate, collect static files, load demo content once, and serve."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, print where everything is, and become gunicorn.

        HOST and PORT say where to listen (127.0.0.1:8000).
        """
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        host = os.environ.get("HOST") or "127.0.0.1"
        port = os.environ.get("PORT") or "8000"
        self.stdout.write(f"Portal:          http://{host}:{port}/")
        if settings.DESK_IS_BUILT_IN:
            call_command("desk_demo", stdout=self.stdout)
            self.stdout.write(f"Staff side:      http://{host}:{port}/desk/")
        self.stdout.flush()
        os.execv(  # noqa: S606 - our own interpreter, fixed arguments
            sys.executable,
            [sys.executable, "-m", "gunicorn", "-c", "python:portal.gunicorn_conf"],
        )
