from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from portal import outbox
from portal.outbox.files import upload
from portal.outbox.housekeeping import purge
from portal.outbox.models import StagedFile

pytestmark = pytest.mark.django_db


def stage(content=b"hello", name="notes.txt", mime_type="text/plain"):
    return outbox.stage(SimpleUploadedFile(name, content, mime_type))


def test_keeps_a_file_sealed_and_gives_it_back_whole():
    content = bytes(range(256)) * 400

    file = stage(content, "photo.jpg", "image/jpeg")

    kept = StagedFile.objects.get(token=file.token)
    assert content[:64] not in bytes(kept.sealed_content)
    assert upload(kept).file.read() == content
    assert (kept.filename, kept.mime_type, kept.size) == (
        "photo.jpg",
        "image/jpeg",
        102_400,
    )


def test_lists_files_as_the_form_does_without_strangers_and_doubles():
    first, second = stage(), stage()

    files = outbox.staged([second.token, "no-such-token", first.token, second.token])

    assert files == [second, first]


def test_forgets_a_file_after_a_day():
    file = stage()

    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        assert outbox.staged([file.token]) == []
        purge()

    assert not StagedFile.objects.exists()


def test_keeps_a_file_past_its_day_while_its_submission_waits(away):
    file = stage()
    outbox.submit(*away, outbox.TicketContent(note="x"), key="k1", files=[file])

    with time_machine.travel(timezone.now() + timedelta(hours=48)):
        purge()

    assert StagedFile.objects.filter(token=file.token).exists()


def test_cuts_a_long_name_and_keeps_its_ending():
    file = stage(name="n" * 240 + ".tar" + "e" * 20 + ".pdf")

    assert len(file.filename) <= 255
    assert file.filename.endswith(".pdf")


@pytest.mark.django_db(transaction=True)
def test_many_files_at_once_take_little_more_memory_than_one():
    count, size = 8, 1_000_000
    uploads = [
        SimpleUploadedFile(f"{number}.bin", bytes(size)) for number in range(count)
    ]

    def keep(uploaded_file):
        try:
            return outbox.stage(uploaded_file)
        finally:
            connection.close()

    tracemalloc.start()
    try:
        keep(SimpleUploadedFile("one.bin", bytes(size)))
        one = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        with ThreadPoolExecutor(count) as pool:
            files = list(pool.map(keep, uploads))
        all_at_once = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(files) == count
    assert all_at_once < 2 * one
