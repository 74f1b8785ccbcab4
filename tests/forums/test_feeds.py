from datetime import timedelta

import pytest
import time_machine
from defusedxml import ElementTree
from django.utils import timezone

from portal.desk import models as desk
from tests.html_page import parse

ATOM = "{http://www.w3.org/2005/Atom}"


def read(response):
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)


def texts(feed, path):
    full = "/".join(ATOM + name for name in path.split("/"))
    return [one.text for one in feed.iterfind(full)]


def test_feeds_the_newest_topics_of_all_forums(client, inkwell):
    feed = read(client.get("/forums/feed/"))

    assert set(texts(feed, "entry/title")) == {
        "Best stock for glass jars?",
        "Old contest",
        "House rules",
    }
    link = feed.find(f"{ATOM}link[@rel='self']")
    assert link.get("href") == "http://testserver/forums/feed/"


def test_feeds_the_topics_of_one_forum(client, inkwell):
    other = desk.Topic.objects.create(
        forum=inkwell.closed_forum, title="Elsewhere", author_name="Bo"
    )
    other.posts.create(author_name="Bo", body="x")

    feed = read(client.get(f"/forums/{inkwell.forum.pk}-tips-and-tricks/feed/"))

    assert "Tips and tricks" in feed.find(f"{ATOM}title").text
    assert "Elsewhere" not in texts(feed, "entry/title")


def test_feeds_the_posts_of_one_topic_newest_first(client, inkwell):
    address = f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/"

    feed = read(client.get(f"{address}feed/"))

    opening, answer = inkwell.topic.posts.order_by("id")
    assert texts(feed, "entry/id") == [
        f"http://testserver/forums/topics/{inkwell.topic.pk}/#post-{post.pk}"
        for post in (answer, opening)
    ]
    first = feed.find(f"{ATOM}entry")
    assert first.find(f"{ATOM}author/{ATOM}name").text == "Maya"
    assert "Try the polyester roll." in first.find(f"{ATOM}summary").text
    assert first.find(f"{ATOM}link").get("href") == (
        f"http://testserver{address}#post-{answer.pk}"
    )


def test_feeds_the_last_copy_of_each_while_the_help_desk_is_away(client, inkwell):
    topic = f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/"
    feeds = [
        "/forums/feed/",
        f"/forums/{inkwell.forum.pk}-tips-and-tricks/feed/",
        f"{topic}feed/",
    ]
    before = [client.get(address).content for address in feeds]
    desk.DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

    with time_machine.travel(timezone.now() + timedelta(minutes=20)):
        answers = [client.get(address) for address in feeds]

    assert [answer.content for answer in answers] == before
    # No longer than pages from such a copy: the help desk may be back at once.
    assert all("max-age=5," in answer["Cache-Control"] for answer in answers)


def test_keeps_an_entrys_id_when_its_title_changes(client, inkwell):
    def ids():
        feed = read(client.get(f"/forums/{inkwell.forum.pk}-tips-and-tricks/feed/"))
        return set(texts(feed, "entry/id"))

    before = ids()
    desk.Topic.objects.filter(pk=inkwell.topic.pk).update(title="Jars, once more")

    assert ids() == before


def test_has_all_that_atom_asks_of_feed_and_entries(client, inkwell):
    feed = read(client.get("/forums/feed/"))

    for one in (feed, *feed.iterfind(f"{ATOM}entry")):
        for part in ("id", "title", "updated", "link"):
            assert one.find(f"{ATOM}{part}") is not None, part


def test_survives_whatever_people_wrote(client, inkwell):
    topic = desk.Topic.objects.create(
        forum=inkwell.forum, title="<b>&]]> \x0b bell", author_name="</name>&"
    )
    topic.posts.create(
        author_name="</name>&",
        body="<p>a & b&#11;&#xFFFE;</p><script>alert(1)</script>]]>\x0c",
    )

    for address in ("/forums/feed/", f"/forums/topics/{topic.pk}-x/feed/"):
        feed = read(client.get(address))
        assert "</name>&" in texts(feed, "entry/author/name")
        assert "<script" not in "".join(texts(feed, "entry/summary"))


@pytest.mark.parametrize("name", ["ETag", "Last-Modified"])
def test_answers_304_to_a_reader_that_is_up_to_date(client, inkwell, name):
    first = client.get("/forums/feed/")
    asks = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[name]

    again = client.get("/forums/feed/", headers={asks: first[name]})

    assert again.status_code == 304
    assert not again.content


@pytest.mark.parametrize(
    ("address", "feed"),
    [
        ("/forums/", "/forums/feed/"),
        (
            "/forums/{forum}-tips-and-tricks/",
            "/forums/{forum}-tips-and-tricks/feed/",
        ),
        (
            "/forums/topics/{topic}-best-stock-for-glass-jars/",
            "/forums/topics/{topic}-best-stock-for-glass-jars/feed/",
        ),
    ],
)
def test_names_the_feed_in_the_pages_head(client, inkwell, address, feed):
    known = {"forum": inkwell.forum.pk, "topic": inkwell.topic.pk}

    page = parse(client.get(address.format(**known)))

    feeds = page.all("link", rel="alternate", type="application/atom+xml")
    assert feeds[0]["href"] == feed.format(**known)
