"""Atom feeds of topics and posts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from django.http import HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html
from django.utils.http import http_date
from django.utils.translation import gettext as _

from portal import markup
from portal.brands.latest import posted_at
from portal.forums.thread import Thread, topic_address
from portal.helpspot.types import Topic
from portal.http import PortalRequest, made_do

POSTS = 50
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# XML cannot hold these, not even escaped; HTML can bring them along as references.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def topics_feed(
    request: PortalRequest,
    *,
    title: str,
    page: str,
    topics: Iterable[Topic],
    is_old: bool,
) -> HttpResponse:
    """Return a feed of topics; `page` is the address of the page they stand on.

    `is_old` where they are from a copy that stands in for an absent help desk.
    """
    feed = _feed(request, title, page)
    for topic in topics:
        _add_item(
            request,
            feed,
            # The id outlives a change of the title.
            identity=reverse("forums:topic_by_id", args=(topic.id,)),
            address=topic_address(topic.id, markup.slug(topic.title)),
            title=topic.title,
            author=topic.author_name,
            text=format_html("<p>{}</p>", topic.title),
            at=posted_at(topic),
        )
    return _answer(feed, is_old=is_old)


def posts_feed(request: PortalRequest, thread: Thread) -> HttpResponse:
    """Return a feed of a topic's posts, newest first."""
    feed = _feed(request, thread.title, thread.address)
    identity = reverse("forums:topic_by_id", args=(thread.id,))
    count = len(thread.posts)
    for numbered in reversed(thread.numbered(max(1, count - POSTS + 1), count)):
        post = numbered.post
        _add_item(
            request,
            feed,
            identity=f"{identity}#post-{post.id}",
            address=thread.address_of(post.id) or thread.address,
            title=_("%(name)s in “%(title)s”")
            % {"name": post.author_name or _("Someone"), "title": thread.title},
            author=post.author_name,
            text=markup.prose(post.body, is_html=numbered.is_html),
            at=(post.posted and post.posted.at) or _LONG_AGO,
        )
    return _answer(feed, is_old=thread.as_of is not None)


def _feed(request: PortalRequest, title: str, page: str) -> Atom1Feed:
    return Atom1Feed(
        title=f"{title} – {request.brand.name}",
        link=request.build_absolute_uri(page),
        description=None,
        feed_url=request.build_absolute_uri(),
        author_name=request.brand.name,
    )


def _add_item(
    request: PortalRequest,
    feed: Atom1Feed,
    *,
    identity: str,
    address: str,
    title: str,
    author: str,
    text: str,
    at: datetime,
) -> None:
    feed.add_item(
        title=title,
        link=request.build_absolute_uri(address),
        description=_UNPRINTABLE.sub("", text),
        unique_id=request.build_absolute_uri(identity),
        author_name=author or None,
        pubdate=at,
        updateddate=at,
    )


def _answer(feed: Atom1Feed, *, is_old: bool) -> HttpResponse:
    response = HttpResponse(
        feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )
    if feed.num_items():
        response["Last-Modified"] = http_date(feed.latest_post_date().timestamp())
    return made_do(response) if is_old else response
