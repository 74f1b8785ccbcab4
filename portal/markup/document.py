"""Foreign HTML as a part of a portal page.

After the allow-list: pictures from elsewhere become links, headings get ids and
links to themselves, tables and code scroll by keyboard.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language, gettext

from portal.markup import addresses, text, tree
from portal.markup.sanitise import BLOCKS, HEADINGS, MEDIA, sanitise
from portal.markup.tree import Element
from portal.memo import Memo

_KEPT_BYTES = 4 * 1024 * 1024
_OUTWARD_REL = "noopener noreferrer nofollow ugc"
_LISTED = {"h2": 2, "h3": 3}
_BOX_CHILDREN = 3  # a table and the blanks round it
_SIGNS = frozenset({"#", "¶", "§"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of a document; `level` is 2 or 3."""

    id: str
    text: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Foreign HTML made safe, and the headings of its list of contents."""

    html: SafeString
    headings: tuple[Heading, ...] = ()


_documents: Memo[Document] = Memo(_KEPT_BYTES)


def clean(html: str, *, scope: str = "", is_printed: bool = False) -> SafeString:
    """Return foreign HTML safe to stand in a page; see `document`."""
    return document(html, scope=scope, is_printed=is_printed).html


def document(html: str, *, scope: str = "", is_printed: bool = False) -> Document:
    """Return foreign HTML safe to stand in a page, with its headings.

    Bodies that stand on one page are kept apart by `scope`, a part of every id. What
    is too big or too tangled comes as text. On paper nothing can be opened, so what
    `is_printed` is open.
    """
    return _documents.answer(
        (html, scope, is_printed, get_language(), settings.HELPSPOT_URL),
        lambda: _document(html, scope, is_printed=is_printed),
        lambda made: (html, made.html),
    )


def prose(body: str, *, is_html: bool, scope: str = "") -> SafeString:
    """Return what someone wrote, as HTML or as plain text, safe to show."""
    return clean(body, scope=scope) if is_html else text.plain(body)


def _document(html: str, scope: str, *, is_printed: bool) -> Document:
    prefix = addresses.ID_PREFIX + (f"{scope}-" if scope else "")
    sanitised = sanitise(html, prefix)
    if sanitised is None:
        return Document(html=text.plain(text.to_text(html)))
    root = tree.parse(sanitised)
    _settle_headings(root)
    _link_media(root)
    _link_pictures(root)
    _mark_links(root)
    if is_printed:
        _open_details(root)
    _settle_ids(root)
    _wrap_loose_words(root)
    # Landmarks of the same name confuse: where several bodies share a page, a table
    # or a block of code is only a group.
    role = "group" if scope else "region"
    _wrap_tables(root, role)
    _focus_code(root, role)
    headings = _mark_headings(root, prefix)
    written = tree.write(root)
    return Document(
        html=mark_safe(written),  # noqa: S308 - sanitised, then written with escapes
        headings=headings,
    )


def _named(root: Element, *names: str) -> list[Element]:
    return [element for element in root.elements() if element.name in names]


def _settle_headings(root: Element) -> None:
    """Leave the one h1 to the page; no heading stands in another or is empty."""
    nested = tree.below(root, HEADINGS)
    for heading in _named(root, *HEADINGS):
        if heading in nested:
            heading.name = "div"
        elif heading.name == "h1":
            heading.name = "h2"
    tree.replace_each(root, _words_of_empty_heading)


def _words_of_empty_heading(element: Element) -> list[Element | str] | None:
    if element.name not in HEADINGS:
        return None
    _drop_own_sign(element)
    return None if element.text() else element.children


def _link_media(root: Element) -> None:
    """Put a link where a recording would play."""
    in_links = tree.below(root, {"a"})

    def link(element: Element) -> list[Element | str] | None:
        if element.name == "source":
            return []
        if element.name not in MEDIA:
            return None
        sources = [element, *_named(element, "source")]
        found = (one.attributes.get("src", "") for one in sources)
        address = next(filter(None, found), "")
        return _link(address, gettext("Play the recording"), element in in_links)

    tree.replace_each(root, link)


def _link_pictures(root: Element) -> None:
    """Show the portal's own pictures; put a link where another would load.

    Loading it would tell the other host who reads what, and when.
    """
    in_links = tree.below(root, {"a"})

    def link(element: Element) -> list[Element | str] | None:
        address = element.attributes.get("src", "")
        if element.name != "img" or addresses.is_picture(address):
            return None
        words = element.attributes.get("alt", "").strip()
        host = addresses.host_of(address)
        if host:
            shown = gettext("Show picture from %(host)s") % {"host": host}
            words = f"{words} ({shown})" if words else shown
        return _link(address, words, element in in_links)

    tree.replace_each(root, link)
    for number, picture in enumerate(_named(root, "img")):
        own = picture.attributes
        own["src"] = addresses.shown_inline(own["src"])
        own.setdefault("alt", "")
        if number:
            own |= {"loading": "lazy", "decoding": "async"}


def _link(address: str, words: str, is_in_link: bool) -> list[Element | str]:  # noqa: FBT001 - one of two ways
    """Return a link, or its words alone where no link can stand."""
    if not address or is_in_link:
        return [words] if words else []
    link = Element("a", {"href": address})
    link.append(words)
    return [link]


def _mark_links(root: Element) -> None:
    """Say of each outward link that the portal does not vouch for it."""
    for link in _named(root, "a"):
        if addresses.is_outward(link.attributes.get("href", "#")):
            link.attributes["rel"] = _OUTWARD_REL


def _open_details(root: Element) -> None:
    """Show what a reader on paper could not open."""
    for details in _named(root, "details"):
        details.attributes["open"] = ""


def _wrap_loose_words(root: Element) -> None:
    """Put words that stand in no block into paragraphs."""
    loose: list[Element | str] = []
    blocks: list[Element | str] = []
    for child in [*root.children, None]:
        if child is not None and _is_inline(child):
            loose.append(child)
            continue
        blocks += _paragraph(loose)
        loose = []
        if child is not None:
            blocks.append(child)
    root.children = []
    for block in blocks:
        root.append(block)


def _paragraph(loose: list[Element | str]) -> list[Element | str]:
    paragraph = Element("p")
    for child in loose:
        paragraph.append(child)
    has_words = paragraph.text() or _named(paragraph, "img")
    return [paragraph] if has_words else loose


def _is_inline(node: Element | str) -> bool:
    return isinstance(node, str) or not (
        node.name in BLOCKS or any(one.name in BLOCKS for one in node.elements())
    )


def _settle_ids(root: Element) -> None:
    """Make names ids, and each id the only one of its kind."""
    seen: set[str] = set()
    for element in root.elements():
        name = element.attributes.pop("name", None)
        own = element.attributes.pop("id", None) or name
        if own and own not in seen:
            seen.add(own)
            element.attributes["id"] = own


def _wrap_tables(root: Element, role: str) -> None:
    """Let tables scroll inside the page, by keyboard too."""
    inner = tree.below(root, {"table"})
    wrappers: dict[Element, Element] = {}
    number = 0
    for table in _named(root, "table"):
        table.attributes["class"] = "table"
        if table in inner:
            continue
        number += 1
        caption = next((one.text() for one in _named(table, "caption")), "")
        label = caption or _numbered(gettext("Table"), number)
        box = _own_box(table) or wrappers.setdefault(table, Element("div"))
        box.attributes |= {"class": "scroll"} | _reachable(role, label)

    def wrap(element: Element) -> list[Element | str] | None:
        wrapper = wrappers.get(element)
        if wrapper is None:
            return None
        wrapper.append(element)
        return [wrapper]

    tree.replace_each(root, wrap)


def _own_box(table: Element) -> Element | None:
    """Return the div round a table where it holds nothing else."""
    box = table.parent
    if box is None or box.name != "div" or len(box.children) > _BOX_CHILDREN:
        return None
    others = [child for child in box.children if child is not table]
    is_alone = all(isinstance(child, str) and not child.strip() for child in others)
    return box if is_alone else None


def _focus_code(root: Element, role: str) -> None:
    """Let long lines of code scroll by keyboard."""
    for number, block in enumerate(_named(root, "pre"), start=1):
        block.attributes |= _reachable(role, _numbered(gettext("Code"), number))


def _numbered(label: str, number: int) -> str:
    return label if number == 1 else f"{label} {number}"


def _reachable(role: str, label: str) -> dict[str, str]:
    return {"role": role, "tabindex": "0", "aria-label": label}


def _mark_headings(root: Element, prefix: str) -> tuple[Heading, ...]:
    """Give each heading an id and a link to itself; return those to list."""
    ids = _Ids(root, prefix)
    in_links = tree.below(root, {"a"})
    listed: list[Heading] = []
    for heading in _named(root, *HEADINGS):
        words = heading.text()
        own = heading.attributes.get("id") or ids.free_id(words)
        heading.attributes["id"] = own
        if heading.name in _LISTED:
            listed.append(Heading(id=own, text=words, level=_LISTED[heading.name]))
        if heading not in in_links:
            heading.append(_sign(own))
    return tuple(listed)


class _Ids:
    """The ids of a body, and free ones for words."""

    def __init__(self, root: Element, prefix: str) -> None:
        self._prefix = prefix
        self._taken = {one.attributes.get("id", "") for one in root.elements()}
        self._counts: Counter[str] = Counter()

    def free_id(self, words: str) -> str:
        """Return an id of these words that nothing goes by yet."""
        slug = slugify(words[:200])[:60].strip("-") or "section"
        base = own = self._prefix + slug
        while own in self._taken:
            self._counts[base] += 1
            own = f"{base}-{self._counts[base] + 1}"
        self._taken.add(own)
        return own


def _drop_own_sign(heading: Element) -> None:
    """Take away a pasted link sign: the portal puts its own."""
    last = heading.children[-1] if heading.children else None
    if (
        isinstance(last, Element)
        and last.name == "a"
        and last.text() in _SIGNS
        and last.attributes.get("href", "").startswith("#")
    ):
        heading.children.pop()


def _sign(target: str) -> Element:
    sign = Element(
        "a",
        {
            "class": "anchor",
            "href": f"#{target}",
            "aria-label": gettext("Link to this section"),
        },
    )
    sign.append("#")
    return sign
