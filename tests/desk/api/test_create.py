"""`request.create`: what is taken, what is refused and why, and only once."""

from __future__ import annotations

import base64
import json

import pytest

from portal.desk.models import (
    Category,
    CategoryField,
    CustomField,
    CustomValue,
    Document,
    Status,
    Ticket,
)
from tests.desk.api.conftest import API, document, problems

NOBODY = (
    "Required parameter sFirstName, sLastName, sUserId, sEmail or sPhone not supplied"
)
PNG = b"\x89PNG\r\n\x1a\n\xfb\xef\xff"


@pytest.fixture
def statuses(db):
    Status.objects.create(name="Solved", order=0, is_closed=True)
    return Status.objects.create(name="New", order=1)


def stored() -> Ticket:
    return Ticket.objects.get()


def test_makes_a_request_and_hands_out_its_key(statuses, send):
    response = send(
        "request.create",
        tNote="  It broke.\nAgain <b>!</b>",
        sFirstName="Tim",
        sLastName="Smith",
        sUserId="12345/ä",
        sEmail="tim@example.com",
        sPhone="+49 30 1",
        fUrgent=1,
        xPortal=2,
        sTitle="is not a parameter of this method",
    )

    ticket = stored()
    note = ticket.notes.get()
    assert response.content.decode() == document(f"""
        <request>
        <xRequest>{ticket.pk}</xRequest>
        <accesskey>{ticket.pk}{ticket.password}</accesskey>
        </request>
    """)
    assert len(ticket.password) == 20
    assert ticket.password.isalpha()
    assert (ticket.full_name, ticket.customer_id, ticket.email, ticket.phone) == (
        "Tim Smith",
        "12345/ä",
        "tim@example.com",
        "+49 30 1",
    )
    assert (ticket.status, ticket.is_open, ticket.is_urgent, ticket.portal_id) == (
        statuses,
        True,
        True,
        2,
    )
    assert (ticket.opened_via, ticket.title, ticket.category) == (6, "", None)
    assert (note.body, note.is_html, note.is_initial, note.is_public) == (
        "  It broke.\nAgain <b>!</b>",
        False,
        True,
        True,
    )


def test_makes_a_status_on_a_desk_that_has_none(db, send):
    assert send("request.create", tNote="x", sUserId="1").status_code == 200
    assert stored().status.name == "Active"


def test_needs_a_note_and_somebody(statuses, send):
    assert problems(send("request.create", sEmail=" ", tNote=" \n")) == [
        (101, "Required parameter tNote not supplied"),
        (101, NOBODY),
    ]
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "name", ["sFirstName", "sLastName", "sUserId", "sEmail", "sPhone"]
)
def test_is_content_with_any_one_name(statuses, send, name):
    response = send("request.create", tNote="x", **{name: "a@example.com"})

    assert response.status_code == 200


def test_refuses_what_does_not_fit(statuses, send):
    assert problems(send("request.create", tNote="x", sEmail="tim@")) == [
        (105, "Valid email required")
    ]
    assert problems(send("request.create", tNote="x", sPhone="1" * 51)) == [
        (207, "Could not create request: sPhone is longer than 50 characters")
    ]
    for category in ["999", "x", Category.objects.create(name="I", is_public=False).pk]:
        assert problems(
            send("request.create", tNote="x", sUserId="1", xCategory=category)
        ) == [(207, "Could not create request: xCategory is not a public category")]


# -------------------------------------------------------------- custom fields


@pytest.fixture
def asked(statuses):
    """A category that asks for one field of the type and rules given."""

    def asked(**values) -> tuple[Category, CustomField]:
        category = Category.objects.create(name="Bugs")
        field = CustomField.objects.create(name="Field", **values)
        CategoryField.objects.create(category=category, custom_field=field)
        return category, field

    return asked


def create(send, category, **parameters):
    return send(
        "request.create",
        tNote="x",
        sUserId="1",
        xCategory=category.pk if category else 0,
        **parameters,
    )


def test_asks_for_the_required_fields_of_the_category_only(asked, send):
    category, field = asked(type="text", is_required=True)
    other = Category.objects.create(name="Other")
    missing = [(101, f"Required parameter Custom{field.pk} not supplied")]

    assert problems(create(send, category)) == missing
    assert create(send, other).status_code == 200
    assert create(send, None).status_code == 200
    field.is_always_visible = True
    field.save()
    assert problems(create(send, other)) == missing
    assert problems(create(send, None)) == missing


def test_never_asks_for_what_is_not_public(asked, send):
    category, field = asked(type="text", is_required=True, is_public=False)

    response = create(send, category, **{f"Custom{field.pk}": "secret"})

    assert response.status_code == 200
    assert not CustomValue.objects.exists()


def test_refuses_an_optional_field_that_is_sent_blank(asked, send):
    category, field = asked(type="text")

    assert problems(create(send, category, **{f"Custom{field.pk}": " "})) == [
        (101, f"Required parameter Custom{field.pk} not supplied")
    ]


ITEMS = {"items": "Boston\n  8th St\n  9th St\nDenver"}
GOOD = [
    ("select", {"items": "MySQL\nMS SQL Server"}, "MS SQL Server"),
    ("text", {"text_size": 5}, "longer than its box"),
    ("lrgtext", {}, "one\ntwo"),
    ("checkbox", {}, "1"),
    ("checkbox", {}, "0"),
    ("numtext", {}, "-42"),
    ("decimal", {"decimal_places": 2}, "1.25"),
    ("decimal", {"decimal_places": 2}, "1"),
    ("regex", {"pattern": r"/^\d{5}(-\d{4})?$/"}, "12345-6789"),
    ("regex", {"pattern": r"/^ink$/i"}, "INK"),
    ("regex", {"pattern": r"/b\/c/g"}, "ab/cd"),
    ("regex", {"pattern": "/^\\u00e9$/u"}, "é"),
    ("regex", {"pattern": r"/(?=beyond us)/"}, "anything"),
    ("regex", {"pattern": "^no slashes$"}, "no slashes"),
    ("date", {}, "1767225600"),
    ("date", {}, "-86400"),
    ("datetime", {}, "1767229200"),
    ("drilldown", ITEMS, "Boston#-#8th St"),
    ("drilldown", ITEMS, "Denver"),
]


@pytest.mark.parametrize(("kind", "rules", "value"), GOOD)
def test_keeps_a_value_that_fits(asked, send, kind, rules, value):
    category, field = asked(type=kind, **rules)

    response = create(send, category, **{f"Custom{field.pk}": value})

    assert response.status_code == 200, response.content
    assert CustomValue.objects.get(custom_field=field).value == value


BAD = [
    ("select", {"items": "MySQL"}, "mysql", "is not one of its items"),
    ("text", {}, "one\ntwo", "has line breaks"),
    ("text", {}, "x" * 256, "is longer than 255 characters"),
    ("checkbox", {}, "yes", "is neither 0 nor 1"),
    ("numtext", {}, "1.5", "is not a whole number"),
    ("numtext", {}, "٣", "is not a whole number"),
    ("numtext", {}, "1" * 11, "is longer than 10 characters"),
    (
        "decimal",
        {"decimal_places": 2},
        "1.255",
        "is not a number with at most 2 decimal places",
    ),
    ("decimal", {}, "1.5", "is not a number with at most 0 decimal places"),
    (
        "decimal",
        {"decimal_places": 2},
        "1,25",
        "is not a number with at most 2 decimal places",
    ),
    ("regex", {"pattern": r"/^\d{5}$/"}, "123456", "does not fit its pattern"),
    ("date", {}, "2026-01-01", "is not a unix timestamp"),
    ("datetime", {}, "9" * 30, "is not a unix timestamp"),
    ("drilldown", ITEMS, "Boston", "is not one of its items"),
    ("drilldown", ITEMS, "8th St", "is not one of its items"),
]


@pytest.mark.parametrize(("kind", "rules", "value", "reason"), BAD)
def test_says_which_value_does_not_fit_and_why(asked, send, kind, rules, value, reason):
    category, field = asked(type=kind, **rules)

    response = create(send, category, **{f"Custom{field.pk}": value})

    assert problems(response) == [
        (207, f"Could not create request: Custom{field.pk} {reason}")
    ]
    assert not Ticket.objects.exists()


def test_runs_a_pattern_in_linear_time(asked, send):
    category, field = asked(type="regex", pattern="/^(a+)+$/")

    response = create(send, category, **{f"Custom{field.pk}": "a" * 50_000 + "!"})

    assert response.status_code == 400


# ---------------------------------------------------------------------- files


def triplet(number, name, content, mime_type="image/png"):
    return {
        f"File{number}_sFilename": name,
        f"File{number}_sFileMimeType": mime_type,
        f"File{number}_bFileBody": base64.b64encode(content).decode(),
    }


def documents():
    return [
        (one.filename, one.mime_type, bytes(one.content), one.size)
        for one in Document.objects.filter(note__is_initial=True)
    ]


def test_keeps_complete_files_one_to_nine(statuses, send):
    response = send(
        "request.create",
        tNote="x",
        sUserId="1",
        **triplet(1, "a.png", PNG),
        **triplet(9, "b.bin", b"", "application/x-thing"),
        **triplet(10, "c.png", PNG),
        File2_sFilename="no body.png",
        File3_bFileBody="bm8gbmFtZQ==",
    )

    assert response.status_code == 200
    assert documents() == [
        ("a.png", "image/png", PNG, len(PNG)),
        ("b.bin", "application/x-thing", b"", 0),
    ]


@pytest.mark.parametrize(
    ("sent", "mime_type"),
    [("", "application/pdf"), ("evil\r\nX: y", "application/pdf"), ("a/b", "a/b")],
)
def test_guesses_a_missing_type_from_the_name(statuses, send, sent, mime_type):
    send("request.create", tNote="x", sUserId="1", **triplet(1, "x.pdf", b"1", sent))

    assert Document.objects.get().mime_type == mime_type


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\docs\\a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("x/", "file"),
        ("y" * 300 + ".txt", "y" * 200 + ".txt"),
    ],
)
def test_keeps_only_the_bare_file_name(statuses, send, sent, kept):
    send("request.create", tNote="x", sUserId="1", **triplet(1, sent, b"1"))

    assert Document.objects.get().filename == kept


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.replace("+", " "),
        lambda body: body.rstrip("="),
        lambda body: body[:4] + "\r\n" + body[4:],
    ],
)
def test_repairs_what_the_way_does_to_base64(statuses, send, spoil):
    content = b"\xfb\xef\xbe" * 3 + b"x"
    file = triplet(1, "a.bin", content)
    file["File1_bFileBody"] = spoil(file["File1_bFileBody"])

    send("request.create", tNote="x", sUserId="1", **file)

    assert bytes(Document.objects.get().content) == content


def test_refuses_a_body_that_is_not_base64(statuses, send):
    file = {**triplet(1, "a.png", PNG), "File1_bFileBody": "§§§"}

    assert problems(send("request.create", tNote="x", sUserId="1", **file)) == [
        (207, "Could not create request: File1_bFileBody is not base64")
    ]
    assert not Ticket.objects.exists()


# ----------------------------------------------------------------- references


def test_makes_one_request_of_the_same_reference(statuses, send):
    call = {"tNote": "x", "sEmail": "a@example.com", "sReference": "R-7F3K-92QD"}

    first, second = (send("request.create", **call) for _ in range(2))

    assert first.status_code == 200
    assert first.content == second.content
    assert stored().notes.count() == 1


@pytest.mark.parametrize("other", [{"tNote": "y"}, {"sEmail": "b@example.com"}])
def test_gives_no_key_to_who_only_guessed_a_reference(statuses, send, other):
    call = {"tNote": "x", "sEmail": "a@example.com", "sReference": "R-7F3K-92QD"}
    send("request.create", **call)

    response = send("request.create", **{**call, **other})

    assert problems(response) == [
        (207, "Could not create request: sReference stands for another request")
    ]


def test_refuses_a_reference_that_is_too_long(statuses, send):
    response = send("request.create", tNote="x", sUserId="1", sReference="R" * 41)

    assert problems(response) == [
        (207, "Could not create request: sReference is longer than 40 characters")
    ]


def test_answers_create_in_json(statuses, client):
    response = client.post(
        API,
        {"method": "request.create", "output": "json", "tNote": "x", "sUserId": "1"},
    )

    ticket = stored()
    assert json.loads(response.content) == {
        "xRequest": str(ticket.pk),
        "accesskey": ticket.access_key,
    }


@pytest.mark.django_db(transaction=True)
def test_makes_one_request_when_the_same_reference_comes_twice_at_once(client):
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    from django.db import connection
    from django.test import Client

    Status.objects.create(name="New")
    start = Barrier(4)

    def post(_: int) -> bytes:
        start.wait()
        try:
            return (
                Client()
                .post(
                    f"{API}?method=request.create",
                    {"tNote": "x", "sUserId": "1", "sReference": "R-1"},
                )
                .content
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(post, range(4)))

    assert len(answers) == 1
    assert b"<accesskey>" in answers.pop()
    assert Ticket.objects.count() == 1
