"""A topic as its page shows it: the posts, and what the lists know about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from portal import markup
from portal.brands import Brand
from portal.brands.memory import remembered, renewed
from portal.brands.together import both
from portal.forums.names import remember_team
from portal.forums.topics import find_forum, newest_topic, search_topic
from portal.helpspot import HelpSpot
from portal.helpspot.errors import HelpSpotError
from portal.helpspot.types import Forum, Post, Topic

POSTS_PER_PAGE = 50
_TAG = re.compile(
    r"</?(?:a|b|blockquote|br|code|div|em|h[1-6]|i|img|li|ol|p|pre|span|strong|table|u"
    r"|ul)\b[^<>]*>",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedPost:
    """A post and its number in the topic, counted from 1."""

    number: int
    post: Post

    @property
    def is_html(self) -> bool:
        """Return whether the body is to be read as HTML; HelpSpot does not say."""
        return _is_html(self.post)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A topic with all its posts, oldest first.

    `topic` and `forum` are None for a topic that no list and no search knows. `as_of`
    is when the old copy was read that stands in for an absent help desk.
    """

    id: int
    posts: tuple[Post, ...]
    topic: Topic | None
    forum: Forum | None
    as_of: datetime | None = None

    @property
    def title(self) -> str:
        """Return the title, or words that stand in for one nobody knows."""
        if self.topic and self.topic.title:
            return self.topic.title
        if self.forum:
            return _("Topic in %(forum)s") % {"forum": self.forum.name}
        return _("Topic in the community")

    @property
    def slug(self) -> str | None:
        """Return the title's part of the address, None where nobody knows it."""
        title = self.topic.title if self.topic else ""
        return markup.slug(title) if title else None

    @property
    def is_closed(self) -> bool:
        """Return whether it is known that nobody can reply."""
        return bool(
            (self.topic and self.topic.is_closed)
            or (self.forum and self.forum.is_closed)
        )

    def numbered(self, start: int, end: int) -> tuple[NumberedPost, ...]:
        """Return the posts of these numbers, counted from 1, both included."""
        posts = self.posts[start - 1 : end]
        return tuple(
            NumberedPost(number=number, post=post)
            for number, post in enumerate(posts, start=start)
        )

    def quote(self, post_id: int) -> str:
        """Return a post as an answer quotes it, "" where there is no such post."""
        for post in self.posts:
            if post.id == post_id:
                name = post.author_name or _("Someone")
                text = markup.to_text(post.body) if _is_html(post) else post.body
                lines = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
                return _("%(name)s wrote:") % {"name": name} + f"\n{lines}\n\n"
        return ""

    @property
    def address(self) -> str:
        """Return the address of the topic's page."""
        return topic_address(self.id, self.slug or markup.slug(self.title))

    def address_of(self, post_id: int, reference: str = "") -> str | None:
        """Return where a post stands, None where the topic does not show it.

        Given the reference of whoever just posted it, they see it on every process.
        """
        for index, post in enumerate(self.posts):
            if post.id == post_id:
                number = index // POSTS_PER_PAGE + 1
                query = {"page": str(number)} if number > 1 else {}
                query |= {"posted": reference} if reference else {}
                mark = f"?{urlencode(query)}" if query else ""
                return f"{self.address}{mark}#post-{post_id}"
        return None


def _is_html(post: Post) -> bool:
    return bool(_TAG.search(post.body))


def topic_address(topic_id: int, topic_slug: str) -> str:
    """Return the address of a topic's page."""
    return reverse("forums:topic", args=(topic_id, topic_slug))


def read_thread(
    brand: Brand, helpspot: HelpSpot, topic_id: int, *, is_anew: bool = False
) -> Thread:
    """Return a topic; raises `NotFound`. `is_anew` asks, however fresh a copy is."""
    topic, copy = both(
        helpspot,
        partial(_topic_or_error, brand, helpspot, topic_id),
        lambda: (renewed if is_anew else remembered)(
            brand,
            f"posts:{topic_id}",
            lambda: tuple(helpspot.forums.get_posts(topic_id)),
        ),
    )
    posts = copy.value
    remember_team(brand, posts)
    if isinstance(topic, HelpSpotError):
        raise topic
    topic = topic or search_topic(brand, helpspot, topic_id, posts[0])
    forum = find_forum(brand, helpspot, topic.forum_id) if topic else None
    return Thread(
        id=topic_id,
        posts=posts,
        topic=topic,
        forum=forum,
        as_of=copy.read_at if copy.is_old else None,
    )


def _topic_or_error(
    brand: Brand, helpspot: HelpSpot, topic_id: int
) -> Topic | HelpSpotError | None:
    # Whether there is such a topic is for its posts to say first.
    try:
        return newest_topic(brand, helpspot, topic_id)
    except HelpSpotError as exc:
        return exc
