"""The vendor's `forums.*` methods."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from django.views.decorators.debug import sensitive_variables

from portal.helpspot import wire
from portal.helpspot.transport import Transport
from portal.helpspot.types import Forum, Post, Topic, TopicMatch

# The module's own method `list` would hide the type.
Forums = list[Forum]
Topics = list[Topic]
Posts = list[Post]
TopicMatches = list[TopicMatch]


class ForumMethods:
    """The vendor's `forums.*` methods."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Forums:
        """Return the public forums, in the order that staff gave them.

        HelpSpot 5 has no forums: raises `Disabled` there.

        Vendor's method: forums.list
        """
        forums = self._transport.read(
            "forums.list", lambda root: [_forum(row) for row in root.findall("forum")]
        )
        return sorted(forums, key=lambda forum: forum.order)

    def get(self, forum_id: int) -> Forum:
        """Return one forum; raises `NotFound`.

        Vendor's method: forums.get
        """

        def build(root: Element) -> Forum:
            wire.check_is(root, "xForumId", forum_id)
            return _forum(root)

        return self._transport.read("forums.get", build, {"xForumId": str(forum_id)})

    def get_topics(
        self, forum_id: int, *, start: int = 0, length: int | None = None
    ) -> Topics:
        """Return topics of a forum, in HelpSpot's order, from row `start` (from 0).

        There is no total: ask for one more than a page shows.

        Vendor's method: forums.getTopics
        """
        zone = self._transport.zone
        parameters = {"xForumId": str(forum_id)}
        if start:
            parameters["start"] = str(start)
        if length is not None:
            parameters["length"] = str(length)
        return self._transport.read(
            "forums.getTopics",
            lambda root: [_topic(row, forum_id, zone) for row in root.findall("topic")],
            parameters,
        )

    def get_posts(self, topic_id: int) -> Posts:
        """Return a topic's posts, oldest first; the first is the topic's own text.

        Raises `NotFound` for an unknown topic, also where HelpSpot sends no posts.

        Vendor's method: forums.getPosts
        """
        zone = self._transport.zone

        def build(root: Element) -> Posts:
            posts = [_post(row, topic_id, zone) for row in root.findall("post")]
            if not posts:
                raise wire.Missing
            return posts

        return self._transport.read(
            "forums.getPosts", build, {"xTopicId": str(topic_id)}
        )

    @sensitive_variables()
    def create_topic(
        self,
        *,
        forum_id: int,
        title: str,
        author_name: str,
        body: str,
        email: str = "",
        url: str = "",
        wants_email: bool = False,
        ip_address: str = "",
        operating_system: str = "",
        browser: str = "",
        reference: str = "",
    ) -> int:
        """Open a topic and return its id.

        Address, system and browser are the author's own. Raises `Rejected`,
        `Unavailable` and `Uncertain`.

        Vendor's method: forums.createTopic
        """
        parameters = {
            "xForumId": str(forum_id),
            "sTopic": title,
            "sName": author_name,
            "tPost": body,
            "sEmail": email,
            "sURL": url,
            "fEmailUpdate": "1" if wants_email else "",
            "sIP": ip_address,
            "sOS": operating_system,
            "sBrowser": browser,
            "sReference": reference,
        }
        return self._transport.write(
            "forums.createTopic",
            lambda root: wire.id_(root, "xTopicId"),
            _filled(parameters),
        )

    @sensitive_variables()
    def create_post(
        self,
        *,
        topic_id: int,
        author_name: str,
        body: str,
        email: str = "",
        url: str = "",
        wants_email: bool = False,
        ip_address: str = "",
        operating_system: str = "",
        browser: str = "",
        reference: str = "",
    ) -> int:
        """Answer in a topic and return the new post's id.

        Address, system and browser are the author's own. Raises `NotFound`,
        `Rejected`, `Unavailable` and `Uncertain`.

        Vendor's method: forums.createPost
        """
        parameters = {
            "xTopicId": str(topic_id),
            "sName": author_name,
            "tPost": body,
            "sEmail": email,
            "sURL": url,
            "fEmailUpdate": "1" if wants_email else "",
            "sIP": ip_address,
            "sOS": operating_system,
            "sBrowser": browser,
            "sReference": reference,
        }
        return self._transport.write(
            "forums.createPost",
            lambda root: wire.id_(root, "xPostId"),
            _filled(parameters),
        )

    @sensitive_variables()
    def search(self, query: str) -> TopicMatches:
        """Return the topics that match, best first.

        Vendor's method: forums.search
        """
        zone = self._transport.zone
        return self._transport.read(
            "forums.search",
            lambda root: [_match(row, zone) for row in root.findall("topic")],
            {"q": query},
        )


def _filled(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if value.strip()}


def _forum(row: Element) -> Forum:
    return Forum(
        id=wire.id_(row, "xForumId"),
        name=wire.text(row, "sForumName") or "",
        description=wire.text(row, "sDescription") or "",
        is_closed=wire.flag(row, "fClosed"),
        order=wire.number(row, "iOrder") or 0,
    )


def _topic(row: Element, forum_id: int, zone: ZoneInfo) -> Topic:
    return Topic(
        id=wire.id_(row, "xTopicId"),
        forum_id=wire.reference(row, "xForumId") or forum_id,
        title=wire.text(row, "sTopic") or "",
        author_name=wire.text(row, "sName") or "",
        is_closed=wire.flag(row, "fClosed"),
        is_sticky=wire.flag(row, "fSticky"),
        posted=wire.moment(row, "dtGMTPosted", zone),
        post_count=wire.number(row, "postcount") or 0,
    )


def _post(row: Element, topic_id: int, zone: ZoneInfo) -> Post:
    return Post(
        id=wire.id_(row, "xPostId"),
        topic_id=wire.reference(row, "xTopicId") or topic_id,
        author_name=wire.text(row, "sName") or "",
        url=wire.text(row, "sURL"),
        body=wire.body(row, "tPost"),
        label=wire.text(row, "sLabel"),
        posted=wire.moment(row, "dtGMTPosted", zone),
    )


def _match(row: Element, zone: ZoneInfo) -> TopicMatch:
    return TopicMatch(
        topic_id=wire.id_(row, "xTopicId"),
        title=wire.text(row, "sTopic") or "",
        forum_id=wire.reference(row, "xForumId"),
        forum_name=wire.text(row, "sForumName") or "",
        excerpt=wire.body(row, "desc"),
        posted=wire.moment(row, "dtGMTPosted", zone),
    )
