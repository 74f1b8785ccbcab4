"""The markup room as a Django app."""

from django.apps import AppConfig


class MarkupConfig(AppConfig):
    """The markup room."""

    name = "portal.markup"
    label = "markup"
