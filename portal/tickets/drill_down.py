"""Drill-down fields: a path through a tree, chosen level by level or at once.

A page starts with one select of whole paths, which needs no script. With scripts htmx
puts a select for each level in its place as soon as the page is there. So exactly one
of the two is in the page, and is sent, whoever uses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.helpspot.types import CustomField

Path = tuple[str, ...]
JOINT = "#-#"
# A longer list of whole paths is no help: then each level has its own select at once.
MOST_WHOLE_PATHS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One select of a path: its options, the chosen one, and what follows it."""

    number: int
    name: str
    id: str
    rest_id: str
    url: str
    options: tuple[str, ...]
    chosen: str
    is_invalid: bool
    is_last_shown: bool
    next: Level | None

    @property
    def label(self) -> str:
        """Return what the select is called: the API gives levels no names."""
        return _("Level %(number)d") % {"number": self.number}


class DrillDownInput(forms.Widget):
    """Selects for a path; how it was sent decides how it is shown again."""

    template_name = "tickets/_drill_down.html"

    def __init__(self, field: CustomField, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self._paths = field.paths
        self._url = reverse("tickets:drill_down", args=[field.id])
        self.is_long = len(field.paths) > MOST_WHOLE_PATHS
        self.is_by_level = self.is_long

    @property
    def use_fieldset(self) -> bool:  # type: ignore[override]  # Django: a plain attribute
        """Tell whether several selects make up the field."""
        return self.is_by_level

    def value_from_datadict(
        self, data: Mapping[str, Any], files: object, name: str
    ) -> Path:
        """Return the chosen levels, as far as they hang together."""
        if f"{name}_1" not in data:
            return _split(data.get(name) or "")
        self.is_by_level = True
        chosen: Path = ()
        while level := data.get(f"{name}_{len(chosen) + 1}"):
            if level not in _options(self._paths, chosen):
                break
            chosen = (*chosen, level)
        return chosen

    def value_omitted_from_data(
        self, data: Mapping[str, Any], files: object, name: str
    ) -> bool:
        """Tell whether neither the whole path nor its first level was sent."""
        return name not in data and f"{name}_1" not in data

    def id_for_label(self, id_: str) -> str:
        """Return the id of the one select, or of the first."""
        return f"{id_}_1" if self.is_by_level else id_

    def get_context(
        self, name: str, value: Path | None, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Return what the template shows: whole paths, or levels."""
        context = super().get_context(name, None, attrs)
        value = value or ()
        context |= {
            "is_by_level": self.is_by_level,
            "url": self._url,
            "has_errors": "aria-invalid" in context["widget"]["attrs"],
        }
        if self.is_by_level:
            context["is_long"] = self.is_long
            context["level"] = self.level(name, value, context["widget"]["attrs"])
        else:
            context["paths"] = [
                (JOINT.join(path), " › ".join(path), path == value)
                for path in self._paths
            ]
        return context

    def level(
        self, name: str, value: Path, attrs: Mapping[str, Any], number: int = 1
    ) -> Level | None:
        """Return the select of that level, None where the path goes no further."""
        options = _options(self._paths, value[: number - 1])
        if not options:
            return None
        chosen = value[number - 1] if len(value) >= number else ""
        following = self.level(name, value, attrs, number + 1) if chosen else None
        return Level(
            number=number,
            name=f"{name}_{number}",
            id=f"id_{name}_{number}",
            rest_id=f"id_{name}_after_{number}",
            url=f"{self._url}?after={number}",
            options=options,
            chosen=chosen,
            is_invalid="aria-invalid" in attrs and following is None,
            is_last_shown=following is None,
            next=following,
        )


class DrillDownField(forms.Field):
    """A path that HelpSpot knows, cleaned to its levels."""

    def __init__(self, field: CustomField, **options: Any) -> None:
        super().__init__(widget=DrillDownInput(field), **options)
        self._paths = frozenset(field.paths)

    def clean(self, value: Path | None) -> Path:
        """Return the path; say which level is still to be chosen."""
        value = value or ()
        if value in self._paths or not (value or self.required):
            return value
        if value and self.widget.is_by_level:
            raise forms.ValidationError(
                _("Choose level %(number)d of %(label)s")
                % {"number": len(value) + 1, "label": self.label}
            )
        raise forms.ValidationError(_("Choose %(label)s") % {"label": self.label})


def _options(paths: Sequence[Path], chosen: Path) -> tuple[str, ...]:
    depth = len(chosen)
    found = (
        path[depth] for path in paths if path[:depth] == chosen and len(path) > depth
    )
    return tuple(dict.fromkeys(found))


def _split(text: str) -> Path:
    return tuple(text.split(JOINT)) if text else ()
