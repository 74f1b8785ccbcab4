"""`manage.py warm`: read all public content once, before the first visitor comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test import Client
from django.urls import reverse

from portal.brands import Brand, brand_for
from portal.brands.latest import latest_topics
from portal.brands.shelf import read_shelf
from portal.helpspot import HelpSpot, helpspot_for
from portal.helpspot.errors import HelpSpotError


class Command(BaseCommand):
    """Open every public page, so that all processes know what stands there."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say how many guides are read at most."""
        parser.add_argument("--guides", type=int, default=1000)

    def handle(self, *args: Any, **options: Any) -> None:
        """Open the pages one after the other and print how they answered.

        Raises `CommandError` where some failed; those that are not there did not.
        """
        host = next((one for one in settings.ALLOWED_HOSTS if one != "*"), "localhost")
        anyone = Client(
            raise_request_exception=False, headers={"Host": host.lstrip(".")}
        )
        answers = Counter(
            anyone.get(
                address, follow=True, secure=settings.SESSION_COOKIE_SECURE
            ).status_code
            for address in _addresses(options["guides"])
        )
        for status, count in sorted(answers.items()):
            self.stdout.write(f"{status}: {count} pages")
        # A help desk without forums, or a guide deleted meanwhile, is a 404.
        failed = sum(answers[status] for status in answers if status not in {200, 404})
        if failed:
            raise CommandError(f"{failed} of {answers.total()} pages failed.")


def _addresses(guides: int) -> Iterator[str]:
    for name in ("home:index", "kb:index", "forums:index", "tickets:submit"):
        yield reverse(name)
    brand = brand_for("")
    helpspot = helpspot_for(brand.connection)
    # The sections' own pages, above, tell that their content cannot be read.
    with suppress(HelpSpotError):
        yield from _guides(brand, helpspot, guides)
    with suppress(HelpSpotError):
        yield from _topics(brand, helpspot)


def _guides(brand: Brand, helpspot: HelpSpot, most: int) -> Iterator[str]:
    places = list(read_shelf(brand, helpspot).value.places())
    for book_id in dict.fromkeys(place.book.id for place in places):
        yield reverse("kb:book_by_id", args=[book_id])
    for place in places[:most]:
        yield reverse("kb:page_by_id", args=[place.page.id])


def _topics(brand: Brand, helpspot: HelpSpot) -> Iterator[str]:
    topics = latest_topics(brand, helpspot).value
    for forum_id in dict.fromkeys(topic.forum_id for topic in topics):
        yield reverse("forums:forum_by_id", args=[forum_id])
    for topic in topics:
        yield reverse("forums:topic_by_id", args=[topic.id])
