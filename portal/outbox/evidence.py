"""Finds out whether something that was sent without an answer has arrived.

Replies, topics and posts can be read back. A new request can be seen only in its
owner's list, so whoever fetches such a list shows it here (`settle_with`) as it came:
what is kept of a list lacks the end of each note, where the mark stands.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from portal.brands import Brand
from portal.helpspot import HelpSpot
from portal.helpspot.errors import HelpSpotError, Unavailable
from portal.helpspot.types import TicketSummary
from portal.outbox.clock import now
from portal.outbox.contents import Sent, TicketContent, mark_of
from portal.outbox.delivery import (
    Unreadable,
    claim,
    errand_for,
    hold,
    release,
    settle,
    unpack,
)
from portal.outbox.models import Submission
from portal.outbox.points import reached
from portal.outbox.schedule import LOOKS, is_overdue, next_look, next_try

logger = logging.getLogger(__name__)

Kind = Submission.Kind
State = Submission.State


def look(submission: Submission, helpspot: HelpSpot) -> None:
    """Look once for an unknown submission; after the last look decide what follows."""
    if not claim(submission, State.UNKNOWN):
        return
    reached("looking")
    try:
        content = unpack(submission)
        errand = errand_for(submission, helpspot)
    except Unreadable as exc:
        hold(submission, str(exc))
        return
    try:
        candidates = content.find(helpspot, errand)
        found = next(
            (one for one in candidates if not _is_anothers(submission, one)), None
        )
    except Unavailable:
        _look_later(submission)
        return
    except HelpSpotError:
        # Closed, merged, switched off: it cannot be seen, which proves nothing.
        found = None
    except Exception as exc:
        # A fault of our own must not keep it from the horizon. Its message may hold
        # what the customer wrote.
        logger.error("%s: %s", submission, type(exc).__name__)  # noqa: TRY400 - a traceback would carry what the customer wrote
        _look_later(submission)
        return
    if found is not None:
        settle(submission, found)
    elif submission.looks + 1 < len(LOOKS):
        _look_once_more(submission)
    else:
        _decide(submission)
    logger.info("%s (%s) is %s", submission, submission.kind, submission.state)


def _is_anothers(submission: Submission, sent: Sent) -> bool:
    """Say whether a topic or post is known to be another's, which says the same."""
    return (
        submission.kind in {Kind.TOPIC, Kind.POST}
        and Submission.objects.filter(
            brand_id=submission.brand_id,
            kind=submission.kind,
            state=State.DELIVERED,
            result_id=sent.id,
        ).exists()
    )


def settle_with(brand: Brand, summaries: Sequence[TicketSummary]) -> None:
    """Settle requests that a customer's own list, just fetched, shows to have arrived.

    It needs whole notes.
    """
    listed = {
        mark.reference: (mark, summary)
        for summary in summaries
        if (mark := mark_of(summary.note))
    }
    if not listed:
        return
    open_ones = Submission.objects.filter(
        brand_id=brand.id, kind=Kind.TICKET, reference__in=listed
    ).exclude(state__in=[State.DELIVERED, State.REFUSED, State.DISCARDED])
    for submission in open_ones:
        mark, summary = listed[submission.reference]
        # Other words of its form name it as well, as what they may repeat.
        is_its_own = submission.may_repeat or not mark.is_repeat
        if is_its_own and _is_by_the_same(submission, summary):
            settle(submission, Sent(id=summary.id, access_key=summary.access_key))


def _is_by_the_same(submission: Submission, summary: TicketSummary) -> bool:
    """Say whether the listed request is its sender's: anyone may quote a reference."""
    try:
        content = unpack(submission)
    except Unreadable:
        return False
    sender = content.email if isinstance(content, TicketContent) else ""
    return not (sender and summary.email) or (
        sender.casefold() == summary.email.casefold()
    )


def _look_once_more(submission: Submission) -> None:
    looks = submission.looks + 1
    release(submission, State.UNKNOWN, looks=looks, due_at=now() + next_look(looks))


def _look_later(submission: Submission) -> None:
    moment = now()
    if is_overdue(submission, moment):
        hold(submission, _("It may have arrived; it could not be looked for."))
    else:
        due_at = moment + next_try(submission.looks + 1)
        release(submission, State.UNKNOWN, due_at=due_at)


def _decide(submission: Submission) -> None:
    if submission.may_repeat:
        hold(submission, _("Sent twice, and twice without an answer."))
    elif settings.OUTBOX_WHEN_UNKNOWN == "repeat":
        release(submission, State.RECEIVED, may_repeat=True, due_at=now())
    else:
        hold(submission, _("It may have arrived; look before you send it again."))
