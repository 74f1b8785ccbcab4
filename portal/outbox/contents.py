"""What each kind of submission says, how it is sent, and how it is found again.

HelpSpot knows no idempotency key, so the text of requests and replies carries the
reference on a last line of its own: that line is the evidence when an answer is lost.
Topics and posts are public and carry no such line; they are known again by author,
text and time. A help desk that takes references (ours does) needs neither.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from typing import ClassVar, NamedTuple, Self

from pydantic import BaseModel

from portal.helpspot import HelpSpot
from portal.helpspot.types import Moment, Post, Upload
from portal.outbox.models import REFERENCE_PATTERN, Submission

Kind = Submission.Kind

# How many of a forum's newest topics are searched for a lost one.
NEWEST = 50
# HelpSpot's clock and ours.
CLOCKS_DIFFER_BY = timedelta(minutes=5)
_MARK = re.compile(rf"(Ref\.|May repeat) ({REFERENCE_PATTERN})")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_LINE_END = re.compile(rf"[\r\n]|{_TAG.pattern}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One delivery: what goes with the content, whatever its kind.

    `takes_references` says that the help desk knows a reference again by itself;
    `is_repeat` that the same text may already have arrived; `since` is when the
    customer sent it.
    """

    reference: str
    since: datetime
    takes_references: bool = False
    is_repeat: bool = False
    files: Sequence[Upload] = ()

    def mark(self, text: str) -> str:
        """Return the text with the reference on its last line."""
        if self.takes_references:
            return text
        return (
            f"{text}\n\n{'May repeat' if self.is_repeat else 'Ref.'} {self.reference}"
        )

    def close(self) -> None:
        """Let go of the files."""
        for upload in self.files:
            upload.file.close()

    def mark_public(self, text: str) -> str:
        """Return the text of a post, marked only where it may be there already."""
        return self.mark(text) if self.is_repeat else text


class Mark(NamedTuple):
    """What a text ends with: the reference of its submission, or one it may repeat."""

    reference: str
    is_repeat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What HelpSpot answered: the id it gave, and a new request's access key."""

    id: int | None
    access_key: str = ""


class Content(BaseModel, frozen=True):
    """What a submission says.

    Where only fields in `asides` differ, two are the same one, sent twice.
    """

    kind: ClassVar[Kind]
    asides: ClassVar[frozenset[str]] = frozenset()

    def words(self) -> str:
        """Return what tells it from others, the same for the same ones.

        It stays the same when another version of the portal asks more of a form.
        """
        said = self.model_dump(
            mode="json", exclude=set(self.asides), exclude_defaults=True
        )
        return json.dumps(said, sort_keys=True)

    def send(self, helpspot: HelpSpot, errand: Errand) -> Sent:
        """Hand it to HelpSpot; raises the service room's errors."""
        raise NotImplementedError

    def find(self, helpspot: HelpSpot, errand: Errand) -> Iterator[Sent]:
        """Yield what may be it at HelpSpot; nothing where it cannot be seen."""
        yield from ()

    def repeating(self, reference: str) -> Self:
        """Return it with a line that names what it may repeat."""
        line = f"May repeat {reference}"
        return self.model_copy(
            update={
                name: f"{getattr(self, name)}\n\n{line}"
                for name in ("note", "body")
                if name in type(self).model_fields
            }
        )

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Return the content that was kept as JSON."""
        return cls.model_validate_json(content)


class TicketContent(Content, frozen=True):
    """A new request. Only its owner's list, or the help desk's staff, can find it."""

    kind = Kind.TICKET
    note: str
    category_id: int | None = None
    first_name: str = ""
    last_name: str = ""
    customer_id: str = ""
    email: str = ""
    phone: str = ""
    is_urgent: bool = False
    custom: Mapping[int, str] = {}

    def send(self, helpspot: HelpSpot, errand: Errand) -> Sent:
        """Create the request."""
        created = helpspot.request.create(
            note=errand.mark(self.note),
            category_id=self.category_id,
            first_name=self.first_name,
            last_name=self.last_name,
            customer_id=self.customer_id,
            email=self.email,
            phone=self.phone,
            is_urgent=self.is_urgent,
            custom=self.custom,
            files=errand.files,
            reference=errand.reference,
        )
        return Sent(id=created.id, access_key=created.access_key)


class ReplyContent(Content, frozen=True):
    """A customer's note to a request."""

    kind = Kind.REPLY
    ticket_id: int
    access_key: str
    note: str

    def send(self, helpspot: HelpSpot, errand: Errand) -> Sent:
        """Add the note."""
        return Sent(
            id=helpspot.request.update(
                access_key=self.access_key,
                note=errand.mark(self.note),
                files=errand.files,
                reference=errand.reference,
            )
        )

    def find(self, helpspot: HelpSpot, errand: Errand) -> Iterator[Sent]:
        """Look for a note with the reference in the same request."""
        ticket = helpspot.request.get(self.access_key)
        marks = filter(None, (mark_of(note.body) for note in ticket.notes))
        if any(mark.reference == errand.reference for mark in marks):
            yield Sent(id=ticket.id)


class PublicContent(Content, frozen=True):
    """What topics and posts have in common; what readers see tells them apart."""

    asides = frozenset(
        {"email", "wants_email", "ip_address", "operating_system", "browser"}
    )

    author_name: str
    body: str
    email: str = ""
    wants_email: bool = False
    ip_address: str = ""
    operating_system: str = ""
    browser: str = ""

    def is_said_in(self, post: Post, errand: Errand) -> bool:
        """Say whether a post is this one: same author, same text, not older."""
        bodies = (self.body, errand.mark_public(self.body))
        return (
            _says(post.author_name, self.author_name)
            and any(_says(post.body, body) for body in bodies)
            and _is_since(post.posted, errand.since)
        )


class TopicContent(PublicContent, frozen=True):
    """A new forum topic."""

    kind = Kind.TOPIC
    forum_id: int
    title: str

    def send(self, helpspot: HelpSpot, errand: Errand) -> Sent:
        """Create the topic."""
        return Sent(
            id=helpspot.forums.create_topic(
                forum_id=self.forum_id,
                title=self.title,
                author_name=self.author_name,
                body=errand.mark_public(self.body),
                email=self.email,
                wants_email=self.wants_email,
                ip_address=self.ip_address,
                operating_system=self.operating_system,
                browser=self.browser,
                reference=errand.reference,
            )
        )

    def find(self, helpspot: HelpSpot, errand: Errand) -> Iterator[Sent]:
        """Look among the forum's newest topics for those that open with this text."""
        for topic in helpspot.forums.get_topics(self.forum_id, length=NEWEST):
            is_new = _is_since(topic.posted, errand.since)
            if not (is_new and _says(topic.title, self.title)):
                continue
            opening = helpspot.forums.get_posts(topic.id)[:1]
            if any(self.is_said_in(post, errand) for post in opening):
                yield Sent(id=topic.id)


class PostContent(PublicContent, frozen=True):
    """An answer in a forum topic."""

    kind = Kind.POST
    topic_id: int

    def send(self, helpspot: HelpSpot, errand: Errand) -> Sent:
        """Create the post."""
        return Sent(
            id=helpspot.forums.create_post(
                topic_id=self.topic_id,
                author_name=self.author_name,
                body=errand.mark_public(self.body),
                email=self.email,
                wants_email=self.wants_email,
                ip_address=self.ip_address,
                operating_system=self.operating_system,
                browser=self.browser,
                reference=errand.reference,
            )
        )

    def find(self, helpspot: HelpSpot, errand: Errand) -> Iterator[Sent]:
        """Look for the post in its topic."""
        for post in helpspot.forums.get_posts(self.topic_id):
            if self.is_said_in(post, errand):
                yield Sent(id=post.id)


class VoteContent(Content, frozen=True):
    """Whether a guide helped. A lost vote is no loss; a doubled one is a lie."""

    kind = Kind.VOTE
    page_id: int
    is_helpful: bool

    def send(self, helpspot: HelpSpot, errand: Errand) -> Sent:
        """Cast the vote."""
        if self.is_helpful:
            helpspot.kb.vote_helpful(self.page_id)
        else:
            helpspot.kb.vote_not_helpful(self.page_id)
        return Sent(id=self.page_id)


def mark_of(text: str) -> Mark | None:
    """Return the last mark that is a line of its own, with mark-up or without.

    Those that a text quotes come before; one within a sentence only speaks of it.
    """
    lines = (line.strip() for line in _LINE_END.split(text))
    marks = [mark for mark in map(_MARK.fullmatch, lines) if mark]
    if not marks:
        return None
    words, reference = marks[-1].groups()
    return Mark(reference, is_repeat=words == "May repeat")


def _says(came: str, said: str) -> bool:
    """Say whether a text that came is one that was said.

    Help desks give back what looks like mark-up as it is, escaped, or not at all.
    """
    return not _readings(came).isdisjoint(_readings(said))


def _readings(text: str) -> set[str]:
    """Return a text without its blanks and line ends: as it is, and as HTML."""
    as_html = unescape(_TAG.sub("", text))
    return {"".join(text.split()), "".join(as_html.split())}


def _is_since(posted: Moment | None, since: datetime) -> bool:
    if posted is None or posted.at is None:
        return True
    # A day without a time lasts until its end.
    latest = posted.at if posted.has_time else posted.at + timedelta(days=1)
    return latest >= since - CLOCKS_DIFFER_BY
