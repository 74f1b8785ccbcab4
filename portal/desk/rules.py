"""What a custom field accepts, and which fields a category asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import re2

from portal.desk import errors
from portal.desk.calls import Call
from portal.desk.errors import Problem, missing, problem
from portal.desk.models import Category, CustomField

JOINT = "#-#"
TAB_WIDTH = 4
MAX_TEXT = 255
MAX_NUMBER = 10
JAVASCRIPT_LITERAL = re.compile(r"/(?P<body>.*)/(?P<flags>[a-z]*)", re.DOTALL)

Check = Callable[[CustomField, str], str]


def parameter(field: CustomField) -> str:
    """Return the name a field's value has on the wire."""
    return f"Custom{field.pk}"


def read_values(
    call: Call, category: Category | None
) -> tuple[dict[CustomField, str], list[Problem]]:
    """Return a call's values of public custom fields, and what is wrong with them.

    A field is asked for when it is always visible or the category's. What is sent
    blank is a missing parameter, as HelpSpot has it, even where nothing is required.
    """
    asked = _asked_for(category)
    values: dict[CustomField, str] = {}
    problems: list[Problem] = []
    for field in CustomField.objects.filter(is_public=True):
        name = parameter(field)
        value = call.text(name).strip()
        if value:
            reason = _CHECKS[field.type](field, value)
            values[field] = value
            if reason:
                text = f"{name} {reason}"
                problems.append(problem(errors.REQUEST_NOT_CREATED, text))
        elif name in call.parameters or (field.is_required and _is_in(field, asked)):
            problems.append(missing(name))
    return values, problems


def choices(field: CustomField) -> list[str]:
    """Return a field's items: of a drill-down the full paths of its leaves."""
    lines = [line.rstrip() for line in field.items.expandtabs(TAB_WIDTH).splitlines()]
    items = [line for line in lines if line]
    if field.type == CustomField.Type.DRILL_DOWN:
        return [JOINT.join(path) for path in _leaves(items)]
    return [item.strip() for item in items]


def _asked_for(category: Category | None) -> set[int]:
    if category is None:
        return set()
    fields = category.custom_fields.through.objects.filter(category=category)
    return set(fields.values_list("custom_field", flat=True))


def _is_in(field: CustomField, asked: set[int]) -> bool:
    return field.is_always_visible or field.pk in asked


def _leaves(items: list[str]) -> Iterable[tuple[str, ...]]:
    trail: list[tuple[int, str]] = []
    for item, following in zip(items, [*items[1:], ""], strict=True):
        depth = _depth(item)
        trail = [step for step in trail if step[0] < depth]
        trail.append((depth, item.strip()))
        if not following or _depth(following) <= depth:
            yield tuple(label for _, label in trail)


def _depth(item: str) -> int:
    return len(item) - len(item.lstrip())


# ----------------------------------------------------- one check for each type


def _text(field: CustomField, value: str) -> str:
    if len(value.splitlines()) > 1:
        return "has line breaks"
    return f"is longer than {MAX_TEXT} characters" if len(value) > MAX_TEXT else ""


def _anything(field: CustomField, value: str) -> str:
    return ""


def _listed(field: CustomField, value: str) -> str:
    return "" if value in choices(field) else "is not one of its items"


def _checkbox(field: CustomField, value: str) -> str:
    return "" if value in {"0", "1"} else "is neither 0 nor 1"


def _number(field: CustomField, value: str) -> str:
    if not re.fullmatch(r"-?[0-9]+", value):
        return "is not a whole number"
    return _short(value)


def _decimal(field: CustomField, value: str) -> str:
    places = field.decimal_places
    fraction = rf"(\.[0-9]{{1,{places}}})?" if places else ""
    if not re.fullmatch(rf"-?[0-9]+{fraction}", value):
        return f"is not a number with at most {places} decimal places"
    return _short(value)


def _short(value: str) -> str:
    fits = len(value) <= MAX_NUMBER
    return "" if fits else f"is longer than {MAX_NUMBER} characters"


def _timestamp(field: CustomField, value: str) -> str:
    try:
        datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        return "is not a unix timestamp"
    return ""


def _pattern(field: CustomField, value: str) -> str:
    matches = _javascript(field.pattern)
    return "" if matches is None or matches(value) else "does not fit its pattern"


def _javascript(literal: str) -> Callable[[str], object] | None:
    parts = JAVASCRIPT_LITERAL.fullmatch(literal.strip())
    body = parts["body"] if parts else literal
    flags = "".join(flag for flag in (parts["flags"] if parts else "") if flag in "ims")
    body = re.sub(r"\\u([0-9A-Fa-f]{4})", r"\\x{\1}", body)
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(f"(?{flags}:{body})" if flags else body, options)
    except re2.error:
        # Looking around and back is beyond re2: HelpSpot's own page checks those.
        return None
    search: Callable[[str], object] = compiled.search
    return search


_CHECKS: Mapping[str, Check] = {
    CustomField.Type.SELECT: _listed,
    CustomField.Type.TEXT: _text,
    CustomField.Type.LARGE_TEXT: _anything,
    CustomField.Type.CHECKBOX: _checkbox,
    CustomField.Type.NUMBER: _number,
    CustomField.Type.DECIMAL: _decimal,
    CustomField.Type.REGEX: _pattern,
    CustomField.Type.DATE: _timestamp,
    CustomField.Type.DATETIME: _timestamp,
    CustomField.Type.DRILL_DOWN: _listed,
}
