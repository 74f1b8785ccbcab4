"""A small, whole help desk for tests: every kind of thing once or twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User

from portal.desk import models as desk

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@dataclass
class Inkwell:
    """The rows that tests name."""

    staff: User
    statuses: dict[str, desk.Status]
    categories: dict[str, desk.Category]
    fields: dict[str, desk.CustomField]
    customer: desk.Customer
    ticket: desk.Ticket
    closed_ticket: desk.Ticket
    foreign_ticket: desk.Ticket
    document: desk.Document
    private_note: desk.Note
    book: desk.Book
    pages: dict[str, desk.Page]
    forum: desk.Forum
    closed_forum: desk.Forum
    topic: desk.Topic
    closed_topic: desk.Topic


def fill_desk() -> Inkwell:
    """Fill the desk; the customer is amal@example.com with password `lighthouse`."""
    staff = User.objects.create_user(
        "maya", "maya@inkwell.example", "s", first_name="Maya", last_name="Lindqvist"
    )
    statuses = {
        name: desk.Status.objects.create(name=name, order=order, is_closed=order > 0)
        for order, name in enumerate(["Active", "Problem Solved"])
    }
    fields = _fields()
    categories = _categories(fields)
    customer = desk.Customer(
        email="amal@example.com", first_name="Amal", last_name="Haddad"
    )
    customer.set_password("lighthouse")
    customer.save()
    tickets = _tickets(staff, statuses, categories, fields)
    book, pages = _book()
    forums = _forums()
    return Inkwell(
        staff=staff,
        statuses=statuses,
        categories=categories,
        fields=fields,
        customer=customer,
        book=book,
        pages=pages,
        **tickets,
        **forums,
    )


def _fields() -> dict[str, desk.CustomField]:
    kinds = desk.CustomField.Type
    make = desk.CustomField.objects.create
    return {
        "office": make(
            name="Office", type=kinds.TEXT, is_always_visible=True, text_size=30
        ),
        "model": make(
            name="Model",
            type=kinds.SELECT,
            is_required=True,
            items="X1\nX2\nStudio\nMini\nPro\nMax",
        ),
        "story": make(name="What happened before", type=kinds.LARGE_TEXT, text_rows=4),
        "warranty": make(name="Under warranty", type=kinds.CHECKBOX),
        "count": make(name="Printers affected", type=kinds.NUMBER),
        "firmware": make(name="Firmware version", type=kinds.DECIMAL, decimal_places=1),
        "serial": make(
            name="Serial number", type=kinds.REGEX, pattern=r"/^INK-\d{5}-\d$/i"
        ),
        "bought": make(name="Purchase date", type=kinds.DATE),
        "started": make(name="Started at", type=kinds.DATETIME),
        "part": make(
            name="Part affected",
            type=kinds.DRILL_DOWN,
            items=(
                "Label printers\n  X2\n    Print head\n    Battery\n  X1\n    Roller\n"
                "Accessories\n  Cutter\n    Blade"
            ),
        ),
    }


def _categories(fields: dict[str, desk.CustomField]) -> dict[str, desk.Category]:
    printer = desk.Category.objects.create(name="Printer problem", order=1)
    printer_fields = [field for name, field in fields.items() if name != "office"]
    for order, field in enumerate(printer_fields):
        desk.CategoryField.objects.create(
            category=printer, custom_field=field, order=order
        )
    return {
        "printer": printer,
        "billing": desk.Category.objects.create(name="Billing", order=2),
        "internal": desk.Category.objects.create(
            name="Internal", order=3, is_public=False
        ),
    }


def _tickets(staff, statuses, categories, fields) -> dict[str, object]:
    ticket = desk.Ticket.objects.create(
        password="abcdefghijKLMNOPQRST",
        category=categories["printer"],
        status=statuses["Active"],
        title="Labels come out blank",
        first_name="Amal",
        last_name="Haddad",
        email="amal@example.com",
        assigned_to=staff,
        opened_at=NOW,
        opened_via=desk.Ticket.OpenedVia.WEB_FORM,
    )
    desk.CustomValue.objects.create(
        ticket=ticket, custom_field=fields["model"], value="X2"
    )
    desk.CustomValue.objects.create(
        ticket=ticket,
        custom_field=fields["part"],
        value="Label printers#-#X2#-#Print head",
    )
    desk.Note.objects.create(
        ticket=ticket,
        body="Every label is blank since the update.\nThe test page too.",
        is_initial=True,
        created_at=NOW,
    )
    private = desk.Note.objects.create(
        ticket=ticket,
        author=staff,
        body="CANARY customer is on the watch list",
        is_public=False,
        created_at=NOW + timedelta(minutes=20),
    )
    answer = desk.Note.objects.create(
        ticket=ticket,
        author=staff,
        body="<p>Please hold <strong>Feed</strong> for ten seconds.</p>",
        is_html=True,
        created_at=NOW + timedelta(hours=2),
    )
    content = b"%PDF-1.4 return label"
    document = desk.Document.objects.create(
        note=answer,
        filename="return-label.pdf",
        mime_type="application/pdf",
        content=content,
        size=len(content),
    )
    closed = desk.Ticket.objects.create(
        category=categories["billing"],
        status=statuses["Problem Solved"],
        is_open=False,
        first_name="Amal",
        last_name="Haddad",
        email="amal@example.com",
        opened_at=NOW - timedelta(days=30),
        closed_at=NOW - timedelta(days=20),
    )
    desk.Note.objects.create(
        ticket=closed,
        body="Please send the October invoice again.",
        is_initial=True,
        created_at=NOW - timedelta(days=30),
    )
    foreign = desk.Ticket.objects.create(
        category=categories["billing"],
        status=statuses["Active"],
        first_name="Noor",
        last_name="Vega",
        email="noor@example.com",
        opened_at=NOW - timedelta(days=1),
    )
    desk.Note.objects.create(
        ticket=foreign, body="FOREIGN words of another customer", is_initial=True
    )
    return {
        "ticket": ticket,
        "closed_ticket": closed,
        "foreign_ticket": foreign,
        "document": document,
        "private_note": private,
    }


def _book() -> tuple[desk.Book, dict[str, desk.Page]]:
    book = desk.Book.objects.create(
        name="Printer manual", description="Everything about your label printer."
    )
    desk.Book.objects.create(name="Secret plans", is_public=False, order=9)
    start = desk.Chapter.objects.create(book=book, name="Getting started", order=1)
    trouble = desk.Chapter.objects.create(book=book, name="Troubleshooting", order=2)
    appendix = desk.Chapter.objects.create(
        book=book, name="Appendix", order=0, is_appendix=True
    )
    pages = {
        "unbox": desk.Page.objects.create(
            chapter=start,
            name="Unbox the printer",
            order=1,
            is_highlighted=True,
            body="<h2>In the box</h2><p>A printer and a roll of labels.</p>",
        ),
        "hidden": desk.Page.objects.create(
            chapter=start, name="Draft page", order=2, is_hidden=True, body="<p>no</p>"
        ),
        "pair": desk.Page.objects.create(
            chapter=start,
            name="Pair over Bluetooth",
            order=3,
            body="<p>Hold the button until the light blinks blue.</p>",
        ),
        "blank": desk.Page.objects.create(
            chapter=trouble, name="Labels come out blank or faint", order=1
        ),
        "codes": desk.Page.objects.create(
            chapter=appendix,
            name="Error codes",
            order=1,
            body="<table><tr><th>Code</th><th>Meaning</th></tr>"
            "<tr><td>E1</td><td>No labels</td></tr></table>",
        ),
    }
    blank = pages["blank"]
    blank.body = (
        "<h2>Check the roll</h2><p>Scratch a label: a dark line means that the roll "
        "is the right way round.</p><h2>Clean the head</h2><p>Use the pen. See "
        f'<a href="index.php?pg=kb.page&amp;id={pages["unbox"].pk}">unboxing</a>.</p>'
        "<h3>If it stays faint</h3><p>Write to us.</p><script>alert(1)</script>"
    )
    blank.save()
    blank.tags.set(
        [desk.Tag.objects.create(name=name) for name in ("labels", "print quality")]
    )
    blank.related.add(pages["pair"])
    return book, pages


def _forums() -> dict[str, object]:
    forum = desk.Forum.objects.create(
        name="Tips and tricks", description="Ideas from other owners."
    )
    closed_forum = desk.Forum.objects.create(
        name="Beta 2025", is_closed=True, order=1, description="The finished beta."
    )
    topic = desk.Topic.objects.create(
        forum=forum, title="Best stock for glass jars?", author_name="Tomasz K."
    )
    desk.Post.objects.create(
        topic=topic, author_name="Tomasz K.", body="Which labels survive a dishwasher?"
    )
    desk.Post.objects.create(
        topic=topic, author_name="Maya", label="Staff", body="Try the polyester roll."
    )
    closed_topic = desk.Topic.objects.create(
        forum=forum, title="Old contest", author_name="Ines", is_closed=True
    )
    desk.Post.objects.create(topic=closed_topic, author_name="Ines", body="It is over.")
    desk.Topic.objects.create(
        forum=forum, title="House rules", author_name="Maya", is_sticky=True
    ).posts.create(author_name="Maya", label="Staff", body="Be kind.")
    return {
        "forum": forum,
        "closed_forum": closed_forum,
        "topic": topic,
        "closed_topic": closed_topic,
    }
