"""Which brand a host is: its name, its texts, its limits, its help desk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from portal.helpspot.client import Connection

# Whoever asks may name any port beside a host of ours.
_KEPT_HOSTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """What one company's portal is called and offers.

    `website` is the company's own address ("" for none), `hours` a sentence on when
    its team answers. `notice` is said above every page ("" for nothing), with an
    address to read more at. `is_detailed` asks what the customer did, expected and met
    instead of one box for all; `terms` is a statement to agree to before sending (""
    for none); `checks_answers` shows a request once more before it is sent. A request
    takes replies for `closed_reply_days` after its end, None for always. `list_fields`
    are the custom fields that the list of requests shows, by id. Sizes are bytes.
    """

    id: str
    name: str
    website: str
    hours: str
    notice: str
    notice_link: str
    is_detailed: bool
    terms: str
    terms_link: str
    checks_answers: bool
    closed_reply_days: int | None
    list_fields: tuple[int, ...]
    max_files: int
    max_file_bytes: int
    connection: Connection


@lru_cache(maxsize=_KEPT_HOSTS)
def brand_for(host: str) -> Brand:
    """Return the brand that answers at this host: today one brand answers all."""
    return Brand(
        id="default",
        **settings.BRAND,
        max_files=settings.MAX_FILES,
        max_file_bytes=settings.MAX_FILE_BYTES,
        connection=Connection(
            base_url=settings.HELPSPOT_URL or "embedded:",
            time_zone=settings.HELPSPOT_TIME_ZONE,
            login_by_post=settings.HELPSPOT_LOGIN_BY_POST,
            portal_id=settings.HELPSPOT_PORTAL_ID,
            ca_file=settings.HELPSPOT_CA_FILE,
        ),
    )


def brand_with_id(brand_id: str) -> Brand:
    """Return the brand of that id, where no host asks; raises `LookupError`."""
    brand = brand_for("")
    if brand.id != brand_id:
        raise LookupError(brand_id)
    return brand
