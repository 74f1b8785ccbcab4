"""Full-text search: `kb.search` and `forums.search`."""

from __future__ import annotations

import pytest

from portal.desk import search
from portal.desk.models import Book, Chapter, Forum, Page, Post, Topic
from tests.desk.api.conftest import document, problems, texts


@pytest.fixture
def chapter(db):
    book = Book.objects.create(name="Product Manual")
    return Chapter.objects.create(book=book, name="All")


@pytest.fixture
def write(chapter):
    def write(name: str, body: str = "", **values) -> Page:
        return Page.objects.create(chapter=chapter, name=name, body=body, **values)

    return write


@pytest.fixture
def found(ask):
    def found(words: str) -> list[str]:
        return texts(ask("kb.search", q=words), "page/sPageName")

    return found


def test_shows_what_it_found(write, ask):
    linux = write("On Linux", "<p>How to <b>install</b> it &amp; run</p>")

    response = ask("kb.search", q="installation")

    assert response.content.decode() == document(f"""
        <pages>
        <page>
        <link>?pg=kb.page&amp;id={linux.pk}</link>
        <desc>How to install it &amp; run</desc>
        <sBookName>Product Manual</sBookName>
        <sPageName>On Linux</sPageName>
        <xPage>{linux.pk}</xPage>
        </page>
        </pages>
    """)


def test_needs_words(db, ask):
    missing = [(101, "Required parameter q not supplied")]
    assert problems(ask("kb.search", q=" ")) == missing
    assert problems(ask("forums.search")) == missing


def test_puts_a_hit_in_the_title_first(write, found):
    write("Paper", "<p>" + "Roll the paper into the printer. " * 3 + "</p>")
    write("Printer", "<p>It is grey. " + "Words of another kind. " * 40 + "</p>")

    assert found("printer") == ["Printer", "Paper"]


def test_puts_more_and_denser_hits_first(write, found):
    write("One", "<p>battery " + "filler word here " * 60 + "</p>")
    write("Two", "<p>battery battery charger and battery again</p>")

    assert found("battery") == ["Two", "One"]


def test_finds_all_words_before_it_settles_for_any(write, found):
    write("Both", "<p>The red cable</p>")
    write("Red", "<p>A red lamp</p>")

    assert found("red cable") == ["Both"]
    assert found("how do I repair the red lamp") == ["Red", "Both"]


def test_takes_the_last_word_as_a_beginning(write, found):
    write("Pair", "<p>Hold the Bluetooth button</p>")

    assert found("hold blue") == ["Pair"]
    assert found("blue hold") == ["Pair"]  # not all words, but one of them


@pytest.mark.parametrize(
    "typed", ["p", "pri", "print", "printi", "printin", "printing"]
)
def test_finds_while_someone_is_typing(write, found, typed):
    write("Head", "<p>Printing in colour</p>")

    assert found(typed) == ["Head"]


@pytest.mark.parametrize("words", ["cafe", "café", "CAFÉ", "cafe\u0301"])
def test_minds_neither_accents_nor_letter_case(write, found, words):
    write("Menu", "<p>Le café du coin</p>")

    assert found(words) == ["Menu"]


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "'",
        '" OR title:x',
        "a AND",
        "NOT",
        "NEAR(a b)",
        "*",
        "(",
        "title:lamp",
        "a:*",
        "a & | !b",
        "-- ;",
        "\\",
        "%_",
        "{}",
        "\x00lamp",
        "lamp " * 500,
        "l" * 5000,
    ],
)
def test_is_broken_by_nothing_that_is_typed(write, ask, words):
    write("Lamp", "<p>one lamp</p>")

    response = ask("kb.search", q=words)

    expected = ["Lamp"] if "lamp" in words else []
    assert texts(response, "page/sPageName") == expected


def test_reads_the_text_of_a_page_not_its_tags(write, found, ask):
    write("A", "<p class='strong'>B</p><script>evil()</script><style>x{}</style>")
    write("Two blocks", "<p>one</p><p>two</p>")

    assert found("strong") == found("evil") == found("onetwo") == []
    assert texts(ask("kb.search", q="two"), "page/desc") == ["one two"]


def test_shows_the_words_around_the_hit(write, ask):
    write("Long", "<p>" + "before " * 200 + "needle " + "after " * 200 + "</p>")

    [excerpt] = texts(ask("kb.search", q="needle"), "page/desc")

    assert "before needle after" in excerpt
    assert len(excerpt) < 400


def test_finds_only_what_customers_may_see(write, chapter, found):
    write("Hidden lamp", is_hidden=True)
    write("Shown lamp")
    assert found("lamp") == ["Shown lamp"]

    Chapter.objects.update(is_hidden=True)
    assert found("lamp") == []

    Chapter.objects.update(is_hidden=False)
    Book.objects.update(is_public=False)
    assert found("lamp") == []


def test_keeps_in_step_with_pages(write, found):
    lamp = write("Lamp")
    lamp.name = "Torch"
    lamp.save()
    assert (found("lamp"), found("torch")) == ([], ["Torch"])

    lamp.delete()
    assert found("torch") == []


def test_indexes_anew_what_was_written_in_bulk(chapter, found):
    Page.objects.bulk_create(
        Page(chapter=chapter, name=f"Lamp {number}") for number in range(3)
    )
    assert found("lamp") == []

    search.rebuild()

    assert found("lamp") == ["Lamp 0", "Lamp 1", "Lamp 2"]


def test_forgets_what_is_gone_when_it_indexes_anew(write, found, chapter):
    write("Lamp")
    Page.objects.all()._raw_delete("default")

    search.rebuild()

    assert found("lamp") == []


def test_answers_fifty_at_most(write, found):
    for number in range(60):
        write(f"Lamp {number}")

    assert len(found("lamp")) == 50


# --------------------------------------------------------------------- forums


@pytest.fixture
def topic(db):
    forum = Forum.objects.create(name="Product Beta")

    def topic(title: str, *bodies: str) -> Topic:
        row = Topic.objects.create(forum=forum, title=title, author_name="Bob")
        for body in bodies:
            row.posts.create(author_name="Bob", body=body)
        return row

    return topic


@pytest.fixture
def found_topics(ask):
    def found(words: str) -> list[str]:
        return texts(ask("forums.search", q=words), "topic/sTopic")

    return found


def test_shows_the_topics_it_found(topic, ask):
    row = topic("Update to the installer", "Please <download> 3.4", "Done")

    response = ask("forums.search", q="download")

    assert response.content.decode() == document(f"""
        <topics>
        <topic>
        <link>?pg=forums.posts&amp;id={row.pk}</link>
        <desc>Please &lt;download&gt; 3.4 Done</desc>
        <sTopic>Update to the installer</sTopic>
        <xTopicId>{row.pk}</xTopicId>
        <sForumName>Product Beta</sForumName>
        <xForumId>{row.forum_id}</xForumId>
        <dtGMTPosted>{int(row.posted_at.timestamp())}</dtGMTPosted>
        </topic>
    </topics>
    """)


def test_finds_words_that_stand_in_different_posts(topic, found_topics):
    topic("Jars", "Labels for jars", "Use polyester")
    topic("Other", "Only labels")

    assert found_topics("labels polyester") == ["Jars"]


def test_keeps_in_step_with_posts(topic, found_topics):
    row = topic("Jars", "Labels", "Polyester")
    Post.objects.get(body="Polyester").delete()
    assert found_topics("polyester") == []

    post = row.posts.get()
    post.is_approved = False
    post.save()
    assert found_topics("labels") == []
    assert found_topics("jars") == ["Jars"]

    row.forum.delete()
    assert found_topics("jars") == []


def test_finds_no_topic_that_nobody_may_see(topic, found_topics):
    topic("Jars", "Labels")
    Forum.objects.update(is_public=False)
    assert found_topics("labels") == []

    Forum.objects.update(is_public=True)
    Topic.objects.update(is_approved=False)
    assert found_topics("labels") == []
