"""A request's page as a whole, put together once for as long as it says the same."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language

from portal import accounts, outbox
from portal.brands.maintenance import planned_maintenance
from portal.http import PortalRequest
from portal.markup.templatetags.markup import ages
from portal.memo import Memo
from portal.tickets.conversation import Sheet

_PAGES_BYTES = 1024 * 1024

# Cut where the reply's key goes.
_pages: Memo[tuple[bytes, ...]] = Memo(_PAGES_BYTES)
# Stands where the reply's key goes: nobody can write it, so it stands nowhere else.
_KEY_PLACE = outbox.new_key()


def remembered_page(
    request: PortalRequest, sheet: Sheet, **shown: Hashable
) -> HttpResponse:
    """Return the request's page with an empty reply, under a key of its own.

    `sheet` and `shown` are all that the template shows beside what frames every page.
    """
    frame = (
        get_language(),
        request.brand,
        planned_maintenance(),
        request.sections.has_guides,
        request.sections.has_forums,
        accounts.signed_in_as(request),
    )
    pieces = _pages.answer(
        # Times are said by their age, which changes while nothing else does.
        (frame, sheet, ages(sheet.moments), *shown.items()),
        lambda: _rendered(request, {"sheet": sheet, **shown}),
        lambda made: made,
    )
    return HttpResponse(outbox.new_key().encode().join(pieces))


def _rendered(request: PortalRequest, shown: Mapping[str, object]) -> tuple[bytes, ...]:
    page = render_to_string(
        "tickets/detail.html",
        {"section": "requests", "key": _KEY_PLACE, **shown},
        request,
    )
    return tuple(page.encode().split(_KEY_PLACE.encode()))
