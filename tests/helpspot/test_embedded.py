"""The practice desk in this process leaves the caller's thread as it was."""

import gc
import io
import threading
import time
import tracemalloc

import pytest
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone, translation

from portal.desk import models as desk
from portal.helpspot import Connection, HelpSpot
from portal.helpspot.connection import Limits
from portal.helpspot.errors import Unavailable
from portal.helpspot.types import Upload
from portal.turns import one_at_a_time


@pytest.fixture
def helpspot():
    return HelpSpot(Connection(base_url="embedded:"))


def test_keeps_the_callers_database_language_and_time_zone(db, settings, helpspot):
    settings.HELPSPOT_EMBEDDED_SERVER = f"{__name__}.rude_server"
    connection.ensure_connection()
    open_connection = connection.connection

    with translation.override("fr"), timezone.override("Asia/Tokyo"):
        version = helpspot.util.version()
        language, zone = (
            translation.get_language(),
            timezone.get_current_timezone_name(),
        )

    assert version.version == "9"
    assert (language, zone) == ("fr", "Asia/Tokyo")
    assert connection.connection is open_connection
    assert not desk.Ticket.objects.exists()


def rude_server(request):

    translation.activate("de")
    timezone.activate("America/Lima")

    def pieces():
        translation.activate("it")
        yield b"<results><version>"
        yield b""
        yield b"9</version></results>"

    return StreamingHttpResponse(pieces(), content_type="text/xml")


def test_takes_a_plain_answer_without_ending_the_callers_request(
    db, settings, helpspot
):
    settings.HELPSPOT_EMBEDDED_SERVER = f"{__name__}.plain_server"

    assert helpspot.util.version().version == "/api/index.php GET method=version"
    assert not desk.Ticket.objects.exists()


def plain_server(request):
    text = f"{request.path} {request.method} {request.META['QUERY_STRING']}"
    return HttpResponse(f"<results><version>{text}</version></results>")


def test_takes_hanging_up_for_a_lost_connection(settings, helpspot):
    settings.HELPSPOT_EMBEDDED_SERVER = f"{__name__}.server_that_hangs_up"

    with pytest.raises(Unavailable):
        helpspot.util.version()
    with pytest.raises(Unavailable):
        helpspot.kb.list()


def server_that_hangs_up(request):
    if "version" in request.META["QUERY_STRING"]:
        raise ConnectionResetError

    def pieces():
        yield b"<books>"
        raise ConnectionResetError

    return StreamingHttpResponse(pieces())


def test_is_asked_however_often_it_was_away(settings, helpspot):
    settings.HELPSPOT_EMBEDDED_SERVER = f"{__name__}.server_that_hangs_up"
    for _ in range(8):
        with pytest.raises(Unavailable):
            helpspot.util.version()

    settings.HELPSPOT_EMBEDDED_SERVER = f"{__name__}.plain_server"

    assert helpspot.util.version()


def test_lets_a_bug_of_the_desk_through(settings, helpspot):
    settings.HELPSPOT_EMBEDDED_SERVER = f"{__name__}.server_with_a_bug"

    with pytest.raises(ZeroDivisionError):
        helpspot.util.version()


def server_with_a_bug(request):
    raise ZeroDivisionError


def test_keeps_no_file_in_memory_once_it_arrived(inkwell, helpspot):
    size = 3_000_000

    def send():
        file = Upload(filename="a.bin", mime_type="x/y", file=io.BytesIO(bytes(size)))
        helpspot.request.create(note="x", email="ann@example.com", files=[file])

    send()
    gc.disable()
    tracemalloc.start()
    try:
        send()
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        gc.enable()

    assert left < size
    document = desk.Document.objects.latest("pk")
    assert bytes(document.content) == bytes(size)


@pytest.mark.django_db(transaction=True)
def test_senders_of_files_do_not_wait_for_each_others_slow_answers(helpspot):
    change_desk(fault="slow", fault_delay=1)
    began_at = time.monotonic()

    def send():
        file = Upload(filename="a.txt", mime_type="text/plain", file=io.BytesIO(b"a"))
        try:
            helpspot.request.create(note="x", email="ann@example.com", files=[file])
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert time.monotonic() - began_at < 2
    assert desk.Ticket.objects.count() == 4


def test_waits_for_a_slow_answer_no_longer_than_for_any_other(db):
    change_desk(fault="slow", fault_delay=5)
    helpspot = HelpSpot(Connection(base_url="embedded:"), Limits(read=0.3))
    began_at = time.monotonic()

    with pytest.raises(Unavailable):
        helpspot.util.version()

    assert time.monotonic() - began_at < 1


def test_sends_nothing_where_others_send_files_for_too_long(db):
    helpspot = HelpSpot(Connection(base_url="embedded:"), limits=Limits(write=0.2))
    file = Upload(filename="a.txt", mime_type="text/plain", file=io.BytesIO(b"a"))
    may_end = threading.Event()

    def send():
        with one_at_a_time():
            may_end.wait(10)

    another = threading.Thread(target=send)
    another.start()
    try:
        with pytest.raises(Unavailable):
            helpspot.request.create(note="x", email="ann@example.com", files=[file])
    finally:
        may_end.set()
        another.join(10)
    assert not desk.Ticket.objects.exists()


def change_desk(**changes):
    desk.DeskSettings.load()
    desk.DeskSettings.objects.update(**changes)
