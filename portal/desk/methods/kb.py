"""The vendor's `kb.*` methods."""

from __future__ import annotations

from django.db.models import F, Prefetch, QuerySet

from portal.desk import search as index
from portal.desk.calls import Call
from portal.desk.formats import Answer, Several, Tree, Value
from portal.desk.models import Book, Chapter, Page


def list_books(call: Call) -> Answer:
    """Return the public books in their order.

    Vendor's method: kb.list
    """
    books = Book.objects.filter(is_public=True)
    return Answer("books", {"book": Several([_book(book) for book in books])})


def get(call: Call) -> Answer:
    """Return one public book, nothing where there is none of that id.

    Vendor's method: kb.get
    """
    call.require("xBook")
    book = _find_book(call)
    return Answer("book", _book(book) if book else {})


def get_book_toc(call: Call) -> Answer:
    """Return a book's chapters and pages, with their HTML where it is asked for.

    Vendor's method: kb.getBookTOC
    """
    call.require("xBook")
    book = _find_book(call)
    if book is None:
        return Answer("toc", {})
    with_html = call.flag("fWithPageHTML")
    pages = _listed_pages() if with_html else _listed_pages().defer("body")
    chapters = _shown_chapters(book.pk).prefetch_related(
        Prefetch("pages", queryset=pages, to_attr="shown_pages")
    )
    contents = [
        _chapter(chapter, number, with_html=with_html)
        for number, chapter in enumerate(chapters, start=1)
    ]
    return Answer("toc", {"chapter": Several(contents)})


def get_page(call: Call) -> Answer:
    """Return a page that customers may see, nothing where there is none of that id.

    Vendor's method: kb.getPage
    """
    call.require("xPage")
    page = _listed_pages().filter(**_shown(call)).select_related("chapter").first()
    if page is None:
        return Answer("page", {})
    chapter = page.chapter
    siblings = Page.objects.filter(chapter=chapter, is_hidden=False)
    position = _position(siblings.order_by("order", "id"), page.pk)
    chapters = _shown_chapters(chapter.book_id)
    number = _number(chapter, _position(chapters, chapter.pk))
    return Answer("page", _page(page, f"{number}{position}.", with_html=True))


def search(call: Call) -> Answer:
    """Return the pages that match, best first.

    Vendor's method: kb.search
    """
    call.require("q")
    hits = index.pages.search(call.text("q"))
    pages = Page.objects.select_related("chapter__book").defer("body")
    found = pages.in_bulk([hit.id for hit in hits])
    matches: list[Value] = [
        {
            "link": f"?pg=kb.page&id={hit.id}",
            "desc": hit.excerpt,
            "sBookName": found[hit.id].chapter.book.name,
            "sPageName": found[hit.id].name,
            "xPage": hit.id,
        }
        for hit in hits
        if hit.id in found
    ]
    return Answer("pages", {"page": Several(matches)})


def vote_helpful(call: Call) -> Answer:
    """Count a vote; the answer holds no number, as in the vendor's sample.

    Vendor's method: kb.voteHelpful
    """
    return _vote(call, "helpful", "iHelpful")


def vote_not_helpful(call: Call) -> Answer:
    """Count a vote; the answer holds no number, as in the vendor's sample.

    Vendor's method: kb.voteNotHelpful
    """
    return _vote(call, "not_helpful", "iNotHelpful")


def _vote(call: Call, column: str, element: str) -> Answer:
    call.require("xPage")
    pages = Page.objects.filter(**_shown(call))
    counted = pages.update(**{column: F(column) + 1})
    return Answer("page", {element: ""} if counted else {})


# ------------------------------------------------------------ what is visible


def _find_book(call: Call) -> Book | None:
    return Book.objects.filter(pk=call.number("xBook"), is_public=True).first()


def _shown_chapters(book_id: int) -> QuerySet[Chapter]:
    chapters = Chapter.objects.filter(book=book_id, is_hidden=False)
    return chapters.order_by("is_appendix", "order", "id")


def _shown(call: Call) -> dict[str, object]:
    return {
        "pk": call.number("xPage"),
        "is_hidden": False,
        "chapter__is_hidden": False,
        "chapter__book__is_public": True,
    }


def _listed_pages() -> QuerySet[Page]:
    related = (
        Page.objects.filter(
            is_hidden=False, chapter__is_hidden=False, chapter__book__is_public=True
        )
        .select_related("chapter__book")
        .defer("body")
        .order_by("chapter__book__order", "chapter__book", "chapter", "order", "id")
    )
    return (
        Page.objects.filter(is_hidden=False)
        .prefetch_related(
            "tags", Prefetch("related", queryset=related, to_attr="shown_related")
        )
        .order_by("order", "id")
    )


# ------------------------------------------------------------------ numbering


def _position(rows: QuerySet[Page] | QuerySet[Chapter], pk: int) -> int:
    return list(rows.values_list("pk", flat=True)).index(pk) + 1


def _number(chapter: Chapter, position: int) -> str:
    # Appendices come after all chapters, so that they shift nobody's number.
    return "" if chapter.is_appendix else f"{position}."


# ------------------------------------------------------------- the wire names


def _book(book: Book) -> Tree:
    return {
        "xBook": book.pk,
        "sBookName": book.name,
        "iOrder": book.order,
        "tDescription": book.description,
    }


def _chapter(chapter: Chapter, position: int, *, with_html: bool) -> Tree:
    number = _number(chapter, position)
    shown: list[Page] = chapter.shown_pages  # type: ignore[attr-defined]  # prefetched or annotated by the query
    pages = [
        _page(page, f"{number}{place}.", with_html=with_html)
        for place, page in enumerate(shown, start=1)
    ]
    return {
        "name": f"{number} {chapter.name}" if number else chapter.name,
        "xChapter": chapter.pk,
        "sChapterName": chapter.name,
        "iOrder": chapter.order,
        "fAppendix": int(chapter.is_appendix),
        "pages": {"page": Several(pages)},
    }


def _page(page: Page, number: str, *, with_html: bool) -> Tree:
    tree: dict[str, Value] = {
        "name": f"{number} {page.name}",
        "xPage": page.pk,
        "xChapter": page.chapter_id,
        "sPageName": page.name,
    }
    if with_html:
        tree["tPage"] = page.body
    tree["iOrder"] = page.order
    tree["fHighlight"] = int(page.is_highlighted)
    tags = [tag.name for tag in page.tags.all()]
    if tags:
        tree["tags"] = {"tag": Several(tags)}
    related: list[Page] = page.shown_related  # type: ignore[attr-defined]  # prefetched or annotated by the query
    if related:
        tree["relatedpages"] = {"relatedpage": Several([_related(p) for p in related])}
    return tree


def _related(page: Page) -> Tree:
    return {
        "xRelatedPage": page.pk,
        "sPageName": page.name,
        "sChapterName": page.chapter.name,
        "sBookName": page.chapter.book.name,
        "xBook": page.chapter.book_id,
    }
