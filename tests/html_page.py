"""A page as a reader meets it: parsed, with the faults that no page may have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr"})
CONTROLS = frozenset({"input", "select", "textarea"})


@dataclass
class Element:
    """An element, its attributes and everything inside it."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        words = (
            child if isinstance(child, str) else child.text for child in self.children
        )
        return " ".join(" ".join(words).split())

    def all(self, tag: str, **wanted: str) -> list[Element]:
        """Return the elements inside that have the tag, class and attributes."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child._matches(tag, wanted):
                    found.append(child)
                found += child.all(tag, **wanted)
        return found

    def one(self, tag: str, **wanted: str) -> Element:
        """Return the only such element."""
        found = self.all(tag, **wanted)
        assert len(found) == 1, f"{len(found)} elements <{tag} {wanted}>"
        return found[0]

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def _matches(self, tag: str, wanted: dict[str, str]) -> bool:
        if tag not in {"*", self.tag}:
            return False
        for name, value in wanted.items():
            has = self.attributes.get(name.rstrip("_").replace("_", "-"))
            values = (has or "").split() if name == "class_" else [has]
            if value not in values:
                return False
        return True


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("root", {})]

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


def parse(response) -> Element:
    """Return the answer's HTML, a whole page or a part."""
    builder = _Builder()
    builder.feed(response.content.decode())
    builder.close()
    assert len(builder.open) == 1, f"<{builder.open[-1].tag}> does not end"
    return builder.open[0]


def parse_page(response) -> Element:
    """Return a whole page after checking what every page must have."""
    page = parse(response)
    assert page.one("title").text
    assert len(page.all("h1")) == 1
    ids = Counter(one["id"] for one in page.all("*") if "id" in one.attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    labelled = {one.attributes.get("for") for one in page.all("label")}
    for tag in CONTROLS:
        for control in page.all(tag):
            is_named = (
                control.attributes.get("type") == "hidden"
                or "aria-label" in control.attributes
                or control.attributes.get("id") in labelled
                or any(control in label.all(tag) for label in page.all("label"))
            )
            assert is_named, f"no label: {control.attributes}"
    for one in page.all("*"):
        inline = {name for name in one.attributes if name.startswith("on")}
        assert not inline | ({"style"} & one.attributes.keys()), one
        if one.tag == "script":
            assert one["src"]
    return page
