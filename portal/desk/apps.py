"""The practice desk as a Django app."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """HelpSpot's public API as a server, with its own data and staff side."""

    name = "portal.desk"
    label = "desk"
    verbose_name = "Help desk"
    default_auto_field = "django.db.models.BigAutoField"
