"""The vendor's `forums.*` methods."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from portal.desk import errors
from portal.desk import search as index
from portal.desk.calls import Call
from portal.desk.errors import Refused, problem
from portal.desk.formats import Answer, Several, Tree, Value
from portal.desk.models import Forum, Post, Topic

MAXIMA = {"sTopic": 100, "sName": 100, "sEmail": 250, "sURL": 250, "sReference": 40}


def list_forums(call: Call) -> Answer:
    """Return the public forums in their order.

    Vendor's method: forums.list
    """
    forums = Forum.objects.filter(is_public=True)
    return Answer("forums", {"forum": Several([_forum(forum) for forum in forums])})


def get(call: Call) -> Answer:
    """Return one public forum, nothing where there is none of that id.

    Vendor's method: forums.get
    """
    call.require("xForumId")
    forum = _find_forum(call)
    return Answer("forum", _forum(forum) if forum else {})


def get_topics(call: Call) -> Answer:
    """Return a forum's topics: the sticky ones, then the newest.

    `start` counts from 0; without `length` all topics come.
    Vendor's method: forums.getTopics
    """
    call.require("xForumId")
    forum = _find_forum(call)
    start, length = call.number("start"), call.number("length")
    rows = slice(start, start + length if length else None)
    topics = (
        # Asking for the forum first lets its index give the order.
        Topic.objects.filter(forum=forum, is_approved=True)
        .annotate(post_count=_post_count())
        .order_by("-is_sticky", "-posted_at", "-id")[rows]
    )
    return Answer("topics", {"topic": Several([_topic(topic) for topic in topics])})


def get_posts(call: Call) -> Answer:
    """Return a topic's posts, oldest first.

    Vendor's method: forums.getPosts
    """
    call.require("xTopicId")
    topic_id = call.number("xTopicId")
    if not _shown_topics().filter(pk=topic_id).exists():
        raise Refused(problem(errors.TOPIC_UNKNOWN))
    posts = Post.objects.filter(topic=topic_id, is_approved=True)
    shown = posts.order_by("posted_at", "id")
    return Answer("posts", {"post": Several([_post(post) for post in shown])})


def create_topic(call: Call) -> Answer:
    """Open a topic; in a moderated forum it waits for staff, unseen.

    Vendor's method: forums.createTopic
    """
    call.require("xForumId", "sTopic", "sName", "tPost")
    _check_author(call, errors.TOPIC_NOT_CREATED)
    post = _keep(call, _new_topic)
    return Answer("topic", {"xTopicId": post.topic_id})


def create_post(call: Call) -> Answer:
    """Answer in a topic; in a moderated forum the post waits for staff, unseen.

    Vendor's method: forums.createPost
    """
    call.require("xTopicId", "sName", "tPost")
    _check_author(call, errors.POST_NOT_CREATED)
    post = _keep(call, _open_topic)
    return Answer("post", {"xPostId": post.pk})


def search(call: Call) -> Answer:
    """Return the topics whose title or posts match, best first.

    Vendor's method: forums.search
    """
    call.require("q")
    hits = index.topics.search(call.text("q"))
    topics = Topic.objects.select_related("forum").in_bulk([hit.id for hit in hits])
    matches: list[Value] = [
        {
            "link": f"?pg=forums.posts&id={hit.id}",
            "desc": hit.excerpt,
            "sTopic": topics[hit.id].title,
            "xTopicId": hit.id,
            "sForumName": topics[hit.id].forum.name,
            "xForumId": topics[hit.id].forum_id,
            "dtGMTPosted": int(topics[hit.id].posted_at.timestamp()),
        }
        for hit in hits
        if hit.id in topics
    ]
    return Answer("topics", {"topic": Several(matches)})


# -------------------------------------------------------------------- posting


def _check_author(call: Call, error: int) -> None:
    for name, maximum in MAXIMA.items():
        if len(call.text(name)) > maximum:
            reason = f"{name} is longer than {maximum} characters"
            raise Refused(problem(error, reason))
    if call.has_wrong_email():
        raise Refused(problem(errors.EMAIL_WRONG))


def _keep(call: Call, topic_for: Callable[[Call], Topic]) -> Post:
    # The same reference again is the same post again, also when both come at once.
    kept = _kept_before(call)
    if kept:
        return kept
    try:
        with transaction.atomic():
            return _store(call, topic_for(call))
    except IntegrityError:
        kept = _kept_before(call)
        if kept is None:
            raise
        return kept


def _kept_before(call: Call) -> Post | None:
    reference = call.text("sReference")
    posts = Post.objects.filter(reference=reference)
    return posts.first() if reference else None


def _new_topic(call: Call) -> Topic:
    forum = _find_forum(call)
    if forum is None:
        raise Refused(problem(errors.TOPIC_NOT_CREATED))
    if forum.is_closed:
        raise Refused(problem(errors.FORUM_CLOSED))
    return Topic.objects.create(
        forum=forum,
        title=call.text("sTopic").strip(),
        author_name=call.text("sName").strip(),
        is_approved=not forum.is_moderated,
    )


def _open_topic(call: Call) -> Topic:
    topics = _shown_topics().select_related("forum")
    topic = topics.filter(pk=call.number("xTopicId")).first()
    if topic is None:
        raise Refused(problem(errors.TOPIC_UNKNOWN))
    if topic.is_closed or topic.forum.is_closed:
        raise Refused(problem(errors.FORUM_CLOSED))
    return topic


def _store(call: Call, topic: Topic) -> Post:
    return Post.objects.create(
        topic=topic,
        author_name=call.text("sName").strip(),
        email=call.text("sEmail").strip(),
        url=call.text("sURL").strip(),
        body=call.text("tPost"),
        wants_email=call.flag("fEmailUpdate"),
        # What only describes the poster's machine is cut, not refused.
        ip_address=call.text("sIP")[:45],
        operating_system=call.text("sOS")[:100],
        browser=call.text("sBrowser")[:255],
        is_approved=not topic.forum.is_moderated,
        reference=call.text("sReference") or None,
    )


# ------------------------------------------------------------ what is visible


def _find_forum(call: Call) -> Forum | None:
    return Forum.objects.filter(pk=call.number("xForumId"), is_public=True).first()


def _shown_topics() -> QuerySet[Topic]:
    return Topic.objects.filter(forum__is_public=True, is_approved=True)


def _post_count() -> Coalesce:
    # One count per listed topic: joining and grouping would count the whole forum.
    posts = Post.objects.filter(topic=OuterRef("pk"), is_approved=True)
    counts = posts.order_by().values("topic").annotate(count=Count("pk"))
    return Coalesce(Subquery(counts.values("count")), 0)


# ------------------------------------------------------------- the wire names


def _forum(forum: Forum) -> Tree:
    return {
        "xForumId": forum.pk,
        "sForumName": forum.name,
        "sDescription": forum.description,
        "fClosed": int(forum.is_closed),
        "iOrder": forum.order,
    }


def _topic(topic: Topic) -> Tree:
    return {
        "xTopicId": topic.pk,
        "xForumId": topic.forum_id,
        "fClosed": int(topic.is_closed),
        "fSticky": int(topic.is_sticky),
        "dtGMTPosted": int(topic.posted_at.timestamp()),
        "sName": topic.author_name,
        "sTopic": topic.title,
        "postcount": topic.post_count,  # type: ignore[attr-defined]  # prefetched or annotated by the query
    }


def _post(post: Post) -> Tree:
    return {
        "xPostId": post.pk,
        "xTopicId": post.topic_id,
        "dtGMTPosted": int(post.posted_at.timestamp()),
        "sName": post.author_name,
        "sURL": post.url,
        "tPost": post.body,
        "sLabel": post.label,
    }
