"""What a new process must ask for is asked for at the same moment."""

import pytest

from tests.html_page import parse_page
from tests.meeting_desk import meeting_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(settings):
    with meeting_desk(settings) as desk:
        yield desk


def headings(page):
    return {one.text for one in page.one("main").all("h2")}


def test_guides_topics_and_navigation_are_asked_for_beside_each_other(client, desk):
    lists = desk.expect("kb.list", "kb.list", "forums.list", "forums.list")
    contents = desk.expect("kb.getBookTOC", "forums.getTopics", "forums.getTopics")

    page = parse_page(client.get("/"))

    assert lists.took_place
    assert contents.took_place
    assert len(desk.calls) == 7
    assert {"Browse the guides", "Latest in the community"} <= headings(page)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("kb.getBookTOC", "The guides cannot be shown right now"),
        ("forums.getTopics", "The topics cannot be shown right now"),
    ],
)
def test_one_part_that_fails_takes_nothing_else_down(client, desk, missing, said):
    desk.down = {missing}

    response = client.get("/")

    page = parse_page(response)
    assert response.status_code == 200
    assert said in page.text
    assert "cannot be shown" not in page.text.replace(said, "")


def test_a_part_that_turns_out_not_to_be_offered_is_left_out(client, desk):
    desk.answers["forums.list"] = b"<forums></forums>"

    page = parse_page(client.get("/"))

    assert "Browse the guides" in headings(page)
    assert "Latest in the community" not in headings(page)
    assert not page.one("header").all("a", href="/forums/")


def test_a_part_that_is_known_not_to_be_offered_is_not_asked_for(client, desk):
    desk.answers["forums.list"] = b"<forums></forums>"
    client.get("/requests/new/")
    desk.calls.clear()

    client.get("/")

    assert desk.calls == ["kb.list", "kb.getBookTOC"]


def test_what_a_page_could_not_be_told_is_asked_for_once(client, desk):
    desk.down = {"forums.list"}

    client.get("/")

    # By navigation and by the topics; each call is tried twice.
    assert desk.calls.count("forums.list") == 4
