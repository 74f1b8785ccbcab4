"""Access keys: read from whatever was pasted, tried under limits, turned into grants.

Limits count failures. An address that guesses is held up for a while. A request, or a
brand, that is guessed at is never locked: from then on the key alone is not enough
and the e-mail address of the request is asked too, whether there is such a request or
not, so that nobody can lock the right holder out.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from portal.accounts import limits, visits
from portal.accounts.limits import Counter, Limit
from portal.helpspot.errors import HelpSpotError, NotFound
from portal.http import PortalRequest

ADDRESS_LIMITS = (Limit(5, 10 * 60), Limit(20, 24 * 60 * 60))
TICKET_LIMITS = (Limit(10, 24 * 60 * 60),)
BRAND_LIMITS = (Limit(300, 60 * 60),)

# Six letters up to HelpSpot 4, twenty in HelpSpot 5.
_KEY = re.compile(r"(?<![0-9A-Za-z])[0-9]{1,10}[A-Za-z]{4,40}(?![0-9A-Za-z])")
_BLANKS = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")


class WrongKey(Exception):
    """No request opens with this; says nothing about which part is wrong."""


class ProofNeeded(Exception):
    """Too many wrong keys came in: the request's e-mail address is needed as well."""


def find_key(text: str) -> str | None:
    """Return the access key in what was pasted: alone, quoted, spaced or in a link."""
    text = unquote(text)
    for candidate in (text, _BLANKS.sub("", text)):
        found = _KEY.findall(candidate)
        if found:
            return str(found[-1])
    return None


def unlock(request: PortalRequest, text: str, email: str = "") -> int:
    """Grant this visitor the request whose key the text holds; return its id.

    Raises `WrongKey`, `ProofNeeded`, `limits.TooManyAttempts`, and what the help desk
    raises when it cannot be asked.
    """
    key = find_key(text)
    ticket_id = _ticket_id(key) if key else None
    counters = _counters(request, ticket_id)
    # Counted before it is judged: others try at the same moment.
    limits.spend(counters[0])
    too_many = [limits.record(*counter) for counter in counters[1:]]
    needs_proof = any(too_many)
    if needs_proof and not email:
        _give_back(counters)
        raise ProofNeeded
    if key is None or ticket_id is None:
        raise WrongKey
    try:
        ticket = request.helpspot.request.get(key)
    except NotFound:
        raise WrongKey from None
    except HelpSpotError:
        _give_back(counters)
        raise
    is_proven = not needs_proof or _is_same(ticket.email, email)
    if ticket.id != ticket_id or not is_proven:
        raise WrongKey
    _give_back(counters)
    visits.grant(request, ticket.id, key)
    return ticket.id


def _counters(request: PortalRequest, ticket_id: int | None) -> list[Counter]:
    brand_id = request.brand.id
    counters: list[Counter] = [
        ("key", limits.visitor_network(request), ADDRESS_LIMITS),
        ("key-brand", brand_id, BRAND_LIMITS),
    ]
    if ticket_id is not None:
        counters.append(("key-ticket", f"{brand_id}:{ticket_id}", TICKET_LIMITS))
    return counters


def _give_back(counters: list[Counter]) -> None:
    for counter in counters:
        limits.give_back(*counter)


def _ticket_id(key: str) -> int:
    return int(re.split(r"[A-Za-z]", key, maxsplit=1)[0])


def _is_same(email: str | None, given: str) -> bool:
    return bool(email) and (email or "").casefold() == given.strip().casefold()
