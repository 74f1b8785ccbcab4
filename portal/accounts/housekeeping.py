"""Forgets visits and counted attempts whose time is over."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from portal.accounts.models import Attempt


def purge() -> None:
    """Delete what has expired."""
    Attempt.objects.filter(expires_at__lte=timezone.now()).delete()
    SessionStore.clear_expired()
