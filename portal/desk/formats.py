"""An answer written as XML, JSON or PHP's serialize(): three looks of one tree.

A tree is made of mappings (elements by name), `Several` (elements of one name), texts
and whole numbers. XML alone shows the root's name; the other two drop it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

from django.http import HttpResponse

CONTENT_TYPES = {
    "xml": "text/xml; charset=UTF-8",
    "json": "application/json; charset=UTF-8",
    "php": "text/plain; charset=UTF-8",
}
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Several:
    """Elements of one name, in order.

    `key` names the member that JSON and PHP index them by, where HelpSpot does so.
    """

    elements: Sequence[Value]
    key: str = ""


Value: TypeAlias = Union[str, int, "Tree", Several]
Tree: TypeAlias = Mapping[str, Value]
Plain: TypeAlias = str | int | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method answers: the root element's name and what is in it."""

    root: str
    content: Value


def output_of(name: str) -> str:
    """Return the format of that name, XML where there is none."""
    return name if name in CONTENT_TYPES else "xml"


def write(
    answer: Answer, output: str, *, status: int = 200, numbers: bool = True
) -> HttpResponse:
    """Return the answer in a format (xml, json or php).

    `numbers` False sends whole numbers as strings; XML makes no such difference.
    """
    if output == "json":
        # PHP escapes slashes, and everything that is not ASCII.
        body = json.dumps(_plain_root(answer, numbers)).replace("/", "\\/").encode()
    elif output == "php":
        body = b"".join(_php(_plain_root(answer, numbers)))
    else:
        body = _xml_document(answer).encode()
    return HttpResponse(body, content_type=CONTENT_TYPES[output], status=status)


def clean(text: str) -> str:
    """Return the text without the characters that XML 1.0 cannot hold."""
    return NOT_XML.sub("", text)


# ------------------------------------------------------------------------ XML


def _xml_document(answer: Answer) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.extend(_xml(answer.root, answer.content))
    return "\n".join(lines) + "\n"


def _xml(name: str, value: Value) -> Iterator[str]:
    if isinstance(value, Several):
        for element in value.elements:
            yield from _xml(name, element)
    elif isinstance(value, Mapping):
        inner = [line for key in value for line in _xml(key, value[key])]
        yield from [f"<{name}>", *inner, f"</{name}>"] if inner else [f"<{name} />"]
    else:
        text = html.escape(clean(str(value)), quote=False)
        yield f"<{name}>{text}</{name}>" if text else f"<{name} />"


# --------------------------------------------------------------- JSON and PHP


def _plain_root(answer: Answer, numbers: bool) -> Plain:  # noqa: FBT001 - given by position where it is called
    if not isinstance(answer.content, Mapping):
        return {answer.root: _plain(answer.content, numbers)}
    return {
        name: _plain(value, numbers) for name, value in answer.content.items()
    } or []


def _plain(value: Value, numbers: bool) -> Plain:  # noqa: FBT001 - given by position where it is called
    if isinstance(value, Several):
        elements = [_plain(element, numbers) for element in value.elements]
        if value.key and elements:
            return {str(element[value.key]): element for element in elements}  # type: ignore[call-overload,index]  # each element has the key
        return elements
    if isinstance(value, Mapping):
        if all(isinstance(v, Several) and not v.elements for v in value.values()):
            return []
        return {name: _plain(member, numbers) for name, member in value.items()}
    return value if numbers or isinstance(value, str) else str(value)


def _php(value: Plain) -> Iterator[bytes]:
    if isinstance(value, str):
        raw = value.encode(errors="replace")
        yield b's:%d:"%s";' % (len(raw), raw)
    elif isinstance(value, int):
        yield b"i:%d;" % value
    elif isinstance(value, list):
        yield b"a:%d:{" % len(value)
        for index, element in enumerate(value):
            yield b"i:%d;" % index
            yield from _php(element)
        yield b"}"
    else:
        yield b"a:%d:{" % len(value)
        for key, member in value.items():
            yield from _php(int(key) if key.isdecimal() else key)
            yield from _php(member)
        yield b"}"
