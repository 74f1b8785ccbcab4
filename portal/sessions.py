"""Django's sessions in the database: one bare statement finds, begins or changes one.

Every private page reads one and every receipt begins one. Put together by the ORM each
time, the same statements take longer than the database does.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import IntegrityError, connection
from django.utils import timezone

from portal.statements import insert, update
from portal.turns import to_write

_FIND = (
    "SELECT session_data FROM django_session "
    "WHERE session_key = %s AND expire_date > %s"
)
# Whose signs are all hexadecimal: 128 random bits.
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
        """Write it.

        Raises `CreateError` for a new one whose key is taken, `UpdateError` for one
        that is gone, and the database's own errors where it cannot tell.
        """
        if self.session_key is None:
            self.create()
            return
        row = self.create_model_instance(self._session)  # type: ignore[attr-defined]  # Django's
        with to_write():
            if must_create:
                self._begin(row)
            else:
                self._go_on(row)

    def _begin(self, row: AbstractBaseSession) -> None:
        try:
            insert(row)
        except IntegrityError:
            raise CreateError from None

    def _go_on(self, row: AbstractBaseSession) -> None:
        changes = {"session_data": row.session_data, "expire_date": row.expire_date}
        if not update(Session, changes, "session_key = %s", [row.session_key]):
            raise UpdateError

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Return it as it is stored: not packed, as what is sealed in it hardly is."""
        packed: str = signing.dumps(
            session_dict, salt=self.key_salt, serializer=self.serializer
        )
        return packed

    def _get_new_session_key(self) -> str:
        # Whether it is taken, the database says when it is written.
        return secrets.token_hex(KEY_LENGTH // 2)
