"""The home room's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.http import HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import conditional_page, require_safe

from portal.brands.latest import latest_topics
from portal.brands.memory import Remembered
from portal.brands.sections import sections_at_hand, with_sections
from portal.brands.shelf import Shelf, read_shelf
from portal.brands.together import both
from portal.helpspot.errors import Disabled, HelpSpotError
from portal.helpspot.types import Topic
from portal.http import PortalRequest, public, redirect, render_page

TOPICS = 4
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[T]):
    """One part of the page: read, or not offered, or failed."""

    copy: Remembered[T] | None = None
    error: HelpSpotError | None = None

    @property
    def is_offered(self) -> bool:
        """Return whether the help desk offers this part, readable now or not."""
        return self.copy is not None or self.error is not None


@conditional_page
@public
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """Show the ways to an answer: search, guides, the community, and writing."""
    if "pg" in request.GET:
        return _led_on(request)
    guides, community = _parts(request)
    if guides.error and community.copy is None:
        raise guides.error
    copies = [part.copy for part in (guides, community) if part.copy]
    return render_page(
        request,
        "home/index.html",
        {
            "guides": guides,
            "shelf": guides.copy.value if guides.copy else None,
            "community": community,
            "topics": community.copy.value[:TOPICS] if community.copy else (),
            "failed": guides.error or community.error,
            "as_of": min(
                (copy.read_at for copy in copies if copy.is_old), default=None
            ),
        },
    )


def _led_on(request: PortalRequest) -> HttpResponse:
    """Lead on to the file at whose folder HelpSpot's own portal answers as well."""
    query = request.META["QUERY_STRING"]
    response = redirect(request, f"/index.php?{query}", permanent=True)
    # It may hold an access key, or what somebody is about to ask.
    patch_cache_control(response, private=True, no_store=True)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _parts(request: PortalRequest) -> tuple[Part[Shelf], Part[tuple[Topic, ...]]]:
    brand, helpspot, sections = request.brand, request.helpspot, request.sections
    # Where it is not known yet what is offered, finding that out first would take
    # as long as reading the parts.
    known = sections_at_hand(sections)
    guides, community = with_sections(
        sections,
        helpspot,
        lambda: both(
            helpspot,
            lambda: _part(known.has_guides, lambda: read_shelf(brand, helpspot)),
            lambda: _part(known.has_forums, lambda: latest_topics(brand, helpspot)),
        ),
    )
    return (
        guides if sections.has_guides else Part(),
        community if sections.has_forums else Part(),
    )


def _part(is_offered: bool, read: Callable[[], Remembered[T]]) -> Part[T]:  # noqa: FBT001 - private, and called with a named value
    if not is_offered:
        return Part()
    try:
        return Part(copy=read())
    except Disabled:
        return Part()
    except HelpSpotError as exc:
        return Part(error=exc)
