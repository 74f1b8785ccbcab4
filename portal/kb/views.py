"""The kb room's pages."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    conditional_page,
    require_POST,
    require_safe,
)

from portal import downloads
from portal.brands.memory import Remembered, remembered
from portal.brands.sections import with_sections
from portal.brands.shelf import Place, Shelf, read_shelf
from portal.brands.together import both
from portal.helpspot.types import Book, Page
from portal.http import PortalRequest, made_do, public, redirect, render_page
from portal.kb.feedback import MOST_LETTERS, FeedbackForm, take_feedback
from portal.kb.models import Reason
from portal.kb.printing import printed, read_whole_book
from portal.kb.reading import nav_chapters, read_guide
from portal.kb.saving import book_as_markdown, page_as_markdown
from portal.kb.tags import used_tags
from portal.kb.voting import Voted, cast_vote
from portal.markup import slug as slug_of

SECTION = "guides"
KEEP_FILE_SECONDS = 24 * 60 * 60
Crumb = tuple[str, str]


# ---------------------------------------------------------------------- books


@conditional_page
@public
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """Show all books."""
    shelf = _shelf_with_sections(request)
    return render_page(
        request,
        "kb/index.html",
        {
            "section": SECTION,
            "books": shelf.value.books,
            "has_tags": shelf.value.has_tags,
            "as_of": _age_of(shelf),
        },
    )


@public
@require_safe
def book_by_id(request: PortalRequest, book_id: int) -> HttpResponse:
    """Lead from a book's number to its full address."""
    found = read_shelf(request.brand, request.helpspot).value.book(book_id)
    return _moved(request, _book_address(found.book))


@public
@require_safe
def chapter_by_id(request: PortalRequest, chapter_id: int) -> HttpResponse:
    """Lead from a chapter's number to its place in the book."""
    book, chapter = read_shelf(request.brand, request.helpspot).value.chapter(
        chapter_id
    )
    return _moved(request, _book_address(book, chapter.id))


@conditional_page
@public
@require_safe
def book(request: PortalRequest, book_id: int, slug: str) -> HttpResponse:
    """Show a book's chapters and their pages."""
    shelf = _shelf_with_sections(request)
    shelved = shelf.value.book(book_id)
    if slug != slug_of(shelved.book.name):
        return _moved(request, _book_address(shelved.book))
    return render_page(
        request,
        "kb/book.html",
        {
            "section": SECTION,
            "shelved": shelved,
            "book_slug": slug,
            "crumbs": [_guides(), (shelved.book.name, "")],
            "as_of": shelved.as_of or _age_of(shelf),
        },
    )


@conditional_page
@public
@require_safe
def print_book(request: PortalRequest, book_id: int, slug: str) -> HttpResponse:
    """Show a whole book on one page, for printing."""
    shelved = read_shelf(request.brand, request.helpspot).value.book(book_id)
    if slug != slug_of(shelved.book.name):
        address = reverse("kb:print_book", args=[book_id, slug_of(shelved.book.name)])
        return _moved(request, address)
    whole = read_whole_book(request.brand, request.helpspot, book_id)
    return render_page(
        request,
        "kb/print_book.html",
        {
            "section": SECTION,
            "book": shelved.book,
            "chapters": printed(whole.value),
            "book_slug": slug,
            "crumbs": [
                _guides(),
                (shelved.book.name, _book_address(shelved.book)),
                (_("Whole book"), ""),
            ],
            "as_of": _age_of(whole),
        },
    )


@conditional_page
@public
@require_safe
def save_book(request: PortalRequest, book_id: int, slug: str) -> HttpResponse:
    """Hand out a whole book as Markdown."""
    shelved = read_shelf(request.brand, request.helpspot).value.book(book_id)
    name = slug_of(shelved.book.name)
    if slug != name:
        return _moved(request, reverse("kb:save_book", args=[book_id, name]))
    whole = read_whole_book(request.brand, request.helpspot, book_id)
    text = book_as_markdown(
        shelved.book,
        whole.value,
        request.build_absolute_uri(_book_address(shelved.book)),
        lambda page: request.build_absolute_uri(_page_address(page)),
        as_of=_age_of(whole),
    )
    return _markdown(text, name, is_old=whole.is_old)


@conditional_page
@public
@require_safe
def tags(request: PortalRequest) -> HttpResponse:
    """Show all tags, the much used ones bigger."""
    shelf = read_shelf(request.brand, request.helpspot)
    return render_page(
        request,
        "kb/tags.html",
        {
            "section": SECTION,
            "tags": used_tags(shelf.value),
            "crumbs": [_guides(), (_("Tags"), "")],
            "as_of": _age_of(shelf),
        },
    )


@conditional_page
@public
@require_safe
def tag(request: PortalRequest, tag: str) -> HttpResponse:
    """Show the pages of all books that carry a tag."""
    shelf = read_shelf(request.brand, request.helpspot)
    return render_page(
        request,
        "kb/tag.html",
        {
            "section": SECTION,
            "tag": tag,
            "places": shelf.value.tagged(tag),
            "crumbs": [_guides(), (_("Tags"), reverse("kb:tags")), (tag, "")],
            "as_of": _age_of(shelf),
        },
    )


# ---------------------------------------------------------------------- pages


@public
@require_safe
def page_by_id(request: PortalRequest, page_id: int) -> HttpResponse:
    """Lead from a page's number to its full address."""
    place = read_shelf(request.brand, request.helpspot).value.place(page_id)
    return _moved(request, _page_address(place.page))


@conditional_page
@public
@require_safe
def page(request: PortalRequest, page_id: int, slug: str) -> HttpResponse:
    """Show a guide, and its book beside it."""
    (shelf, place), copy = with_sections(
        request.sections,
        request.helpspot,
        lambda: both(
            request.helpspot,
            partial(_find_page, request, page_id),
            partial(_read_page, request, page_id),
        ),
    )
    if slug != slug_of(place.page.name):
        return _moved(request, _page_address(place.page))
    return render_page(
        request,
        "kb/page.html",
        {
            "section": SECTION,
            "guide": read_guide(copy.value, place, shelf),
            "nav": nav_chapters(place.shelved, place.chapter),
            "crumbs": _crumbs(place),
            "address": request.build_absolute_uri(request.path),
            "as_of": _age_of(copy),
            **_vote_context(place, request.GET.get("voted", "")),
        },
    )


@conditional_page
@public
@require_safe
def save_page(request: PortalRequest, page_id: int, slug: str) -> HttpResponse:
    """Hand out a guide as Markdown."""
    place = read_shelf(request.brand, request.helpspot).value.place(page_id)
    name = slug_of(place.page.name)
    if slug != name:
        return _moved(request, reverse("kb:save_page", args=[page_id, name]))
    address = request.build_absolute_uri(_page_address(place.page))
    copy = _read_page(request, page_id)
    text = page_as_markdown(copy.value, place, address, as_of=_age_of(copy))
    return _markdown(text, name, is_old=copy.is_old)


@require_POST
def vote(request: PortalRequest, page_id: int) -> HttpResponse:
    """Take a reader's answer to "Did this page help?"."""
    answer = request.POST.get("vote")
    if answer not in {Voted.YES, Voted.NO}:
        raise BadRequest
    place = read_shelf(request.brand, request.helpspot).value.place(page_id)
    voted = cast_vote(request, page_id, is_helpful=answer == Voted.YES)
    return _answer_vote(request, place, voted)


@require_POST
def feedback(request: PortalRequest, page_id: int) -> HttpResponse:
    """Take what a reader missed in a guide."""
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    place = read_shelf(request.brand, request.helpspot).value.place(page_id)
    address = request.build_absolute_uri(_page_address(place.page))
    take_feedback(request, place.page, address, **form.cleaned_data)
    return _answer_vote(request, place, Voted.TOLD)


@require_safe
def file(request: PortalRequest, document_id: int) -> HttpResponseBase:
    """Hand on a picture or file of a guide."""
    download = request.helpspot.kb.open_file(document_id)
    response = downloads.stream(
        request, download, f"file-{document_id}", wants_inline=True
    )
    patch_cache_control(response, public=True, max_age=KEEP_FILE_SECONDS)
    return response


def _shelf_with_sections(request: PortalRequest) -> Remembered[Shelf]:
    read = partial(read_shelf, request.brand, request.helpspot)
    return with_sections(request.sections, request.helpspot, read)


def _find_page(request: PortalRequest, page_id: int) -> tuple[Shelf, Place]:
    shelf = read_shelf(request.brand, request.helpspot).value
    return shelf, shelf.place(page_id)


def _read_page(request: PortalRequest, page_id: int) -> Remembered[Page]:
    helpspot = request.helpspot
    return remembered(
        request.brand, f"kb-page:{page_id}", lambda: helpspot.kb.get_page(page_id)
    )


def _age_of(copy: Remembered[Any]) -> datetime | None:
    return copy.read_at if copy.is_old else None


def _markdown(text: str, name: str, *, is_old: bool) -> HttpResponse:
    response = HttpResponse(
        text,
        content_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.md"'},
    )
    return made_do(response) if is_old else response


def _answer_vote(request: PortalRequest, place: Place, voted: Voted) -> HttpResponse:
    if request.htmx:
        return render_page(
            request, "kb/page.html", _vote_context(place, voted), partial="vote"
        )
    query = urlencode({"voted": voted.value})
    return redirect(request, f"{_page_address(place.page)}?{query}#vote")


def _vote_context(place: Place, voted: str) -> dict[str, object]:
    missing = _("What I did not find in the guide “%(name)s”:") % {
        "name": place.page.name
    }
    query = urlencode({"tNote": missing})
    return {
        "place": place,
        "voted": voted if voted in set(Voted) else "",
        "reasons": Reason.choices,
        "most_letters": MOST_LETTERS,
        "missing_address": f"{reverse('tickets:submit')}?{query}",
    }


# ------------------------------------------------------------------ addresses


def _moved(request: PortalRequest, address: str) -> HttpResponse:
    return redirect(request, address, permanent=True)


def _book_address(book: Book, chapter_id: int | None = None) -> str:
    address = reverse("kb:book", args=[book.id, slug_of(book.name)])
    return f"{address}#chapter-{chapter_id}" if chapter_id else address


def _page_address(page: Page) -> str:
    return reverse("kb:page", args=[page.id, slug_of(page.name)])


def _guides() -> Crumb:
    return _("Guides"), reverse("kb:index")


def _crumbs(place: Place) -> list[Crumb]:
    return [
        _guides(),
        (place.book.name, _book_address(place.book)),
        (place.chapter.name, _book_address(place.book, place.chapter.id)),
        (place.page.name, ""),
    ]
