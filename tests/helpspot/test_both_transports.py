"""The practice desk through a socket and in process: no page can tell which."""

import io
from datetime import UTC, datetime
from threading import Thread

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections

from portal.desk import models as desk
from portal.helpspot import Connection, HelpSpot
from portal.helpspot.connection import Limits
from portal.helpspot.errors import (
    Disabled,
    LoginFailed,
    NotFound,
    Rejected,
    Unavailable,
    Uncertain,
)
from portal.helpspot.types import (
    Book,
    Category,
    CustomValue,
    Forum,
    Moment,
    Note,
    Ticket,
    Upload,
)
from tests.desk_content import NOW

LIMITS = Limits(wait=1, read=4, write=2)


class SharingServer(ThreadedWSGIServer):
    """A server whose threads leave the shared connection open."""

    daemon_threads = True

    def _close_connections(self):
        pass


@pytest.fixture(scope="module")
def socket_address(django_db_setup):
    """Serve the portal to this thread alone, on its own database connection.

    pytest-django's live server would have to commit, and to empty all tables after
    every test.
    """
    shared = connections["default"]
    shared.inc_thread_sharing()
    # A connection inside a test's transaction looks unusable to them.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    server = SharingServer(
        ("127.0.0.1", 0),
        WSGIRequestHandler,
        connections_override={shared.alias: shared},
    )
    server.set_app(WSGIHandler())
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)
    shared.dec_thread_sharing()


@pytest.fixture(params=["embedded", "socket"])
def helpspot(request, inkwell, socket_address):
    address = "embedded:" if request.param == "embedded" else socket_address
    return HelpSpot(Connection(base_url=address), LIMITS)


def unix(at: datetime) -> Moment:
    seconds = int(at.timestamp())
    return Moment(at=datetime.fromtimestamp(seconds, UTC), text=str(seconds))


# ------------------------------------------------------------------- customers


def test_lists_a_customers_requests(helpspot, inkwell):
    tickets = helpspot.customer.get_requests("amal@example.com", "lighthouse")

    assert [(one.id, one.access_key, one.is_open) for one in tickets] == [
        (inkwell.ticket.pk, inkwell.ticket.access_key, True),
        (inkwell.closed_ticket.pk, inkwell.closed_ticket.access_key, False),
    ]
    assert tickets[0].opened == unix(NOW)
    assert tickets[0].category_name == "Printer problem"


def test_refuses_a_wrong_password(helpspot):
    with pytest.raises(LoginFailed):
        helpspot.customer.get_requests("amal@example.com", "wrong & long")


# -------------------------------------------------------------------- requests


def test_shows_a_request(helpspot, inkwell):
    ticket = helpspot.request.get(inkwell.ticket.access_key)

    first, answer = inkwell.ticket.notes.filter(is_public=True)
    assert ticket.notes[0] == Note(
        id=first.pk,
        ticket_id=inkwell.ticket.pk,
        author_name=None,
        is_by_staff=False,
        is_initial=True,
        body="Every label is blank since the update.\nThe test page too.",
        is_html=False,
        created=unix(NOW),
    )
    assert [note.id for note in ticket.notes] == [first.pk, answer.pk]
    assert ticket.notes[1].is_by_staff
    assert ticket.notes[1].author_name == "Maya Lindqvist"
    assert ticket.notes[1].is_html
    assert "CANARY" not in repr(ticket)
    assert ticket == Ticket(
        id=inkwell.ticket.pk,
        is_open=True,
        title="Labels come out blank",
        status_name="Active",
        category_id=inkwell.categories["printer"].pk,
        category_name="Printer problem",
        assigned_to=ticket.assigned_to,
        opened=unix(NOW),
        full_name="Amal Haddad",
        first_name="Amal",
        last_name="Haddad",
        email="amal@example.com",
        custom_values=(
            CustomValue(field_id=inkwell.fields["model"].pk, value="X2"),
            CustomValue(
                field_id=inkwell.fields["part"].pk,
                value="Label printers#-#X2#-#Print head",
            ),
        ),
        notes=ticket.notes,
    )


def test_knows_no_request_of_a_wrong_key(helpspot, inkwell):
    with pytest.raises(NotFound):
        helpspot.request.get(f"{inkwell.ticket.pk}abcdefghijKLMNOPQRSt")
    with pytest.raises(NotFound):
        helpspot.request.update(access_key=f"{inkwell.ticket.pk}abcdef", note="Hi")


WORDS = "Grüße – 打印机 ‮🖨️\n\n<b>&amp;</b> a=b&c=d %41 +"


def test_makes_a_request_and_adds_to_it(helpspot, inkwell):
    content = bytes(range(256)) * 1000
    files = [
        Upload(filename="ü & 🖨.bin", mime_type="x/y", file=io.BytesIO(content)),
        Upload(filename="empty.txt", mime_type="text/plain", file=io.BytesIO()),
        Upload(filename="b.txt", mime_type="text/plain", file=io.BytesIO(b"12")),
    ]

    created = helpspot.request.create(
        note=WORDS,
        category_id=inkwell.categories["printer"].pk,
        first_name="Nuñez & Söhne",
        email="ines@example.com",
        is_urgent=True,
        custom={inkwell.fields["model"].pk: "Mini", inkwell.fields["office"].pk: ""},
    )
    ticket_id = helpspot.request.update(
        access_key=created.access_key, note=WORDS, files=files
    )

    ticket = helpspot.request.get(created.access_key)
    assert ticket_id == ticket.id == created.id
    assert ticket.is_urgent
    assert ticket.first_name == "Nuñez & Söhne"
    assert [note.body for note in ticket.notes] == [WORDS, WORDS]
    attached = {
        attachment.filename: b"".join(helpspot.request.open_file(attachment).chunks)
        for attachment in ticket.notes[1].attachments
    }
    assert attached["ü & 🖨.bin"] == content
    assert attached["b.txt"] == b"12"


def test_makes_one_request_of_a_reference_sent_twice(helpspot):
    twice = [
        helpspot.request.create(note="Hi", email="a@example.com", reference="R-1")
        for _ in range(2)
    ]

    assert twice[0] == twice[1]


def test_hands_on_why_a_request_was_refused(helpspot, inkwell):
    with pytest.raises(Rejected) as caught:
        helpspot.request.create(
            note="Hi",
            email="a@example.com",
            category_id=inkwell.categories["printer"].pk,
        )

    (problem,) = caught.value.problems
    assert problem.custom_field_id == inkwell.fields["model"].pk


def test_lists_categories_and_custom_fields(helpspot, inkwell):
    categories = helpspot.request.get_categories()
    fields = {field.name: field for field in helpspot.request.get_custom_fields()}

    assert categories[1] == Category(
        id=inkwell.categories["billing"].pk, name="Billing", custom_field_ids=()
    )
    assert len(categories) == 2
    assert fields["Model"].choices == ("X1", "X2", "Studio", "Mini", "Pro", "Max")
    assert fields["Model"].is_required
    assert ("Label printers", "X1", "Roller") in fields["Part affected"].paths
    assert fields["Serial number"].pattern == r"/^INK-\d{5}-\d$/i"
    assert fields["Office"].is_always_visible


def test_streams_a_notes_file(helpspot, inkwell):
    ticket = helpspot.request.get(inkwell.ticket.access_key)
    (attachment,) = ticket.notes[1].attachments

    download = helpspot.request.open_file(attachment)

    assert download.mime_type == "application/pdf"
    assert b"".join(download.chunks) == b"%PDF-1.4 return label"


# ---------------------------------------------------------------------- forums


def test_shows_forums_topics_and_posts(helpspot, inkwell):
    forum = Forum(
        id=inkwell.forum.pk,
        name="Tips and tricks",
        description="Ideas from other owners.",
    )
    assert helpspot.forums.list()[0] == helpspot.forums.get(inkwell.forum.pk) == forum

    topics = helpspot.forums.get_topics(inkwell.forum.pk)
    assert topics[0].is_sticky
    assert [one.title for one in topics] == [
        "House rules",
        "Old contest",
        "Best stock for glass jars?",
    ]
    second = helpspot.forums.get_topics(inkwell.forum.pk, start=1, length=1)
    assert second == topics[1:2]

    posts = helpspot.forums.get_posts(inkwell.topic.pk)
    assert [(one.author_name, one.label, one.body) for one in posts] == [
        ("Tomasz K.", None, "Which labels survive a dishwasher?"),
        ("Maya", "Staff", "Try the polyester roll."),
    ]


def test_knows_what_forums_and_topics_there_are_not(helpspot):
    with pytest.raises(NotFound):
        helpspot.forums.get(999)
    with pytest.raises(NotFound):
        helpspot.forums.get_posts(999)
    with pytest.raises(NotFound):
        helpspot.forums.create_post(topic_id=999, author_name="Ines", body="Hi")


def test_posts_in_a_forum(helpspot, inkwell):
    topic_id = helpspot.forums.create_topic(
        forum_id=inkwell.forum.pk, title="Jars", author_name="Ines", body=WORDS
    )
    post_id = helpspot.forums.create_post(
        topic_id=topic_id, author_name="Noor", body="Same", url="https://noor.example/"
    )

    posts = helpspot.forums.get_posts(topic_id)
    assert [post.body for post in posts] == [WORDS, "Same"]
    assert posts[1].id == post_id
    assert posts[1].url == "https://noor.example/"
    with pytest.raises(Rejected):
        helpspot.forums.create_post(
            topic_id=inkwell.closed_topic.pk, author_name="Noor", body="More"
        )


def test_finds_topics(helpspot, inkwell):
    (match,) = helpspot.forums.search("dishwasher")

    assert match.topic_id == inkwell.topic.pk
    assert match.forum_name == "Tips and tricks"


def test_knows_a_help_desk_without_forums(helpspot):
    desk.DeskSettings.objects.update_or_create(pk=1, defaults={"offers_forums": False})

    with pytest.raises(Disabled):
        helpspot.forums.list()


# -------------------------------------------------------------- knowledge base


def test_shows_books_contents_and_pages(helpspot, inkwell):
    book = Book(
        id=inkwell.book.pk,
        name="Printer manual",
        description="Everything about your label printer.",
    )
    assert helpspot.kb.list() == [book]
    assert helpspot.kb.get(book.id) == book

    chapters = helpspot.kb.get_book_toc(book.id, with_page_html=True)
    assert [
        (chapter.number, chapter.name, [page.number for page in chapter.pages])
        for chapter in chapters
    ] == [
        ("1.", "Getting started", ["1.1.", "1.2."]),
        ("2.", "Troubleshooting", ["2.1."]),
        ("", "Appendix", ["1."]),
    ]
    pages = [page for chapter in chapters for page in chapter.pages]
    assert [helpspot.kb.get_page(page.id) for page in pages] == pages
    plain = helpspot.kb.get_book_toc(book.id)
    assert {page.body for chapter in plain for page in chapter.pages} == {None}


def test_knows_what_books_and_pages_there_are_not(helpspot, inkwell):
    hidden = inkwell.pages["hidden"].pk

    with pytest.raises(NotFound):
        helpspot.kb.get(999)
    for page_id in (999, hidden):
        with pytest.raises(NotFound):
            helpspot.kb.get_page(page_id)
    with pytest.raises(NotFound):
        helpspot.kb.open_file(999)
    assert helpspot.kb.get_book_toc(999) == []


def test_finds_pages(helpspot, inkwell):
    match = helpspot.kb.search("faint")[0]

    assert match.page_id == inkwell.pages["blank"].pk
    assert match.book_name == "Printer manual"


def test_votes(helpspot, inkwell):
    page = inkwell.pages["blank"]

    helpspot.kb.vote_helpful(page.pk)
    helpspot.kb.vote_helpful(page.pk)
    helpspot.kb.vote_not_helpful(page.pk)

    page.refresh_from_db()
    assert (page.helpful, page.not_helpful) == (2, 1)


def test_streams_a_guides_file(helpspot, inkwell):
    document = desk.Document.objects.create(
        page=inkwell.pages["codes"],
        filename="codes.csv",
        mime_type="text/csv",
        content=b"E1,No labels",
    )

    download = helpspot.kb.open_file(document.pk)

    assert b"".join(download.chunks) == b"E1,No labels"


# --------------------------------------------------------------- the help desk


def test_tells_labels_and_version(helpspot):
    assert helpspot.util.get_field_labels()["xRequest"]
    assert helpspot.util.version().min_version


def test_knows_that_the_api_is_switched_off(helpspot):
    desk.DeskSettings.objects.update_or_create(
        pk=1, defaults={"is_public_api_enabled": False}
    )

    with pytest.raises(Disabled):
        helpspot.kb.list()


@pytest.mark.parametrize("fault", ["down", "hang_up", "garble"])
def test_tells_a_failed_read_from_an_uncertain_write(helpspot, fault):
    desk.DeskSettings.objects.update_or_create(pk=1, defaults={"fault": fault})

    with pytest.raises(Unavailable):
        helpspot.kb.list()
    with pytest.raises(Uncertain):
        helpspot.request.create(note="Hi", email="a@example.com")
