"""The practice desk as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeskConfig(AppConfig):
    """HelpSpot's public API as a server, with its own data and staff side."""

    name = "portal.desk"
    label = "desk"
    verbose_name = "Help desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the staff's roles once they can be, and keep the search index."""
        from portal.desk import search
        from portal.desk.roles import make_groups

        post_migrate.connect(make_groups, sender=self)
        search.keep_in_step()
