"""Delivers what is due, one row at a time, beside the pages or as its own process."""

from __future__ import annotations

import atexit
import logging
import random
import time
from threading import Event, Thread

from django.conf import settings
from django.db import close_old_connections, connections
from django.db.models import Q
from django.utils.translation import gettext as _

from portal.brands import brand_with_id
from portal.helpspot import helpspot_for
from portal.outbox.clock import now
from portal.outbox.delivery import (
    FINISH_SECONDS,
    advance,
    claim,
    deliver,
    hold,
    presume_lost,
)
from portal.outbox.evidence import look
from portal.outbox.housekeeping import keep_house
from portal.outbox.models import Submission
from portal.outbox.schedule import is_due, is_stranded

logger = logging.getLogger(__name__)

State = Submission.State

AT_WORK = {State.RECEIVED, State.CONNECTING, State.SENDING, State.UNKNOWN}
IDLE_SECONDS = 1.0
HOUSE_EVERY_SECONDS = 3600.0
# Workers choose among the first few due rows, so that they seldom want the same one.
CHOICE = 16


def start_in_background() -> None:
    """Start delivering in this process, where the settings say so.

    When the process ends, the row at hand is finished first.
    """
    if not settings.OUTBOX_DELIVERS_IN_WEB:
        return
    stop = Event()
    thread = Thread(target=run, args=(stop,), name="outbox", daemon=True)
    thread.start()

    def finish() -> None:
        stop.set()
        thread.join(FINISH_SECONDS)

    atexit.register(finish)


def run(stop: Event) -> None:
    """Deliver until told to stop; outlives every failure, the database's included."""
    house_at = time.monotonic()
    try:
        while not stop.is_set():
            close_old_connections()
            try:
                if time.monotonic() >= house_at:
                    house_at = time.monotonic() + HOUSE_EVERY_SECONDS
                    keep_house()
                was_busy = attend_next()
            except Exception as exc:
                logger.error("The outbox met %s", type(exc).__name__)  # noqa: TRY400 - a traceback would carry what the customer wrote
                was_busy = False
            if not was_busy:
                stop.wait(IDLE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret
    finally:
        connections.close_all()


def drain(stop: Event) -> int:
    """Attend to everything that is due now, and return how many rows that were."""
    count = 0
    while not stop.is_set() and attend_next():
        count += 1
    return count


def attend_next() -> bool:
    """Attend to one row that is due; False where none is."""
    moment = now()
    # The second costs a look at all that waits, so it comes when nothing else does.
    rows = _first(is_due(moment)) or _first(is_stranded(moment))
    if not rows:
        return False
    attend(random.choice(rows))  # noqa: S311 - spreads the work, hides nothing
    return True


def _first(condition: Q) -> list[Submission]:
    return list(Submission.objects.filter(condition).order_by("due_at")[:CHOICE])


def attend(submission: Submission) -> None:
    """Do what is due with a row; one that rests needs nothing any more."""
    if submission.state not in AT_WORK:
        advance(submission, due_at=None)
        return
    try:
        brand = brand_with_id(submission.brand_id)
    except LookupError:
        _hold_of_no_brand(submission)
        return
    helpspot = helpspot_for(brand.connection)
    match submission.state:
        case State.RECEIVED | State.CONNECTING:
            deliver(submission, helpspot)
        case State.SENDING:
            # Whoever was sending it is gone.
            if claim(submission, State.SENDING):
                presume_lost(submission, helpspot)
        case State.UNKNOWN:
            look(submission, helpspot)


def _hold_of_no_brand(submission: Submission) -> None:
    unknown_since = submission.unknown_since
    if submission.state == State.SENDING:
        # Whoever was sending it is gone.
        unknown_since = now()
    # Until it is held, it stays what it was: one that may have been sent.
    if claim(submission, State(submission.state)):
        remark = _("Its brand is no longer served here.")
        hold(submission, remark, unknown_since=unknown_since)
