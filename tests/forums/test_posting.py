import re

import pytest
import time_machine

from portal import outbox
from portal.brands import brand_for, memory
from portal.desk import models as desk
from portal.helpspot import helpspot_for
from portal.outbox.models import REFERENCE_PATTERN
from tests.html_page import parse_page

WORDS = {
    "body": "The polyester one does.\nI tried it.",
    "author_name": "Amal",
    "email": "amal@example.com",
    "wants_email": "on",
}
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)


@pytest.fixture
def topic_address(inkwell) -> str:
    return f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/"


@pytest.fixture
def forum_address(inkwell) -> str:
    return f"/forums/{inkwell.forum.pk}-tips-and-tricks/"


def without_reference(response) -> str:
    """Return where it leads, without what lets the poster see past all copies."""
    address, count = re.subn(
        rf"[?&]posted={REFERENCE_PATTERN}", "", response["Location"]
    )
    assert count == 1
    return address


def break_desk(fault: str) -> None:
    desk.DeskSettings.objects.update_or_create(pk=1, defaults={"fault": fault})


def test_posts_a_reply_and_shows_it_where_it_stands(client, inkwell, topic_address):
    response = client.post(
        f"{topic_address}reply/",
        WORDS,
        headers={"User-Agent": CHROME},
        REMOTE_ADDR="192.0.2.7",
    )

    post = inkwell.topic.posts.latest("id")
    assert response.status_code == 303
    assert without_reference(response) == f"{topic_address}#post-{post.pk}"
    assert "The polyester one does." in client.get(topic_address).content.decode()
    assert (post.author_name, post.email, post.wants_email) == (
        "Amal",
        "amal@example.com",
        True,
    )
    assert (post.ip_address, post.operating_system, post.browser) == (
        "192.0.2.7",
        "Windows",
        "Chrome",
    )
    assert post.body.splitlines() == ["The polyester one does.", "I tried it."]


def test_leads_to_the_page_that_a_reply_stands_on(client, inkwell, topic_address):
    for number in range(60):
        inkwell.topic.posts.create(author_name="Olu", body=f"Post {number}")

    response = client.post(f"{topic_address}reply/", WORDS)

    post = inkwell.topic.posts.latest("id")
    assert without_reference(response) == f"{topic_address}?page=2#post-{post.pk}"


def test_starts_a_topic_and_leads_to_it(client, inkwell, forum_address):
    client.get(forum_address)

    response = client.post(
        f"{forum_address}new/", {**WORDS, "title": "Labels for the freezer?"}
    )

    topic = desk.Topic.objects.latest("id")
    assert response.status_code == 303
    assert without_reference(response) == (
        f"/forums/topics/{topic.pk}-labels-for-the-freezer/"
    )
    page = parse_page(client.get(response["Location"]))
    assert page.one("h1").text == "Labels for the freezer?"
    assert "Labels for the freezer?" in client.get(forum_address).content.decode()


def test_shows_a_new_topic_in_feed_and_title_at_once(
    client, inkwell, forum_address, partly_down
):
    partly_down("forums.search")
    client.get("/forums/feed/")
    client.get(f"/forums/topics/{inkwell.topic.pk}/", follow=True)

    response = client.post(
        f"{forum_address}new/", {**WORDS, "title": "Labels for the freezer?"}
    )

    assert "freezer" in client.get("/forums/feed/").content.decode()
    page = parse_page(client.get(response["Location"]))
    assert page.one("h1").text == "Labels for the freezer?"


def test_makes_one_post_of_the_same_words_sent_twice(client, inkwell, topic_address):
    first = client.post(f"{topic_address}reply/", WORDS)
    second = client.post(f"{topic_address}reply/", WORDS)

    assert first["Location"] == second["Location"]
    assert inkwell.topic.posts.filter(author_name="Amal").count() == 1


def test_makes_one_post_of_the_same_words_sent_twice_around_midnight(
    client, inkwell, topic_address
):
    with time_machine.travel("2026-11-24T23:59:30Z"):
        first = client.post(f"{topic_address}reply/", WORDS)
    with time_machine.travel("2026-11-25T00:00:30Z"):
        second = client.post(f"{topic_address}reply/", WORDS)

    assert first["Location"] == second["Location"]
    assert inkwell.topic.posts.filter(author_name="Amal").count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "amal@example.org"},
        {"wants_email": ""},
        {"email": "", "wants_email": ""},
    ],
)
def test_makes_one_post_of_the_same_words_whoever_is_to_be_emailed(
    client, inkwell, topic_address, forum_address, changes
):
    for address, words in (
        (f"{topic_address}reply/", WORDS),
        (f"{forum_address}new/", {**WORDS, "title": "Jars"}),
    ):
        first = client.post(address, words)
        second = client.post(address, {**words, **changes})

        assert first["Location"] == second["Location"]
    assert inkwell.topic.posts.filter(author_name="Amal").count() == 1
    assert inkwell.forum.topics.filter(title="Jars").count() == 1


def test_makes_one_post_of_the_same_words_while_the_secret_key_is_changed(
    client, inkwell, topic_address, settings
):
    first = client.post(f"{topic_address}reply/", WORDS)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-that-nobody-can-guess-so-it-is-long"
    second = client.post(f"{topic_address}reply/", WORDS)

    assert first["Location"] == second["Location"]
    assert inkwell.topic.posts.filter(author_name="Amal").count() == 1


def test_makes_one_post_of_the_same_words_from_another_browser(
    client, inkwell, topic_address
):
    client.post(f"{topic_address}reply/", WORDS)
    client.post(f"{topic_address}reply/", WORDS, headers={"User-Agent": CHROME})

    assert inkwell.topic.posts.filter(author_name="Amal").count() == 1


def test_takes_the_same_words_from_two_visitors(client, inkwell, topic_address):
    client.post(f"{topic_address}reply/", WORDS, REMOTE_ADDR="192.0.2.7")
    client.post(f"{topic_address}reply/", WORDS, REMOTE_ADDR="192.0.2.8")

    assert inkwell.topic.posts.filter(author_name="Amal").count() == 2


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"body": " "}, "Write your reply"),
        ({"author_name": ""}, "Enter a name"),
        ({"author_name": "A" * 101}, "Shorten this to 100 characters"),
        ({"email": "amal@"}, "Write the email address like name@example.com"),
        ({"email": ""}, "Enter the address to send replies to"),
    ],
)
def test_says_what_is_missing_and_keeps_what_was_typed(
    client, inkwell, topic_address, changes, error
):
    said = {**WORDS, **changes}

    response = client.post(f"{topic_address}reply/", said)

    page = parse_page(response)
    assert response.status_code == 422
    assert page.one("title").text.startswith("Error: ")
    assert error in page.one("div", id="errors").text
    assert page.one("textarea", name="body").text == " ".join(said["body"].split())
    assert (
        page.one("input", name="author_name").attributes.get("value", "")
        == (said["author_name"])
    )
    assert inkwell.topic.posts.count() == 2


def test_asks_a_new_topic_for_its_title(client, inkwell, forum_address):
    response = client.post(f"{forum_address}new/", WORDS)

    page = parse_page(response)
    assert response.status_code == 422
    assert "Enter a title" in page.one("div", id="errors").text
    assert page.one("div", id="errors").one("a")["href"] == "#id_title"


@pytest.mark.parametrize(
    "name",
    [
        "Inkwell",
        "inkwell  SUPPORT",
        "I n k w e l l",
        "lnkweII",
        "Ⅰnkwell",  # noqa: RUF001 - a Roman numeral
        "Inkwеll",  # noqa: RUF001 - a Cyrillic letter
        "Maya",
        "mауа",  # noqa: RUF001 - Cyrillic letters
        "Staff",
    ],
)
def test_refuses_a_name_that_readers_could_take_for_the_teams(
    client, inkwell, topic_address, name
):
    client.get(topic_address)

    response = client.post(f"{topic_address}reply/", {**WORDS, "author_name": name})

    page = parse_page(response)
    assert response.status_code == 422
    assert "looks like one of our team" in page.one("div", id="errors").text
    assert page.one("input", name="author_name")["value"] == name
    assert inkwell.topic.posts.count() == 2


@pytest.mark.parametrize("name", ["Inka Wellmann", "Mayank", "Bernd Müller", "李雷"])
def test_takes_names_that_only_share_letters_with_the_teams(
    client, inkwell, topic_address, name
):
    client.get(topic_address)

    response = client.post(f"{topic_address}reply/", {**WORDS, "author_name": name})

    assert response.status_code == 303


def test_takes_nothing_from_a_program_that_fills_in_every_field(
    client, inkwell, topic_address
):
    response = client.post(
        f"{topic_address}reply/", {**WORDS, "homepage": "https://spam.example"}
    )

    assert response.status_code == 422
    assert "The polyester one does." in response.content.decode()
    assert inkwell.topic.posts.count() == 2


def test_shows_why_helpspot_refused_and_keeps_the_text(client, inkwell):
    address = f"/forums/topics/{inkwell.closed_topic.pk}-old-contest/reply/"

    response = client.post(address, WORDS)

    page = parse_page(response)
    assert response.status_code == 422
    assert "closed" in page.one("div", id="errors").text.lower()
    assert page.one("textarea", name="body").text.startswith("The polyester one")
    assert page.one("input", name="wants_email").attributes.get("checked") == ""


def test_takes_corrected_words_after_a_refusal(client, inkwell):
    address = f"/forums/topics/{inkwell.closed_topic.pk}-old-contest/reply/"
    client.post(address, WORDS)
    desk.Topic.objects.filter(pk=inkwell.closed_topic.pk).update(is_closed=False)

    response = client.post(address, WORDS)

    assert response.status_code == 303
    assert inkwell.closed_topic.posts.filter(author_name="Amal").count() == 1


def test_stops_a_flood_kindly_and_keeps_the_words(client, inkwell, topic_address):
    for number in range(3):
        client.post(f"{topic_address}reply/", {**WORDS, "body": f"Post {number}"})

    response = client.post(f"{topic_address}reply/", WORDS)
    elsewhere = client.post(f"{topic_address}reply/", WORDS, REMOTE_ADDR="192.0.2.9")

    page = parse_page(response)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 600
    assert "Send this again in" in page.one("div", id="errors").text
    assert page.one("textarea", name="body").text.startswith("The polyester one")
    assert elsewhere.status_code == 303


def test_repeating_a_kept_post_meets_no_limit(client, inkwell, topic_address):
    for number in range(3):
        client.post(f"{topic_address}reply/", {**WORDS, "body": f"Post {number}"})

    response = client.post(f"{topic_address}reply/", {**WORDS, "body": "Post 0"})

    assert response.status_code == 303


@pytest.mark.parametrize("fault", ["down", "hang_up", "garble"])
def test_keeps_a_reply_while_the_help_desk_does_not_answer(
    client, inkwell, topic_address, fault
):
    break_desk(fault)

    response = client.post(f"{topic_address}reply/", WORDS)

    submission = outbox.Submission.objects.get()
    assert response.status_code == 303
    assert response["Location"] == f"{topic_address}sent/{submission.reference}/"
    shown = client.get(response["Location"])
    page = parse_page(shown)
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    assert page.one("h1").text == "We have your post"
    assert submission.reference in page.text


def test_keeps_a_topic_while_the_help_desk_does_not_answer(
    client, inkwell, forum_address
):
    break_desk("hang_up")

    response = client.post(f"{forum_address}new/", {**WORDS, "title": "Freezer?"})

    assert response.status_code == 303
    page = parse_page(client.get(response["Location"]))
    assert page.one("h1").text == "We have your post"


def test_leads_to_a_kept_reply_once_helpspot_has_it(client, inkwell, topic_address):
    break_desk("hang_up")
    waiting = client.post(f"{topic_address}reply/", WORDS)["Location"]
    break_desk("")
    post = inkwell.topic.posts.create(author_name="Amal", body="x")
    outbox.Submission.objects.update(state="delivered", result_id=post.pk)

    response = client.get(waiting)

    assert response.status_code == 302
    assert without_reference(response) == f"{topic_address}#post-{post.pk}"


def test_calls_no_post_hidden_that_an_absent_help_desk_cannot_show(
    client, inkwell, topic_address, forum_address
):
    client.get(topic_address)
    break_desk("down")
    addresses = [
        client.post(f"{topic_address}reply/", WORDS)["Location"],
        client.post(f"{forum_address}new/", {**WORDS, "title": "Freezer?"})["Location"],
    ]
    outbox.Submission.objects.update(state="delivered", result_id=7001)

    for address in addresses:
        page = parse_page(client.get(address))

        assert page.one("h1").text == "We have your post"
        assert "Our help desk has it, but does not answer right now" in page.text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("received", "Our help desk does not answer right now. Your post is kept"),
        ("sending", "Our help desk has not confirmed it yet; we keep checking"),
        ("unknown", "Our help desk has not confirmed it yet; we keep checking"),
        ("held", "Someone from our team looks after it by hand"),
        ("discarded", "Our help desk refused it."),
    ],
)
def test_tells_the_truth_about_every_state(
    client, inkwell, topic_address, state, words
):
    break_desk("down")
    address = client.post(f"{topic_address}reply/", WORDS)["Location"]
    outbox.Submission.objects.update(state=state)

    assert words in parse_page(client.get(address)).one("main").text


def test_says_that_a_reply_waits_for_review(client, inkwell, topic_address):
    inkwell.forum.is_moderated = True
    inkwell.forum.save()

    response = client.post(f"{topic_address}reply/", WORDS, follow=True)

    assert response.status_code == 200
    assert parse_page(response).one("h1").text == ("Your post is waiting for review")
    assert "The polyester" not in client.get(topic_address).content.decode()


def test_says_that_a_topic_waits_for_review(client, inkwell, forum_address):
    inkwell.forum.is_moderated = True
    inkwell.forum.save()

    response = client.post(
        f"{forum_address}new/", {**WORDS, "title": "Freezer?"}, follow=True
    )

    assert response.status_code == 200
    assert parse_page(response).one("h1").text == ("Your post is waiting for review")
    assert "Freezer?" not in client.get(forum_address).content.decode()


def test_tells_nothing_about_a_request_by_its_reference(client, inkwell, topic_address):
    brand = brand_for("testserver")
    submission = outbox.submit(
        brand,
        helpspot_for(brand.connection),
        outbox.TicketContent(note="Private words", email="amal@example.com"),
        key=outbox.new_key(),
    )

    response = client.get(f"{topic_address}sent/{submission.reference}/")

    assert response.status_code == 404


def test_takes_no_post_from_another_site(client, inkwell, topic_address):
    response = client.post(
        f"{topic_address}reply/", WORDS, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert response.status_code == 403
    assert inkwell.topic.posts.count() == 2


def test_leads_a_visit_to_the_reply_address_to_the_form(client, inkwell, topic_address):
    response = client.get(f"{topic_address}reply/")

    assert response.status_code == 302
    assert response["Location"] == f"{topic_address}#reply"


def test_offers_no_form_in_a_closed_forum(client, inkwell):
    page = parse_page(client.get(f"/forums/{inkwell.closed_forum.pk}-beta-2025/new/"))

    assert "This forum is closed" in page.text
    assert not page.all("form", method="post")


def test_sets_no_cookie_when_posting(client, inkwell, topic_address):
    response = client.post(f"{topic_address}reply/", WORDS)

    assert not response.cookies


def test_whoever_posted_sees_it_past_every_copy(client, inkwell, topic_address):
    client.get(topic_address)
    response = client.post(f"{topic_address}reply/", WORDS)
    brand = brand_for("")
    copy = memory.remembered(brand, f"posts:{inkwell.topic.pk}", tuple)
    stale = tuple(post for post in copy.value if "polyester" not in post.body)
    memory.renewed(brand, f"posts:{inkwell.topic.pk}", lambda: stale)
    page = client.get(response["Location"].partition("#")[0])

    assert "The polyester one does." in page.content.decode()


def test_whoever_posted_sees_the_last_copy_while_the_help_desk_is_away(
    client, inkwell, topic_address
):
    response = client.post(f"{topic_address}reply/", WORDS)
    break_desk("down")

    page = client.get(response["Location"].partition("#")[0])

    assert page.status_code == 200
    assert "The polyester one does." in page.content.decode()
    assert "You see this page as of" in page.content.decode()


def test_nobody_else_can_have_the_help_desk_asked_anew(client, inkwell, topic_address):
    client.get(topic_address)
    inkwell.topic.posts.create(author_name="Olu", body="One more.")

    page = client.get(f"{topic_address}?posted=R-2222-2222")

    assert "One more." not in page.content.decode()


def test_a_post_that_may_have_been_kept_is_never_called_unsent_later(
    client, inkwell, topic_address, monkeypatch
):
    def fail(*args, **values):
        raise failures.pop(0)

    failures = [outbox.PerhapsStored, outbox.NotStored]
    monkeypatch.setattr("portal.outbox.submitting.submit", fail)
    first = client.post(f"{topic_address}reply/", WORDS).content.decode()
    assert '<input type="hidden" name="perhaps" value="1">' in first

    again = client.post(f"{topic_address}reply/", WORDS | {"perhaps": "1"})

    page = again.content.decode()
    assert "We cannot tell yet whether this reached us" in page
    assert "not sent" not in page
