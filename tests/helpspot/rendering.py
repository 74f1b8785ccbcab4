"""A tiny HelpSpot: values as the documents that it would send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from portal.helpspot.types import (
    Attachment,
    Book,
    Category,
    Chapter,
    CustomField,
    Forum,
    Moment,
    Note,
    Page,
    PageMatch,
    Post,
    Ticket,
    TicketSummary,
    Topic,
    TopicMatch,
)


class Xml(str):
    """Text that is XML already."""

    __slots__ = ()


def element(name: str, inner: object = None) -> Xml:
    """Return one element, self-closed with a blank where it is empty."""
    if isinstance(inner, bool):
        inner = int(inner)
    text = "" if inner is None else str(inner)
    if not isinstance(inner, Xml):
        text = escape(text, quote=False).replace("\r", "&#13;")
    return Xml(f"<{name}>{text}</{name}>" if text else f"<{name} />")


def elements(members: Mapping[str, object]) -> Xml:
    """Return elements by name, one a line."""
    return Xml("\n".join(element(name, inner) for name, inner in members.items()))


def several(name: str, inners: Iterable[object]) -> Xml:
    """Return elements of one name."""
    return Xml("".join(element(name, inner) for inner in inners))


def document(root: str, inner: object, encoding: str = "UTF-8") -> bytes:
    """Return a whole document."""
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n{element(root, inner)}\n'
    return text.encode(encoding, "xmlcharrefreplace")


def time(moment: Moment | None) -> str | None:
    """Return a time as it came."""
    return moment.text if moment else None


def category(value: Category) -> Xml:
    """Return a category's elements."""
    fields = several("xCustomField", value.custom_field_ids)
    return elements(
        {
            "xCategory": value.id,
            "sCategory": value.name,
            "sCustomFieldList": fields,
        }
    )


def custom_field(value: CustomField) -> Xml:
    """Return a custom field's elements."""
    items = [*value.choices, *("#-#".join(path) for path in value.paths)]
    return elements(
        {
            "xCustomField": value.id,
            "fieldName": value.name,
            "isRequired": value.is_required,
            "fieldType": value.type,
            "iOrder": value.order,
            "sTxtSize": value.text_size,
            "lrgTextRows": value.text_rows,
            "listItems": several("item", items),
            "iDecimalPlaces": value.decimal_places,
            "sRegex": value.pattern,
            "isAlwaysVisible": value.is_always_visible,
        }
    )


def summary(value: TicketSummary) -> Xml:
    """Return the elements of a row of a customer's requests."""
    return elements(
        {
            "xRequest": value.id,
            "fOpen": value.is_open,
            "xStatus": value.status_id,
            "fUrgent": value.is_urgent,
            "xCategory": value.category_id or 0,
            "dtGMTOpened": time(value.opened),
            "sTitle": value.title,
            "sUserId": value.customer_id,
            "sFirstName": value.first_name,
            "sLastName": value.last_name,
            "sEmail": value.email,
            "sPhone": value.phone,
            "sCategory": value.category_name,
            "sStatus": value.status_name,
            "tNote": value.note,
            "fullname": value.full_name or " ",
            "accesskey": value.access_key,
        }
    )


def ticket(value: Ticket) -> Xml:
    """Return a request's elements, its notes newest first."""
    return elements(
        {
            "xRequest": value.id,
            "xPersonAssignedTo": value.assigned_to,
            "fOpen": value.is_open,
            "fUrgent": value.is_urgent,
            "xCategory": value.category_id,
            "dtGMTOpened": time(value.opened),
            "dtGMTClosed": time(value.closed),
            "sRequestPassword": "abcdef",
            "sTitle": value.title,
            "sUserId": value.customer_id,
            "sFirstName": value.first_name,
            "sLastName": value.last_name,
            "sEmail": value.email,
            "sPhone": value.phone,
            "sCategory": value.category_name,
            "sStatus": value.status_name,
            "fullname": value.full_name or " ",
            **{f"Custom{one.field_id}": one.value for one in value.custom_values},
            "request_history": several("item", map(note, reversed(value.notes))),
        }
    )


def note(value: Note) -> Xml:
    """Return a public note's elements."""
    return elements(
        {
            "xRequestHistory": value.id,
            "xRequest": value.ticket_id,
            "xPerson": value.author_name or (7 if value.is_by_staff else " "),
            "dtGMTChange": time(value.created),
            "fPublic": 1,
            "fInitial": value.is_initial,
            "tLog": None,
            "tNote": value.body,
            "fNoteIsHTML": value.is_html,
            "files": several("file", map(file, value.attachments)),
        }
    )


def file(value: Attachment) -> Xml:
    """Return a file's elements."""
    return elements(
        {
            "sFileMimeType": value.mime_type,
            "sFilename": value.filename,
            "xDocumentId": value.document_id,
        }
    )


def forum(value: Forum) -> Xml:
    """Return a forum's elements."""
    return elements(
        {
            "xForumId": value.id,
            "sForumName": value.name,
            "sDescription": value.description,
            "fClosed": value.is_closed,
            "iOrder": value.order,
        }
    )


def topic(value: Topic) -> Xml:
    """Return a topic's elements."""
    return elements(
        {
            "xTopicId": value.id,
            "xForumId": value.forum_id,
            "fClosed": value.is_closed,
            "fSticky": value.is_sticky,
            "dtGMTPosted": time(value.posted),
            "sName": value.author_name,
            "sTopic": value.title,
            "postcount": value.post_count,
        }
    )


def post(value: Post) -> Xml:
    """Return a post's elements."""
    return elements(
        {
            "xPostId": value.id,
            "xTopicId": value.topic_id,
            "dtGMTPosted": time(value.posted),
            "sName": value.author_name,
            "sURL": value.url,
            "tPost": value.body,
            "sLabel": value.label,
        }
    )


def topic_match(value: TopicMatch) -> Xml:
    """Return the elements of a found topic."""
    return elements(
        {
            "desc": value.excerpt,
            "sTopic": value.title,
            "xTopicId": value.topic_id,
            "sForumName": value.forum_name,
            "xForumId": value.forum_id,
            "dtGMTPosted": time(value.posted),
        }
    )


def book(value: Book) -> Xml:
    """Return a book's elements."""
    return elements(
        {
            "xBook": value.id,
            "sBookName": value.name,
            "iOrder": value.order,
            "tDescription": value.description,
        }
    )


def chapter(value: Chapter) -> Xml:
    """Return a chapter's elements."""
    return elements(
        {
            "name": f"{value.number} {value.name}",
            "xChapter": value.id,
            "sChapterName": value.name,
            "iOrder": value.order,
            "fAppendix": value.is_appendix,
            "pages": several("page", map(page, value.pages)),
        }
    )


def page(value: Page) -> Xml:
    """Return a page's elements."""
    body = {} if value.body is None else {"tPage": value.body}
    tags = {"tags": several("tag", value.tags)} if value.tags else {}
    related = several(
        "relatedpage",
        (
            elements(
                {
                    "xRelatedPage": one.id,
                    "sPageName": one.name,
                    "sChapterName": one.chapter_name,
                    "sBookName": one.book_name,
                    "xBook": one.book_id,
                }
            )
            for one in value.related
        ),
    )
    return elements(
        {
            "name": f"{value.number} {value.name}",
            "xPage": value.id,
            "xChapter": value.chapter_id,
            "sPageName": value.name,
            **body,
            "iOrder": value.order,
            "fHighlight": value.is_highlighted,
            **tags,
            "relatedpages": related,
        }
    )


def page_match(value: PageMatch) -> Xml:
    """Return the elements of a found page."""
    return elements(
        {
            "desc": value.excerpt,
            "sBookName": value.book_name,
            "sPageName": value.name,
            "xPage": value.page_id,
        }
    )
