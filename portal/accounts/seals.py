"""Seals what a session keeps, so that a copied session table opens no request.

The keys come from SECRET_KEY; those in SECRET_KEY_FALLBACKS still open what they once
sealed. The outbox seals with keys of its own: neither room can open the other's.
"""

from __future__ import annotations

import base64
import zlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE = b"portal.accounts.seals:1"


def seal(text: str) -> str:
    """Return the text compressed, encrypted and signed."""
    return _keys().encrypt(zlib.compress(text.encode())).decode("ascii")


def unseal(sealed: str) -> str | None:
    """Return what was sealed, None where no key of ours sealed it."""
    try:
        return zlib.decompress(_keys().decrypt(sealed)).decode()
    except InvalidToken:
        return None


def _keys() -> MultiFernet:
    return _keys_from((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _keys_from(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_key_from(secret) for secret in secrets])


def _key_from(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))
