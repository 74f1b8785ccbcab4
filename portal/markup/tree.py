"""Clean HTML as a small tree, and back.

Only what `portal.markup.sanitise` lets through is read: well formed, every attribute
checked. Writing escapes everything again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

from portal.markup.sanitise import VOID


@dataclass(slots=True, eq=False)
class Element:
    """An element: its name, its attributes, its children in order."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)
    parent: Element | None = field(default=None, repr=False)

    def append(self, child: Element | str) -> None:
        """Put a child at the end."""
        if isinstance(child, Element):
            child.parent = self
        self.children.append(child)

    def walk(self) -> Iterator[Element | str]:
        """Yield everything below, in the order of reading."""
        waiting = list(reversed(self.children))
        while waiting:
            node = waiting.pop()
            yield node
            if isinstance(node, Element):
                waiting.extend(reversed(node.children))

    def elements(self) -> Iterator[Element]:
        """Yield the elements below, in the order of reading."""
        return (node for node in self.walk() if isinstance(node, Element))

    def text(self) -> str:
        """Return the text below, with single spaces."""
        words = "".join(node for node in self.walk() if isinstance(node, str))
        return " ".join(words.split())


Swap = Callable[[Element], "Sequence[Element | str] | None"]


def parse(clean_html: str) -> Element:
    """Return the tree of sanitised HTML, under a root without a name."""
    parser = _TreeBuilder()
    parser.feed(clean_html)
    parser.close()
    return parser.root


def below(root: Element, names: Collection[str]) -> set[Element]:
    """Return the elements that stand inside one of those names."""
    found: set[Element] = set()
    waiting: list[tuple[Element, bool]] = [(root, False)]
    while waiting:
        element, is_below = waiting.pop()
        if is_below:
            found.add(element)
        is_below = is_below or element.name in names
        waiting.extend(
            (child, is_below)
            for child in element.children
            if isinstance(child, Element)
        )
    return found


def replace_each(root: Element, swap: Swap) -> None:
    """Put what `swap` returns in the place of each element, None to keep it.

    What is put in is not looked at again.
    """
    waiting = [root]
    while waiting:
        element = waiting.pop()
        children, element.children = element.children, []
        for child in children:
            others = swap(child) if isinstance(child, Element) else None
            if others is None:
                element.append(child)
                if isinstance(child, Element):
                    waiting.append(child)
            else:
                for other in others:
                    element.append(other)


def write(root: Element) -> str:
    """Return the HTML of everything below the root."""
    parts: list[str] = []
    waiting: list[Element | str | tuple[str]] = list(reversed(root.children))
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            parts.append(node[0])
        elif isinstance(node, str):
            parts.append(escape(node, quote=False))
        else:
            parts.append(_start_tag(node))
            if node.name not in VOID:
                waiting.append((f"</{node.name}>",))
                waiting.extend(reversed(node.children))
    return "".join(parts)


def _start_tag(element: Element) -> str:
    attributes = "".join(
        f' {name}="{escape(value)}"' for name, value in element.attributes.items()
    )
    return f"<{element.name}{attributes}>"


class _TreeBuilder(HTMLParser):
    """Builds the tree; the input is well formed, so a stack is all it takes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self._open = Element("")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open.append(element)
        if tag not in VOID:
            self._open = element

    def handle_endtag(self, tag: str) -> None:
        """Close the element."""
        if tag == self._open.name and self._open.parent is not None:
            self._open = self._open.parent

    def handle_data(self, data: str) -> None:
        """Take the text."""
        self._open.append(data)
