"""Keeps the lease of a row whose files take longer to send than a lease lasts.

Every lease is short, so that nothing waits long for somebody who was killed. Whoever
is at work for longer renews it, from a thread beside the call: that dies with them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

from django.db import Error, connections
from django.db.models import QuerySet

from portal.outbox.clock import now
from portal.outbox.models import Submission
from portal.outbox.schedule import LEASE, longest_call

logger = logging.getLogger(__name__)

# Often enough that the database may fail twice.
RENEW_EVERY = timedelta(seconds=15)


@contextmanager
def keeping_lease(submission: Submission, byte_count: int) -> Iterator[None]:
    """Renew a row's lease while the block sends this much, where that may take long."""
    longest = longest_call(byte_count)
    if longest <= LEASE:
        yield
        return
    # A row that was settled, or claimed by another, is no longer among these.
    ours = Submission.objects.filter(
        pk=submission.pk, state=submission.state, lease_owner=submission.lease_owner
    )
    done = Event()
    thread = Thread(
        target=_renew, args=(ours, longest, done), name="lease", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        done.set()


def _renew(ours: QuerySet[Submission], longest: timedelta, done: Event) -> None:
    ends_at = time.monotonic() + longest.total_seconds()
    while not done.wait(RENEW_EVERY.total_seconds()) and time.monotonic() < ends_at:
        try:
            if not ours.update(due_at=now() + LEASE):
                return
        except Error as exc:
            logger.warning("A lease could not be renewed: %s", type(exc).__name__)
        finally:
            # A connection that broke must not be met again the next time.
            connections.close_all()
