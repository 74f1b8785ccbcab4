"""What became of a request that this browser sent, and what exactly was sent.

The outbox wipes a customer's words as soon as the help desk has them. Their own session
keeps them, sealed, so that they can read, print and save what they sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta

from django.http import Http404, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import accounts, outbox
from portal.accounts.seals import seal, unseal
from portal.helpspot.types import Moment, TicketSummary
from portal.http import PortalRequest, render_page
from portal.tickets.forms import Answer

State = outbox.Submission.State
WAITING_STATES = frozenset(
    {State.RECEIVED, State.CONNECTING, State.SENDING, State.UNKNOWN}
)
LOST_STATES = frozenset({State.DISCARDED, State.REFUSED})
POLL_SECONDS = 10
SLOW_POLL_SECONDS = 60
SLOW_AFTER = timedelta(minutes=5)
MOST_RECEIPTS = 20
_RECEIPTS = "receipts"
Sent = list[tuple[str, str]]


def remember(
    request: PortalRequest,
    submission: outbox.Submission,
    answers: Iterable[Answer] = (),
) -> None:
    """Let this browser see the receipt; `answers` are what was sent."""
    receipts: dict[str, str] = request.session.get(_RECEIPTS, {})
    if submission.reference not in receipts:
        sent = [(answer.label, answer.text) for answer in answers]
        receipts[submission.reference] = seal(json.dumps(sent))
        newest = list(receipts.items())[-MOST_RECEIPTS:]
        request.session[_RECEIPTS] = dict(newest)


def form_mark(submission: outbox.Submission, key: str) -> dict[str, str]:
    """Return what an address adds where a form was not sent under its own key.

    Its draft on the device knows the form's key alone.
    """
    return {} if submission.key == key else {"form": key}


def form_key(request: PortalRequest, submission: outbox.Submission) -> str:
    """Return the key of the form that brought the visitor to this submission."""
    return request.GET.get("form") or submission.key


def open_to_visitor(
    request: PortalRequest,
    submission: outbox.Submission,
    *,
    note: str = "",
    category_name: str | None = None,
) -> None:
    """Let this visitor see a delivered request, and list it if they are signed in."""
    ticket_id, access_key = submission.result_id, submission.access_key
    if ticket_id is None or access_key is None:
        return
    if accounts.access_key(request, ticket_id) is not None:
        return
    accounts.add_ticket(
        request,
        TicketSummary(
            id=ticket_id,
            access_key=access_key,
            is_open=True,
            category_name=category_name,
            opened=Moment(at=submission.created_at),
            note=note,
        ),
    )


def kept(request: PortalRequest) -> dict[str, Sent]:
    """Return what this browser sent, by reference."""
    found = request.session.get(_RECEIPTS, {})
    return {
        reference: json.loads(unseal(sealed) or "[]")
        for reference, sealed in found.items()
    }


@require_safe
def receipt(request: PortalRequest, reference: str) -> HttpResponse:
    """Show what became of a request that this browser sent."""
    submission, sent = _find(request, reference)
    open_to_visitor(request, submission)
    is_waiting = submission.state in WAITING_STATES
    every = _poll_seconds(submission)
    if is_waiting and request.GET.get("every") == str(every):
        # Nothing new: the page stays as it is, and nothing is read out again.
        return HttpResponse(status=204)
    return render_page(
        request,
        "tickets/receipt.html",
        {
            "submission": submission,
            "sent": sent,
            "is_waiting": is_waiting,
            "is_lost": submission.state in LOST_STATES,
            "form_key": form_key(request, submission),
            "poll_seconds": every,
        },
        partial="receipt",
    )


@require_safe
def as_text(request: PortalRequest, reference: str) -> HttpResponse:
    """Hand out the receipt as plain text to keep."""
    submission, sent = _find(request, reference)
    facts = [(label, text) for label, text in _facts(submission).values() if text]
    lines = [f"{label}: {text}" for label, text in facts]
    answers = [f"{label}\n{text}" for label, text in sent]
    body = "\n\n".join(["\n".join(lines), *answers]) + "\n"
    response = HttpResponse(body, content_type="text/plain; charset=utf-8")
    return _to_save(response, f"{reference}.txt")


@require_safe
def as_json(request: PortalRequest, reference: str) -> HttpResponse:
    """Hand out the receipt as JSON to keep."""
    submission, sent = _find(request, reference)
    facts = _facts(submission)
    document: dict[str, object] = {name: text for name, (_label, text) in facts.items()}
    document["sent_at"] = submission.created_at.isoformat()
    document["sent"] = [{"question": label, "answer": text} for label, text in sent]
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False})
    return _to_save(response, f"{reference}.json")


def _find(request: PortalRequest, reference: str) -> tuple[outbox.Submission, Sent]:
    # A visit that is over ends here, and its receipts with it.
    accounts.signed_in_as(request)
    sealed = request.session.get(_RECEIPTS, {}).get(reference)
    if sealed is None:
        raise Http404
    try:
        submission = outbox.find(reference)
    except outbox.Submission.DoesNotExist:
        raise Http404 from None
    return submission, json.loads(unseal(sealed) or "[]")


def _facts(submission: outbox.Submission) -> dict[str, tuple[str, str | int | None]]:
    return {
        "reference": (_("Portal reference"), submission.reference),
        "sent_at": (
            _("Sent"),
            date_format(submission.created_at, "j F Y, H:i e"),
        ),
        "number": (_("Request"), submission.result_id),
        "access_key": (_("Access key"), submission.access_key),
    }


def _to_save(response: HttpResponse, filename: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _poll_seconds(submission: outbox.Submission) -> int:
    is_old = timezone.now() - submission.created_at > SLOW_AFTER
    return SLOW_POLL_SECONDS if is_old else POLL_SECONDS
