"""`index.php?pg=file`: attachments of requests, downloads of pages."""

from __future__ import annotations

import pytest

from portal.desk.models import Document
from portal.desk.server import answer
from tests.desk.api.conftest import texts

FILES = "/index.php"


def address(inkwell, **changes):
    file = inkwell.document
    return {
        "pg": "file",
        "from": 3,
        "id": file.pk,
        "reqid": inkwell.ticket.pk,
        "reqhisid": file.note_id,
        **changes,
    }


def test_hands_out_a_file_under_the_address_in_the_request(inkwell, client, ask):
    shown = ask("request.get", accesskey=inkwell.ticket.access_key)
    [url] = texts(shown, "request_history/item/files/file/public_url")

    response = client.get(url)

    assert response.status_code == 200
    assert response.content == b"%PDF-1.4 return label"
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        'attachment; filename="return-label.pdf"'
    )
    assert response["X-Content-Type-Options"] == "nosniff"


def test_writes_foreign_file_names_safely(inkwell, client):
    Document.objects.update(filename='Größe "1".pdf')

    response = client.get(FILES, address(inkwell))

    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe%20%221%22.pdf"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 99999},
        {"id": "x"},
        {"reqid": 99999},
        {"reqid": ""},
        {"reqhisid": 99999},
        {"from": 2},
        {"from": 0},
    ],
)
def test_finds_nothing_under_an_address_that_does_not_fit(inkwell, client, changes):
    response = client.get(FILES, address(inkwell, **changes))

    assert response.status_code == 404
    assert response["Content-Type"] == "text/plain; charset=UTF-8"
    assert response.content == b"Not found\n"


def test_hands_out_no_file_of_a_private_note(inkwell, client):
    Document.objects.update(note=inkwell.private_note)

    response = client.get(FILES, address(inkwell, reqhisid=inkwell.private_note.pk))

    assert response.status_code == 404


@pytest.mark.parametrize(("page", "status"), [("pair", 200), ("hidden", 404)])
def test_hands_out_the_files_of_pages_that_customers_may_see(
    inkwell, client, page, status
):
    file = Document.objects.create(
        page=inkwell.pages[page],
        filename="a.txt",
        mime_type="text/plain",
        content=b"hello",
    )

    response = client.get(FILES, {"id": file.pk, "from": 2, "pg": "file"})

    assert response.status_code == status
    assert (response.content == b"hello") == (status == 200)


@pytest.mark.parametrize("page", ["request.check", "FILE", ""])
def test_has_nothing_but_files_there(inkwell, rf, page):
    response = answer(rf.get(FILES, address(inkwell, pg=page)))

    assert response.status_code == 404
