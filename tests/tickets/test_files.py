from __future__ import annotations

import pytest

from portal.desk.models import DeskSettings, Document
from portal.downloads import stream, type_of
from portal.helpspot.errors import Unavailable
from portal.helpspot.types import Download
from tests.html_page import parse_page

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 30


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def attach(inkwell, filename: str, content: bytes, mime_type: str) -> Document:
    return Document.objects.create(
        note=inkwell.document.note,
        filename=filename,
        mime_type=mime_type,
        content=content,
        size=len(content),
    )


def address(inkwell, document: Document, name: str = "x") -> str:
    return f"/requests/{inkwell.ticket.pk}/files/{document.pk}/{name}"


def test_the_conversation_links_its_files_through_the_portal(holder, inkwell):
    page = holder.get(f"/requests/{inkwell.ticket.pk}/").content.decode()

    assert f'href="{address(inkwell, inkwell.document, "return-label.pdf")}"' in page
    assert "pg=file" not in page


def test_hands_the_file_on_to_be_saved(holder, inkwell):
    response = holder.get(address(inkwell, inkwell.document, "return-label.pdf"))

    assert response.status_code == 200
    assert body(response) == b"%PDF-1.4 return label"
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        "attachment; filename=\"return-label.pdf\"; filename*=UTF-8''return-label.pdf"
    )


def test_a_file_can_do_nothing_in_the_browser(holder, inkwell):
    response = holder.get(address(inkwell, inkwell.document))
    body(response)

    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("filename", "content", "mime_type"),
    [
        ("page.html", b"<script>alert(1)</script>", "text/html"),
        ("drawing.svg", b"<svg onload='alert(1)'/>", "image/svg+xml"),
        ("photo.png", b"<html><script>alert(1)</script>", "image/png"),
        ("data.xml", b"<?xml version='1.0'?><a/>", "text/xml"),
    ],
)
def test_what_could_run_is_never_shown_inside_a_page(
    holder, inkwell, filename, content, mime_type
):
    document = attach(inkwell, filename, content, mime_type)

    response = holder.get(f"{address(inkwell, document)}?inline")
    body(response)

    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment;")


def test_a_picture_is_shown_when_asked_and_when_it_is_one(holder, inkwell):
    document = attach(inkwell, "photo.png", PNG, "image/png")

    shown = holder.get(f"{address(inkwell, document)}?inline")
    saved = holder.get(address(inkwell, document))

    assert body(shown) == body(saved) == PNG
    assert shown["Content-Type"] == "image/png"
    assert shown["Content-Disposition"].startswith("inline;")
    assert saved["Content-Disposition"].startswith("attachment;")


def test_a_pdf_is_saved_by_its_name_and_previewed_beside(holder, inkwell):
    page = parse_page(holder.get(f"/requests/{inkwell.ticket.pk}/"))
    link = address(inkwell, inkwell.document, "return-label.pdf")
    preview = page.one("a", href=f"{link}?inline")

    saved, shown = holder.get(link), holder.get(preview["href"])

    assert preview.text == "Preview return-label.pdf (opens a new tab)"
    assert preview["target"] == "_blank"
    assert preview["rel"] == "noopener noreferrer"
    assert body(saved) == body(shown) == b"%PDF-1.4 return label"
    assert saved["Content-Disposition"].startswith("attachment;")
    assert saved["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert shown["Content-Disposition"].startswith("inline;")


def test_a_previewed_pdf_is_nothing_but_a_pdf_and_tells_nobody(holder, inkwell):
    response = holder.get(f"{address(inkwell, inkwell.document)}?inline")
    body(response)

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Referrer-Policy"] == "strict-origin"
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))


@pytest.mark.parametrize(
    ("filename", "content", "mime_type"),
    [
        ("page.pdf", b"<script>alert(1)</script>", "application/pdf"),
        ("late.pdf", b"<script>alert(1)</script>%PDF-1.4", "application/pdf"),
        ("page.html", b"%PDF-1.4<script>alert(1)</script>", "application/pdf"),
        ("page.pdf.svg", b"%PDF-1.4<svg onload='alert(1)'/>", "image/svg+xml"),
    ],
)
def test_what_only_half_says_that_it_is_a_pdf_is_saved(
    holder, inkwell, filename, content, mime_type
):
    document = attach(inkwell, filename, content, mime_type)

    # The name in the address is anybody's: the file's own name counts.
    response = holder.get(f"{address(inkwell, document, 'x.pdf')}?inline")
    body(response)

    assert response["Content-Type"] not in {"text/html", "image/svg+xml"}
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    ("filename", "in_link"),
    [
        ("../../etc/passwd", "-..-etc-passwd"),
        ("..", "file"),
        ("Größe €.pdf", "Gr%C3%B6%C3%9Fe%20%E2%82%AC.pdf"),
        ('a"b\r\nX-Evil: 1.txt', "a%22b-X-Evil:%201.txt"),
    ],
)
def test_odd_file_names_stay_names(holder, inkwell, filename, in_link):
    document = attach(inkwell, filename, b"x", "text/plain")

    page = holder.get(f"/requests/{inkwell.ticket.pk}/").content.decode()
    assert f'href="{address(inkwell, document, in_link)}"' in page
    response = holder.get(address(inkwell, document, in_link))
    body(response)

    assert response.status_code == 200
    assert "X-Evil" not in response
    assert "\n" not in response["Content-Disposition"]


def test_a_file_of_a_private_note_is_not_found(holder, inkwell):
    document = Document.objects.create(
        note=inkwell.private_note,
        filename="secret.txt",
        mime_type="text/plain",
        content=b"CANARY",
        size=6,
    )

    assert holder.get(address(inkwell, document)).status_code == 404


def test_a_file_of_another_request_is_not_found(holder, inkwell):
    document = Document.objects.create(
        note=inkwell.foreign_ticket.notes.get(),
        filename="foreign.txt",
        mime_type="text/plain",
        content=b"FOREIGN",
        size=7,
    )

    assert holder.get(address(inkwell, document)).status_code == 404
    foreign = f"/requests/{inkwell.foreign_ticket.pk}/files/{document.pk}/foreign.txt"
    assert holder.get(foreign).status_code == 302


def test_a_file_needs_the_key_of_its_request(client, inkwell):
    response = client.get(address(inkwell, inkwell.document))

    assert response["Location"] == f"/requests/check/?request={inkwell.ticket.pk}"


def test_an_absent_help_desk_is_said(holder, inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

    assert holder.get(address(inkwell, inkwell.document)).status_code == 503


@pytest.mark.parametrize(
    ("head", "mime_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\n\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"", "application/octet-stream"),
        (b" GIF89a", "application/octet-stream"),
    ],
)
def test_the_first_bytes_say_what_a_file_is(head, mime_type):
    assert type_of(head) == mime_type


def test_a_file_that_comes_in_crumbs_is_known_by_its_first_bytes(rf):
    crumbs = (PNG[at : at + 1] for at in range(len(PNG)))
    download = Download(chunks=crumbs, mime_type=None, size=len(PNG))

    response = stream(rf.get("/"), download, "photo.png", wants_inline=True)

    assert response["Content-Type"] == "image/png"
    assert body(response) == PNG


@pytest.mark.django_db
def test_whoever_asks_for_the_head_alone_waits_for_no_more(rf):
    read = []

    def chunks():
        for at in range(3):
            read.append(at)
            yield PNG
        read.append("all")

    download = Download(chunks=chunks(), mime_type=None, size=3 * len(PNG))

    response = stream(rf.head("/"), download, "photo.png", wants_inline=True)

    assert body(response) == b""
    response.close()
    assert read == [0]
    assert next(download.chunks, None) is None
    assert response["Content-Type"] == "image/png"
    assert response["Content-Length"] == str(3 * len(PNG))


def test_a_file_that_breaks_off_ends_the_connection_without_a_fault_of_ours(rf, caplog):
    def chunks():
        yield PNG
        raise Unavailable("file")

    download = Download(chunks=chunks(), mime_type=None, size=None)

    response = stream(rf.get("/"), download, "photo.png", wants_inline=True)

    # Servers take that for a visitor who left, and say nothing more of it.
    with pytest.raises(ConnectionResetError):
        body(response)
    assert caplog.messages == ["A file broke off half-way"]
