"""Files that go up one by one before their form is sent."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.outbox.models import StagedFile

URL = "/requests/files/"


def a_file(name: str, content: bytes = b"five bars") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def tokens_in(response) -> list[str]:
    return re.findall(r'name="waiting" value="([^"]+)"', response.content.decode())


def test_a_file_sent_by_itself_waits_for_its_form(client, inkwell):
    sent = client.post(URL, {"attached": a_file("log.txt")})

    (token,) = tokens_in(sent)
    assert sent.status_code == 200
    assert StagedFile.objects.get(token=token).filename == "log.txt"
    again = client.post(f"{URL}waiting/", {"waiting": [token, "unknown"]})
    assert tokens_in(again) == [token]
    assert "A file you attached was not kept" in again.content.decode()


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (a_file("fix.exe"), "fix.exe cannot be sent"),
        (a_file("empty.txt", b""), "empty.txt is empty"),
    ],
)
def test_a_file_refused_by_itself_says_why(client, inkwell, file, reason):
    sent = client.post(URL, {"attached": file})

    assert sent.status_code == 422
    assert reason in sent.content.decode()
    assert not StagedFile.objects.exists()


def test_no_form_takes_more_files_than_it_says(client, inkwell, settings):
    tokens = [
        token
        for number in range(settings.MAX_FILES + 1)
        for token in tokens_in(client.post(URL, {"attached": a_file(f"{number}.txt")}))
    ]

    response = client.post("/requests/new/", {"waiting": tokens})

    assert response.status_code == 422
    assert tokens_in(response) == tokens[:-1]
    assert "is one too many" in response.content.decode()


def test_a_visitor_who_sends_files_without_end_is_held_up(client, inkwell):
    answers = [
        client.post(URL, {"attached": a_file("a.txt")}).status_code for _ in range(101)
    ]

    assert answers[:100] == [200] * 100
    assert answers[100] == 422
    assert StagedFile.objects.count() == 100


def test_another_site_cannot_put_files_here(client, inkwell):
    response = client.post(
        URL, {"attached": a_file("a.txt")}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert response.status_code == 403
