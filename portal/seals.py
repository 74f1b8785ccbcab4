"""Keys that seal what is stored, one set for each purpose.

They come from SECRET_KEY; those in SECRET_KEY_FALLBACKS still open what they once
sealed, so the key can be changed while something sealed waits.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def keys_for(purpose: str) -> MultiFernet:
    """Return the keys of a purpose; none of another purpose opens what they seal."""
    return _keys_from(purpose, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=8)
def _keys_from(purpose: str, secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_key_from(purpose, secret) for secret in secrets])


def _key_from(purpose: str, secret: str) -> Fernet:
    derived = HKDF(
        algorithm=SHA256(), length=32, salt=None, info=purpose.encode("ascii")
    )
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))
