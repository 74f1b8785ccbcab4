"""Writing in the community: quotes, previews, long topics."""

from __future__ import annotations

from portal.desk import models as desk
from portal.outbox.models import Submission
from tests.html_page import parse_page

WORDS = {"body": "First line.\nSecond <b>line</b>.", "author_name": "Amal"}


def address_of(inkwell) -> str:
    return f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/"


def test_a_quoted_post_stands_in_the_reply_with_its_writers_name(client, inkwell):
    post = inkwell.topic.posts.create(author_name="Olu", body="Use film.\nNot paper.")

    page = parse_page(client.get(f"{address_of(inkwell)}?quote={post.pk}"))

    field = page.one("textarea", name="body")
    assert "".join(map(str, field.children)).lstrip("\n") == (
        "Olu wrote:\n> Use film.\n> Not paper.\n\n"
    )


def test_every_post_can_be_quoted_without_scripts(client, inkwell):
    page = parse_page(client.get(address_of(inkwell)))

    links = " ".join(link["href"] for link in page.all("a", rel="nofollow"))
    for post in inkwell.topic.posts.all():
        assert f"quote={post.pk}#reply" in links


def test_a_preview_shows_the_reply_and_posts_nothing(client, inkwell):
    count = desk.Post.objects.count()

    response = client.post(f"{address_of(inkwell)}reply/", {**WORDS, "_preview": "1"})

    page = parse_page(response)
    assert response.status_code == 200
    preview = page.one("section", id="preview")
    assert "First line." in preview.text
    assert page.one("textarea", name="body").text == "First line. Second <b>line</b>."
    assert desk.Post.objects.count() == count
    assert not Submission.objects.exists()


def test_a_preview_of_a_topic_shows_title_and_text(client, inkwell):
    address = f"/forums/{inkwell.forum.pk}-tips-and-tricks/new/"

    page = parse_page(client.post(address, {**WORDS, "title": "Jars", "_preview": "1"}))

    preview = page.one("section", id="preview").text
    assert preview.startswith("Preview: not posted yet Jars")
    assert not desk.Topic.objects.filter(title="Jars").exists()


def test_a_preview_with_a_mistake_says_so(client, inkwell):
    response = client.post(
        f"{address_of(inkwell)}reply/", {**WORDS, "author_name": "", "_preview": "1"}
    )

    assert response.status_code == 422
    assert "Enter a name" in response.content.decode()


def test_a_topic_of_thousands_of_posts_shows_a_page_of_them(client, inkwell):
    desk.Post.objects.bulk_create(
        desk.Post(topic=inkwell.topic, author_name="Olu", body=f"Post {number}")
        for number in range(2000)
    )

    page = parse_page(client.get(f"{address_of(inkwell)}?page=20"))

    posts = page.one("ol", class_="thread").all("li", class_="msg")
    assert len(posts) == 50
    assert "#951" in posts[0].text
    assert len(page.one("nav", class_="pager").all("a")) < 15
