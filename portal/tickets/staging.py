"""Files that a script sends one by one while the form is still being filled in.

Each is kept, or refused with its own reason, by itself. The answer is its line in the
form's list; the token in it sends the file along, whichever tab or day the form is sent
from, for as long as the file waits.
"""

from __future__ import annotations

from contextlib import suppress

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from portal import outbox
from portal.accounts import limits
from portal.accounts.limits import Limit, TooManyAttempts
from portal.http import PortalRequest
from portal.tickets.attachments import Attachments

STAGE_LIMITS = (Limit(100, 60 * 60),)
MOST_TOKENS = 50


@require_POST
def stage(request: PortalRequest) -> HttpResponse:
    """Keep one file for a day: 200 with its line, 422 with the reason why not."""
    incoming = request.FILES.getlist("attached")[:1]
    files = Attachments(request.brand, (), incoming, key="")
    with suppress(TooManyAttempts, outbox.NotStored):
        if files.has_new:
            with files.refusing_what_is_left():
                limits.spend(("stage", limits.visitor_network(request), STAGE_LIMITS))
                files.stage()
    return _lines(request, files, status=200 if files.waiting else 422)


@require_POST
def waiting(request: PortalRequest) -> HttpResponse:
    """Answer with the lines of a draft's files: those that still wait, or why not."""
    tokens = request.POST.getlist("waiting")[:MOST_TOKENS]
    key = request.POST.get("key", "")
    files = Attachments(request.brand, tokens, (), key=key)
    return _lines(request, files, status=200)


def _lines(request: PortalRequest, files: Attachments, *, status: int) -> HttpResponse:
    context = {"attachments": files, "is_scripted": True}
    return render(request, "tickets/_file_lines.html", context, status=status)
