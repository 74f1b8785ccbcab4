"""The outbox under its caps: a flood costs nobody's words and fills no disk."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal import outbox
from portal.desk.models import DeskSettings, Ticket
from portal.outbox.models import StagedFile, Submission
from tests.html_page import parse_page
from tests.tickets.asking import URL, error_at, valid

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def full(inkwell, client, settings):
    """The one place of the outbox is taken, by what waits for a desk that is down."""
    settings.OUTBOX_MAX_WAITING = 1
    client.get(URL)
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    return client.post(URL, valid(inkwell, key="first"))["Location"]


def test_what_finds_no_room_comes_back_whole_and_is_not_sent(client, inkwell, full):
    response = client.post(URL, valid(inkwell, key="second", note="It smokes."))

    page = parse_page(response)
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "was not sent" in page.one("main").text
    assert page.one("textarea", name="note").text == "It smokes."
    assert Submission.objects.count() == 1
    assert not Ticket.objects.filter(notes__body__contains="smokes").exists()


def test_what_is_kept_already_shows_its_receipt(client, inkwell, full):
    again = client.post(URL, valid(inkwell, key="first"))

    assert again["Location"] == full


def test_what_is_settled_takes_no_room(client, inkwell, settings):
    settings.OUTBOX_MAX_WAITING = 1

    answers = [
        client.post(URL, valid(inkwell, key=f"key-{number}")).status_code
        for number in range(3)
    ]

    assert answers == [303] * 3


def test_a_file_without_room_is_refused_and_the_text_is_taken(
    client, inkwell, settings
):
    settings.OUTBOX_MAX_FILE_BYTES = 100
    big = SimpleUploadedFile("big.log", b"x" * 90)
    other = SimpleUploadedFile("other.log", b"x" * 20)

    asked = client.post(URL, valid(inkwell, attached=[big, other]))
    page = parse_page(asked)
    tokens = [field["value"] for field in page.all("input", name="waiting")]
    taken = client.post(URL, valid(inkwell, waiting=tokens))

    assert asked.status_code == 422
    assert error_at(page, "attached").startswith("other.log cannot be kept right now")
    assert taken.status_code == 303
    assert Submission.objects.get().file_count == 1


def test_files_make_room_when_they_are_delivered(client, inkwell, settings):
    settings.OUTBOX_MAX_FILE_BYTES = 100
    for number in range(3):
        file = SimpleUploadedFile("a.log", b"x" * 90)
        client.post(URL, valid(inkwell, key=f"key-{number}", attached=[file]))

    assert not StagedFile.objects.exists()
    assert Submission.objects.filter(state="delivered").count() == 3


def test_operators_learn_that_the_outbox_is_full(client, full, settings):
    settings.METRICS = True
    outbox.stage(SimpleUploadedFile("a.log", b"x" * 90))

    ready = client.get("/readyz")
    metrics = client.get("/metrics").content.decode()

    assert ready.status_code == 200
    assert ready.json()["reasons"] == ["outbox is full"]
    assert "portal_outbox_file_bytes 90.0" in metrics
