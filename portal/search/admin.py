"""The operator's side of the search, in the staff admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.brands import brand_for
from portal.search.models import MissedSearch, SolvedCount, Synonym
from portal.search.synonyms import synonyms_changed

if TYPE_CHECKING:
    _SynonymAdmin = admin.ModelAdmin[Synonym]
    _MissedAdmin = admin.ModelAdmin[MissedSearch]
    _SolvedAdmin = admin.ModelAdmin[SolvedCount]
else:
    _SynonymAdmin = _MissedAdmin = _SolvedAdmin = admin.ModelAdmin


@admin.register(Synonym)
class SynonymAdmin(_SynonymAdmin):
    """Keeps the words that mean the same."""

    search_fields = ["words"]

    def save_model(
        self,
        request: HttpRequest,
        obj: Synonym,
        form: ModelForm[Synonym],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Save, and let the next search know."""
        super().save_model(request, obj, form, change)
        synonyms_changed(brand_for(request.get_host()))

    def delete_model(self, request: HttpRequest, obj: Synonym) -> None:
        """Delete, and let the next search know."""
        super().delete_model(request, obj)
        synonyms_changed(brand_for(request.get_host()))

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[Synonym]
    ) -> None:
        """Delete several, and let the next search know."""
        super().delete_queryset(request, queryset)
        synonyms_changed(brand_for(request.get_host()))


@admin.register(MissedSearch)
class MissedSearchAdmin(_MissedAdmin):
    """Shows what customers sought in vain, the most frequent words first."""

    list_display = ["words", "times", "day"]
    list_display_links = None
    search_fields = ["words"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[MissedSearch]:
        """Return one row for each words, with their total of all days."""
        same = MissedSearch.objects.filter(words=OuterRef("words"))
        total = same.order_by().values("words").annotate(total=Sum("count"))
        return (
            super()
            .get_queryset(request)
            .filter(~Exists(same.filter(day__gt=OuterRef("day"))))
            .annotate(total=Subquery(total.values("total")))
            .order_by("-total", "words")
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only searches add to it."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: MissedSearch | None = None
    ) -> bool:
        """Nothing here is to be edited."""
        return False

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[MissedSearch]
    ) -> None:
        """Delete the words of all days."""
        words = list(queryset.values_list("words", flat=True))
        MissedSearch.objects.filter(words__in=words).delete()

    @admin.display(description=_("times"), ordering="total")
    def times(self, missed: Any) -> int:
        """Return how often the words were sought in vain in all."""
        return int(missed.total)


@admin.register(SolvedCount)
class SolvedCountAdmin(_SolvedAdmin):
    """Shows which guides answered customers while they wrote."""

    list_display = ["page_id", "day", "count"]
    list_display_links = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only customers add to it."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: SolvedCount | None = None
    ) -> bool:
        """Nothing here is to be edited."""
        return False
