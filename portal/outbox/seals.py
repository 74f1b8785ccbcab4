"""Seals what the outbox keeps, so that a copied database reveals nothing.

The keys come from SECRET_KEY; those in SECRET_KEY_FALLBACKS still open what they once
sealed, so the key can be changed while submissions wait.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

Sealed = bytes | memoryview  # PostgreSQL gives a memoryview
_PURPOSE = b"portal.outbox.seals:1"


class BrokenSeal(Exception):
    """What was sealed cannot be opened: damaged, or sealed with a key now gone."""


def seal(content: bytes) -> bytes:
    """Return the content encrypted and signed, a third longer than it was."""
    return _keys().encrypt(content)


def open_sealed(sealed: Sealed) -> bytes:
    """Return what was sealed; raises `BrokenSeal`."""
    try:
        return _keys().decrypt(bytes(sealed))
    except InvalidToken:
        raise BrokenSeal from None


def seal_text(text: str) -> bytes:
    """Return the text sealed; nothing stays nothing."""
    return seal(text.encode()) if text else b""


def open_text(sealed: Sealed) -> str:
    """Return the text that was sealed; raises `BrokenSeal`."""
    return open_sealed(sealed).decode() if sealed else ""


def _keys() -> MultiFernet:
    return _keys_from((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _keys_from(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_key_from(secret) for secret in secrets])


def _key_from(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))
