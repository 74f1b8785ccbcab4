"""The installation's settings: one row, for administrators."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from portal.desk.models import DeskSettings, Status


class DeskSettingsForm(forms.ModelForm[DeskSettings]):
    """The settings; the time zone is one that dates can be formatted in."""

    def clean_time_zone(self) -> str:
        """Refuse a time zone that nobody knows."""
        name: str = self.cleaned_data["time_zone"]
        try:
            ZoneInfo(name)
        except (OSError, LookupError, ValueError):
            raise forms.ValidationError(
                "There is no such time zone. They are named as in “Europe/Paris”."
            ) from None
        return name


@admin.register(DeskSettings)
class DeskSettingsAdmin(admin.ModelAdmin[DeskSettings]):
    """Opens the one row at once; it is neither added nor deleted."""

    form = DeskSettingsForm

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
