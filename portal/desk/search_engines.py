"""How a database keeps and searches a full-text index: its SQL, nothing else.

Every statement is made of names from this code; what people wrote goes in as
parameters, and into a query only as bare words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

from django.db import connection

MOST = 50
SHORTEST_STUB = 4
WORD = re.compile(r"[^\W_]+")
STAND_INS = "\ue000\ue001"
ACCENTS = re.compile("[\u0300-\u036f]")


class Engine(Protocol):
    """The SQL of one database for an index table with id, title and body."""

    key: str

    def all_of(self, terms: Sequence[str]) -> list[str]:
        """Return the parameters of `select` for rows with all terms.

        The last term is the beginning of a word.
        """

    def any_of(self, terms: Sequence[str]) -> list[str]:
        """Return the parameters of `select` for rows with any of the terms."""

    def select(self, table: str, joins: str, shown: str) -> str:
        """Return the statement that finds ids and excerpts, best first."""

    def insert(self, table: str) -> str:
        """Return the statement that writes a row, over what stood there."""

    def values(self, id_: int, title: str, body: str) -> list[str | int]:
        """Return the parameters of `insert`."""


class Sqlite:
    """FTS5 with Porter's stemmer.

    Rows with all terms in the title come first: a weight alone would not do it,
    because a word counts less and less the more often it stands in a text.
    """

    key = "rowid"

    def all_of(self, terms: Sequence[str]) -> list[str]:
        """Return the parameters of `select` for rows with all terms."""
        query = " ".join(f'"{term}"' for term in terms) + "*"
        return [query, f"title : ({query})"]

    def any_of(self, terms: Sequence[str]) -> list[str]:
        """Return the parameters of `select` for rows with any of the terms."""
        words = [*stubs(terms[-1]), *terms]
        query = " OR ".join(f'"{word}"' for word in words) + "*"
        return [query, self.all_of(terms)[1]]

    def select(self, table: str, joins: str, shown: str) -> str:
        """Return the statement that finds ids and excerpts, best first."""
        titled = f"SELECT rowid FROM {table} WHERE {table} MATCH %s"  # noqa: S608 - only names of our own tables and columns
        return (
            f"SELECT {table}.rowid, snippet({table}, 1, '', '', '…', 32)"  # noqa: S608 - only names of our own tables and columns
            f" FROM {table} {joins} WHERE {table} MATCH %s AND {shown}"
            f" ORDER BY {table}.rowid IN ({titled}) DESC,"
            f" bm25({table}, 10.0, 1.0), {table}.rowid LIMIT {MOST}"
        )

    def insert(self, table: str) -> str:
        """Return the statement that writes a row, over what stood there."""
        return (
            f"INSERT OR REPLACE INTO {table} (rowid, title, body)"  # noqa: S608 - only names of our own tables and columns
            " VALUES (%s, %s, %s)"
        )

    def values(self, id_: int, title: str, body: str) -> list[str | int]:
        """Return the parameters of `insert`."""
        return [id_, title, body]


class Postgres:
    """A text vector with PostgreSQL's English dictionary; titles weigh ten times."""

    key = "id"

    def all_of(self, terms: Sequence[str]) -> list[str]:
        """Return the parameters of `select` for rows with all terms."""
        return [fold(" & ".join(terms)) + ":*"]

    def any_of(self, terms: Sequence[str]) -> list[str]:
        """Return the parameters of `select` for rows with any of the terms."""
        return [fold(" | ".join([*stubs(terms[-1]), *terms])) + ":*"]

    def select(self, table: str, joins: str, shown: str) -> str:
        """Return the statement that finds ids and excerpts, best first."""
        options = (
            "StartSel='',StopSel='',MinWords=20,MaxWords=40,ShortWord=0,MaxFragments=1"
        )
        # PostgreSQL would skip what looks like a tag, so that none does meanwhile.
        body = f"translate(best.body, '<>', '{STAND_INS}')"
        excerpt = f"ts_headline('english', {body}, best.query, $${options}$$)"
        return (
            f"SELECT best.id, translate({excerpt}, '{STAND_INS}', '<>')"  # noqa: S608 - only names of our own tables and columns
            f" FROM (SELECT {table}.id, {table}.body, query,"
            f" ts_rank({table}.vector, query) AS rank"
            f" FROM to_tsquery('english', %s) AS query, {table} {joins}"
            f" WHERE {table}.vector @@ query AND {shown}"
            f" ORDER BY rank DESC, {table}.id LIMIT {MOST}) AS best"
            " ORDER BY best.rank DESC, best.id"
        )

    def insert(self, table: str) -> str:
        """Return the statement that writes a row, over what stood there."""
        return (
            f"INSERT INTO {table} (id, body, vector) VALUES (%s, %s,"  # noqa: S608 - only names of our own tables and columns
            " setweight(to_tsvector('english', %s), 'A')"
            " || setweight(to_tsvector('english', %s), 'D'))"
            " ON CONFLICT (id) DO UPDATE"
            " SET body = excluded.body, vector = excluded.vector"
        )

    def values(self, id_: int, title: str, body: str) -> list[str | int]:
        """Return the parameters of `insert`."""
        return [id_, body, words_of(title), words_of(body)]


def engine() -> Engine:
    """Return the engine of the database in use."""
    return Postgres() if connection.vendor == "postgresql" else Sqlite()


def stubs(term: str) -> list[str]:
    """Return shorter forms of a word.

    While someone is typing `printi`, no stem begins like that, but `print` is one.
    """
    return [term[:-cut] for cut in range(1, 4) if len(term) - cut >= SHORTEST_STUB]


def fold(text: str) -> str:
    """Return the text without accents."""
    return ACCENTS.sub("", unicodedata.normalize("NFKD", text))


def words_of(text: str) -> str:
    """Return the words alone: PostgreSQL would read addresses and tags as others."""
    return " ".join(WORD.findall(fold(text)))
