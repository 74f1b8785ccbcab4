"""Public pages come from memory, and are the same bytes for everyone."""

from __future__ import annotations

import gzip
from datetime import timedelta

import brotli
import pytest
import time_machine

from portal.desk.models import Book, DeskSettings
from portal.stored_pages import store

PAGE = "/kb/"


@pytest.fixture(autouse=True)
def stored(settings):
    settings.STORED_PAGES_BYTES = 1024 * 1024
    store.forget()
    yield
    store.forget()


def test_a_second_reader_costs_no_query_and_no_rendering(
    client, inkwell, django_assert_num_queries
):
    first = client.get(PAGE)

    with django_assert_num_queries(0):
        second = client.get(PAGE)

    assert second.content == first.content
    assert second.templates == []
    assert second["Content-Security-Policy"] == first["Content-Security-Policy"]
    assert not second.cookies


def test_someone_signed_in_gets_the_same_bytes_as_anyone(client, inkwell):
    anyone = client.get(PAGE)
    client.post(
        "/account/sign-in/", {"email": "amal@example.com", "password": "lighthouse"}
    )

    signed_in = client.get(PAGE)

    assert signed_in.content == anyone.content
    assert "Amal" not in signed_in.content.decode()


@pytest.mark.parametrize(
    ("accepted", "encoding", "decode"),
    [
        ("gzip, br", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip", "gzip", gzip.decompress),
        ("", None, bytes),
    ],
)
def test_each_reader_gets_the_encoding_it_takes(
    client, inkwell, accepted, encoding, decode
):
    plain = client.get(PAGE).content

    response = client.get(PAGE, headers={"Accept-Encoding": accepted})

    assert response.get("Content-Encoding") == encoding
    assert decode(response.content) == plain
    assert response["Content-Length"] == str(len(response.content))
    assert "Accept-Encoding" in response["Vary"]


@pytest.mark.parametrize("accepted", ["", "gzip", "br"])
def test_an_unchanged_page_is_not_sent_again(client, inkwell, accepted):
    etag = client.get(PAGE, headers={"Accept-Encoding": accepted})["ETag"]

    response = client.get(
        PAGE, headers={"Accept-Encoding": accepted, "If-None-Match": etag}
    )

    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == etag
    assert "max-age=60" in response["Cache-Control"]


def test_a_change_shows_once_the_copies_are_over(client, inkwell):
    client.get(PAGE)
    Book.objects.create(name="A new book")
    at_once = client.get(PAGE).content.decode()

    with time_machine.travel(timedelta(minutes=3), tick=False):
        later = client.get(PAGE).content.decode()

    assert ("A new book" in at_once, "A new book" in later) == (False, True)


@pytest.mark.parametrize(
    "address", ["/requests/new/", "/requests/check/", "/account/sign-in/", "/nothing/"]
)
def test_nothing_private_or_wrong_is_kept(client, inkwell, address):
    client.get(address)

    assert "Age" not in client.get(address).headers


def test_a_page_for_an_absent_help_desk_is_not_kept(client, inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    assert client.get(PAGE).status_code == 503
    DeskSettings.objects.update(fault="")

    assert client.get(PAGE).status_code == 200


def test_the_least_read_pages_go_first_when_memory_ends(client, inkwell, settings):
    settings.STORED_PAGES_BYTES = 60_000
    client.get(PAGE)
    for number in range(8):
        client.get(f"/search/?q=word{number}")
        client.get(PAGE)

    assert "Age" in client.get(PAGE).headers
    assert sum(page.size for page in store._pages.values()) <= 60_000
