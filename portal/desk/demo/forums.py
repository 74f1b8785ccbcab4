"""The demo's forums."""

from __future__ import annotations

import random

from portal.desk.demo.contents import ForumEntry, TopicEntry, read_forums
from portal.desk.demo.times import Calendar, spread
from portal.desk.models import Forum, Post, Topic

_SEED = 48210


def load_forums(calendar: Calendar) -> None:
    """Create the forums, their topics and posts; later topics have higher ids."""
    entries = read_forums()
    forums = [
        Forum(
            name=entry.name,
            description=entry.description,
            is_closed=entry.is_closed,
            is_moderated=entry.is_moderated,
            order=order,
        )
        for order, entry in enumerate(entries, start=1)
    ]
    Forum.objects.bulk_create(forums)
    threads = sorted(
        (
            (_topic(forum, topic, calendar), forum_entry, topic)
            for forum, forum_entry in zip(forums, entries, strict=True)
            for topic in forum_entry.topics
        ),
        key=lambda thread: thread[0].posted_at,
    )
    Topic.objects.bulk_create(topic for topic, _, _ in threads)
    chance = random.Random(_SEED)  # noqa: S311 - the same demo every time
    Post.objects.bulk_create(
        post
        for topic, forum_entry, entry in threads
        for post in _posts(topic, forum_entry, entry, calendar, chance)
    )


def _topic(forum: Forum, entry: TopicEntry, calendar: Calendar) -> Topic:
    return Topic(
        forum=forum,
        title=entry.title,
        author_name=entry.posts[0][0],
        posted_at=calendar.at(entry.at),
        is_sticky=entry.is_sticky,
        is_closed=entry.is_closed,
    )


def _posts(
    topic: Topic,
    forum: ForumEntry,
    entry: TopicEntry,
    calendar: Calendar,
    chance: random.Random,
) -> list[Post]:
    end = calendar.at(entry.until or entry.at)
    times = spread(topic.posted_at, end, len(entry.posts), chance)
    posts = []
    for posted_at, (name, text) in zip(times, entry.posts, strict=True):
        person = forum.people.get(name)
        posts.append(
            Post(
                topic=topic,
                author_name=name,
                label=person.label if person else "",
                url=person.url if person else "",
                body=text.strip(),
                posted_at=posted_at,
            )
        )
    return posts
