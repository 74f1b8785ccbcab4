"""The installation's settings: one row, for administrators."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from portal.desk.models import DeskSettings, Status


@admin.register(DeskSettings)
class DeskSettingsAdmin(admin.ModelAdmin[DeskSettings]):
    """Opens the one row at once; it is neither added nor deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: there is one row."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: DeskSettings | None = None
    ) -> bool:
        """Return False: there is always one row."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, str] | None = None
    ) -> HttpResponse:
        """Redirect to the row, making it where there is none."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = DeskSettings.load()
        return HttpResponseRedirect(
            reverse("admin:desk_desksettings_change", args=[row.pk])
        )


@admin.register(Status)
class StatusAdmin(admin.ModelAdmin[Status]):
    """The statuses that a request can have."""

    list_display = ["name", "order", "is_closed"]
    list_editable = ["order"]
