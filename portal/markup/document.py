"""Foreign HTML as a part of a portal page.

After the allow-list: pictures from elsewhere become links, headings get ids and
links to themselves, tables and code scroll by keyboard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language, gettext

from portal.markup import addresses, text, tree
from portal.markup.sanitise import BLOCKS, HEADINGS, MEDIA, sanitise
from portal.markup.tree import Element

_KEPT = 256
_OUTWARD_REL = "noopener noreferrer nofollow ugc"
_LISTED = {"h2": 2, "h3": 3}
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


def clean(html: str, *, scope: str = "", is_printed: bool = False) -> SafeString:
    """Return foreign HTML safe to stand in a page; see `document`."""
    return document(html, scope=scope, is_printed=is_printed).html


def document(html: str, *, scope: str = "", is_printed: bool = False) -> Document:
    """Return foreign HTML safe to stand in a page, with its headings.

    Bodies that stand on one page are kept apart by `scope`, a part of every id. What
    is too big or too tangled comes as text. On paper nothing can be opened, so what
    `is_printed` is open.
    """
    language = get_language() or ""
    return _document(html, scope, is_printed, language, settings.HELPSPOT_URL)


def prose(body: str, *, is_html: bool, scope: str = "") -> SafeString:
    """Return what someone wrote, as HTML or as plain text, safe to show."""
    return clean(body, scope=scope) if is_html else text.plain(body)


@lru_cache(maxsize=_KEPT)
def _document(
    html: str,
    scope: str,
    is_printed: bool,  # noqa: FBT001 - a part of the cache's key
    language: str,
    desk_url: str,
) -> Document:
    """Do the work, once for each text, language and help desk."""
    prefix = addresses.ID_PREFIX + (f"{scope}-" if scope else "")
    sanitised = sanitise(html, prefix)
    if sanitised is None:
        return Document(html=text.plain(text.to_text(html)))
    root = tree.parse(sanitised)
    _lower_headings(root)
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


def _is_inside(element: Element, names: frozenset[str] | set[str]) -> bool:
    return any(around.name in names for around in element.ancestors())


def _lower_headings(root: Element) -> None:
    """Leave the one h1 to the page."""
    for heading in _named(root, "h1"):
        heading.name = "h2"


def _link_media(root: Element) -> None:
    """Put a link where a recording would play."""
    for media in _named(root, *MEDIA):
        if media.parent is None or _is_inside(media, MEDIA):
            continue
        sources = [media, *_named(media, "source")]
        address = next(
            (s.attributes["src"] for s in sources if "src" in s.attributes), ""
        )
        words = gettext("Play the recording")
        media.parent.replace(media, *_link(media, address, words))
    for source in [*_named(root, "source"), *_named(root, *MEDIA)]:
        if source.parent is not None:
            source.parent.replace(source)


def _link_pictures(root: Element) -> None:
    """Show the portal's own pictures; put a link where another would load.

    Loading it would tell the other host who reads what, and when.
    """
    is_first = True
    for picture in _named(root, "img"):
        address = picture.attributes.get("src", "")
        if addresses.is_picture(address):
            picture.attributes["src"] = addresses.shown_inline(address)
            picture.attributes.setdefault("alt", "")
            if not is_first:
                picture.attributes |= {"loading": "lazy", "decoding": "async"}
            is_first = False
        elif picture.parent is not None:
            words = picture.attributes.get("alt", "").strip()
            host = addresses.host_of(address)
            if host:
                shown = gettext("Show picture from %(host)s") % {"host": host}
                words = f"{words} ({shown})" if words else shown
            picture.parent.replace(picture, *_link(picture, address, words))


def _link(replaced: Element, address: str, words: str) -> Iterator[Element | str]:
    """Yield a link, or its words alone where no link can stand."""
    if not address or _is_inside(replaced, {"a"}):
        if words:
            yield words
        return
    link = Element("a", {"href": address})
    link.append(words)
    yield link


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
    number = 0
    for table in _named(root, "table"):
        table.attributes["class"] = "table"
        if table.parent is None or _is_inside(table, {"table"}):
            continue
        number += 1
        caption = next((one.text() for one in _named(table, "caption")), "")
        label = caption or _numbered(gettext("Table"), number)
        _wrapper(table, table.parent).attributes |= {"class": "scroll"} | _reachable(
            role, label
        )


def _wrapper(table: Element, parent: Element) -> Element:
    """Return the box round a table: the author's where it holds nothing else."""
    others = [child for child in parent.children if child is not table]
    is_alone = all(isinstance(child, str) and not child.strip() for child in others)
    if parent.name == "div" and is_alone:
        return parent
    box = Element("div")
    parent.replace(table, box)
    box.append(table)
    return box


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
    taken = {element.attributes.get("id", "") for element in root.elements()}
    listed: list[Heading] = []
    for heading in _named(root, *HEADINGS):
        _drop_own_sign(heading)
        words = heading.text()
        if not words:
            _unwrap(heading)
            continue
        if "id" not in heading.attributes:
            heading.attributes["id"] = _free_id(prefix, words, taken)
        own = heading.attributes["id"]
        if heading.name in _LISTED:
            listed.append(Heading(id=own, text=words, level=_LISTED[heading.name]))
        if not _is_inside(heading, {"a"} | HEADINGS):
            heading.append(_sign(own))
    return tuple(listed)


def _drop_own_sign(heading: Element) -> None:
    """Take away a pasted link sign: the portal puts its own."""
    last = heading.children[-1] if heading.children else None
    if (
        isinstance(last, Element)
        and last.name == "a"
        and last.text() in _SIGNS
        and last.attributes.get("href", "").startswith("#")
    ):
        heading.replace(last)


def _unwrap(element: Element) -> None:
    if element.parent is not None:
        element.parent.replace(element, *element.children)


def _free_id(prefix: str, words: str, taken: set[str]) -> str:
    base = prefix + (slugify(words)[:60].strip("-") or "section")
    own, number = base, 1
    while own in taken:
        number += 1
        own = f"{base}-{number}"
    taken.add(own)
    return own


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
