"""What a new process must ask for is asked for at the same moment."""

import pytest

from tests.html_page import parse_page
from tests.meeting_desk import meeting_desk

pytestmark = pytest.mark.django_db
NAVIGATION = ("kb.list", "forums.list")


@pytest.fixture
def desk(settings):
    with meeting_desk(settings) as desk:
        yield desk


@pytest.fixture
def opened(client, desk):
    """Let this browser have request 21004 open, in a process that knows nothing."""
    client.get("/requests/open/21004vbtrqa/")
    desk.calls.clear()
    return "/requests/21004/"


def labels(page):
    return [label.text for label in page.one("div", id="fields").all("label")]


def test_a_form_asks_for_categories_and_fields_beside_each_other(client, desk):
    meeting = desk.expect(
        "request.getCategories", "request.getCustomFields", *NAVIGATION
    )

    page = parse_page(client.get("/requests/new/"))

    assert meeting.took_place
    assert len(desk.calls) == 4
    assert labels(page) == ["Workshop (optional)"]


def test_a_form_without_its_fields_says_so_and_keeps_the_navigation(client, desk):
    desk.down = {"request.getCustomFields"}

    response = client.get("/requests/new/")

    page = parse_page(response)
    assert response.status_code == 200
    assert not page.all("div", class_="picker")
    assert page.one("header").all("a", href="/forums/")


def test_a_request_is_asked_for_beside_what_its_page_needs(client, desk, opened):
    meeting = desk.expect("request.get", "request.getCustomFields", *NAVIGATION)

    response = client.get(opened)

    assert response.status_code == 200
    assert meeting.took_place
    assert len(desk.calls) == 4


def test_a_request_is_shown_where_the_fields_are_not_to_be_had(client, desk, opened):
    desk.down = {"request.getCustomFields"}

    response = client.get(opened)

    assert response.status_code == 200
    assert parse_page(response).one("h1").text == "Every label is blank."
