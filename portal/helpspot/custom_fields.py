"""Custom fields as HelpSpot defines them, and the trees of drill-down lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from portal.helpspot import wire
from portal.helpspot.types import CustomField, CustomValue

SEPARATOR = "#-#"
DRILL_DOWN = "drilldown"
_ELEMENT = re.compile(r"Custom([0-9]{1,10})")
Path = tuple[str, ...]


def build(row: Element) -> CustomField:
    """Return the custom field of a `<field>`."""
    type_ = wire.text(row, "fieldType") or "text"
    is_tree = type_ == DRILL_DOWN
    items = wire.items(row, "listItems", "item")
    return CustomField(
        id=wire.id_(row, "xCustomField"),
        name=wire.text(row, "fieldName") or "",
        type=type_,
        is_required=wire.flag(row, "isRequired"),
        is_always_visible=wire.flag(row, "isAlwaysVisible"),
        order=wire.number(row, "iOrder") or 0,
        text_size=wire.reference(row, "sTxtSize"),
        text_rows=wire.reference(row, "lrgTextRows"),
        choices=() if is_tree else tuple(filter(None, map(_label, items))),
        paths=tuple(_leaves(items)) if is_tree else (),
        decimal_places=wire.number(row, "iDecimalPlaces") or 0,
        pattern=wire.text(row, "sRegex"),
    )


def values(row: Element) -> Iterator[CustomValue]:
    """Yield the values of a request's `<Custom#>` elements that are not blank."""
    for name, child in wire.singles(row).items():
        match = _ELEMENT.fullmatch(name)
        value = wire.content(child)
        if match and value.strip():
            yield CustomValue(field_id=int(match[1]), value=value)


def _label(item: Element) -> str:
    return wire.content(item).strip()


def _leaves(items: list[Element], above: Path = ()) -> Iterator[Path]:
    """Yield the leaves of a drill-down list as paths.

    The vendor shows no such list. A flat list of whole paths and items within items
    are both understood.
    """
    for item in items:
        inner = [child for child in item.iter("item") if child is not item]
        if not inner:
            yield (*above, *_levels(_label(item)))
            continue
        own = _levels(item.text or "") or _levels(wire.text(item, "name") or "")
        direct = item.findall("item") or wire.items(item, "items", "item")
        yield from _leaves(direct or inner, (*above, *own))


def _levels(path: str) -> Path:
    return tuple(filter(None, (level.strip() for level in path.split(SEPARATOR))))
