"""How templates show icons, people, times and what others wrote."""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Iterable, Mapping
from datetime import date, datetime, tzinfo
from functools import cache, lru_cache
from typing import Any, Protocol

import heroicons
from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.template import Context, Engine
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from portal import markup
from portal.markup.slugs import slug
from portal.memo import Memo

register = template.Library()

_DIRECTIONAL = frozenset(
    {"arrow-right", "arrow-left", "chevron-right", "chevron-left", "paper-airplane"}
)
_DATE = "j F Y"
_DATE_AND_TIME = "j F Y, H:i"
_MINUTE_SECONDS = 60
_HOUR_SECONDS = 60 * _MINUTE_SECONDS
_DAY_SECONDS = 24 * _HOUR_SECONDS
_KEPT_TIMES = 2000
_PARTS_BYTES = 2 * 1024 * 1024
_TINTS = ("", " avatar--b", " avatar--c", " avatar--d", " avatar--e")

_parts: Memo[SafeString] = Memo(_PARTS_BYTES)


@register.simple_tag
def remembered(template_name: str, **values: Hashable) -> SafeString:
    """Include a template that sees these values alone, rendered once for them.

    It can show nothing that it is not given: neither the request nor the rest of the
    page is there. What it says of "now" would stand still, so times are given as
    words. A value's type counts too, since safe text is written in another way.
    """
    found = Engine.get_default().get_template(template_name)
    typed = [(name, type(value), value) for name, value in values.items()]
    return _parts.answer(
        (found, get_language(), *typed),
        lambda: found.render(Context(values)),
        # Nothing much is given that is not shown.
        lambda made: (made, made),
    )


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
def attributes(values: Mapping[str, Any]) -> SafeString:
    """Return a widget's attributes as Django's own template writes them."""
    return format_html_join(
        "",
        "{}{}",
        (
            (f" {name}", "" if value is True else format_html('="{}"', value))
            for name, value in values.items()
            if value is not False
        ),
    )


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


class Moment(Protocol):
    """A time as the help desk gave it; `at` is None where only its text is known."""

    @property
    def at(self) -> datetime | None:
        """Return the aware time."""

    @property
    def has_time(self) -> bool:
        """Tell whether a time of day came with the date."""

    @property
    def text(self) -> str:
        """Return the text as it came."""


@register.simple_tag
def moment(when: Moment | None) -> str:
    """Return a time as people say it, exact for machines and on hover."""
    if when is None:
        return ""
    if when.at is None:
        return when.text
    if not when.has_time:
        return _date(when.at.date(), get_language())
    return _time(
        when.at,
        _said(when.at),
        get_language(),
        timezone.get_current_timezone(),
    )


def ages(moments: Iterable[Moment | None]) -> tuple[int, ...]:
    """Return what changes whenever one of the times is said otherwise."""
    now = timezone.now()
    return tuple(
        _age(when.at, now) for when in moments if when and when.at and when.has_time
    )


def _age(at: datetime, now: datetime) -> int:
    """Return the age in seconds, as exactly as it is said; -1 where it is not said."""
    age = int((now - at).total_seconds())
    if not 0 <= age < _DAY_SECONDS:
        return -1
    step = 1 if age < _MINUTE_SECONDS else _MINUTE_SECONDS
    if age >= _HOUR_SECONDS:
        step = _HOUR_SECONDS
    return age // step * step


def _said(at: datetime) -> str:
    """Return how long ago it was within the last day, else ""."""
    return naturaltime(at) if _age(at, timezone.now()) >= 0 else ""


@lru_cache(maxsize=_KEPT_TIMES)
def _date(day: date, language: str | None) -> SafeString:
    return format_html(
        '<time datetime="{}">{}</time>', day.isoformat(), date_format(day, _DATE)
    )


@lru_cache(maxsize=_KEPT_TIMES)
def _time(at: datetime, said: str, language: str | None, zone: tzinfo) -> SafeString:
    """Return the time as it is said, or exactly where nothing else is said."""
    local = timezone.localtime(at, zone)
    exact = date_format(local, _DATE_AND_TIME)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{exact} {local.tzname()}",
        said or exact,
    )


@register.simple_tag
def prose(body: str, is_html: bool, scope: object = "") -> SafeString:  # noqa: FBT001 - a template's flag
    """Return what someone wrote, made safe.

    Where several bodies stand on one page, `scope` (such as the note's id) keeps the
    ids of their headings apart.
    """
    return markup.prose(body, is_html=is_html, scope=str(scope))


@register.simple_tag
def highlight(text: str, query: str) -> SafeString:
    """Return the text with the query's words marked."""
    return markup.highlight(text, query)


@register.filter
def to_text(html: str) -> str:
    """Return the words of foreign HTML."""
    return markup.to_text(html)


register.filter("slug", slug)
