"""Finds forums and topics: HelpSpot lists topics, but returns none by its id."""

from __future__ import annotations

from functools import partial

from portal import markup
from portal.brands import Brand
from portal.brands.memory import Remembered, remembered
from portal.brands.together import together
from portal.helpspot import HelpSpot
from portal.helpspot.errors import HelpSpotError, NotFound, Unavailable
from portal.helpspot.types import Forum, Post, Topic

TOPICS_PER_PAGE = 25
TOPICS_TO_SEARCH = 200
OPENING_WORDS = 6


def known_forums(brand: Brand, helpspot: HelpSpot) -> Remembered[tuple[Forum, ...]]:
    """Return the public forums; raises `NotFound` where there is none at all."""
    copy = remembered(brand, "forums", lambda: tuple(helpspot.forums.list()))
    if not copy.value:
        raise NotFound("forums.list")
    return copy


def list_forums(brand: Brand, helpspot: HelpSpot) -> tuple[Forum, ...]:
    """Return the public forums; raises `NotFound` where there is none at all."""
    return known_forums(brand, helpspot).value


def page_of_topics(
    brand: Brand, helpspot: HelpSpot, forum_id: int, number: int
) -> Remembered[tuple[Topic, ...]]:
    """Return one page of a forum's topics, and one topic more where others follow.

    HelpSpot gives no total.
    """
    return remembered(
        brand,
        f"topics:{forum_id}:{number}",
        lambda: tuple(
            helpspot.forums.get_topics(
                forum_id,
                start=(number - 1) * TOPICS_PER_PAGE,
                length=TOPICS_PER_PAGE + 1,
            )
        ),
    )


def find_forum(brand: Brand, helpspot: HelpSpot, forum_id: int) -> Forum:
    """Return a forum of this brand; raises `NotFound`."""
    for forum in list_forums(brand, helpspot):
        if forum.id == forum_id:
            return forum
    raise NotFound("forums.list")


def newest_topic(brand: Brand, helpspot: HelpSpot, topic_id: int) -> Topic | None:
    """Return a topic out of its forum's newest, None where it is in none of them.

    A forum that cannot be read is an error only where no forum before it has the topic.
    """
    reads = [
        partial(_newest_topics, brand, helpspot, forum.id)
        for forum in list_forums(brand, helpspot)
    ]
    for topics in together(helpspot, reads):
        if isinstance(topics, HelpSpotError):
            raise topics
        for topic in topics:
            if topic.id == topic_id:
                return topic
    return None


def search_topic(
    brand: Brand, helpspot: HelpSpot, topic_id: int, opening: Post
) -> Topic | None:
    """Return what a search knows of a topic: its title and its forum.

    None where nothing knows it.
    """
    try:
        return remembered(
            brand, f"topic:{topic_id}", lambda: _search(helpspot, topic_id, opening)
        ).value
    except Unavailable:
        # The posts are what people came for; they are worth showing without a title.
        return None


def _newest_topics(
    brand: Brand, helpspot: HelpSpot, forum_id: int
) -> tuple[Topic, ...] | HelpSpotError:
    def read() -> tuple[Topic, ...]:
        return tuple(helpspot.forums.get_topics(forum_id, length=TOPICS_TO_SEARCH))

    try:
        return remembered(brand, f"topics:{forum_id}", read).value
    except NotFound:
        return ()  # deleted since the forums were listed
    except HelpSpotError as exc:
        return exc


def _search(helpspot: HelpSpot, topic_id: int, opening: Post) -> Topic | None:
    words = markup.to_text(opening.body).split()[:OPENING_WORDS]
    for match in helpspot.forums.search(" ".join(words)) if words else ():
        if match.topic_id == topic_id and match.forum_id is not None:
            return Topic(
                id=topic_id,
                forum_id=match.forum_id,
                title=match.title,
                author_name=opening.author_name,
                posted=opening.posted,
            )
    return None
