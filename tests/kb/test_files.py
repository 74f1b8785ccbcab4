from __future__ import annotations

import pytest

from portal.desk import models as desk

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 10


@pytest.fixture
def make_file(inkwell):
    def make(content: bytes, mime_type: str = "image/png"):
        document = desk.Document.objects.create(
            page=inkwell.pages["unbox"],
            filename="x.png",
            mime_type=mime_type,
            content=content,
            size=len(content),
        )
        return f"/kb/files/{document.pk}/"

    return make


@pytest.mark.parametrize(
    ("content", "mime_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 picture", "image/jpeg"),
        (b"GIF89a picture", "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
    ],
)
def test_shows_pictures_by_their_first_bytes(client, make_file, content, mime_type):
    response = client.get(make_file(content, "text/html"))

    assert b"".join(response.streaming_content) == content
    assert response["Content-Type"] == mime_type
    assert response["Content-Disposition"].startswith("inline;")


@pytest.mark.parametrize(
    ("content", "mime_type"),
    [
        (b"<svg onload=alert(1)>", "application/octet-stream"),
        (b"<script>alert(1)</script>", "application/octet-stream"),
        (b"%PDF-1.4", "application/pdf"),
        (b"x", "application/octet-stream"),
    ],
)
def test_lets_anything_else_be_saved_only(client, make_file, content, mime_type):
    response = client.get(make_file(content))

    assert b"".join(response.streaming_content) == content
    assert response["Content-Type"] == mime_type
    assert response["Content-Disposition"].startswith("attachment;")


def test_a_file_can_do_nothing_and_may_be_kept_by_any_cache(client, make_file):
    response = client.get(make_file(PNG))

    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cache-Control"] == "public, max-age=86400"
    assert not response.cookies


def test_a_file_at_a_request_is_not_to_be_had_here(client, inkwell):
    assert client.get(f"/kb/files/{inkwell.document.pk}/").status_code == 404


@pytest.mark.parametrize("fault", ["down", "hang_up"])
def test_says_that_the_help_desk_does_not_answer(client, make_file, fault):
    address = make_file(PNG)
    desk.DeskSettings.objects.update_or_create(pk=1, defaults={"fault": fault})

    response = client.get(address)

    assert response.status_code == 503
