"""What HelpSpot says is what pages get; and no bytes whatever crash the portal."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from portal.helpspot.errors import HelpSpotError
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
    TicketSummary,
    Topic,
    TopicMatch,
    Version,
)
from tests.helpspot import rendering
from tests.helpspot.conftest import ANSWERS, ask
from tests.helpspot.rendering import document, elements, several
from tests.helpspot.test_privacy import CANARY, TICKET, read_ticket

quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

# --------------------------------------------------------------------- any value

columns = st.from_regex(r"[a-z]{1,3}[A-Z][A-Za-z0-9_]{0,9}", fullmatch=True)
not_xml = "\ufffe\uffff" + "".join(map(chr, range(32)))
letters = st.characters(exclude_categories=["Cs"], exclude_characters=not_xml)
anything = st.text(letters | st.sampled_from("\t\n\r &<>\"'#;-]"))
name = anything.map(str.strip)
maybe = st.none() | name.filter(bool)
label = st.none() | name.filter(lambda text: text and not text.isdecimal())
named = name.filter(bool)
# Blanks and line ends of any kind within one are single blanks.
tag = anything.map(lambda text: " ".join(text.split())).filter(bool)
id_ = st.integers(1, 10**15 - 1)
small = st.integers(0, 10**6)
number = st.builds(
    lambda parts: "".join(f"{part}." for part in parts),
    st.lists(st.integers(1, 99), max_size=2),
)


def at(seconds: int) -> Moment:
    return Moment(at=datetime.fromtimestamp(seconds, UTC), text=str(seconds))


moment = st.none() | st.integers(1, 253402300799).map(at)
level = named.filter(lambda text: "#" not in text)


def rows(one):
    return st.lists(one, max_size=4)


def build(kind, **members):
    return st.builds(kind, **members)


categories = rows(
    build(Category, id=id_, name=name, custom_field_ids=st.lists(id_).map(tuple))
)
plain_field = build(
    CustomField,
    id=id_,
    name=name,
    type=st.sampled_from(["text", "select", "regex", "ajax"]),
    is_required=st.booleans(),
    is_always_visible=st.booleans(),
    order=small,
    text_size=st.none() | st.integers(1, 200),
    text_rows=st.none() | st.integers(1, 50),
    choices=st.lists(named).map(tuple),
    decimal_places=small,
    pattern=maybe,
)
tree_field = build(
    CustomField,
    id=id_,
    name=name,
    type=st.just("drilldown"),
    paths=st.lists(st.lists(level, min_size=1, max_size=4).map(tuple)).map(tuple),
)
fields = rows(plain_field | tree_field)
customer = {
    "title": maybe,
    "category_name": label,
    "status_name": label,
    "opened": moment,
    "full_name": maybe,
    "first_name": maybe,
    "last_name": maybe,
    "email": maybe,
    "phone": maybe,
    "customer_id": maybe,
    "is_open": st.booleans(),
    "is_urgent": st.booleans(),
    "category_id": st.none() | id_,
}
summaries = rows(
    build(
        TicketSummary,
        id=id_,
        access_key=named,
        status_id=st.none() | id_,
        note=anything,
        **customer,
    )
)
note = build(
    Note,
    id=id_,
    ticket_id=st.just(5),
    author_name=st.none(),
    is_by_staff=st.booleans(),
    is_initial=st.booleans(),
    body=anything,
    is_html=st.booleans(),
    created=moment,
    attachments=rows(
        build(
            Attachment,
            document_id=id_,
            ticket_id=st.just(5),
            note_id=st.just(0),
            filename=name,
            mime_type=maybe,
        )
    ).map(tuple),
)


def told(one: Note, author: str | None) -> Note:
    files = tuple(replace(file, note_id=one.id) for file in one.attachments)
    return replace(
        one, author_name=author if one.is_by_staff else None, attachments=files
    )


notes = st.lists(
    st.builds(told, note, label), max_size=4, unique_by=lambda one: one.id
).map(lambda some: tuple(sorted(some, key=lambda one: one.id)))
tickets = build(
    Ticket,
    id=st.just(5),
    closed=moment,
    assigned_to=label,
    custom_values=st.lists(
        build(
            CustomValue,
            field_id=st.integers(1, 10**9),
            value=anything.filter(str.strip),
        ),
        unique_by=lambda value: value.field_id,
        max_size=4,
    ).map(tuple),
    notes=notes,
    **customer,
)
forum = {
    "id": id_,
    "name": name,
    "description": name,
    "is_closed": st.booleans(),
    "order": small,
}
forums = rows(build(Forum, **forum))
topics = rows(
    build(
        Topic,
        id=id_,
        forum_id=id_,
        title=name,
        author_name=name,
        is_closed=st.booleans(),
        is_sticky=st.booleans(),
        posted=moment,
        post_count=small,
    )
)
posts = st.lists(
    build(
        Post,
        id=id_,
        topic_id=id_,
        author_name=name,
        url=maybe,
        body=anything,
        label=maybe,
        posted=moment,
    ),
    min_size=1,
    max_size=4,
)
topic_matches = rows(
    build(
        TopicMatch,
        topic_id=id_,
        title=name,
        forum_id=st.none() | id_,
        forum_name=name,
        excerpt=anything,
        posted=moment,
    )
)
books = rows(build(Book, id=id_, name=name, description=anything, order=small))
related = rows(
    build(
        RelatedPage,
        id=id_,
        name=name,
        chapter_name=name,
        book_id=st.none() | id_,
        book_name=name,
    )
).map(tuple)


def pages(ids, body):
    return build(
        Page,
        id=ids,
        chapter_id=st.none() | id_,
        name=named,
        number=number,
        order=small,
        is_highlighted=st.booleans(),
        tags=st.lists(tag).map(tuple),
        related=related,
        body=body,
    )


chapters = rows(
    build(
        Chapter,
        id=id_,
        name=named,
        number=number,
        order=small,
        is_appendix=st.booleans(),
        pages=rows(pages(id_, st.none() | anything)).map(tuple),
    )
)
page_matches = rows(
    build(PageMatch, page_id=id_, name=name, book_name=name, excerpt=anything)
)

# ---------------------------------------------------------------- there and back


def by_order(values):
    return sorted(values, key=lambda value: value.order)


def by_age(values):
    return sorted(
        values,
        key=lambda one: (one.opened.at.timestamp() if one.opened else 0, one.id),
        reverse=True,
    )


LISTS = {
    "categories": (
        *(categories, "categories", "category", rendering.category),
        lambda helpspot: helpspot.request.get_categories(),
        list,
    ),
    "custom fields": (
        *(fields, "customfields", "field", rendering.custom_field),
        lambda helpspot: helpspot.request.get_custom_fields(),
        by_order,
    ),
    "summaries": (
        *(summaries, "requests", "request", rendering.summary),
        lambda helpspot: helpspot.customer.get_requests("a@example.com", "x"),
        by_age,
    ),
    "forums": (
        *(forums, "forums", "forum", rendering.forum),
        lambda helpspot: helpspot.forums.list(),
        by_order,
    ),
    "topics": (
        *(topics, "topics", "topic", rendering.topic),
        lambda helpspot: helpspot.forums.get_topics(1),
        list,
    ),
    "posts": (
        *(posts, "posts", "post", rendering.post),
        lambda helpspot: helpspot.forums.get_posts(1),
        list,
    ),
    "topic matches": (
        *(topic_matches, "topics", "topic", rendering.topic_match),
        lambda helpspot: helpspot.forums.search("x"),
        list,
    ),
    "books": (
        *(books, "books", "book", rendering.book),
        lambda helpspot: helpspot.kb.list(),
        by_order,
    ),
    "chapters": (
        *(chapters, "toc", "chapter", rendering.chapter),
        lambda helpspot: helpspot.kb.get_book_toc(1, with_page_html=True),
        list,
    ),
    "page matches": (
        *(page_matches, "pages", "page", rendering.page_match),
        lambda helpspot: helpspot.kb.search("x"),
        list,
    ),
}
encodings = st.sampled_from(["UTF-8", "iso-8859-1"])


def sent(root: str, inner: object, encoding: str) -> bytes:
    """Return a document whose bytes mean the same in every way of reading them."""
    body = document(root, inner, encoding)
    if encoding == "iso-8859-1":
        # What is valid UTF-8 is taken for it, and control characters for Windows'.
        assume(body.decode("utf-8", "ignore").isascii())
        assume(not any(0x80 <= byte < 0xA0 for byte in body))
    return body


@pytest.mark.parametrize("kind", LISTS)
@quick
@given(st.data(), encodings)
def test_a_list_arrives_as_it_was_sent(kind, data, encoding):
    values, root, row, render, call, arrange = LISTS[kind]
    expected = data.draw(values)

    body = sent(root, several(row, map(render, expected)), encoding)

    assert ask(call, body) == arrange(expected)


@quick
@given(tickets, encodings)
def test_a_request_arrives_as_it_was_sent(ticket, encoding):
    body = sent("request", rendering.ticket(ticket), encoding)

    assert ask(read_ticket, body) == ticket


@quick
@given(pages(st.just(7), anything), encodings)
def test_a_page_arrives_as_it_was_sent(page, encoding):
    body = sent("page", rendering.page(page), encoding)

    assert ask(lambda helpspot: helpspot.kb.get_page(7), body) == page


@quick
@given(named, named, st.dictionaries(columns, named))
def test_version_and_labels_arrive_as_they_were_sent(version, oldest, labels):
    told_version = document(
        "results", elements({"version": version, "min_version": oldest})
    )

    assert ask(lambda helpspot: helpspot.util.version(), told_version) == Version(
        version=version, min_version=oldest
    )
    assert (
        ask(
            lambda helpspot: helpspot.util.get_field_labels(),
            document("labels", elements(labels)),
        )
        == labels
    )


@quick
@given(anything)
def test_text_that_was_not_escaped_arrives_or_fails(text):
    """Nothing may make one value out of two, or shorten a list."""
    body = f"<posts><post><xPostId>1</xPostId><tPost>{text}</tPost></post></posts>"

    with suppress(HelpSpotError):
        posts = ask(lambda helpspot: helpspot.forums.get_posts(1), body.encode())
        assert [post.id for post in posts] == [1]


# ------------------------------------------------------------------- any bytes

CALLS = {
    "customer.getRequests": lambda helpspot: helpspot.customer.get_requests("a", "b"),
    "request.create": lambda helpspot: helpspot.request.create(note="a", email="b"),
    "request.update": lambda helpspot: helpspot.request.update(
        access_key="21004vbtrqa", note="a"
    ),
    "request.getCategories": lambda helpspot: helpspot.request.get_categories(),
    "request.getCustomFields": lambda helpspot: helpspot.request.get_custom_fields(),
    "request.get": lambda helpspot: helpspot.request.get("21004vbtrqa"),
    "request.get.as-printed": lambda helpspot: helpspot.request.get("21004vbtrqa"),
    "request.get.raw": lambda helpspot: helpspot.request.get("21004vbtrqa"),
    "forums.list": lambda helpspot: helpspot.forums.list(),
    "forums.get": lambda helpspot: helpspot.forums.get(1),
    "forums.getTopics": lambda helpspot: helpspot.forums.get_topics(1),
    "forums.getPosts": lambda helpspot: helpspot.forums.get_posts(50),
    "forums.createTopic": lambda helpspot: helpspot.forums.create_topic(
        forum_id=1, title="a", author_name="b", body="c"
    ),
    "forums.createPost": lambda helpspot: helpspot.forums.create_post(
        topic_id=1, author_name="b", body="c"
    ),
    "forums.search": lambda helpspot: helpspot.forums.search("a"),
    "kb.list": lambda helpspot: helpspot.kb.list(),
    "kb.get": lambda helpspot: helpspot.kb.get(3),
    "kb.getBookTOC": lambda helpspot: helpspot.kb.get_book_toc(3),
    "kb.getPage": lambda helpspot: helpspot.kb.get_page(17),
    "kb.search": lambda helpspot: helpspot.kb.search("a"),
    "kb.voteHelpful": lambda helpspot: helpspot.kb.vote_helpful(17),
    "kb.voteNotHelpful": lambda helpspot: helpspot.kb.vote_not_helpful(17),
    "util.getFieldLabels": lambda helpspot: helpspot.util.get_field_labels(),
    "version": lambda helpspot: helpspot.util.version(),
}
POSTED = ("request.create", "request.update", "forums.create")
PIECES = [
    *(b"<", b">", b"&", b"&#0;", b"&lt;", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"\0"),
    *(b"\xff", b"\xe2\x80", b"</item>", b"<item>", b"<!DOCTYPE x>", b"&x;", b"<b>"),
    *(b"</request>", b"999999999999999999999", b"-1", b"1", b"0", b"<?x?>", b"' x='"),
]
pieces = st.sampled_from(PIECES) | st.binary(max_size=6)
edit = st.tuples(st.floats(0, 1), st.integers(0, 12), pieces)


def edited(whole: bytes, edits) -> bytes:
    for place, length, piece in edits:
        start = int(place * len(whole))
        whole = whole[:start] + piece + whole[start + length :]
    return whole


def verb_of(name: str) -> str:
    return "POST" if name.startswith(POSTED) else "GET"


@pytest.mark.parametrize("recorded", CALLS)
@settings(quick, max_examples=25)
@given(st.lists(edit, min_size=1, max_size=4), st.integers(0, 3))
def test_no_damage_to_an_answer_crashes(recorded, edits, cuts):
    whole = (ANSWERS / f"{recorded}.xml").read_bytes()
    body = edited(whole, edits)[: len(whole) - cuts * 30]

    with suppress(HelpSpotError):
        ask(CALLS[recorded], body, verb_of(recorded))


@settings(quick, max_examples=200)
@given(st.sampled_from(sorted(CALLS)), st.binary(max_size=200))
def test_no_bytes_crash(recorded, body):
    with suppress(HelpSpotError):
        ask(CALLS[recorded], body, verb_of(recorded))


@settings(quick, max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 8),
            pieces.filter(lambda piece: b"1" not in piece),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_no_damage_shows_a_private_note(edits):
    body = edited(TICKET.format("<fPublic>0</fPublic>").encode(), edits)

    with suppress(HelpSpotError):
        assert CANARY not in repr(ask(read_ticket, body))
