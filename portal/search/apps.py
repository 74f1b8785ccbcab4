"""The search room as a Django app."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """The search room."""

    name = "portal.search"
    label = "search"
