"""Django's sessions in the database, found and begun with one bare statement each.

Every private page reads one and every receipt begins one. Put together by the ORM each
time, the same statements take longer than the database does.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError
from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.crypto import get_random_string

_FIND = (
    "SELECT session_data FROM django_session "
    "WHERE session_key = %s AND expire_date > %s"
)
_BEGIN = (
    "INSERT INTO django_session (session_key, session_data, expire_date) "
    "VALUES (%s, %s, %s)"
)
KEY_LENGTH = 32


class SessionStore(db.SessionStore):
    """A session, as Django's own store keeps it."""

    def load(self) -> dict[str, Any]:
        """Return what the session holds, nothing where there is none."""
        adapt = connection.ops.adapt_datetimefield_value
        with connection.cursor() as cursor:
            cursor.execute(_FIND, [self.session_key, adapt(timezone.now())])
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        return self.decode(found[0])

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Write it; raises `CreateError` for a new one whose key is taken."""
        if not must_create or self.session_key is None:
            super().save(must_create)
            return
        row = self.create_model_instance(self._session)  # type: ignore[attr-defined]  # Django's
        adapt = connection.ops.adapt_datetimefield_value
        values = [row.session_key, row.session_data, adapt(row.expire_date)]
        try:
            with connection.cursor() as cursor:
                cursor.execute(_BEGIN, values)
        except IntegrityError:
            raise CreateError from None

    def _get_new_session_key(self) -> str:
        # Whether it is taken, the database says when it is written.
        return get_random_string(KEY_LENGTH, VALID_KEY_CHARS)
