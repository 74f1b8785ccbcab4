"""The kb room as a Django app."""

from django.apps import AppConfig


class KbConfig(AppConfig):
    """The kb room."""

    name = "portal.kb"
    label = "kb"
