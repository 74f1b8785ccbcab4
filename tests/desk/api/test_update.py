"""`request.update`."""

from __future__ import annotations

import base64

import pytest

from portal.desk.models import Note
from tests.desk.api.conftest import document, problems, texts


def test_adds_the_customers_note_where_everyone_sees_it(inkwell, send, ask):
    key = inkwell.ticket.access_key

    response = send("request.update", accesskey=key, tNote="Still <blank>\nhelp")

    assert response.content.decode() == document(f"""
        <request>
        <xRequest>{inkwell.ticket.pk}</xRequest>
        </request>
    """)
    shown = ask("request.get", accesskey=key)
    item = "request_history/item"
    assert texts(shown, f"{item}/tNote")[0] == "Still <blank>\nhelp"
    assert texts(shown, f"{item}/xPerson")[0] == " "
    assert texts(shown, f"{item}/fInitial")[0] == "0"
    assert texts(shown, f"{item}/fNoteIsHTML")[0] == "0"


def test_keeps_several_notes_without_references(inkwell, send):
    for text in ["one", "two"]:
        send("request.update", accesskey=inkwell.ticket.access_key, tNote=text)

    bodies = inkwell.ticket.notes.values_list("body", flat=True)
    assert [body for body in bodies if body in {"one", "two"}] == ["one", "two"]


def test_opens_a_closed_request_again_and_logs_it(inkwell, send, ask):
    ticket = inkwell.closed_ticket

    send("request.update", accesskey=ticket.access_key, tNote="It came back.")

    ticket.refresh_from_db()
    assert (ticket.is_open, ticket.closed_at) == (True, None)
    assert ticket.status == inkwell.statuses["Active"]
    log = ticket.notes.get(is_public=False)
    assert log.log == 'Status changed from "Problem Solved" to "Active"'
    assert texts(ask("request.get", accesskey=ticket.access_key), "dtGMTClosed") == [""]


def test_keeps_files(inkwell, send):
    send(
        "request.update",
        accesskey=inkwell.ticket.access_key,
        tNote="See the picture",
        File1_sFilename="a.png",
        File1_bFileBody=base64.b64encode(b"png").decode(),
    )

    file = inkwell.ticket.notes.get(body="See the picture").documents.get()
    assert (file.filename, file.mime_type, bytes(file.content)) == (
        "a.png",
        "image/png",
        b"png",
    )


def test_refuses_what_is_missing_or_wrong(inkwell, send):
    key = inkwell.ticket.access_key
    before = Note.objects.count()

    assert problems(send("request.update", accesskey=key, tNote=" ")) == [
        (101, "Required parameter tNote not supplied")
    ]
    assert problems(send("request.update")) == [
        (101, "Required parameter accesskey not supplied"),
        (101, "Required parameter tNote not supplied"),
    ]
    assert problems(send("request.update", accesskey=f"{key}a", tNote="x")) == [
        (102, "Valid access key required")
    ]
    assert problems(
        send(
            "request.update",
            accesskey=key,
            tNote="x",
            File1_sFilename="a",
            File1_bFileBody="!",
        )
    ) == [(212, "Request could not be updated: File1_bFileBody is not base64")]
    assert Note.objects.count() == before


def test_adds_one_note_of_the_same_reference(inkwell, send):
    call = {"accesskey": inkwell.ticket.access_key, "tNote": "x", "sReference": "R-1"}

    first, second = (send("request.update", **call) for _ in range(2))

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert Note.objects.filter(reference="R-1").count() == 1


def test_says_when_a_reference_stands_for_another_note(inkwell, send):
    send(
        "request.update",
        accesskey=inkwell.ticket.access_key,
        tNote="x",
        sReference="R-1",
    )

    response = send(
        "request.update",
        accesskey=inkwell.closed_ticket.access_key,
        tNote="x",
        sReference="R-1",
    )

    assert problems(response) == [
        (212, "Request could not be updated: sReference stands for another note")
    ]
    inkwell.closed_ticket.refresh_from_db()
    assert not inkwell.closed_ticket.is_open


@pytest.mark.parametrize("length", [41, 400])
def test_refuses_a_reference_that_is_too_long(inkwell, send, length):
    response = send(
        "request.update",
        accesskey=inkwell.ticket.access_key,
        tNote="x",
        sReference="R" * length,
    )

    assert problems(response) == [
        (212, "Request could not be updated: sReference is longer than 40 characters")
    ]
