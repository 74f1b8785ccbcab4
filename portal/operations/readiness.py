"""Whether this process can take what customers send."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from django.contrib.sessions.models import Session
from django.db import Error, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from portal import outbox

BEHIND_AFTER = timedelta(minutes=10)
# What the portal itself still has to bring along; held ones wait for an operator.
WAITING = ("received", "connecting", "sending", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether to send visitors here, why not or what to look at, and the outbox.

    `outbox` counts submissions by state; `oldest_waiting_seconds` is None where none
    waits, or where nobody can know.
    """

    is_ready: bool
    reasons: tuple[str, ...] = ()
    outbox: Mapping[str, int] = field(default_factory=dict)
    oldest_waiting_seconds: int | None = None


def readiness() -> Readiness:
    """Look at the database and the outbox, and at nothing outside.

    Only the database decides: without it nothing that a customer sends can be kept.
    An outbox that is behind is a reason to look, but not to turn visitors away: it
    falls behind where the help desk is away, on every process at once, and keeping
    what customers send through that is what the outbox is for.
    """
    try:
        if not _is_migrated():
            return Readiness(is_ready=False, reasons=("migrations are missing",))
        health = outbox.health()
    except Error:
        return Readiness(is_ready=False, reasons=("the database cannot be read",))
    is_writable = _is_writable()
    oldest = oldest_waiting_seconds(health)
    reasons = []
    if not is_writable:
        reasons.append("the database cannot be written")
    if oldest is not None and oldest > BEHIND_AFTER.total_seconds():
        reasons.append("outbox is behind")
    if health.is_full:
        reasons.append("outbox is full")
    return Readiness(
        is_ready=is_writable,
        reasons=tuple(reasons),
        outbox=health.counts,
        oldest_waiting_seconds=None if oldest is None else int(oldest),
    )


def oldest_waiting_seconds(health: outbox.Health) -> float | None:
    """Return the age of what waits longest, None where nothing waits."""
    ages = [age for state, age in health.oldest_seconds.items() if state in WAITING]
    return max(ages, default=None)


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.nodes)


def _is_migrated() -> bool:
    return (
        _known_migrations() <= MigrationRecorder(connection).applied_migrations().keys()
    )


def _is_writable() -> bool:
    # A full disk shows when a change is committed. A session's row takes no number from
    # a sequence; one that is left behind has expired and goes with the others.
    try:
        with transaction.atomic():
            probe = Session.objects.create(
                session_key=secrets.token_urlsafe(24),
                session_data="",
                expire_date=timezone.now(),
            )
        probe.delete()
    except Error:
        return False
    return True
