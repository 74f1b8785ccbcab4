"""What is said above every page, and the pages closed for maintenance."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.desk import models as desk
from tests.html_page import parse_page

PAGES = ["/", "/kb/", "/forums/", "/search/?q=x", "/requests/new/", "/account/sign-in/"]


@pytest.fixture
def maintenance(settings):
    def plan(begins_in: timedelta, lasts: timedelta = timedelta(hours=1)) -> None:
        begins_at = timezone.now() + begins_in
        settings.MAINTENANCE = (begins_at, begins_at + lasts)

    return plan


@pytest.mark.parametrize("address", PAGES)
def test_a_known_problem_stands_above_every_page(client, inkwell, brand_says, address):
    brand_says(notice="Printing is slow today.", notice_link="/kb/")

    page = parse_page(client.get(address))

    notice = page.one("div", aria_label="Known problem")
    assert "Printing is slow today." in notice.text
    assert notice.one("a")["href"] == "/kb/"


def test_maintenance_is_announced_a_week_before(client, inkwell, maintenance):
    maintenance(timedelta(days=8))
    assert "maintenance" not in client.get("/").content.decode()

    maintenance(timedelta(days=2))
    response = client.get("/")

    assert response.status_code == 200
    assert "closed for maintenance from" in response.content.decode()


@pytest.mark.parametrize("address", PAGES)
def test_during_maintenance_every_page_says_when_it_is_back(
    client, inkwell, maintenance, address
):
    maintenance(-timedelta(minutes=10))

    response = client.get(address)

    assert response.status_code == 503
    assert 0 < int(response["Retry-After"]) <= 50 * 60
    assert "no-store" in response["Cache-Control"]
    assert "They are back on" in response.content.decode()


def test_what_was_typed_before_is_still_taken_during_maintenance(
    client, inkwell, maintenance
):
    form = {
        "key": "before",
        "note": "It stops",
        "name": "Amal",
        "email": "a@b.example",
        "category": str(inkwell.categories["billing"].pk),
    }
    maintenance(-timedelta(minutes=10))

    sent = client.post("/requests/new/", form)

    assert sent.status_code == 303
    assert client.get(sent["Location"]).status_code == 200
    assert desk.Ticket.objects.filter(email="a@b.example").exists()


def test_after_maintenance_nothing_is_said(client, inkwell, maintenance):
    maintenance(-timedelta(hours=2))

    response = client.get("/")

    assert response.status_code == 200
    assert "maintenance" not in response.content.decode()


def test_operators_and_the_desk_stay_open_during_maintenance(
    client, inkwell, maintenance
):
    maintenance(-timedelta(minutes=10))

    assert client.get("/healthz").status_code == 200
    assert client.get("/api/index.php?method=version").status_code == 200
    assert client.get("/desk/login/").status_code == 200


@pytest.mark.parametrize("query", ["pg=kb.page&id=16", "id=16&pg=kb.page"])
def test_an_old_address_without_its_file_name_leads_on(client, db, query):
    response = client.get(f"/?{query}", follow=False)

    assert response.status_code == 301
    assert response["Location"] == f"/index.php?{query}"
