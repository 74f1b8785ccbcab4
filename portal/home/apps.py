"""The home room as a Django app."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """The home room."""

    name = "portal.home"
    label = "home"
