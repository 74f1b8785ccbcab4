"""Seals what a session keeps, so that a copied session table opens no request."""

from __future__ import annotations

import zlib

from cryptography.fernet import InvalidToken

from portal.seals import keys_for

_PURPOSE = "portal.accounts.seals:1"
_SMALLEST_WINDOW = 9  # bits, as zlib counts


def seal(text: str) -> str:
    """Return the text compressed, encrypted and signed."""
    return keys_for(_PURPOSE).encrypt(_packed(text.encode())).decode("ascii")


def unseal(sealed: str) -> str | None:
    """Return what was sealed, None where no key of ours sealed it."""
    try:
        return zlib.decompress(keys_for(_PURPOSE).decrypt(sealed.encode())).decode()
    except InvalidToken:
        return None


def _packed(content: bytes) -> bytes:
    """Return it compressed; to set up the largest window takes longer than a text."""
    bits = min(max(len(content).bit_length(), _SMALLEST_WINDOW), zlib.MAX_WBITS)
    packer = zlib.compressobj(wbits=bits, memLevel=bits - 7)
    return packer.compress(content) + packer.flush()
