from __future__ import annotations

import errno
import tracemalloc
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from threading import Event

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from portal import outbox
from portal.outbox.files import uploads
from portal.outbox.housekeeping import purge
from portal.outbox.models import StagedFile, Submission
from portal.outbox.worker import drain

pytestmark = pytest.mark.django_db


def stage(content=b"hello", name="notes.txt", mime_type="text/plain"):
    return outbox.stage(SimpleUploadedFile(name, content, mime_type))


def test_keeps_a_file_sealed_and_gives_it_back_whole(away):
    content = bytes(range(256)) * 400

    file = stage(content, "photo.jpg", "image/jpeg")

    kept = StagedFile.objects.get(token=file.token)
    assert content[:64] not in bytes(kept.sealed_content)
    submission = outbox.submit(
        *away, outbox.TicketContent(note="x"), key="k1", files=[file]
    )
    [upload] = uploads(submission, 1)
    with upload.file:
        assert upload.file.read() == content
    assert (upload.filename, upload.mime_type, kept.size) == (
        "photo.jpg",
        "image/jpeg",
        102_400,
    )


def test_a_copied_database_does_not_tell_who_has_a_file_that_it_was_sent(away):
    content = b"a leaked report"
    file = stage(content)
    outbox.submit(*away, outbox.TicketContent(note="x"), key="k1", files=[file])

    rows = [*StagedFile.objects.values_list(), *Submission.objects.values_list()]
    kept = b" ".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for row in rows
        for value in row
    )

    assert sha256(content).digest() not in kept
    assert sha256(content).hexdigest().encode() not in kept


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


def test_files_that_are_being_sent_take_no_memory(away):
    count, size = 8, 1_000_000
    files = [stage(bytes(size)) for _ in range(count)]
    submission = outbox.submit(
        *away, outbox.TicketContent(note="x"), key="k1", files=files
    )

    tracemalloc.start()
    try:
        opened = uploads(submission, 1)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    for upload in opened:
        with upload.file as file:
            assert file.read() == bytes(size)
    assert held < size


@contextmanager
def somebody_elses_large_file():
    """Keep a file meanwhile that takes its time."""
    begun, finished = Event(), Event()

    class Slow(SimpleUploadedFile):
        def read(self, *_args):
            begun.set()
            finished.wait(10)
            raise ConnectionResetError

    with ThreadPoolExecutor(1) as pool:
        pool.submit(outbox.stage, Slow("scan.bin", bytes(1_000_000)))
        assert begun.wait(10)
        try:
            yield
        finally:
            finished.set()


def submit_with(file, portal):
    return outbox.submit(
        *portal, outbox.TicketContent(note="x"), key="k1", files=[file]
    )


def assert_arrives_later(submission, content, desk):
    assert (submission.state, desk.done) == ("received", [])
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        drain(Event())
    submission.refresh_from_db()
    assert submission.state == "delivered"
    [values] = desk.writes("request.create")
    assert b64decode(values["File1_bFileBody"]) == content


def test_no_customer_waits_until_everybody_elses_files_are_kept(
    desk, portal, monkeypatch
):
    monkeypatch.setattr("portal.outbox.delivery.CUSTOMER_SECONDS", 0.05)
    content = bytes(range(256)) * 2000
    file = stage(content)

    with somebody_elses_large_file():
        submission = submit_with(file, portal)

    assert_arrives_later(submission, content, desk)


def test_a_small_file_waits_for_no_large_one(desk, portal):
    with somebody_elses_large_file():
        submission = submit_with(stage(b"hello"), portal)

    assert submission.state == "delivered"


def test_a_file_that_cannot_be_opened_on_a_full_disk_goes_later(
    desk, portal, monkeypatch
):
    def fail():
        raise OSError(errno.ENOSPC, "No space left on device")

    content = bytes(range(256)) * 2000
    file = stage(content)

    with monkeypatch.context() as full:
        full.setattr("portal.outbox.files.TemporaryFile", fail)
        submission = submit_with(file, portal)

    assert_arrives_later(submission, content, desk)
