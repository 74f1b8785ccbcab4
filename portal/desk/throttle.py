"""Slows down who guesses passwords: after five failures in a minute, wait one.

Failures are counted for addresses that no customer has as well, so that the counting
does not tell who is a customer.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.utils import timezone

from portal.desk import errors
from portal.desk.errors import Refused, problem
from portal.desk.models import LoginAttempt

MINUTE = timedelta(minutes=1)
FAILURES = 5


def begin(email: str) -> LoginAttempt:
    """Write an attempt down before it is tried; raises `Refused` after too many.

    What is written first counts for those who try at the same moment.
    """
    login = hashlib.sha256(email.encode()).hexdigest()
    now = timezone.now()
    LoginAttempt.objects.filter(at__lt=now - MINUTE).delete()
    attempt = LoginAttempt.objects.create(login=login, at=now)
    if LoginAttempt.objects.filter(login=login).count() > FAILURES:
        attempt.delete()
        raise Refused(problem(errors.TOO_MANY_LOGINS))
    return attempt


def forget(attempt: LoginAttempt) -> None:
    """Drop a successful attempt and the failures before it."""
    LoginAttempt.objects.filter(login=attempt.login).delete()
