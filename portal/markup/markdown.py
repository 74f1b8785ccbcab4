"""Foreign HTML, made safe, as Markdown: CommonMark, and tables as GitHub has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from portal.markup import tree
from portal.markup.document import clean
from portal.markup.sanitise import BLOCKS, HEADINGS
from portal.markup.text import to_text
from portal.markup.tree import Element

Nodes = Sequence[Element | str]

LOWEST_HEADING = 6
# What stands deeper than this was not written by a person.
DEEPEST = 60
_SPECIAL = re.compile(r"([\\`*_\[\]<>~]|&(?=#?\w+;))")
_LINE_START = re.compile(r"(?m)^(\s*)([-+=#]|\d+(?=[.)]))")
_ITEM = re.compile(r"(-|\d+\.) ")
_NEXT_LINE = re.compile(r"\n(?=.)")
_FENCE = re.compile(r"`{3,}")
_TICKS = re.compile(r"`+")
_EMPHASIS = {
    **dict.fromkeys(("b", "strong"), "**"),
    **dict.fromkeys(("cite", "dfn", "em", "i", "var"), "*"),
    **dict.fromkeys(("del", "s"), "~~"),
}
_CODE = frozenset({"code", "kbd", "samp"})
_CELLS = frozenset({"td", "th"})


def to_markdown(html: str, *, address: str, below: int = 0) -> str:
    """Return foreign HTML as Markdown.

    `address` is the absolute one of the page it stands on; links are made absolute by
    it. Headings stand `below` so many levels. What is nested without measure comes as
    plain text.
    """
    root = tree.parse(clean(html, is_printed=True))
    if _is_deeper_than(DEEPEST, root):
        return escape_markdown(to_text(html))
    return "\n\n".join(_Writer(address, below).blocks(root.children))


def escape_markdown(text: str) -> str:
    """Return plain text so that nothing in it is taken for Markdown."""
    escaped = _SPECIAL.sub(r"\\\1", text)
    return _LINE_START.sub(_escape_start, escaped)


def _escape_start(match: re.Match[str]) -> str:
    space, sign = match[1], match[2]
    return f"{space}{sign}\\" if sign.isdigit() else f"{space}\\{sign}"


def _is_deeper_than(most: int, root: Element) -> bool:
    waiting = [(root, 0)]
    while waiting:
        element, depth = waiting.pop()
        if depth > most:
            return True
        waiting += [
            (child, depth + 1)
            for child in element.children
            if isinstance(child, Element)
        ]
    return False


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the parts of one text."""

    address: str
    below: int

    def blocks(self, nodes: Nodes) -> list[str]:
        """Return the blocks in order; words that stand in none make their own."""
        found: list[str] = []
        loose: list[Element | str] = []
        for node in [*nodes, None]:
            if node is not None and not _is_block(node):
                loose.append(node)
                continue
            found.append(self._paragraph(loose))
            loose = []
            if isinstance(node, Element):
                found.append(self._block(node))
        return [block for block in found if block.strip()]

    def _block(self, element: Element) -> str:
        if element.name in HEADINGS:
            level = min(int(element.name[1]) + self.below, LOWEST_HEADING)
            return f"{'#' * level} {self._line(element.children)}"
        write = _BLOCK_WRITERS.get(element.name)
        if write:
            return write(self, element)
        return "\n\n".join(self.blocks(element.children))

    def _paragraph(self, nodes: Nodes) -> str:
        lines = self._inline(nodes).split("\n")
        return "\n".join(_LINE_START.sub(_escape_start, line.strip()) for line in lines)

    def _line(self, nodes: Nodes) -> str:
        return " ".join(self._inline(nodes).replace("\\\n", " ").split())

    def _inline(self, nodes: Nodes) -> str:
        return "".join(map(self._word, nodes))

    def _word(self, node: Element | str) -> str:
        if isinstance(node, str):
            return _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", node))
        if node.name == "br":
            return "\\\n"
        if node.name == "img":
            alt = _SPECIAL.sub(r"\\\1", node.attributes.get("alt", ""))
            return f"![{alt}]({self._target(node.attributes.get('src', ''))})"
        if node.name == "a":
            return self._link(node)
        if node.name in _CODE:
            return _code(node.text())
        words = self._inline(node.children)
        if node.name in BLOCKS:
            return f" {words} "
        sign = _EMPHASIS.get(node.name, "")
        return _emphasised(words, sign) if sign else words

    def _link(self, link: Element) -> str:
        if link.attributes.get("class") == "anchor":
            return ""
        words = self._line(link.children)
        target = self._target(link.attributes.get("href", ""))
        return f"[{words}]({target})" if target and words else words

    def _target(self, address: str) -> str:
        if not address:
            return ""
        target = urljoin(self.address, address)
        return f"<{target}>" if set(target) & set("() ") else target

    # ------------------------------------------------------------------- blocks

    def _list(self, element: Element) -> str:
        number = int(element.attributes.get("start") or 1)
        items: list[str] = []
        for item in _children(element, "li"):
            mark = f"{number}. " if element.name == "ol" else "- "
            number += 1
            blocks = self.blocks(item.children)
            is_tight = len(blocks) <= 1 or bool(_ITEM.match(blocks[1]))
            text = ("\n" if is_tight else "\n\n").join(blocks)
            items.append(mark + _NEXT_LINE.sub("\n" + " " * len(mark), text))
        return "\n".join(items)

    def _quote(self, element: Element) -> str:
        lines = "\n\n".join(self.blocks(element.children)).split("\n")
        return "\n".join(f"> {line}".rstrip() for line in lines)

    def _preformatted(self, element: Element) -> str:
        text = "".join(node for node in element.walk() if isinstance(node, str))
        fence = max(["```", *(f"{run}`" for run in _FENCE.findall(text))], key=len)
        return f"{fence}\n{text.strip(chr(10))}\n{fence}"

    def _rule(self, element: Element) -> str:
        return "---"

    def _table(self, element: Element) -> str:
        rows = [
            [
                self._line(cell.children).replace("|", "\\|")
                for cell in row.children
                if isinstance(cell, Element) and cell.name in _CELLS
            ]
            for row in element.elements()
            if row.name == "tr"
        ]
        width = max(map(len, rows), default=0)
        if not width:
            return ""
        lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
        captions = [self._line(one.children) for one in _children(element, "caption")]
        table = "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])
        return "\n\n".join([*filter(None, captions), table])

    def _bold(self, element: Element) -> str:
        return _emphasised(self._line(element.children), "**")

    def _italic(self, element: Element) -> str:
        return _emphasised(self._line(element.children), "*")


_BLOCK_WRITERS: dict[str, Callable[[_Writer, Element], str]] = {
    "blockquote": _Writer._quote,
    "dt": _Writer._bold,
    "figcaption": _Writer._italic,
    "hr": _Writer._rule,
    "ol": _Writer._list,
    "pre": _Writer._preformatted,
    "summary": _Writer._bold,
    "table": _Writer._table,
    "ul": _Writer._list,
}


def _children(element: Element, name: str) -> Iterator[Element]:
    for child in element.children:
        if isinstance(child, Element) and child.name == name:
            yield child


def _is_block(node: Element | str) -> bool:
    return isinstance(node, Element) and node.name in BLOCKS


def _emphasised(words: str, sign: str) -> str:
    """Return the words between signs, which must touch them."""
    bare = words.strip()
    if not bare:
        return words
    before, after = words.split(bare, 1)
    return f"{before}{sign}{bare}{sign}{after}"


def _code(text: str) -> str:
    longest = max(map(len, _TICKS.findall(text)), default=0)
    ticks = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{ticks}{space}{text}{space}{ticks}" if text else ""
