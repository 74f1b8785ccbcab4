"""Read HTML as a judge who knows nothing of how it was made."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "col", "hr", "img", "wbr"}


@dataclass
class Tag:
    name: str
    attributes: dict[str, str]
    around: tuple[str, ...]
    text: str = ""


@dataclass
class Reading(HTMLParser):
    """Every tag, in order; `is_balanced` where each was closed in its turn."""

    html: str
    tags: list[Tag] = field(default_factory=list)
    is_balanced: bool = True

    def __post_init__(self):
        super().__init__(convert_charrefs=True)
        self._open: list[Tag] = []
        self.feed(self.html)
        self.close()
        self.is_balanced = self.is_balanced and not self._open

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice"
        around = tuple(one.name for one in self._open)
        found = Tag(tag, {name: value or "" for name, value in attrs}, around)
        self.tags.append(found)
        if tag not in VOID:
            self._open.append(found)

    def handle_endtag(self, tag):
        if not self._open or self._open.pop().name != tag:
            self.is_balanced = False

    def handle_data(self, data):
        for one in self._open:
            one.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl):
        raise AssertionError(f"a declaration: {decl}")

    unknown_decl = handle_pi = handle_decl

    def named(self, *names: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.name in names]
