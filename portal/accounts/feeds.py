"""Private feeds of single requests: an address that nobody guesses and anyone revokes.

The address holds no access key, and the key lies sealed: who reads the table learns
neither. Revoked, the address is gone for good; a new feed has another.
"""

from __future__ import annotations

import secrets

from django.db import connection
from django.utils.crypto import constant_time_compare

from portal.accounts.models import Feed
from portal.accounts.seals import seal, unseal
from portal.brands import Brand
from portal.seals import digests

_OF_TICKET = (
    "SELECT id, nonce, sealed_access_key FROM accounts_feed "
    "WHERE brand_id = %s AND ticket_id = %s"
)


def feed_token(brand: Brand, ticket_id: int, access_key: str) -> str | None:
    """Return the token of the request's feed, None where it has none.

    Only who holds the request's key asks.
    """
    return next((_token(*feed) for feed in _feeds(brand, ticket_id, access_key)), None)


def start_feed(brand: Brand, ticket_id: int, access_key: str) -> str:
    """Return the token of the request's feed, a new one where it has none."""
    known = feed_token(brand, ticket_id, access_key)
    if known:
        return known
    feed = Feed.objects.create(
        brand_id=brand.id,
        ticket_id=ticket_id,
        nonce=secrets.token_urlsafe(16),
        sealed_access_key=seal(access_key),
    )
    return _token(feed.pk, feed.nonce)


def end_feed(brand: Brand, ticket_id: int, access_key: str) -> None:
    """Revoke the request's feed."""
    ended = [pk for pk, _nonce in _feeds(brand, ticket_id, access_key)]
    Feed.objects.filter(pk__in=ended).delete()


def find_feed(brand: Brand, token: str) -> tuple[int, str]:
    """Return the request's id and access key; raises `LookupError`."""
    number, _dot, mac = token.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise LookupError
    feed = Feed.objects.filter(pk=int(number), brand_id=brand.id).first()
    if feed is None or not any(
        constant_time_compare(mac, right) for right in _macs(feed.pk, feed.nonce)
    ):
        raise LookupError
    access_key = unseal(feed.sealed_access_key)
    if access_key is None:
        raise LookupError
    return feed.ticket_id, access_key


def _feeds(brand: Brand, ticket_id: int, access_key: str) -> list[tuple[int, str]]:
    """Return id and nonce of the request's feeds that the key opens."""
    # Every view of a request asks this, and the ORM takes ten times as long.
    with connection.cursor() as cursor:
        cursor.execute(_OF_TICKET, [brand.id, ticket_id])
        found = cursor.fetchall()
    return [(pk, nonce) for pk, nonce, sealed in found if unseal(sealed) == access_key]


def _token(pk: int, nonce: str) -> str:
    return f"{pk}-{_macs(pk, nonce)[0]}"


def _macs(pk: int, nonce: str) -> list[str]:
    """Return what proves a feed's address today, and what did under earlier keys."""
    return [mac[:40] for mac in digests("accounts.feeds", f"{pk}:{nonce}")]
