"""Full-text search of pages and topics, ranked, in the database's own index.

SQLite keeps it in FTS5 tables, PostgreSQL in tables with a text vector; both stem
English words, fold accents and take the last word as the beginning of one. Saving and
deleting rows keeps the index in step; who writes many at once calls `rebuild`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Prefetch
from django.db.models.signals import post_delete, post_save

from portal.desk.models import Page, Post, Topic
from portal.desk.search_engines import WORD, engine

MOST_WORDS = 12
LONGEST_BODY = 200_000
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found, and the words around what was sought."""

    id: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as the index holds it, in plain text."""

    id: int
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Index:
    """One searchable kind of thing.

    `joins` leads from the index to the rows that say what customers may see, `shown`;
    `read` returns the entries of some ids, of all where it is given None.
    """

    table: str
    joins: str
    shown: str
    read: Callable[[Sequence[int] | None], Iterator[Entry]]

    def search(self, text: str) -> list[Hit]:
        """Return what holds all words of the text, else what holds any, best first."""
        terms = terms_of(text)
        if not terms:
            return []
        return self._find(engine().all_of(terms)) or self._find(engine().any_of(terms))

    def put(self, id_: int) -> None:
        """Index a row anew, or take it out where it is gone."""
        entries = list(self.read([id_]))
        if entries:
            self._write(entries)
        else:
            self.drop(id_)

    def drop(self, id_: int) -> None:
        """Take a row out of the index."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {self.table} WHERE {engine().key} = %s",  # noqa: S608 - only names of our own tables and columns
                [id_],
            )

    def rebuild(self) -> None:
        """Index everything anew."""
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.table}")  # noqa: S608 - only names of our own tables and columns
        entries = self.read(None)
        while chunk := list(islice(entries, CHUNK)):
            self._write(chunk)

    def _write(self, entries: Sequence[Entry]) -> None:
        rows = [engine().values(one.id, one.title, one.body) for one in entries]
        # One transaction: SQLite would write each row through to the disk by itself.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(engine().insert(self.table), rows)

    def _find(self, parameters: list[str]) -> list[Hit]:
        joins = self.joins.format(key=engine().key)
        statement = engine().select(self.table, joins, self.shown)
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return [Hit(id_, " ".join(text.split())) for id_, text in cursor.fetchall()]


def terms_of(text: str) -> list[str]:
    """Return the words of a text that someone typed, in small letters."""
    normal = unicodedata.normalize("NFC", text).lower()
    return WORD.findall(normal)[:MOST_WORDS]


def rebuild() -> None:
    """Index all pages and topics anew."""
    pages.rebuild()
    topics.rebuild()


# -------------------------------------------------------------- what is indexed


class _Text(HTMLParser):
    """The text of a page without its tags, scripts and styles."""

    unread = frozenset({"script", "style"})
    inline = frozenset(
        [
            "a",
            "abbr",
            "b",
            "code",
            "em",
            "i",
            "kbd",
            "mark",
            "s",
            "small",
            "span",
            "strong",
            "u",
        ]
    )

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Part words where a block begins."""
        self.depth += tag in self.unread
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        """Part words where a block ends."""
        self.depth -= tag in self.unread
        self._part(tag)

    def handle_data(self, data: str) -> None:
        """Keep what is to be read."""
        if self.depth <= 0:
            self.parts.append(data)

    def _part(self, tag: str) -> None:
        if tag not in self.inline:
            self.parts.append(" ")


def text_of(html: str) -> str:
    """Return the text of HTML, with single blanks."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return " ".join("".join(parser.parts).split())


def _read_pages(ids: Sequence[int] | None) -> Iterator[Entry]:
    rows = Page.objects.order_by("id")
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    for page in rows.only("id", "name", "body").iterator(chunk_size=CHUNK):
        yield Entry(page.pk, page.name, text_of(page.body)[:LONGEST_BODY])


def _read_topics(ids: Sequence[int] | None) -> Iterator[Entry]:
    approved = Post.objects.filter(is_approved=True).only("id", "topic_id", "body")
    rows = Topic.objects.order_by("id").prefetch_related(
        Prefetch("posts", queryset=approved, to_attr="approved")
    )
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    for topic in rows.iterator(chunk_size=CHUNK):
        body = "\n".join(post.body for post in topic.approved)
        yield Entry(topic.pk, topic.title, body[:LONGEST_BODY])


pages = Index(
    table="desk_page_index",
    joins=(
        "JOIN desk_page AS page ON page.id = desk_page_index.{key}"
        " JOIN desk_chapter AS chapter ON chapter.id = page.chapter_id"
        " JOIN desk_book AS book ON book.id = chapter.book_id"
    ),
    shown="NOT page.is_hidden AND NOT chapter.is_hidden AND book.is_public",
    read=_read_pages,
)
topics = Index(
    table="desk_topic_index",
    joins=(
        "JOIN desk_topic AS topic ON topic.id = desk_topic_index.{key}"
        " JOIN desk_forum AS forum ON forum.id = topic.forum_id"
    ),
    shown="topic.is_approved AND forum.is_public",
    read=_read_topics,
)


# ------------------------------------------------------------------ in step


def keep_in_step() -> None:
    """Index rows as they are saved and deleted."""
    post_save.connect(_page_saved, sender=Page)
    post_delete.connect(_page_deleted, sender=Page)
    post_save.connect(_topic_saved, sender=Topic)
    post_delete.connect(_topic_deleted, sender=Topic)
    post_save.connect(_post_saved, sender=Post)
    post_delete.connect(_post_deleted, sender=Post)


def _page_saved(instance: Page, **_: Any) -> None:
    pages.put(instance.pk)


def _page_deleted(instance: Page, **_: Any) -> None:
    pages.drop(instance.pk)


def _topic_saved(instance: Topic, **_: Any) -> None:
    topics.put(instance.pk)


def _topic_deleted(instance: Topic, **_: Any) -> None:
    topics.drop(instance.pk)


def _post_saved(instance: Post, **_: Any) -> None:
    topics.put(instance.topic_id)


def _post_deleted(instance: Post, origin: Any, **_: Any) -> None:
    # Posts that go with their topic or forum need no look at the rest of it.
    if getattr(origin, "model", type(origin)) is Post:
        topics.put(instance.topic_id)
