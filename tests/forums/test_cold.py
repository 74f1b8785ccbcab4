"""What a new process must ask for is asked for at the same moment."""

import pytest

from tests.html_page import parse_page
from tests.meeting_desk import meeting_desk

pytestmark = pytest.mark.django_db
WISH_LIST = (
    b"<topics><topic><xTopicId>60</xTopicId><xForumId>2</xForumId>"
    b"<sTopic>Wish list</sTopic></topic></topics>"
)
TOPIC = "/forums/topics/50-best-stock-for-glass-jars/"


@pytest.fixture
def desk(settings):
    with meeting_desk(settings) as desk:
        yield desk


def test_a_topics_posts_are_asked_for_beside_what_the_lists_say(client, desk):
    first = desk.expect("forums.getPosts", "forums.list", "forums.list", "kb.list")
    then = desk.expect("forums.getTopics", "forums.getTopics")

    page = parse_page(client.get(TOPIC))

    assert first.took_place
    assert then.took_place
    assert len(desk.calls) == 6
    assert page.one("h1").text == "Best stock for glass jars?"


def test_a_forums_topics_are_asked_for_beside_the_forums(client, desk):
    meeting = desk.expect("forums.getTopics", "forums.list", "forums.list", "kb.list")

    page = parse_page(client.get("/forums/1-tips-and-tricks/"))

    assert meeting.took_place
    assert page.one("h1").text == "Tips and tricks"


def test_the_forums_are_asked_for_beside_the_navigation(client, desk):
    meeting = desk.expect("forums.list", "forums.list", "kb.list")

    assert client.get("/forums/").status_code == 200
    assert meeting.took_place


@pytest.mark.parametrize(("forum", "status"), [(1, 503), (2, 200)])
def test_a_forum_that_fails_counts_where_none_before_it_has_the_topic(
    client, desk, forum, status
):
    desk.down = {f"xForumId={forum}"}

    assert client.get(TOPIC).status_code == status


@pytest.mark.parametrize(
    "address", ["/forums/topics/60-wish-list/", "/forums/feed/", "/"]
)
def test_a_forum_that_was_just_deleted_hides_no_topic_of_another(client, desk, address):
    desk.gone = {"getTopics&xForumId=1"}
    desk.answers["forums.getTopics"] = WISH_LIST

    response = client.get(address)

    assert response.status_code == 200
    assert "Wish list" in response.content.decode()


def test_a_topic_that_does_not_exist_is_missing_whatever_else_fails(client, desk):
    desk.answers["forums.getPosts"] = b"<posts></posts>"
    desk.down = {"forums.getTopics"}

    assert client.get("/forums/topics/999/").status_code == 404


def test_a_topic_is_looked_for_no_further_than_where_it_is_known(client, desk):
    client.get(TOPIC)
    desk.calls.clear()

    client.get(TOPIC)

    assert desk.calls == []
