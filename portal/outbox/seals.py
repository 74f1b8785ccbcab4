"""Seals what the outbox keeps, so that a copied database reveals nothing."""

from __future__ import annotations

from cryptography.fernet import InvalidToken

from portal.seals import keys_for

Sealed = bytes | memoryview  # PostgreSQL gives a memoryview
_PURPOSE = "portal.outbox.seals:1"


class BrokenSeal(Exception):
    """What was sealed cannot be opened: damaged, or sealed with a key now gone."""


def seal(content: bytes) -> bytes:
    """Return the content encrypted and signed, a third longer than it was."""
    return keys_for(_PURPOSE).encrypt(content)


def open_sealed(sealed: Sealed) -> bytes:
    """Return what was sealed; raises `BrokenSeal`."""
    try:
        return keys_for(_PURPOSE).decrypt(bytes(sealed))
    except InvalidToken:
        raise BrokenSeal from None


def seal_text(text: str) -> bytes:
    """Return the text sealed; nothing stays nothing."""
    return seal(text.encode()) if text else b""


def open_text(sealed: Sealed) -> str:
    """Return the text that was sealed; raises `BrokenSeal`."""
    return open_sealed(sealed).decode() if sealed else ""
