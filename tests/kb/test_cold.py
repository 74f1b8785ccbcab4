"""What a new process must ask for is asked for at the same moment."""

import pytest

from tests.html_page import parse_page
from tests.meeting_desk import meeting_desk

pytestmark = pytest.mark.django_db
PAGE = "/kb/pages/17-pair-over-bluetooth/"


@pytest.fixture
def desk(settings):
    with meeting_desk(settings) as desk:
        yield desk


def test_a_guide_is_asked_for_beside_the_books_and_the_navigation(client, desk):
    meeting = desk.expect("kb.list", "kb.getPage", "kb.list", "forums.list")

    page = parse_page(client.get(PAGE))

    assert meeting.took_place
    assert sorted(desk.calls) == [
        "forums.list",
        "kb.getBookTOC",
        "kb.getPage",
        "kb.list",
        "kb.list",
    ]
    assert page.one("h1").text == "Pair over Bluetooth"


@pytest.mark.parametrize("path", ["/kb/", "/kb/books/3-printer-manual/"])
def test_books_are_asked_for_beside_the_navigation(client, desk, path):
    meeting = desk.expect("kb.list", "kb.list", "forums.list")

    response = client.get(path)

    assert response.status_code == 200
    assert meeting.took_place


def test_a_guide_is_shown_where_the_navigation_cannot_be_asked_for(client, desk):
    desk.down = {"forums.list"}

    response = client.get(PAGE)

    page = parse_page(response)
    assert response.status_code == 200
    assert page.all("a", href="/forums/")


@pytest.mark.parametrize("down", ["kb.getPage", "kb.getBookTOC"])
def test_a_guide_that_cannot_be_read_is_told_to_be_away(client, desk, down):
    desk.down = {down}

    assert client.get(PAGE).status_code == 503


def test_a_guide_that_no_book_has_is_not_asked_for_where_the_books_are_known(
    client, desk
):
    client.get("/kb/")
    desk.calls.clear()

    response = client.get("/kb/pages/999-nothing/")

    assert response.status_code == 404
    assert desk.calls == []
