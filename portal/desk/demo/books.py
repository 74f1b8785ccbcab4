"""The demo's books: pages, their pictures and downloads, and links between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial

from portal.desk.demo.contents import PageEntry, read_books, read_file
from portal.desk.models import Book, Chapter, Document, Page, Tag

_LINK = re.compile(r'(?<=")(page|file):([\w.-]+)')


def load_books() -> None:
    """Create all books; links and pictures lead where HelpSpot's own do."""
    books = read_books()
    Book.objects.bulk_create(
        rows := [
            Book(
                name=book.name,
                description=book.description,
                is_public=book.is_public,
                order=order,
            )
            for order, (book, _) in enumerate(books, start=1)
        ]
    )
    chapters = [
        (
            Chapter(
                book=row,
                name=entry.name,
                is_appendix=entry.is_appendix,
                is_hidden=entry.is_hidden,
                order=order,
            ),
            pages,
        )
        for row, (book, page_lists) in zip(rows, books, strict=True)
        for order, (entry, pages) in enumerate(
            zip(book.chapters, page_lists, strict=True), start=1
        )
    ]
    Chapter.objects.bulk_create(chapter for chapter, _ in chapters)
    pages = [
        (_page(chapter, entry, order), entry)
        for chapter, entries in chapters
        for order, entry in enumerate(entries, start=1)
    ]
    Page.objects.bulk_create(page for page, _ in pages)
    by_slug = {entry.slug: page for page, entry in pages}
    _load_bodies(pages, by_slug)
    _load_tags(pages)
    Page.related.through.objects.bulk_create(
        Page.related.through(from_page=page, to_page=by_slug[slug])
        for page, entry in pages
        for slug in entry.related
    )


def _page(chapter: Chapter, entry: PageEntry, order: int) -> Page:
    return Page(
        chapter=chapter,
        name=entry.title,
        order=order,
        is_highlighted=entry.is_highlighted,
        is_hidden=entry.is_hidden,
        helpful=entry.helpful,
        not_helpful=entry.not_helpful,
    )


def _load_bodies(
    pages: Iterable[tuple[Page, PageEntry]], by_slug: Mapping[str, Page]
) -> None:
    """Store the files that pages show or offer, then the bodies that name them."""
    pages = list(pages)
    documents = {
        (entry.slug, name): _document(page, name)
        for page, entry in pages
        for kind, name in sorted(set(_LINK.findall(entry.body)))
        if kind == "file"
    }
    Document.objects.bulk_create(documents.values())
    for page, entry in pages:
        ids = {
            **{("page", slug): other.pk for slug, other in by_slug.items()},
            **{
                ("file", name): document.pk
                for (slug, name), document in documents.items()
                if slug == entry.slug
            },
        }
        page.body = _LINK.sub(partial(_address, ids), entry.body)
    Page.objects.bulk_update([page for page, _ in pages], ["body"])


def _document(page: Page, name: str) -> Document:
    content, mime_type = read_file(name)
    return Document(
        page=page,
        filename=name,
        mime_type=mime_type,
        size=len(content),
        content=content,
    )


def _address(ids: Mapping[tuple[str, str], int], match: re.Match[str]) -> str:
    kind, number = match[1], ids[match[1], match[2]]
    where = "pg=kb.page" if kind == "page" else "pg=file&amp;from=2"
    return f"index.php?{where}&amp;id={number}"


def _load_tags(pages: Iterable[tuple[Page, PageEntry]]) -> None:
    tagged = [(page, name) for page, entry in pages for name in entry.tags]
    names = sorted({name for _, name in tagged})
    Tag.objects.bulk_create((Tag(name=name) for name in names), ignore_conflicts=True)
    tags = {tag.name: tag for tag in Tag.objects.filter(name__in=names)}
    Page.tags.through.objects.bulk_create(
        Page.tags.through(page=page, tag=tags[name]) for page, name in tagged
    )
