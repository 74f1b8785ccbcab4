"""Django's sessions in the database: one bare statement finds, begins or changes one.

Every private page reads one and every receipt begins one. Put together by the ORM each
time, the same statements take longer than the database does.

Tabs of one browser share a session: each writes what it changed itself, so that a page
that took long undoes nothing that another did meanwhile.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.exceptions import SessionInterrupted
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

    _as_read: str | None = None

    def load(self) -> dict[str, Any]:
        """Return what the session holds, nothing where there is none."""
        self._as_read = self._find()
        if self._as_read is None:
            self._session_key = None
            return {}
        return self.decode(self._as_read)

    def _validate_session_key(self, key: str) -> bool:
        # PostgreSQL takes no zero byte, which a cookie may hold.
        return bool(super()._validate_session_key(key)) and key.isalnum()  # type: ignore[misc]  # Django's

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

    def cycle_key(self) -> None:
        """Go on under a new key.

        Raises `SessionInterrupted` where another page ended it or did so first: what
        was signed out of must not begin again.
        """
        self.keys()  # reads it: there may be none by this key
        key = self.session_key
        if key is None:
            self.create()
            return
        fresh = self._get_new_session_key()
        with to_write():
            if not update(Session, {"session_key": fresh}, "session_key = %s", [key]):
                raise SessionInterrupted
        self._session_key = fresh
        self.modified = True

    def _begin(self, row: AbstractBaseSession) -> None:
        try:
            insert(row)
        except IntegrityError:
            raise CreateError from None
        self._as_read = row.session_data

    def _go_on(self, row: AbstractBaseSession) -> None:
        as_read = "session_key = %s AND session_data = %s"
        while not update(
            Session,
            {"session_data": row.session_data, "expire_date": row.expire_date},
            as_read,
            [row.session_key, self._as_read or ""],
        ):
            self._take_over()
            row.session_data = self.encode(self._session)  # type: ignore[attr-defined]  # Django's
        self._as_read = row.session_data

    def _take_over(self) -> None:
        """Change what another wrote meanwhile as this one was changed."""
        found = self._find()
        if found is None:
            raise UpdateError
        before = self.decode(self._as_read) if self._as_read else {}
        self._session_cache = _merged(before, self._session, self.decode(found))  # type: ignore[attr-defined]  # Django's
        self._as_read = found

    def _find(self) -> str | None:
        adapt = connection.ops.adapt_datetimefield_value
        with connection.cursor() as cursor:
            cursor.execute(_FIND, [self.session_key, adapt(timezone.now())])
            found: tuple[str] | None = cursor.fetchone()
        return found[0] if found else None

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Return it as it is stored: not packed, as what is sealed in it hardly is."""
        packed: str = signing.dumps(
            session_dict, salt=self.key_salt, serializer=self.serializer
        )
        return packed

    def _get_new_session_key(self) -> str:
        # Whether it is taken, the database says when it is written.
        return secrets.token_hex(KEY_LENGTH // 2)


def _merged(
    before: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    """Return theirs with all that is not in ours as it was before."""
    merged = dict(theirs)
    for name in before.keys() | ours.keys():
        was, our, their = before.get(name), ours.get(name), theirs.get(name)
        if our == was:
            continue
        if name not in ours:
            merged.pop(name, None)
        elif isinstance(our, dict) and isinstance(their, dict):
            merged[name] = _merged(was or {}, our, their)
        else:
            merged[name] = our
    return merged
