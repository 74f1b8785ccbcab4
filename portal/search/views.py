"""The search room's page, and what its field shows while someone types."""

from __future__ import annotations

from dataclasses import replace

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import (
    conditional_page,
    require_POST,
    require_safe,
)

from portal import accounts, markup
from portal.accounts.limits import Limit, spend, visitor_network
from portal.http import PortalRequest, public, render_page
from portal.search.answers import MOST_LETTERS, count_solved, find_answers
from portal.search.kinds import Kind, Result
from portal.search.missed import count_missed
from portal.search.own import find_own
from portal.search.results import Results, search

PAGE_SIZE = 20
QUERY_LENGTH = 200
EXCERPT_LENGTH = 200
INSTANT_GUIDES, INSTANT_TOPICS, INSTANT_OWN = 5, 3, 3
SOLVED_LIMITS = (Limit(10, 60 * 60),)
MISSED_LIMITS = (Limit(20, 60 * 60),)


@conditional_page
@public
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """Show one list of the guides and topics that hold the words."""
    query = _query(request.GET.get("q", ""))
    context: dict[str, object] = {"query": query}
    if query:
        context |= _found(request, query)
    return render_page(request, "search/index.html", context, partial="results")


@conditional_page
@public
@require_safe
def suggestions(request: PortalRequest) -> HttpResponse:
    """Show the first guides and topics, as links under a search field."""
    query = _query(request.GET.get("q", ""))
    if not query:
        return HttpResponse(status=204)
    results = search(request.brand, request.helpspot, query)
    return render_page(
        request,
        "search/suggestions.html",
        {
            "query": query,
            "marks": results.marks,
            "suggestion": results.suggestion,
            "guides": results.of(Kind.GUIDE)[:INSTANT_GUIDES],
            "topics": results.of(Kind.TOPIC)[:INSTANT_TOPICS],
            "count": len(results.found),
            "failed": results.failed,
            "as_of": results.as_of,
        },
    )


@require_safe
def own(request: PortalRequest) -> HttpResponse:
    """Show the signed-in customer's own requests; nothing to anybody else.

    It is asked for beside the public answer, which is the same for everyone.
    """
    query = _query(request.GET.get("q", ""))
    if not query or not accounts.is_signed_in(request):
        return HttpResponse(status=204)
    found, marks = find_own(accounts.tickets(request), query)
    return render_page(
        request,
        "search/own.html",
        {
            "query": query,
            "marks": marks,
            "tickets": found[:INSTANT_OWN],
            "count": len(found),
        },
    )


@require_POST
def missed(request: PortalRequest) -> HttpResponse:
    """Count words that were sought in vain; 204 whatever comes of it."""
    query = _query(request.POST.get("q", ""))
    spend(("missed", visitor_network(request), MISSED_LIMITS))
    if query:
        results = search(request.brand, request.helpspot, query)
        if not results.found and not results.failed:
            count_missed(query)
    return HttpResponse(status=204)


def _query(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())[:QUERY_LENGTH]


def _found(request: PortalRequest, query: str) -> dict[str, object]:
    results = search(request.brand, request.helpspot, query)
    chosen = next((kind for kind in Kind if kind.value == request.GET.get("in")), None)
    shown = results.of(chosen)
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    return {
        "chosen": chosen.value if chosen else "",
        "segments": _segments(results),
        "count": len(shown),
        "page": page,
        "results": [_with_context(result, results.marks) for result in page],
        "marks": results.marks,
        "suggestion": results.suggestion,
        "failed": results.failed,
        "guides_failed": Kind.GUIDE in results.failed and chosen is not Kind.TOPIC,
        "topics_failed": Kind.TOPIC in results.failed and chosen is not Kind.GUIDE,
        "as_of": results.as_of,
    }


def _segments(results: Results) -> list[tuple[str, int | None]]:
    """Return kinds to choose from with their counts, None where one is not known."""
    kinds = [kind for kind in Kind if kind in results.offered]
    if len(kinds) < len(Kind):
        return []
    counts = [
        (kind.value, None if kind in results.failed else len(results.of(kind)))
        for kind in kinds
    ]
    return [("", None if results.failed else len(results.found)), *counts]


def _with_context(result: Result, marks: str) -> Result:
    text = markup.to_text(result.excerpt)
    return replace(result, excerpt=markup.excerpt(text, marks, EXCERPT_LENGTH))


@require_POST
def answers(request: PortalRequest) -> HttpResponse:
    """Show guides that may answer what is being written; 204 where none does.

    The words come in the body: they stand in no address and in no log.
    """
    text = request.POST.get("q", "")[:MOST_LETTERS]
    found = find_answers(request.brand, request.helpspot, text)
    if not found:
        return HttpResponse(status=204)
    return render_page(request, "search/answers.html", {"guides": found})


@require_POST
def solved(request: PortalRequest) -> HttpResponse:
    """Count that a guide made a request needless, and say what becomes of the draft."""
    page = request.POST.get("page", "")
    if page.isascii() and page.isdigit() and len(page) < 11:
        spend(("solved", visitor_network(request), SOLVED_LIMITS))
        count_solved(int(page))
    return render_page(request, "search/solved.html")
