"""Public pages come from memory, and are the same bytes for everyone."""

from __future__ import annotations

import gzip
import re
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import brotli
import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from portal.brands import brand_for, generations
from portal.brands.publishing import refresh_token
from portal.desk.models import Book, DeskSettings
from portal.stored_pages import store
from tests import counting_urls

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


def test_every_reader_gets_the_same_page_in_whatever_order_they_come(client, inkwell):
    read = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}

    pages = []
    for encoding in ("br", "", "gzip", "br", "", "gzip"):
        response = client.get(PAGE, headers={"Accept-Encoding": encoding})
        assert response.get("Content-Encoding", "") == encoding
        pages.append(read[encoding](response.content))

    assert pages[0].startswith(b"<!doctype html>")
    assert len(set(pages)) == 1


@pytest.mark.parametrize("accepted", ["", "gzip", "br"])
def test_an_unchanged_page_is_not_sent_again(client, inkwell, accepted):
    etag = client.get(PAGE, headers={"Accept-Encoding": accepted})["ETag"]

    response = client.get(
        PAGE, headers={"Accept-Encoding": accepted, "If-None-Match": etag}
    )

    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == etag
    assert "max-age=60" in response["Cache-Control"]


@pytest.mark.parametrize("known", ["W/{etag}", '"another", W/{etag}', "*"])
def test_nor_where_a_proxy_weakened_its_tag_or_any_will_do(client, inkwell, known):
    etag = client.get(PAGE)["ETag"]

    response = client.get(PAGE, headers={"If-None-Match": known.format(etag=etag)})

    assert (response.status_code, response.content) == (304, b"")


@pytest.mark.parametrize("address", [PAGE, "/nothing/"])
def test_the_head_alone_is_what_the_whole_page_would_come_with(
    client, inkwell, address
):
    head = client.head(address)
    store.forget()
    page = client.get(address)

    assert (head.status_code, head.content) == (page.status_code, b"")
    assert headers_of(head) == headers_of(page)


def test_who_asks_for_the_head_leaves_the_page_for_readers(client, inkwell):
    head = client.head(PAGE)

    page = client.get(PAGE)

    assert head["ETag"] == page["ETag"]
    assert page.content.startswith(b"<!doctype html>")
    assert page.templates == []  # kept from before


def test_a_head_that_is_known_is_not_sent_again(client, inkwell):
    etag = client.head(PAGE)["ETag"]
    store.forget()

    response = client.head(PAGE, headers={"If-None-Match": etag})

    assert (response.status_code, response["ETag"]) == (304, etag)


@pytest.mark.parametrize("cookie", ["session=odd", "csrftoken=of-another-site"])
def test_a_reader_with_odd_cookies_gets_the_page_of_everyone_and_leaves_it(
    client, inkwell, cookie
):
    response = client.get(PAGE, headers={"Cookie": cookie})

    assert not response.cookies
    assert "Cookie" not in response["Vary"]
    assert client.get(PAGE).templates == []  # kept from before


@pytest.mark.parametrize("known", ["{etag}", "*"])
def test_who_knows_the_page_leaves_it_for_readers(client, inkwell, known):
    etag = client.get(PAGE)["ETag"]
    store.forget()

    response = client.get(PAGE, headers={"If-None-Match": known.format(etag=etag)})

    assert (response.status_code, response["ETag"]) == (304, etag)
    assert client.get(PAGE).templates == []  # kept from before


def headers_of(response):
    return {name: value for name, value in response.items() if name != "Age"}


def test_a_changed_page_is_sent_again(client, inkwell):
    client.get(PAGE)

    response = client.get(PAGE, headers={"If-None-Match": 'W/"another", "third"'})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "scheme"),
    [(1, "https", b"https:"), (1, "http", b"http:"), (0, "https", b"http:")],
)
def test_a_feed_holds_addresses_of_the_scheme_that_a_trusted_proxy_names(
    client, inkwell, settings, proxies, forwarded, scheme
):
    settings.SECURE_PROXY_SSL_HEADER = (
        ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None
    )
    host = {"Host": "help.example.com"}
    client.get("/forums/feed/", headers=host)

    feed = client.get("/forums/feed/", headers={**host, "X-Forwarded-Proto": forwarded})

    assert set(re.findall(rb"(https?:)//help.example.com/", feed.content)) == {scheme}


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
    assert sum(page.size for page, _counted in store._pages.values()) <= 60_000


# ------------------------------------------------------------ behind readers' backs


@pytest.fixture
def counted(settings):
    """A public page that counts its renderings, and how to get it."""
    settings.ROOT_URLCONF = "tests.counting_urls"
    settings.REFRESH_BEHIND = True
    counting_urls.renderings.clear()
    yield lambda **options: Client(**options).get("/counted/").content.decode()
    counting_urls.may_render.set()
    counting_urls.made_do.clear()
    settings.REFRESH_BEHIND = False


def until(is_so) -> bool:
    ends_at = time.monotonic() + 5
    while not is_so() and time.monotonic() < ends_at:
        time.sleep(0.01)
    return is_so()


def test_a_page_a_little_too_old_is_served_at_once_and_rendered_behind(counted):
    assert counted() == "rendering 1"

    with time_machine.travel(timedelta(seconds=70)):
        counting_urls.may_render.clear()
        answers = {counted(headers={"Cookie": "session=amal"}) for _ in range(5)}
        counting_urls.may_render.set()

        assert answers == {"rendering 1"}
        assert until(lambda: counted() == "rendering 2")
    assert counting_urls.renderings == ["", ""]


def test_a_page_nobody_read_for_long_is_rendered_before_it_is_served(counted):
    counted()

    with time_machine.travel(timedelta(minutes=10)):
        assert counted() == "rendering 2"


def test_a_crowd_that_meets_no_page_has_it_rendered_once(counted):
    found: list[str] = []
    crowd = [
        threading.Thread(target=lambda: found.append(counted())) for _ in range(50)
    ]

    counting_urls.may_render.clear()
    for one in crowd:
        one.start()
    counting_urls.may_render.set()
    for one in crowd:
        one.join()

    assert found == ["rendering 1"] * 50


@pytest.fixture
def being_rendered(counted):
    """Has the page rendered by one reader, while the body of the `with` runs."""

    @contextmanager
    def reading():
        counting_urls.may_render.clear()
        reader = threading.Thread(target=counted)
        reader.start()
        assert until(lambda: counting_urls.renderings)
        yield
        counting_urls.may_render.set()
        reader.join()

    return reading


def test_what_staff_published_while_a_page_was_rendered_is_not_hidden_by_it(
    counted, being_rendered
):
    with being_rendered():
        generations.begin(brand_for(""))

    assert [counted(), counted()] == ["rendering 2", "rendering 2"]


def test_what_another_process_was_told_first_is_not_hidden_by_a_page_made_meanwhile(
    counted, being_rendered
):
    published_at = time.time()
    with being_rendered():
        cache.set("portal:generation:default", published_at, 60)

    assert until(lambda: counted() == "rendering 2")


def test_nor_by_one_made_after_a_post_that_came_a_moment_later(counted):
    # What was just heard is proof that the next look is a second away.
    counted()
    another_process_publishes()
    assert until(lambda: counted() == "rendering 2")

    another_process_publishes()
    generations.begin_forums(brand_for(""))

    assert counted() == "rendering 3"
    assert until(lambda: counted() == "rendering 4")


def test_what_staff_published_while_nobody_read_shows_to_the_first_reader(
    counted, monkeypatch, tmp_path
):
    monkeypatch.setattr(generations, "IDLE_AFTER_SECONDS", 0.1)
    monkeypatch.setattr(generations, "LOOK_EVERY_SECONDS", 0.1)
    engine = "django.core.cache.backends.filebased.FileBasedCache"
    with override_settings(
        CACHES={"default": {"BACKEND": engine, "LOCATION": tmp_path}}
    ):
        for number in range(1, 6):
            assert counted() == f"rendering {number}"
            assert until(lambda: not generations._watcher.is_alive())
            another_process_publishes()


def another_process_publishes():
    cache.set("portal:generation:default", time.time(), 60)


def test_what_staff_published_shows_at_once_by_the_refresh_address(client, inkwell):
    client.get(PAGE)
    Book.objects.create(name="A new book")
    address = StringIO()
    call_command("refresh_address", stdout=address)

    asked = client.post(address.getvalue().strip())

    assert asked.status_code == 204
    assert "A new book" in client.get(PAGE).content.decode()


def test_what_staff_publish_in_the_built_in_desk_shows_at_once(client, inkwell):
    staff = Client()
    staff.force_login(User.objects.create_superuser("admin", password="s"))
    client.get(PAGE)

    staff.post(
        reverse("admin:desk_book_add"),
        {
            "name": "A new book",
            "order": 0,
            "is_public": "on",
            "chapters-TOTAL_FORMS": 0,
            "chapters-INITIAL_FORMS": 0,
        },
    )

    assert "A new book" in client.get(PAGE).content.decode()


def test_answers_to_customers_leave_public_pages_alone(client, inkwell):
    staff = Client()
    staff.force_login(User.objects.create_superuser("admin", password="s"))
    ticket = inkwell.ticket
    before = generations.changed_at(brand_for(""))

    answered = staff.post(
        reverse("admin:desk_ticket_change", args=[ticket.pk]),
        {
            "note": "<p>Try this</p>",
            "audience": "public",
            "status": ticket.status_id,
            "email": ticket.email,
            "opened_via": int(ticket.opened_via),
            "custom_values-TOTAL_FORMS": 0,
            "custom_values-INITIAL_FORMS": 0,
        },
    )

    assert answered.status_code == 302
    assert generations.changed_at(brand_for("")) == before


def test_what_staff_took_away_stays_away_while_the_desk_is_down(client, inkwell):
    address = f"/forums/topics/{inkwell.topic.pk}/"
    assert client.get(address, follow=True).status_code == 200
    inkwell.topic.delete()
    generations.begin(brand_for(""))
    assert client.get(address, follow=True).status_code == 404
    DeskSettings.load()
    DeskSettings.objects.update(fault="down")

    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        assert client.get(address, follow=True).status_code == 503


def test_reading_the_refresh_address_changes_nothing(client, inkwell):
    client.get(PAGE)
    Book.objects.create(name="A new book")
    address = reverse("operations:refresh", args=[refresh_token(brand_for(""))])

    assert client.get(address).status_code == 405
    assert client.post("/refresh/default:forged/").status_code == 404
    assert "A new book" not in client.get(PAGE).content.decode()


def test_caches_may_serve_an_old_page_while_they_ask_or_while_we_are_down(
    client, inkwell
):
    control = client.get(PAGE)["Cache-Control"]

    assert "stale-while-revalidate=300" in control
    assert "stale-if-error=86400" in control
    assert "public" in control


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_caches_keep_apart_how_a_page_and_how_htmx_is_led_on(client, inkwell, headers):
    topic = inkwell.topic.pk
    moved = [
        "/kb/pages/{}/".format(inkwell.pages["blank"].pk),
        f"/forums/topics/{topic}-x/",
    ]

    for address in moved:
        response = client.get(address, headers=headers)

        assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("address", [PAGE, "/", "/forums/", "FORUM", "TOPIC", "GUIDE"])
def test_an_outage_shows_the_last_copy_with_its_time_and_keeps_it_for_seconds(
    client, inkwell, address
):
    guide = inkwell.pages["blank"].pk
    address = {
        "FORUM": f"/forums/{inkwell.forum.pk}-tips-and-tricks/",
        "TOPIC": f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/",
        "GUIDE": f"/kb/pages/{guide}-labels-come-out-blank-or-faint/",
    }.get(address, address)
    assert client.get(address).status_code == 200
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

    with time_machine.travel(timedelta(minutes=20)):
        response = client.get(address)

    assert response.status_code == 200
    assert "You see this page as of" in response.content.decode()
    assert re.search(r"max-age=(0, s-maxage=)?5\b", response["Cache-Control"])
    assert "stale-while-revalidate=30," in response["Cache-Control"]


@pytest.mark.parametrize(
    ("address", "away"),
    [
        ("/", "kb."),
        ("/", "forums."),
        ("/search/?q=label", "forums.search"),
        ("/search/suggestions/?q=label", "kb.search"),
    ],
)
def test_a_page_without_a_part_that_failed_is_kept_for_seconds(
    client, inkwell, partly_down, address, away
):
    partly_down(away)

    response = client.get(address)

    assert response.status_code == 200
    assert "max-age=5," in response["Cache-Control"]
    assert "stale-while-revalidate=30," in response["Cache-Control"]


def test_a_page_that_made_do_is_not_shown_any_more_a_minute_later(counted):
    counting_urls.made_do.set()
    assert counted() == "rendering 1"

    with time_machine.travel(timedelta(seconds=20)):
        assert counted() == "rendering 1"
        assert until(lambda: counted() == "rendering 2")
    with time_machine.travel(timedelta(seconds=80)):
        assert counted() == "rendering 3"
