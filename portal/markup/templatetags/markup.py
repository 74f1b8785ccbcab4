"""How templates show icons, people and times."""

from __future__ import annotations

import zlib
from functools import cache

import heroicons
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_DIRECTIONAL = frozenset(
    {"arrow-right", "arrow-left", "chevron-right", "chevron-left", "paper-airplane"}
)
_TINTS = ("", " avatar--b", " avatar--c", " avatar--d", " avatar--e")


@register.simple_tag
@cache
def icon(name: str, small: bool = False) -> SafeString:  # noqa: FBT001, FBT002 - a template's flag
    """Return an outline icon, hidden from screen readers, by its heroicons name."""
    classes = "icon"
    if small:
        classes += " icon--s"
    if name in _DIRECTIONAL:
        classes += " icon--dir"
    svg = heroicons._render_icon("outline", name, None, {"class": classes})
    return mark_safe(svg)  # noqa: S308 - drawn by the package from its own files


@register.simple_tag
def avatar(name: str, team: bool = False) -> SafeString:  # noqa: FBT001, FBT002 - a template's flag
    """Return up to two initials on a tint that the name decides."""
    initials = "".join(word[0] for word in name.split()[:2]).upper() or "?"
    tint = _TINTS[zlib.crc32(name.encode()) % len(_TINTS)]
    return format_html(
        '<span class="avatar{}" aria-hidden="true">{}</span>',
        " avatar--team" if team else tint,
        initials,
    )
