"""Keys that seal what is stored, one set for each purpose, and keyed digests.

They come from SECRET_KEY; those in SECRET_KEY_FALLBACKS still open what they once
sealed, and know again what they once digested, so the key can be changed while
something waits.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.crypto import salted_hmac


def secret_keys() -> tuple[str, ...]:
    """Return first today's SECRET_KEY, then what it was before."""
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def digests(salt: str, text: str) -> list[str]:
    """Return a digest of the text for each of `secret_keys`, today's first."""
    return [
        salted_hmac(salt, text, secret, algorithm="sha256").hexdigest()
        for secret in secret_keys()
    ]


def keys_for(purpose: str) -> MultiFernet:
    """Return the keys of a purpose; none of another purpose opens what they seal."""
    return _keys_from(purpose, secret_keys())


@lru_cache(maxsize=8)
def _keys_from(purpose: str, secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_key_from(purpose, secret) for secret in secrets])


def _key_from(purpose: str, secret: str) -> Fernet:
    derived = HKDF(
        algorithm=SHA256(), length=32, salt=None, info=purpose.encode("ascii")
    )
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))
