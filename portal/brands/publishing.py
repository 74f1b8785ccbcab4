"""The address by which a help desk says "refresh now"."""

from __future__ import annotations

import time

from django.core import signing

from portal.brands import generations
from portal.brands.brand import Brand, brand_with_id

AT_MOST_EVERY_SECONDS = 2.0
_signer = signing.Signer(salt="portal.brands.publishing")


def refresh_token(brand: Brand) -> str:
    """Return the brand's id, signed: whoever has it may have everything read anew."""
    return _signer.sign(brand.id)


def refresh(token: str) -> None:
    """Have everything of the token's brand read anew; raises `LookupError`."""
    try:
        brand = brand_with_id(_signer.unsign(token))
    except signing.BadSignature:
        raise LookupError from None
    # Many changes at once are one: nobody can keep the pages busy by this.
    if time.time() - generations.changed_at(brand) >= AT_MOST_EVERY_SECONDS:
        generations.begin(brand)
