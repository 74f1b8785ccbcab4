"""`/index.php?pg=…`: old links end at the right page, secrets stay secret."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session

from portal.desk import models as desk


@pytest.fixture
def help_desk_elsewhere(settings):
    settings.DESK_IS_BUILT_IN = False


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "/"),
        ("pg=", "/"),
        ("pg=home", "/"),
        ("pg=kb", "/kb/"),
        ("pg=kb.book&id=3", "/kb/books/3/"),
        ("pg=kb.chapter&id=7", "/kb/chapters/7/"),
        ("pg=kb.page&id=16", "/kb/pages/16/"),
        ("id=16&pg=kb.page", "/kb/pages/16/"),
        ("pg=KB.Page&id=16", "/kb/pages/16/"),
        ("pg=kb.printer.friendly&id=3", "/kb/books/3-view/print/"),
        ("pg=forums", "/forums/"),
        ("pg=forums.topics&id=2&start=30", "/forums/2/"),
        ("pg=forums.posts&id=43", "/forums/topics/43/"),
        ("pg=rss", "/forums/feed/"),
        ("pg=forums.rss", "/forums/feed/"),
        ("pg=request", "/requests/new/"),
        ("pg=request.new", "/requests/new/"),
        ("pg=request.check", "/requests/check/"),
        ("pg=request.history", "/requests/"),
        ("pg=login", "/account/sign-in/"),
        ("pg=login.forgot", "/account/sign-in/"),
        ("pg=password", "/account/sign-in/"),
        ("pg=search", "/search/"),
        ("pg=search&area=kb&q=blank+labels%26", "/search/?q=blank+labels%26"),
    ],
)
def test_an_old_address_has_moved_for_good(client, db, query, expected):
    response = client.get(f"/index.php?{query}")

    assert response.status_code == 301
    assert response["Location"] == expected


def test_an_old_link_ends_at_the_guide_itself(client, inkwell):
    guide = inkwell.pages["blank"]

    response = client.get(f"/index.php?pg=kb.page&id={guide.pk}", follow=True)

    assert response.status_code == 200
    assert guide.name in response.content.decode()


def test_answers_that_an_old_link_brings_stand_in_the_form(client, inkwell):
    query = "fullname=Bob+Smith&sEmail=bob%40example.com&additional=SAP+ID%3A8448"

    response = client.get(f"/index.php?pg=request&{query}", follow=True)

    address, status = response.redirect_chain[0]
    assert (address, status) == (f"/requests/new/?{query}", 301)
    form = response.context["form"]
    assert form["name"].value() == "Bob Smith"
    assert form["email"].value() == "bob@example.com"
    assert "SAP ID:8448" in form["note"].value()


@pytest.mark.parametrize(
    "query",
    [
        "pg=no.such.page",
        "pg=kb.no.such.page",
        "pg=kb.page",
        "pg=kb.page&id=",
        "pg=kb.page&id=../../account",
        "pg=kb.page&id=%D9%A3",
        "pg=https://evil.example/",
        "pg=%00",
    ],
)
def test_an_address_that_never_was_is_not_found(client, db, query):
    response = client.get(f"/index.php?{query}")

    assert response.status_code == 404
    assert "Page not found" in response.content.decode()


@pytest.mark.parametrize(
    "query",
    ["pg=moderated", "pg=vote.helpful&xPage=3", "pg=tag.search&id=3", "pg=kb.rss"],
)
def test_a_page_without_successor_is_gone_and_offers_the_search(client, db, query):
    response = client.get(f"/index.php?{query}")

    assert response.status_code == 410
    assert 'action="/search/"' in response.content.decode()


# -------------------------------------------------------------------- access keys


def test_a_key_opens_its_request_and_no_cache_or_other_site_learns_it(client, inkwell):
    key = inkwell.ticket.access_key

    response = client.get(f"/index.php?id={key}&pg=request.check")

    assert response.status_code == 303
    assert response["Location"] == f"/requests/open/{key}/"
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "strict-origin"
    opened = client.get(response["Location"])
    assert opened["Location"] == f"/requests/{inkwell.ticket.pk}/"


def test_a_key_that_a_mail_program_damaged_still_opens(client, inkwell):
    key = inkwell.ticket.access_key

    response = client.get(f"/index.php?pg=request.check&id={key}.%3E")

    assert response["Location"] == f"/requests/open/{key}/"


def test_what_cannot_be_a_key_is_asked_for_again_and_not_repeated(client, db):
    response = client.get("/index.php?pg=request.check&id=../secret")

    assert response.status_code == 303
    assert response["Location"] == "/requests/check/"
    assert "no-store" in response["Cache-Control"]


# -------------------------------------------------------------------------- files


def test_the_practice_desk_still_hands_out_its_files(client, inkwell):
    file = desk.Document.objects.create(
        page=inkwell.pages["unbox"],
        filename="x.png",
        mime_type="image/png",
        content=b"picture",
        size=7,
    )

    response = client.get(f"/index.php?pg=file&from=2&id={file.pk}")

    assert response.status_code == 200
    assert response.content == b"picture"


def test_a_practice_desk_that_hangs_up_breaks_its_files_off(client, inkwell):
    desk.DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "hang_up"})

    response = client.get("/index.php?pg=file&from=2&id=1")

    with pytest.raises(ConnectionResetError):
        b"".join(response.streaming_content)


@pytest.mark.usefixtures("help_desk_elsewhere")
def test_a_guides_file_has_moved_where_the_help_desk_is_elsewhere(client, db):
    response = client.get("/index.php?pg=file&from=2&id=7")

    assert response.status_code == 301
    assert response["Location"] == "/kb/files/7/"


@pytest.mark.usefixtures("help_desk_elsewhere")
@pytest.mark.parametrize("origin", ["from=3&reqid=5&reqhisid=9&", "from=0&", ""])
def test_other_files_are_gone_where_the_help_desk_is_elsewhere(client, db, origin):
    response = client.get(f"/index.php?pg=file&{origin}id=7")

    assert response.status_code == 410


# ---------------------------------------------------------------------- no writes


@pytest.mark.parametrize("page", ["login", "vote.helpful", "request", "kb.page"])
def test_nothing_can_be_posted_to_an_old_address(client, db, page):
    response = client.post(
        f"/index.php?pg={page}",
        {"xPage": "3"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert response.status_code == 405


@pytest.mark.usefixtures("help_desk_elsewhere")
def test_nor_to_a_files_address_without_the_practice_desk(client, db):
    assert client.post("/index.php?pg=file&from=2&id=7").status_code == 405


@pytest.mark.parametrize(
    "query", ["pg=kb", "pg=moderated", "pg=request.check&id=12489jiicxp"]
)
def test_an_old_address_starts_no_session(client, db, query):
    response = client.get(f"/index.php?{query}")

    assert not response.cookies
    assert not Session.objects.exists()
