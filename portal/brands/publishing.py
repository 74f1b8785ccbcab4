"""The address by which a help desk says "refresh now"."""

from __future__ import annotations

import threading
import time

from django.core import signing

from portal.brands import generations
from portal.brands.brand import Brand, brand_with_id

AT_MOST_EVERY_SECONDS = 2.0
_signer = signing.Signer(salt="portal.brands.publishing")
_soon: set[str] = set()


def refresh_token(brand: Brand) -> str:
    """Return the brand's id, signed: whoever has it may have everything read anew."""
    return _signer.sign(brand.id)


def refresh(token: str) -> None:
    """Have everything of the token's brand read anew; raises `LookupError`.

    Many changes at once are two, the first and all others: nobody can keep the pages
    busy by this, and the last change shows as well.
    """
    try:
        brand = brand_with_id(_signer.unsign(token))
    except signing.BadSignature:
        raise LookupError from None
    since = time.time() - generations.changed_at(brand)
    if not 0 <= since < AT_MOST_EVERY_SECONDS:
        generations.begin(brand)
    elif brand.id not in _soon:
        _soon.add(brand.id)
        timer = threading.Timer(AT_MOST_EVERY_SECONDS - since, _begin_now, [brand])
        timer.daemon = True
        timer.start()


def _begin_now(brand: Brand) -> None:
    # First: what changes from here on asks for another time.
    _soon.discard(brand.id)
    generations.begin(brand)
