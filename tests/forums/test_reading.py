from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from portal.desk import models as desk
from tests.html_page import parse_page

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def titles(page):
    return [row.one("a").text for row in page.one("ol", class_="rows").all("h2")]


def test_lists_the_forums_with_what_they_are_for(client, inkwell):
    response = client.get("/forums/")

    page = parse_page(response)
    rows = [row.text for row in page.one("ul", class_="rows").all("li")]
    assert rows == [
        "Tips and tricks Ideas from other owners.",
        "Beta 2025 Closed The finished beta.",
    ]


def test_lists_a_forums_topics_pinned_first_closed_ones_marked(client, inkwell):
    response = client.get(f"/forums/{inkwell.forum.pk}-tips-and-tricks/")

    page = parse_page(response)
    assert titles(page)[0] == "House rules"
    assert set(titles(page)) == {
        "House rules",
        "Old contest",
        "Best stock for glass jars?",
    }
    pinned, closed = (
        next(row for row in page.all("li", class_="row") if name in row.text)
        for name in ("House rules", "Old contest")
    )
    assert "Pinned" in pinned.text
    assert "Closed" in closed.text


def test_counts_replies_without_the_opening_post(client, inkwell):
    page = parse_page(client.get(f"/forums/{inkwell.forum.pk}-tips-and-tricks/"))

    row = next(row for row in page.all("li", class_="row") if "jars" in row.text)
    assert row.one("span", class_="row__count").text == "1 reply"


def test_leads_to_older_topics_and_back_without_knowing_how_many(client, inkwell):
    for number in range(30):
        topic = desk.Topic.objects.create(
            forum=inkwell.forum,
            title=f"Topic {number:02}",
            author_name="Olu",
            posted_at=NOON + timedelta(minutes=number),
        )
        topic.posts.create(author_name="Olu", body="Words.")
    address = f"/forums/{inkwell.forum.pk}-tips-and-tricks/"

    first = parse_page(client.get(address))
    second = parse_page(client.get(f"{address}?page=2"))

    assert len(titles(first)) == 25
    assert first.one("a", rel="next")["href"] == f"{address}?page=2"
    assert not first.all("a", rel="prev")
    assert len(titles(second)) == 33 - 25
    assert second.one("a", rel="prev")["href"] == address
    assert not second.all("a", rel="next")
    assert not set(titles(first)) & set(titles(second))
    assert client.get(f"{address}?page=3").status_code == 404


def test_says_what_an_empty_forum_would_hold(client, inkwell):
    forum = desk.Forum.objects.create(name="Fresh", order=5)

    page = parse_page(client.get(f"/forums/{forum.pk}-fresh/"))

    state = page.one("section", class_="state")
    assert "No topics yet" in state.text
    assert state.one("a")["href"] == f"/forums/{forum.pk}-fresh/new/"


def test_offers_no_new_topic_in_a_closed_forum(client, inkwell):
    address = f"/forums/{inkwell.closed_forum.pk}-beta-2025/"

    page = parse_page(client.get(address))

    assert "This forum is closed" in page.text
    assert f"{address}new/" not in [link["href"] for link in page.all("a")]


def test_shows_a_topic_with_its_posts_and_marks_the_teams(client, inkwell):
    response = client.get(
        f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/"
    )

    page = parse_page(response)
    assert page.one("h1").text == "Best stock for glass jars?"
    opening, answer = page.all("li", class_="msg")
    assert "Which labels survive a dishwasher?" in opening.text
    assert not opening.all("span", class_="badge")
    assert answer.one("span", class_="badge").text == "Staff"
    assert "msg--staff" in answer["class"]
    assert answer.one("p", class_="meta").one("a")["href"] == f"#{answer['id']}"
    assert page.one("nav", class_="crumbs").text.startswith("Community Tips and tricks")


def test_offers_no_reply_in_a_closed_topic(client, inkwell):
    page = parse_page(
        client.get(f"/forums/topics/{inkwell.closed_topic.pk}-old-contest/")
    )

    assert "This topic is closed" in page.text
    assert not page.all("form", method="post")


def test_offers_no_reply_in_an_open_topic_of_a_closed_forum(client, inkwell):
    topic = desk.Topic.objects.create(
        forum=inkwell.closed_forum, title="Last words", author_name="Ines"
    )
    topic.posts.create(author_name="Ines", body="It was fun.")

    page = parse_page(client.get(f"/forums/topics/{topic.pk}-last-words/"))

    assert "This topic is closed" in page.text
    assert not page.all("form", method="post")


def test_shows_fifty_posts_on_a_page_and_numbers_them_through(client, inkwell):
    for number in range(60):
        inkwell.topic.posts.create(
            author_name="Olu",
            body=f"Post {number}",
            posted_at=NOON + timedelta(days=9, minutes=number),
        )
    address = f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/"

    first = parse_page(client.get(address))
    second = parse_page(client.get(f"{address}?page=2"))

    assert len(first.all("li", class_="msg")) == 50
    assert second.all("article")[0].one("p", class_="meta").text.endswith("#51")
    assert len(second.all("li", class_="msg")) == 12
    assert second.one("a", aria_current="page", href=f"{address}?page=2").text == "2"


def test_finds_the_title_of_a_topic_that_the_lists_no_longer_reach(client, inkwell):
    old = desk.Topic.objects.create(
        forum=inkwell.forum,
        title="Ancient wisdom",
        author_name="Bo",
        posted_at=NOON - timedelta(days=900),
    )
    old.posts.create(
        author_name="Bo", body="Xylophone warranty questions answered at length."
    )
    for number in range(200):
        desk.Topic.objects.create(
            forum=inkwell.forum, title=f"T{number}", author_name="Olu"
        )

    page = parse_page(client.get(f"/forums/topics/{old.pk}-whatever/", follow=True))

    assert page.one("h1").text == "Ancient wisdom"


def test_shows_the_posts_of_a_topic_whose_title_nobody_knows(
    client, inkwell, partly_down
):
    partly_down("forums.search")
    for number in range(200):
        desk.Topic.objects.create(
            forum=inkwell.forum,
            title=f"T{number}",
            author_name="Olu",
            posted_at=NOON + timedelta(days=900),
        )

    response = client.get(f"/forums/topics/{inkwell.topic.pk}-view/")

    page = parse_page(response)
    assert response.status_code == 200
    assert page.one("h1").text == "Topic in the community"
    assert len(page.all("li", class_="msg")) == 2


@pytest.mark.parametrize(
    "wrong", ["/forums/{forum}/", "/forums/{forum}-old-name/", "/forums/{forum}-x/"]
)
def test_leads_from_other_addresses_of_a_forum_to_the_one(client, inkwell, wrong):
    response = client.get(wrong.format(forum=inkwell.forum.pk) + "?page=2")

    assert response.status_code == 301
    assert response["Location"] == (
        f"/forums/{inkwell.forum.pk}-tips-and-tricks/?page=2"
    )
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("wrong", ["/forums/topics/{}/", "/forums/topics/{}-nope/"])
def test_leads_from_other_addresses_of_a_topic_to_the_one(client, inkwell, wrong):
    response = client.get(wrong.format(inkwell.topic.pk))

    assert response.status_code == 301
    assert response["Location"] == (
        f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/"
    )


@pytest.mark.parametrize(
    "address",
    [
        "/forums/987654/",
        "/forums/987654-x/",
        "/forums/987654-x/new/",
        "/forums/987654-x/feed/",
        "/forums/topics/987654/",
        "/forums/topics/987654-x/",
        "/forums/topics/987654-x/reply/",
        "/forums/topics/987654-x/feed/",
        "/forums/topics/987654-x/sent/R-7F3K-92QD/",
        "/forums/987654-x/sent/R-7F3K-92QD/",
    ],
)
def test_knows_no_page_for_what_helpspot_does_not_have(client, inkwell, address):
    assert client.get(address).status_code == 404


def test_keeps_a_private_forum_private(client, inkwell):
    forum = desk.Forum.objects.create(name="Staff room", is_public=False)

    assert "Staff room" not in client.get("/forums/").content.decode()
    assert client.get(f"/forums/{forum.pk}-staff-room/").status_code == 404


@pytest.mark.parametrize("address", ["/forums/", "/forums/feed/", "/forums/1-x/"])
def test_has_no_forum_pages_where_helpspot_has_no_forums(client, inkwell, address):
    desk.DeskSettings.objects.create(pk=1, offers_forums=False)

    assert client.get(address).status_code == 404


def test_hides_the_community_where_helpspot_has_no_forums(client, inkwell):
    desk.DeskSettings.objects.create(pk=1, offers_forums=False)

    page = parse_page(client.get("/search/"))

    assert "Community" not in page.one("header").text


@pytest.mark.parametrize("fault", ["down", "hang_up", "garble"])
def test_says_that_the_help_desk_does_not_answer(client, inkwell, fault):
    desk.DeskSettings.objects.create(pk=1, fault=fault)

    response = client.get(f"/forums/{inkwell.forum.pk}-tips-and-tricks/")

    assert response.status_code == 503
    assert response["Retry-After"]


@pytest.mark.parametrize(
    "address",
    [
        "/forums/",
        "/forums/{forum}-tips-and-tricks/",
        "/forums/{forum}-tips-and-tricks/new/",
        "/forums/topics/{topic}-best-stock-for-glass-jars/",
        "/forums/feed/",
    ],
)
def test_is_the_same_for_everyone(client, inkwell, address):
    address = address.format(forum=inkwell.forum.pk, topic=inkwell.topic.pk)

    response = client.get(address)

    assert response.status_code == 200
    assert not response.cookies
    assert "public" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")
    assert client.get(address).content == response.content


def test_answers_304_to_a_copy_that_is_still_right(client, inkwell):
    address = f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/"
    first = client.get(address)

    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    inkwell.topic.posts.create(author_name="Olu", body="One more.")
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        changed = client.get(address, headers={"If-None-Match": first["ETag"]})

    assert "max-age=0" in first["Cache-Control"]
    assert "s-maxage=60" in first["Cache-Control"]
    assert again.status_code == 304
    assert changed.status_code == 200
    assert "One more." in changed.content.decode()


def test_shows_what_people_wrote_as_text_and_never_as_markup(client, inkwell):
    evil = "<img src=x onerror=alert(1)>"
    topic = desk.Topic.objects.create(
        forum=inkwell.forum, title=f"{evil}", author_name=evil
    )
    topic.posts.create(
        author_name=evil,
        label=evil,
        body=f"<p>Hello <b>you</b></p>{evil}<script>x</script>",
    )
    forum_page = client.get(f"/forums/{inkwell.forum.pk}-tips-and-tricks/")
    topic_page = client.get(f"/forums/topics/{topic.pk}/", follow=True)

    for response in (forum_page, topic_page):
        page = parse_page(response)
        assert not [one for one in page.all("img") if "onerror" in one.attributes]
        assert evil in page.text
    prose = parse_page(topic_page).one("div", class_="prose")
    assert prose.one("b").text == "you"
    assert not prose.all("script")


def test_keeps_the_lines_of_a_plain_post_and_links_addresses_in_it(client, inkwell):
    inkwell.topic.posts.create(
        author_name="Olu", body="1 < 2\nsee https://labels.example/x"
    )

    page = parse_page(
        client.get(f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/")
    )

    prose = page.all("div", class_="prose")[-1]
    assert "1 < 2" in prose.text
    assert prose.all("br")
    assert "nofollow" in prose.one("a", href="https://labels.example/x")["rel"]
