"""Made-up content in quantity, for measuring: quick to make, and worth searching."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from portal.desk.demo.words import Writer
from portal.desk.models import (
    Book,
    Category,
    Chapter,
    Forum,
    Note,
    Page,
    Post,
    Status,
    Ticket,
    Topic,
)

BATCH = 5_000
PAGES_PER_CHAPTER = 25
PAGES_PER_BOOK = 500
FORUMS = 5
_SPAN = timedelta(days=420)
_PEOPLE = ["Ada", "Bo", "Chen", "Dalia", "Eli", "Femi", "Gita", "Hugo", "Ivo", "June"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How much to make; `email` is whose the requests are, "" for many guests."""

    pages: int = 0
    topics: int = 0
    requests: int = 0
    posts_per_topic: int = 3
    email: str = ""


def load_bulk(amounts: Amounts, seed: int) -> None:
    """Add that much to what is there. The search index is the caller's to rebuild.

    The same seed on the same day writes the same texts. Each batch is a transaction of
    its own, so that a portal in use is not kept waiting.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    maker = _Maker(chance, Writer(chance), timezone.now())
    maker.make_pages(amounts.pages)
    maker.make_topics(amounts.topics, amounts.posts_per_topic)
    maker.make_tickets(amounts.requests, amounts.email)


def _batches(amount: int, size: int = BATCH) -> Iterator[range]:
    for start in range(0, amount, size):
        yield range(start, min(start + size, amount))


class _Maker:
    """Makes rows in batches, all from one source of chance."""

    def __init__(self, chance: random.Random, writer: Writer, now: datetime) -> None:
        self._chance = chance
        self._writer = writer
        self._now = now

    def make_pages(self, amount: int) -> None:
        """Make pages, in new books and chapters."""
        first = Book.objects.count() + 1
        for number, pages in enumerate(_batches(amount, PAGES_PER_BOOK), start=first):
            self._make_book(number, len(pages))

    @transaction.atomic
    def _make_book(self, number: int, page_count: int) -> None:
        book = Book.objects.create(
            name=f"Volume {number}: {self._writer.title()}",
            description=self._writer.sentence(),
            order=number,
        )
        chapters = [
            Chapter(book=book, name=self._writer.title(), order=order)
            for order, _ in enumerate(_batches(page_count, PAGES_PER_CHAPTER), start=1)
        ]
        Chapter.objects.bulk_create(chapters)
        Page.objects.bulk_create(
            Page(
                chapter=chapters[order // PAGES_PER_CHAPTER],
                name=self._writer.title(),
                body=self._writer.page(),
                order=order,
            )
            for order in range(page_count)
        )

    def make_topics(self, amount: int, posts_per_topic: int) -> None:
        """Make topics with that many posts each, spread over new forums."""
        if not amount:
            return
        order = Forum.objects.count()
        forums = [
            Forum(
                name=f"Hall {order + number}: {self._writer.title()}",
                description=self._writer.sentence(),
                order=order + number,
            )
            for number in range(1, FORUMS + 1)
        ]
        Forum.objects.bulk_create(forums)
        for numbers in _batches(amount):
            with transaction.atomic():
                topics = [self._topic(forums[one % FORUMS].pk) for one in numbers]
                Topic.objects.bulk_create(topics)
                Post.objects.bulk_create(
                    (
                        self._post(topic, number)
                        for topic in topics
                        for number in range(posts_per_topic)
                    ),
                    batch_size=BATCH,
                )

    def _topic(self, forum_id: int) -> Topic:
        return Topic(
            forum_id=forum_id,
            title=self._writer.title(),
            author_name=self._chance.choice(_PEOPLE),
            posted_at=self._some_time_ago(),
        )

    def _post(self, topic: Topic, number: int) -> Post:
        return Post(
            topic_id=topic.pk,
            author_name=self._chance.choice(_PEOPLE) if number else topic.author_name,
            body=self._writer.text(),
            posted_at=topic.posted_at + (self._now - topic.posted_at) * number / 100,
        )

    def make_tickets(self, amount: int, email: str) -> None:
        """Make requests with one to six notes, two in three of them closed."""
        if not amount:
            return
        active = Status.objects.filter(is_closed=False).first()
        closed = Status.objects.filter(is_closed=True).first()
        statuses = (
            active or Status.objects.create(name="Active"),
            closed or Status.objects.create(name="Problem Solved", is_closed=True),
        )
        categories = [*Category.objects.filter(is_public=True), None]
        for numbers in _batches(amount):
            with transaction.atomic():
                tickets = [
                    self._ticket(
                        statuses,
                        self._chance.choice(categories),
                        email or f"guest{number}@example.org",
                    )
                    for number in numbers
                ]
                Ticket.objects.bulk_create(tickets)
                Note.objects.bulk_create(
                    (
                        self._note(ticket, number)
                        for ticket in tickets
                        for number in range(self._chance.randint(1, 6))
                    ),
                    batch_size=BATCH,
                )

    def _ticket(
        self, statuses: tuple[Status, Status], category: Category | None, email: str
    ) -> Ticket:
        is_open = self._chance.random() < 1 / 3
        opened_at = self._some_time_ago()
        return Ticket(
            status=statuses[0 if is_open else 1],
            category=category,
            is_open=is_open,
            title=self._writer.title(),
            first_name=self._chance.choice(_PEOPLE),
            email=email,
            opened_at=opened_at,
            closed_at=None if is_open else opened_at + (self._now - opened_at) / 2,
        )

    def _note(self, ticket: Ticket, number: int) -> Note:
        return Note(
            ticket_id=ticket.pk,
            body=self._writer.text(),
            is_initial=number == 0,
            created_at=ticket.opened_at + (self._now - ticket.opened_at) * number / 20,
        )

    def _some_time_ago(self) -> datetime:
        return self._now - _SPAN * self._chance.random()
