"""Every answer of the vendor's manual, as the values that pages get."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.helpspot import Connection, HelpSpot
from portal.helpspot.errors import NotFound
from portal.helpspot.types import (
    Attachment,
    Book,
    Category,
    Chapter,
    CustomField,
    CustomValue,
    Forum,
    Moment,
    Note,
    Page,
    PageMatch,
    Post,
    RelatedPage,
    Ticket,
    TicketCreated,
    TicketSummary,
    Topic,
    TopicMatch,
    Version,
)
from tests.helpspot.conftest import BASE, sample

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def unix(seconds: int) -> Moment:
    return Moment(at=datetime.fromtimestamp(seconds, UTC), text=str(seconds))


def local(*numbers: int, text: str, has_time: bool = True) -> Moment:
    return Moment(at=datetime(*numbers, tzinfo=STOCKHOLM), has_time=has_time, text=text)


# ------------------------------------------------------------------- customers


def test_lists_a_customers_requests_newest_first(wire, helpspot):
    wire.answers(
        "customer.getRequests",
        query={"sEmail": "amal@example.com", "sPassword": "light house"},
    )

    tickets = helpspot.customer.get_requests("amal@example.com", "light house")

    assert tickets == [
        TicketSummary(
            id=20990,
            access_key="20990JkTyBvQwErZxLpOmNhGd",
            is_open=False,
            is_urgent=True,
            status_id=3,
            status_name="Problem Solved",
            opened=unix(1763717400),
            phone="+46 8 000 00",
            customer_id="C-118",
        ),
        TicketSummary(
            id=20871,
            access_key="20871qwhbnv",
            is_open=True,
            title="Labels come out blank",
            status_id=1,
            status_name="Active",
            category_id=4,
            category_name="Printer problem",
            opened=unix(1763631000),
            note="Every label is blank since the update.",
            full_name="Amal Haddad",
            first_name="Amal",
            last_name="Haddad",
            email="amal@example.com",
        ),
    ]


def test_keeps_the_password_out_of_the_address_where_helpspot_takes_it_so(wire):
    helpspot = HelpSpot(Connection(base_url=BASE, login_by_post=True))
    wire.answers("customer.getRequests", verb="POST", query={})

    helpspot.customer.get_requests("amal@example.com", "lighthouse")

    assert wire.sent() == {"sEmail": "amal@example.com", "sPassword": "lighthouse"}


# -------------------------------------------------------------------- requests


def test_makes_a_request(wire, helpspot):
    wire.answers("request.create", verb="POST", query={})

    created = helpspot.request.create(
        note="Every label is blank. <é>",
        category_id=4,
        first_name="Amal",
        email="amal@example.com",
        is_urgent=True,
        custom={2: "X2", 9: "", 12: "0"},
        reference="R-7F3K-92QD",
    )

    assert created == TicketCreated(id=21004, access_key="21004vbtrqa")
    assert wire.sent() == {
        "tNote": "Every label is blank. <é>",
        "xCategory": "4",
        "sFirstName": "Amal",
        "sEmail": "amal@example.com",
        "fUrgent": "1",
        "Custom2": "X2",
        "Custom12": "0",
        "sReference": "R-7F3K-92QD",
    }


def test_files_requests_under_the_brands_own_portal(wire):
    wire.answers("request.create", verb="POST")
    helpspot = HelpSpot(Connection(base_url=BASE, portal_id=3))

    helpspot.request.create(note="Hello", email="amal@example.com")

    assert wire.sent()["xPortal"] == "3"


def test_adds_a_note(wire, helpspot):
    wire.answers("request.update", verb="POST", query={})

    assert helpspot.request.update(access_key="21004vbtrqa", note="Thanks") == 21004
    assert wire.sent() == {"accesskey": "21004vbtrqa", "tNote": "Thanks"}


def test_lists_categories_in_helpspots_order(wire, helpspot):
    wire.answers("request.getCategories", query={})

    assert helpspot.request.get_categories() == [
        Category(id=4, name="Printer problem", custom_field_ids=(9, 2, 12)),
        Category(id=1, name="Billing", custom_field_ids=()),
    ]


def test_lists_custom_fields(wire, helpspot):
    wire.answers("request.getCustomFields", query={})

    assert helpspot.request.get_custom_fields() == [
        CustomField(
            id=6, name="Workshop", type="text", is_always_visible=True, text_size=40
        ),
        CustomField(
            id=2,
            name="Model",
            type="select",
            is_required=True,
            choices=("X1", "X2 & X2 Pro", "Mini"),
        ),
    ]


LABELLED = Ticket(
    id=21004,
    is_open=True,
    status_name="Active",
    category_name="Printer problem",
    assigned_to="Maya Lindqvist",
    opened=local(2026, 11, 20, text="November 20, 2026", has_time=False),
    customer_id="C-118",
    notes=(
        Note(
            id=4401,
            ticket_id=21004,
            author_name=None,
            is_by_staff=False,
            is_initial=True,
            body="Every label is blank.",
            is_html=False,
            created=local(2026, 11, 20, 0, 44, text="Fri, November 20, 2026, 12:44 AM"),
        ),
        Note(
            id=4402,
            ticket_id=21004,
            author_name=None,
            is_by_staff=False,
            is_initial=False,
            body="The test page is blank too.",
            is_html=False,
            created=local(2026, 11, 20, 20, 3, text="Fri, November 20, 2026, 08:03 PM"),
        ),
        Note(
            id=4404,
            ticket_id=21004,
            author_name="Maya Lindqvist",
            is_by_staff=True,
            is_initial=False,
            body="<p>Hold <b>Feed</b> for ten seconds.</p>",
            is_html=True,
            created=local(2026, 11, 21, 11, text="Sat, November 21, 2026, 11:00 AM"),
            attachments=(
                Attachment(
                    document_id=61,
                    ticket_id=21004,
                    note_id=4404,
                    filename="Return label.pdf",
                    mime_type="application/pdf",
                ),
            ),
        ),
    ),
)


@pytest.mark.parametrize("recorded", ["request.get", "request.get.as-printed"])
def test_shows_a_request_with_labels_and_its_public_notes(wire, helpspot, recorded):
    wire.answers(
        "request.get",
        sample(recorded),
        query={"accesskey": "21004vbtrqa", "fRawValues": "1"},
    )

    assert helpspot.request.get("21004vbtrqa") == LABELLED


def test_shows_a_request_with_ids_and_timestamps(wire, helpspot):
    wire.answers("request.get", sample("request.get.raw"))

    assert helpspot.request.get("21004vbtrqa") == Ticket(
        id=21004,
        is_open=False,
        is_urgent=True,
        title="Blank labels",
        status_name="Problem Solved",
        category_id=4,
        category_name="Printer problem",
        opened=unix(1795133040),
        closed=unix(1795258800),
        full_name="Amal Haddad",
        first_name="Amal",
        last_name="Haddad",
        email="amal@example.com",
        custom_values=(
            CustomValue(field_id=2, value="X2 & X2 Pro"),
            CustomValue(field_id=12, value="Label printers#-#X2#-#Print head"),
        ),
        notes=(
            Note(
                id=4401,
                ticket_id=21004,
                author_name=None,
                is_by_staff=False,
                is_initial=True,
                body="Every label is blank.",
                is_html=False,
                created=unix(1795133040),
                attachments=(
                    Attachment(
                        document_id=60,
                        ticket_id=21004,
                        note_id=4401,
                        filename="blank.png",
                        mime_type="image/png",
                    ),
                ),
            ),
            Note(
                id=4404,
                ticket_id=21004,
                author_name=None,
                is_by_staff=True,
                is_initial=False,
                body="Solved.",
                is_html=False,
                created=unix(1795258800),
            ),
        ),
    )


def test_never_shows_another_request_than_the_keys(wire, helpspot):
    wire.answers("request.get")

    with pytest.raises(NotFound):
        helpspot.request.get("21005vbtrqa")


@pytest.mark.parametrize(
    "key", ["", "vbtrqa", "21004", "21004 vbtrqa", "21004vbtrqa&x=1", "٢1004vbtrqa"]
)
def test_does_not_ask_with_what_is_no_access_key(wire, helpspot, key):
    with pytest.raises(NotFound):
        helpspot.request.get(key)
    with pytest.raises(NotFound):
        helpspot.request.update(access_key=key, note="Hello")


# ---------------------------------------------------------------------- forums


def test_lists_forums_in_their_order(wire, helpspot):
    wire.answers("forums.list", query={})

    assert helpspot.forums.list() == [
        Forum(id=1, name="Tips and tricks", description="Ideas from other owners"),
        Forum(id=2, name="Beta 2025", is_closed=True, order=1),
    ]


def test_shows_a_forum(wire, helpspot):
    wire.answers("forums.get", query={"xForumId": "1"})

    assert helpspot.forums.get(1) == Forum(
        id=1, name="Tips and tricks", description="Ideas from other owners"
    )


def test_lists_topics(wire, helpspot):
    wire.answers(
        "forums.getTopics", query={"xForumId": "1", "start": "20", "length": "21"}
    )

    assert helpspot.forums.get_topics(1, start=20, length=21) == [
        Topic(
            id=51,
            forum_id=1,
            title="House rules",
            author_name="Maya",
            is_sticky=True,
            posted=unix(1795000000),
            post_count=1,
        ),
        Topic(
            id=50,
            forum_id=1,
            title="Best stock for glass jars?",
            author_name="Tomasz K.",
            is_closed=True,
            posted=unix(1794990000),
            post_count=2,
        ),
    ]


def test_lists_posts(wire, helpspot):
    wire.answers("forums.getPosts", query={"xTopicId": "50"})

    assert helpspot.forums.get_posts(50) == [
        Post(
            id=300,
            topic_id=50,
            author_name="Tomasz K.",
            url="https://jars.example/",
            body="Which labels survive a dishwasher?",
            posted=unix(1794990000),
        ),
        Post(
            id=301,
            topic_id=50,
            author_name="Maya",
            body="Try the polyester roll.",
            label="Staff",
            posted=unix(1794990600),
        ),
    ]


def test_opens_a_topic(wire, helpspot):
    wire.answers("forums.createTopic", verb="POST", query={})

    topic_id = helpspot.forums.create_topic(
        forum_id=1,
        title="Glass jars",
        author_name="Ines",
        body="Which roll?",
        email="ines@example.com",
        url="https://ines.example/",
        wants_email=True,
        ip_address="203.0.113.7",
        operating_system="Linux",
        browser="Firefox",
        reference="R-1",
    )

    assert topic_id == 52
    assert wire.sent() == {
        "xForumId": "1",
        "sTopic": "Glass jars",
        "sName": "Ines",
        "tPost": "Which roll?",
        "sEmail": "ines@example.com",
        "sURL": "https://ines.example/",
        "fEmailUpdate": "1",
        "sIP": "203.0.113.7",
        "sOS": "Linux",
        "sBrowser": "Firefox",
        "sReference": "R-1",
    }


def test_answers_in_a_topic(wire, helpspot):
    wire.answers("forums.createPost", verb="POST", query={})

    post_id = helpspot.forums.create_post(topic_id=50, author_name="Ines", body="Same")

    assert post_id == 302
    assert wire.sent() == {"xTopicId": "50", "sName": "Ines", "tPost": "Same"}


def test_finds_topics(wire, helpspot):
    wire.answers("forums.search", query={"q": "jars & lids"})

    assert helpspot.forums.search("jars & lids") == [
        TopicMatch(
            topic_id=50,
            title="Best stock for glass jars?",
            forum_id=1,
            forum_name="Tips and tricks",
            excerpt="Which labels survive a dishwasher?",
            posted=unix(1794990000),
        )
    ]


# -------------------------------------------------------------- knowledge base

MANUAL = Book(
    id=3, name="Printer manual", description="Everything about your label printer."
)
UNBOXING = RelatedPage(
    id=16,
    name="Unbox the printer",
    chapter_name="Getting started",
    book_id=3,
    book_name="Printer manual",
)


def test_lists_books(wire, helpspot):
    wire.answers("kb.list", query={})

    assert helpspot.kb.list() == [MANUAL]


def test_shows_a_book(wire, helpspot):
    wire.answers("kb.get", query={"xBook": "3"})

    assert helpspot.kb.get(3) == MANUAL


def test_shows_a_books_contents(wire, helpspot):
    wire.answers("kb.getBookTOC", query={"xBook": "3"})

    assert helpspot.kb.get_book_toc(3) == [
        Chapter(
            id=5,
            name="Getting started",
            number="1.",
            order=1,
            pages=(
                Page(
                    id=16,
                    chapter_id=5,
                    name="Unbox the printer",
                    number="1.1.",
                    order=1,
                    is_highlighted=True,
                    tags=("Setup", "Labels"),
                ),
                Page(
                    id=17,
                    chapter_id=5,
                    name="Pair over Bluetooth",
                    number="1.2.",
                    order=3,
                    related=(UNBOXING,),
                ),
            ),
        ),
        Chapter(
            id=7,
            name="Appendix",
            is_appendix=True,
            pages=(
                Page(id=22, chapter_id=7, name="Error codes", number="1.", order=1),
            ),
        ),
    ]


def test_asks_for_a_books_whole_html(wire, helpspot):
    contents = sample("kb.getBookTOC").replace(
        b"<sPageName>Error codes</sPageName>",
        b"<sPageName>Error codes</sPageName><tPage>&lt;p&gt;E1&lt;/p&gt;</tPage>",
    )
    wire.answers("kb.getBookTOC", contents, query={"xBook": "3", "fWithPageHTML": "1"})

    chapters = helpspot.kb.get_book_toc(3, with_page_html=True)

    bodies = [page.body for chapter in chapters for page in chapter.pages]
    assert bodies == [None, None, "<p>E1</p>"]


def test_shows_a_page(wire, helpspot):
    wire.answers("kb.getPage", query={"xPage": "17"})

    assert helpspot.kb.get_page(17) == Page(
        id=17,
        chapter_id=5,
        name="Pair over Bluetooth",
        number="1.2.",
        order=3,
        tags=("Setup",),
        related=(UNBOXING,),
        body="<p>Hold the button until the light blinks blue.</p>",
    )


def test_finds_pages(wire, helpspot):
    wire.answers("kb.search", query={"q": "labels"})

    assert helpspot.kb.search("labels") == [
        PageMatch(
            page_id=16,
            name="Unbox the printer",
            book_name="Printer manual",
            excerpt="A printer and a roll of labels.",
        ),
        PageMatch(page_id=17, name="Pair over Bluetooth", book_name="Printer manual"),
    ]


@pytest.mark.parametrize(
    ("method", "vote", "element"),
    [
        ("kb.voteHelpful", "vote_helpful", "iHelpful"),
        ("kb.voteNotHelpful", "vote_not_helpful", "iNotHelpful"),
    ],
)
def test_votes(wire, helpspot, method, vote, element):
    wire.answers(method, query={"xPage": "17"})
    wire.answers(method, f"<page><{element}>8</{element}></page>")

    assert getattr(helpspot.kb, vote)(17) is None
    assert getattr(helpspot.kb, vote)(17) == 8


def test_takes_what_is_about_something_else_for_absent(wire, helpspot):
    wire.answers("kb.get")
    wire.answers("kb.getPage")
    wire.answers("forums.get")

    for ask in (helpspot.kb.get, helpspot.kb.get_page, helpspot.forums.get):
        with pytest.raises(NotFound):
            ask(999)


# --------------------------------------------------------------- the help desk


def test_tells_helpspots_labels(wire, helpspot):
    wire.answers("util.getFieldLabels", query={})

    labels = helpspot.util.get_field_labels()

    assert list(labels)[:3] == ["iLastReplyBy", "fOpenedVia", "mailbox"]
    assert len(labels) == 27
    assert labels["xStatus"] == "State"
    assert labels["ctPublicUpdates"] == "#"


def test_tells_its_version(wire, helpspot):
    wire.answers("version", query={})

    assert helpspot.util.version() == Version(version="5.4.1", min_version="1.0.0")


@pytest.mark.parametrize(
    "base_url", [BASE, f"{BASE}/", f"{BASE}/api", f"{BASE}/api/index.php"]
)
def test_finds_the_api_from_however_the_address_is_given(wire, base_url):
    wire.answers("version")

    assert HelpSpot(Connection(base_url=base_url)).util.version().version == "5.4.1"
