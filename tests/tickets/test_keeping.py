"""What a visitor keeps: keys on the device, a private feed, all of their data."""

from __future__ import annotations

import json
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.test import Client

from portal.accounts.models import Feed
from tests.html_page import parse_page
from tests.tickets.asking import URL, valid


@pytest.fixture
def address(inkwell) -> str:
    return f"/requests/{inkwell.ticket.pk}/"


def unlock(client: Client, inkwell, **more: str) -> None:
    key = inkwell.ticket.access_key
    client.post("/requests/check/", {"accesskey": key, **more})


def end_visit(client: Client) -> None:
    del client.cookies["session"]


# ----------------------------------------------------------------- on this device


def test_a_key_is_remembered_only_when_asked(client, inkwell):
    unlock(client, inkwell)

    assert "device" not in client.cookies


def test_a_remembered_request_opens_again_on_this_device(client, inkwell, address):
    unlock(client, inkwell, is_to_be_remembered="on")
    end_visit(client)

    offered = client.get("/requests/check/").content.decode()
    opened = client.post(f"{address}open/", follow=True)

    assert f"Open request {inkwell.ticket.pk}" in offered
    assert "Labels come out blank" in opened.content.decode()


def test_the_devices_cookie_shows_no_key_and_no_script_reads_it(client, inkwell):
    unlock(client, inkwell, is_to_be_remembered="on")

    cookie = client.cookies["device"]

    assert inkwell.ticket.access_key not in cookie.value
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_forgotten_request_opens_no_more(client, inkwell, address):
    unlock(client, inkwell)
    client.post(f"{address}remember/")
    client.post(f"{address}remember/", {"forget": "1"})
    end_visit(client)

    response = client.post(f"{address}open/")

    assert response["Location"].startswith("/requests/check/")


def test_another_device_opens_nothing(client, inkwell, address):
    assert client.post(f"{address}open/")["Location"].startswith("/requests/check/")
    assert client.post(f"{address}remember/")["Location"].startswith("/requests/check/")
    client.cookies["device"] = "forged"
    assert client.get("/requests/check/").status_code == 200


# ------------------------------------------------------------------- private feed


@pytest.fixture
def feed(holder, address) -> str:
    holder.post(f"{address}feed/")
    return parse_page(holder.get(address)).one("a", id="feed-address")["href"]


def test_a_private_feed_brings_the_answers_and_no_secret(feed, inkwell):
    response = Client().get(feed)

    atom = response.content.decode()
    assert response.status_code == 200
    assert "for ten seconds" in atom
    assert "Reply from Maya" in atom
    assert "CANARY" not in atom
    assert inkwell.ticket.access_key not in atom + feed
    assert "private" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"


def test_a_feed_unchanged_is_not_sent_again(feed):
    tag = Client().get(feed)["ETag"]

    response = Client().get(feed, headers={"If-None-Match": tag})

    assert (response.status_code, response.content) == (304, b"")


def test_a_revoked_feed_is_gone_and_a_new_one_has_another_address(
    feed, holder, address
):
    holder.post(f"{address}feed/", {"revoke": "1"})
    gone = Client().get(feed).status_code
    holder.post(f"{address}feed/")

    assert gone == 404
    new = parse_page(holder.get(address)).one("a", id="feed-address")["href"]
    assert new != feed
    assert Client().get(new).status_code == 200


def test_no_shared_cache_keeps_the_address_of_a_feed(feed):
    for address in (feed, feed.removesuffix("/"), f"{feed[:-2]}/", feed[:-2]):
        assert "private" in Client().get(address)["Cache-Control"]


@pytest.mark.parametrize("token", ["1-forged", "x", "1", "9" * 30 + "-a", "²-a"])
def test_nobody_guesses_a_feed(feed, token):
    assert Client().get(f"/requests/feed/{token}/").status_code == 404


def test_only_who_may_see_a_request_gives_it_a_feed(client, inkwell, address):
    client.post(f"{address}feed/")

    assert not Feed.objects.exists()


def test_a_feed_goes_on_while_the_secret_key_is_changed(feed, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert Client().get(feed).status_code == 200

    settings.SECRET_KEY_FALLBACKS = []
    assert Client().get(feed).status_code == 404


def test_the_key_of_a_feed_lies_sealed(feed, inkwell):
    assert inkwell.ticket.access_key not in Feed.objects.get().sealed_access_key


# ------------------------------------------------------------------------ my data


def files_in(response) -> dict[str, str]:
    with ZipFile(BytesIO(response.content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_all_of_ones_data_comes_as_one_file(customer, inkwell):
    customer.post(URL, valid(inkwell, note="One more thing."))

    response = customer.post("/requests/data/zip/")

    files = files_in(response)
    assert response["Content-Type"] == "application/zip"
    assert {"README.txt", "requests.csv", "receipts.json", "this-device.json"} <= set(
        files
    )
    request = json.loads(files[f"requests/{inkwell.ticket.pk}.json"])
    texts = [message["text"] for message in request["messages"]]
    assert "Please hold Feed for ten seconds." in "\n".join(texts)
    assert "One more thing." in files["receipts.json"]
    everything = "\n".join(files.values())
    assert "CANARY" not in everything
    assert "FOREIGN" not in everything
    assert "Lindqvist" not in everything


def test_what_the_portal_holds_is_deleted_on_one_press(customer, inkwell, address):
    customer.post(f"{address}feed/")
    customer.post(f"{address}remember/")

    response = customer.post("/requests/data/delete/", follow=True)

    assert "hold nothing about you" in response.content.decode()
    assert not Feed.objects.exists()
    assert customer.cookies["device"].value == ""
    assert customer.get("/requests/").status_code == 302
    assert customer.get(address).status_code == 302


def test_deleting_ends_the_feed_of_a_request_that_a_key_opened(feed, holder):
    holder.post("/requests/data/delete/")

    assert Client().get(feed).status_code == 404


def test_reading_these_addresses_deletes_nothing(customer, inkwell):
    assert customer.get("/requests/data/delete/").status_code == 405
    assert customer.get("/requests/data/zip/").status_code == 405
    assert customer.get("/requests/data/").status_code == 200
    assert customer.get("/requests/").status_code == 200
