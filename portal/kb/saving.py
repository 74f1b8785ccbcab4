"""Guides and books as Markdown, to be kept and read elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal import markup
from portal.brands.shelf import Place
from portal.helpspot.types import Book, Chapter, Page

AddressOf = Callable[[Page], str]


def page_as_markdown(
    page: Page, place: Place, address: str, *, as_of: datetime | None = None
) -> str:
    """Return a guide as Markdown; `address` is its own, absolute.

    `as_of` is when an old copy was read that stands in for an absent help desk.
    """
    where = " › ".join(
        markup.escape_markdown(one) for one in (place.book.name, place.chapter.name)
    )
    return _joined(
        f"# {_name(place.page)}",
        f"{where}  \n<{address}>",
        _age(as_of),
        markup.to_markdown(page.body or "", address=address),
    )


def book_as_markdown(
    book: Book,
    chapters: Sequence[Chapter],
    address: str,
    address_of: AddressOf,
    *,
    as_of: datetime | None = None,
) -> str:
    """Return a whole book as Markdown; its pages have bodies."""
    name = markup.escape_markdown(book.name)
    parts = [f"# {name}", f"<{address}>", _age(as_of)]
    for chapter in chapters:
        number = f"{chapter.number} " if chapter.number else ""
        parts.append(f"## {number}{markup.escape_markdown(chapter.name)}")
        for page in chapter.pages:
            own = address_of(page)
            parts += [
                f"### {_name(page)}",
                f"<{own}>",
                markup.to_markdown(page.body or "", address=own, below=2),
            ]
    return _joined(*parts)


def _name(page: Page) -> str:
    number = f"{page.number} " if page.number else ""
    return f"{number}{markup.escape_markdown(page.name)}"


def _age(as_of: datetime | None) -> str:
    if as_of is None:
        return ""
    time = date_format(as_of, "j F Y, H:i e")
    return _("Our help desk did not answer: this is as of %(time)s.") % {"time": time}


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
