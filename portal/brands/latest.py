"""The newest topics over all forums of a brand."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from itertools import chain

from portal.brands.brand import Brand
from portal.brands.memory import Remembered, remembered
from portal.helpspot import HelpSpot, side_by_side
from portal.helpspot.errors import NotFound
from portal.helpspot.types import Topic

TOPICS_PER_FORUM = 25
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def latest_topics(brand: Brand, helpspot: HelpSpot) -> Remembered[tuple[Topic, ...]]:
    """Return the newest topics of all forums, newest first, at most a minute old."""
    return remembered(brand, "latest-topics", lambda: _read(helpspot))


def posted_at(topic: Topic) -> datetime:
    """Return when a topic was started; long ago where HelpSpot does not say."""
    return (topic.posted and topic.posted.at) or _LONG_AGO


def _read(helpspot: HelpSpot) -> tuple[Topic, ...]:
    reads = [partial(_newest, helpspot, forum.id) for forum in helpspot.forums.list()]
    topics = chain.from_iterable(side_by_side(helpspot.connection, reads))
    return tuple(sorted(topics, key=posted_at, reverse=True)[:TOPICS_PER_FORUM])


def _newest(helpspot: HelpSpot, forum_id: int) -> list[Topic]:
    try:
        return helpspot.forums.get_topics(forum_id, length=TOPICS_PER_FORUM)
    except NotFound:
        return []  # deleted since the forums were listed
