"""The `forums.*` methods."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.desk.models import DeskSettings, Forum, Post, Topic
from tests.desk.api.conftest import document, problems, texts

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
AUTHOR = {"sName": "Bob Jones", "tPost": "First line\nsecond <b>line</b>"}


@pytest.fixture
def beta(db):
    return Forum.objects.create(name="Product Beta", description="Discuss", order=4)


def post_in(forum, title, *, minutes=0, **values):
    posted_at = NOON + timedelta(minutes=minutes)
    topic = Topic.objects.create(
        forum=forum, title=title, author_name="Bob", posted_at=posted_at, **values
    )
    topic.posts.create(author_name="Bob", body=f"{title} body", posted_at=posted_at)
    return topic


def test_lists_public_forums(inkwell, ask):
    Forum.objects.create(name="Staff room", is_public=False)

    response = ask("forums.list")

    assert texts(response, "forum/sForumName") == ["Tips and tricks", "Beta 2025"]
    assert texts(response, "forum/fClosed") == ["0", "1"]


def test_shows_one_forum(beta, ask):
    assert ask("forums.get", xForumId=beta.pk).content.decode() == document(f"""
        <forum>
        <xForumId>{beta.pk}</xForumId>
        <sForumName>Product Beta</sForumName>
        <sDescription>Discuss</sDescription>
        <fClosed>0</fClosed>
        <iOrder>4</iOrder>
        </forum>
    """)
    assert ask("forums.get", xForumId=0).content.decode() == document("<forum />")


def test_lists_sticky_topics_first_then_the_newest(beta, ask):
    old = post_in(beta, "Old", is_closed=True)
    post_in(beta, "Waiting", minutes=3, is_approved=False)
    new = post_in(beta, "New", minutes=2)
    new.posts.create(author_name="Ann", body="Reply")
    new.posts.create(author_name="Spam", body="Buy", is_approved=False)
    rules = post_in(beta, "Rules", minutes=-9, is_sticky=True)

    response = ask("forums.getTopics", xForumId=beta.pk)

    def topic(row, closed, sticky, count):
        return f"""<topic>
        <xTopicId>{row.pk}</xTopicId>
        <xForumId>{beta.pk}</xForumId>
        <fClosed>{closed}</fClosed>
        <fSticky>{sticky}</fSticky>
        <dtGMTPosted>{int(row.posted_at.timestamp())}</dtGMTPosted>
        <sName>Bob</sName>
        <sTopic>{row.title}</sTopic>
        <postcount>{count}</postcount>
        </topic>"""

    assert response.content.decode() == document(f"""
        <topics>
        {topic(rules, 0, 1, 1)}
        {topic(new, 0, 0, 2)}
        {topic(old, 1, 0, 1)}
        </topics>
    """)


@pytest.mark.parametrize(
    ("window", "titles"),
    [
        ({}, "54321"),
        ({"start": 1}, "4321"),
        ({"length": 2}, "54"),
        ({"start": 3, "length": 9}, "21"),
        ({"start": 9, "length": 9}, ""),
        ({"start": -3, "length": "many"}, "54321"),
    ],
)
def test_pages_through_topics(beta, ask, window, titles):
    for number in range(1, 6):
        post_in(beta, str(number), minutes=number)

    response = ask("forums.getTopics", xForumId=beta.pk, **window)

    assert texts(response, "topic/sTopic") == list(titles)


def test_lists_no_topics_of_an_unknown_forum(db, ask):
    assert ask("forums.getTopics", xForumId=5).content.decode() == document(
        "<topics />"
    )
    assert (
        ask("forums.getTopics", xForumId=5, output="json").content == b'{"topic": []}'
    )


def test_counts_posts_in_one_query(beta, ask):
    for number in range(20):
        post_in(beta, str(number))

    DeskSettings.load()
    with CaptureQueriesContext(connection) as queries:
        ask("forums.getTopics", xForumId=beta.pk)

    assert len(queries) == 3  # the desk's settings, the forum, its topics


def test_shows_posts_oldest_first(inkwell, ask):
    first, second = inkwell.topic.posts.all()
    Post.objects.create(topic=inkwell.topic, body="Spam", is_approved=False)

    response = ask("forums.getPosts", xTopicId=inkwell.topic.pk)

    assert response.content.decode() == document(f"""
        <posts>
        <post>
        <xPostId>{first.pk}</xPostId>
        <xTopicId>{inkwell.topic.pk}</xTopicId>
        <dtGMTPosted>{int(first.posted_at.timestamp())}</dtGMTPosted>
        <sName>Tomasz K.</sName>
        <sURL />
        <tPost>Which labels survive a dishwasher?</tPost>
        <sLabel />
        </post>
        <post>
        <xPostId>{second.pk}</xPostId>
        <xTopicId>{inkwell.topic.pk}</xTopicId>
        <dtGMTPosted>{int(second.posted_at.timestamp())}</dtGMTPosted>
        <sName>Maya</sName>
        <sURL />
        <tPost>Try the polyester roll.</tPost>
        <sLabel>Staff</sLabel>
        </post>
        </posts>
    """)


def test_knows_no_posts_of_a_topic_that_nobody_may_see(inkwell, ask):
    hidden = post_in(Forum.objects.create(name="Staff", is_public=False), "Plans")
    waiting = post_in(inkwell.forum, "Waiting", is_approved=False)

    for topic_id in [hidden.pk, waiting.pk, 99999, "x"]:
        assert problems(ask("forums.getPosts", xTopicId=topic_id)) == [
            (205, "Topic ID does not exist")
        ]


def test_opens_a_topic_with_its_first_post(beta, send):
    response = send(
        "forums.createTopic",
        xForumId=beta.pk,
        sTopic="Help with things",
        sEmail="bob@example.com",
        sURL="https://bob.example",
        fEmailUpdate=1,
        sIP="203.0.113.7",
        sOS="Linux",
        sBrowser="Firefox",
        **AUTHOR,
    )

    topic = Topic.objects.get()
    post = topic.posts.get()
    assert response.content.decode() == document(f"""
        <topic>
        <xTopicId>{topic.pk}</xTopicId>
        </topic>
    """)
    assert (topic.forum, topic.title, topic.author_name, topic.is_approved) == (
        beta,
        "Help with things",
        "Bob Jones",
        True,
    )
    assert (post.author_name, post.email, post.url, post.body, post.wants_email) == (
        "Bob Jones",
        "bob@example.com",
        "https://bob.example",
        "First line\nsecond <b>line</b>",
        True,
    )
    assert (post.ip_address, post.operating_system, post.browser) == (
        "203.0.113.7",
        "Linux",
        "Firefox",
    )


def test_answers_in_a_topic(inkwell, send, ask):
    response = send("forums.createPost", xTopicId=inkwell.topic.pk, **AUTHOR)

    post = Post.objects.order_by("id").last()
    assert response.content.decode() == document(f"""
        <post>
        <xPostId>{post.pk}</xPostId>
        </post>
    """)
    shown = ask("forums.getPosts", xTopicId=inkwell.topic.pk)
    assert texts(shown, "post/tPost")[-1] == AUTHOR["tPost"]


def test_names_everything_that_a_post_lacks(inkwell, send):
    assert problems(send("forums.createTopic", sName=" ")) == [
        (101, f"Required parameter {name} not supplied")
        for name in ("xForumId", "sTopic", "sName", "tPost")
    ]
    assert problems(send("forums.createPost", sName="Bob")) == [
        (101, f"Required parameter {name} not supplied")
        for name in ("xTopicId", "tPost")
    ]


def test_takes_nothing_in_closed_and_unknown_places(inkwell, send):
    def topic_in(id_):
        return problems(
            send("forums.createTopic", xForumId=id_, sTopic="Hello", **AUTHOR)
        )

    def post_into(id_):
        return problems(send("forums.createPost", xTopicId=id_, **AUTHOR))

    staff_room = Forum.objects.create(name="Staff", is_public=False)
    in_closed = post_in(inkwell.closed_forum, "Late")
    before = Post.objects.count()

    assert topic_in(inkwell.closed_forum.pk) == [(203, "Forum is closed")]
    assert topic_in(99999) == [(202, "Could not create topic")]
    assert topic_in(staff_room.pk) == [(202, "Could not create topic")]
    assert post_into(inkwell.closed_topic.pk) == [(203, "Forum is closed")]
    assert post_into(in_closed.pk) == [(203, "Forum is closed")]
    assert post_into(99999) == [(205, "Topic ID does not exist")]
    assert Post.objects.count() == before


@pytest.mark.parametrize(
    ("name", "maximum"),
    [("sTopic", 100), ("sName", 100), ("sEmail", 250), ("sURL", 250)],
)
def test_refuses_what_is_too_long(beta, send, name, maximum):
    fields = {"sTopic": "Hello", **AUTHOR, name: "x" * (maximum + 1)}

    response = send("forums.createTopic", xForumId=beta.pk, **fields)

    assert problems(response) == [
        (202, f"Could not create topic: {name} is longer than {maximum} characters")
    ]


def test_refuses_an_address_that_is_none(inkwell, send):
    response = send(
        "forums.createPost", xTopicId=inkwell.topic.pk, sEmail="bob@", **AUTHOR
    )

    assert problems(response) == [(105, "Valid email required")]


def test_cuts_what_only_describes_a_machine(inkwell, send):
    response = send(
        "forums.createPost", xTopicId=inkwell.topic.pk, sBrowser="x" * 999, **AUTHOR
    )

    assert response.status_code == 200
    assert Post.objects.order_by("id").last().browser == "x" * 255


def test_keeps_moderated_posts_unseen_until_staff_approves(beta, send, ask):
    beta.is_moderated = True
    beta.save()

    response = send("forums.createTopic", xForumId=beta.pk, sTopic="Hello", **AUTHOR)

    topic = Topic.objects.get()
    assert texts(response, "xTopicId") == [str(topic.pk)]
    assert texts(ask("forums.getTopics", xForumId=beta.pk), "topic") == []
    assert texts(ask("forums.search", q="hello"), "topic") == []
    Post.objects.update(is_approved=True)
    topic.is_approved = True
    topic.save()
    assert texts(ask("forums.getTopics", xForumId=beta.pk), "topic/postcount") == ["1"]
    assert texts(ask("forums.search", q="second"), "topic/sTopic") == ["Hello"]


def test_keeps_a_moderated_answer_out_of_its_topic(inkwell, send, ask):
    Forum.objects.update(is_moderated=True)

    response = send("forums.createPost", xTopicId=inkwell.topic.pk, **AUTHOR)

    assert texts(response, "xPostId") == [str(Post.objects.order_by("id").last().pk)]
    shown = ask("forums.getPosts", xTopicId=inkwell.topic.pk)
    assert AUTHOR["tPost"] not in texts(shown, "post/tPost")


def test_makes_one_post_of_the_same_reference(inkwell, send):
    call = {"xTopicId": inkwell.topic.pk, "sReference": "R-1", **AUTHOR}

    first, second = (send("forums.createPost", **call) for _ in range(2))

    assert first.content == second.content
    assert Post.objects.filter(reference="R-1").count() == 1


def test_makes_one_topic_of_the_same_reference_even_when_closed_meanwhile(beta, send):
    call = {"xForumId": beta.pk, "sTopic": "T", "sReference": "R-2", **AUTHOR}
    first = send("forums.createTopic", **call)
    Forum.objects.update(is_closed=True)

    second = send("forums.createTopic", **call)

    assert first.content == second.content
    assert Topic.objects.count() == 1


@pytest.mark.parametrize("method", ["list", "get", "getTopics", "getPosts", "search"])
def test_has_no_forums_when_it_behaves_like_helpspot_5(inkwell, ask, method):
    DeskSettings.load()
    DeskSettings.objects.update(offers_forums=False)

    assert problems(ask(f"forums.{method}", xForumId=1, xTopicId=1, q="a")) == [
        (201, "Invalid method provided")
    ]


def test_lists_forums_in_json_as_arrays(beta, ask):
    forums = json.loads(ask("forums.list", output="json").content)["forum"]

    assert [forum["sForumName"] for forum in forums] == ["Product Beta"]
