"""What HelpSpot refuses, and what a page is told."""

import io

import pytest

from portal.helpspot.errors import (
    Disabled,
    LoginFailed,
    NotFound,
    Problem,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from portal.helpspot.types import Upload


def refusal(*entries: tuple[object, str]) -> str:
    errors = "".join(
        f"<error><id>{id_}</id><description>{text}</description></error>"
        for id_, text in entries
    )
    return f"<?xml version='1.0' encoding='UTF-8'?>\n<errors>\n{errors}</errors>\n"


def ask_list(helpspot):
    return helpspot.kb.list()


def ask_posts(helpspot):
    return helpspot.forums.get_posts(5)


def ask_ticket(helpspot):
    return helpspot.request.get("5abcdef")


def sign_in(helpspot):
    return helpspot.customer.get_requests("amal@example.com", "x")


def create(helpspot):
    return helpspot.request.create(note="Hello", email="amal@example.com")


def update(helpspot):
    return helpspot.request.update(access_key="5abcdef", note="Hello")


def post(helpspot):
    return helpspot.forums.create_post(topic_id=5, author_name="Ines", body="Hi")


def vote(helpspot):
    return helpspot.kb.vote_helpful(5)


METHODS = {
    ask_list: ("kb.list", "GET"),
    ask_posts: ("forums.getPosts", "GET"),
    ask_ticket: ("request.get", "GET"),
    sign_in: ("customer.getRequests", "GET"),
    create: ("request.create", "POST"),
    update: ("request.update", "POST"),
    post: ("forums.createPost", "POST"),
    vote: ("kb.voteHelpful", "GET"),
}


@pytest.mark.parametrize("status", [400, 200])
@pytest.mark.parametrize(
    ("call", "id_", "error"),
    [
        (ask_ticket, "102", NotFound),
        (ask_ticket, "00102", NotFound),
        (ask_ticket, " 103 ", NotFound),
        (ask_ticket, "208", NotFound),
        (update, "102", NotFound),
        (ask_posts, "205", NotFound),
        (ask_posts, "204", NotFound),
        (post, "205", NotFound),
        (post, "204", Rejected),
        (post, "203", Rejected),
        (update, "208", Rejected),
        (update, "212", Rejected),
        (create, "101", Rejected),
        (create, "105", Rejected),
        (create, "999", Rejected),
        (create, "", Rejected),
        (create, "301", Unavailable),
        (create, "302", Unavailable),
        (ask_list, "302", Unavailable),
        (ask_list, "201", Disabled),
        (vote, "201", Disabled),
        (sign_in, "104", LoginFailed),
        (sign_in, "105", LoginFailed),
        (sign_in, "3", Throttled),
        (sign_in, "003", Throttled),
    ],
)
def test_says_what_a_page_must_do(wire, helpspot, call, id_, error, status):
    method, verb = METHODS[call]
    wire.answers(method, refusal((id_, "Words")), verb=verb, status=status)

    with pytest.raises(error) as caught:
        call(helpspot)

    assert type(caught.value) is error
    assert caught.value.args == (method,)


def test_hands_on_helpspots_words(wire, helpspot):
    entries = refusal(
        (101, "Required parameter Custom12 not supplied"),
        (207, "Could not create request: &lt;b&gt;no\n  reason"),
        ("x", "Odd"),
    )
    wire.answers("request.create", entries, verb="POST", status=400)

    with pytest.raises(Rejected) as caught:
        create(helpspot)

    assert caught.value.problems == (
        Problem(101, "Required parameter Custom12 not supplied"),
        Problem(207, "Could not create request: <b>no reason"),
        Problem(0, "Odd"),
    )
    assert caught.value.problems[0].custom_field_id == 12


def test_a_number_that_no_custom_field_has_names_none(wire, helpspot):
    entries = refusal((101, f"Custom{'1' * 5000} not supplied"))
    wire.answers("request.create", entries, verb="POST", status=400)

    with pytest.raises(Rejected) as caught:
        create(helpspot)

    assert caught.value.problems[0].custom_field_id is None


@pytest.mark.parametrize("status", [400, 200])
@pytest.mark.parametrize("call", list(METHODS))
def test_knows_that_the_api_is_switched_off(wire, helpspot, call, status):
    method, verb = METHODS[call]
    closed = "<?xml version='1.0'?><reply>Public API not enabled</reply>"
    wire.answers(method, closed, verb=verb, status=status)

    with pytest.raises(Disabled):
        call(helpspot)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, ""),
        (500, refusal((500, "Internal server error"))),
        (504, "<html>Gateway time-out</html>"),
        (404, "<html>Not found</html>"),
        (403, "<html>Forbidden</html>"),
        (400, "<html>Bad request</html>"),
        (302, ""),
        (200, "<html>Sign in</html>"),
    ],
)
@pytest.mark.parametrize("call", list(METHODS))
def test_tells_a_failed_read_from_an_uncertain_write(
    wire, helpspot, call, status, body
):
    method, verb = METHODS[call]
    wire.answers(method, body, verb=verb, status=status)
    error = Uncertain if call in {create, update, post, vote} else Unavailable

    with pytest.raises(error) as caught:
        call(helpspot)

    assert type(caught.value) is error


@pytest.mark.parametrize("status", [302, 400, 404, 500])
def test_does_not_believe_a_good_looking_answer_of_a_failed_call(
    wire, helpspot, status
):
    wire.answers("request.create", verb="POST", status=status)

    with pytest.raises(Uncertain):
        create(helpspot)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (413, "<html>Request Entity Too Large</html>"),
        (400, refusal((101, "Required parameter tNote not supplied"))),
    ],
)
def test_says_that_files_were_too_large(wire, helpspot, status, body):
    wire.answers("request.create", body, verb="POST", status=status)
    file = Upload(filename="a.bin", mime_type="x/y", file=io.BytesIO(b"1"))

    with pytest.raises(Rejected) as caught:
        helpspot.request.create(note="Hello", email="a@example.com", files=[file])

    assert [problem.id for problem in caught.value.problems] == [413]
    assert "too large" in caught.value.problems[0].text
