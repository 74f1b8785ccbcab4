"""The search room's page."""

from __future__ import annotations

from dataclasses import replace

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import conditional_page, require_safe

from portal import markup
from portal.http import PortalRequest, public, render_page
from portal.search.results import Kind, Result, Results, search

PAGE_SIZE = 20
QUERY_LENGTH = 200
EXCERPT_LENGTH = 200


@conditional_page
@public
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """Show one list of the guides and topics that hold the words."""
    query = " ".join(request.GET.get("q", "").replace("\0", " ").split())
    query = query[:QUERY_LENGTH]
    context: dict[str, object] = {"query": query}
    if query:
        context |= _found(request, query)
    return render_page(request, "search/index.html", context, partial="results")


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
        "results": [_with_context(result, query) for result in page],
        "guides_failed": Kind.GUIDE in results.failed and chosen is not Kind.TOPIC,
        "topics_failed": Kind.TOPIC in results.failed and chosen is not Kind.GUIDE,
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


def _with_context(result: Result, query: str) -> Result:
    text = markup.to_text(result.excerpt)
    return replace(result, excerpt=markup.excerpt(text, query, EXCERPT_LENGTH))
