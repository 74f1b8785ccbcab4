"""The operator's side of the guides, in the staff admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.kb.models import Feedback

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Feedback]
else:
    _Admin = admin.ModelAdmin


@admin.register(Feedback)
class FeedbackAdmin(_Admin):
    """Shows why guides did not help."""

    list_display = ["created_at", "guide", "reason", "said"]
    list_display_links = None
    list_filter = ["reason", "page_name"]
    search_fields = ["page_name"]
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only readers add to it."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Feedback | None = None
    ) -> bool:
        """Nothing here is to be edited."""
        return False

    @admin.display(description=_("guide"), ordering="page_name")
    def guide(self, feedback: Feedback) -> SafeString:
        """Return a link to the guide."""
        address = reverse("kb:page_by_id", args=[feedback.page_id])
        return format_html('<a href="{}">{}</a>', address, feedback.page_name)

    @admin.display(description=_("comment"))
    def said(self, feedback: Feedback) -> str:
        """Return what the reader wrote."""
        return feedback.comment
