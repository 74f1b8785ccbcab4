"""Forgets visits, their lists and counted attempts whose time is over."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from portal.accounts.models import Attempt, KeptList


def purge() -> None:
    """Delete what has expired."""
    for expiring in (Attempt, KeptList):
        expiring.objects.filter(expires_at__lte=timezone.now()).delete()
    SessionStore.clear_expired()
