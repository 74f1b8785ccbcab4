from __future__ import annotations

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.cache import cache

from portal.brands import brand_for, memory
from portal.desk.models import (
    Customer,
    CustomField,
    CustomValue,
    DeskSettings,
    Note,
    Ticket,
)
from tests.desk_content import NOW, Inkwell
from tests.html_page import parse

URL = "/requests/"


def titles(page: str) -> list[str]:
    return re.findall(r'class="cover"[^>]*><bdi>([^<]*)</bdi>', page)


def get(client, query: str = "", **options) -> str:
    response = client.get(f"{URL}{query}", **options)
    assert response.status_code == 200
    return response.content.decode()


def sign_in(client):
    login = {"email": "amal@example.com", "password": "lighthouse"}
    client.post("/account/sign-in/", login)
    return client


@pytest.fixture
def many(inkwell: Inkwell) -> Inkwell:
    for number in range(25):
        ticket = Ticket.objects.create(
            email="amal@example.com",
            title=f"Roll {number:02}",
            status=inkwell.statuses["Active"],
            category=inkwell.categories["billing"],
            opened_at=NOW - timedelta(hours=number + 1),
        )
        Note.objects.create(ticket=ticket, body="Rolls", is_initial=True)
    return inkwell


def test_asks_strangers_to_sign_in_and_come_back(client, inkwell):
    response = client.get(URL)

    assert response.status_code == 302
    assert response["Location"] == "/account/sign-in/?next=%2Frequests%2F"


def test_a_key_alone_shows_no_list(holder):
    assert holder.get(URL).status_code == 302


def test_shows_open_requests_first_and_counts_the_others(customer, inkwell):
    page = get(customer)

    assert titles(page) == ["Labels come out blank"]
    counts = re.findall(r'(Open|Closed|All) <span class="num">(\d+)</span>', page)
    assert counts == [("Open", "1"), ("Closed", "1"), ("All", "2")]


def test_a_request_without_a_title_shows_its_first_line(customer, inkwell):
    page = get(customer, "?show=closed")

    assert titles(page) == ["Please send the October invoice again."]


def test_never_lists_another_customers_requests_or_keys(customer, inkwell):
    page = get(customer, "?show=all")

    assert "FOREIGN" not in page
    assert inkwell.ticket.access_key not in page


def test_searches_words_numbers_and_topics(customer, inkwell):
    assert titles(get(customer, "?show=all&q=BLANK+labels")) == [
        "Labels come out blank"
    ]
    assert titles(get(customer, "?show=all&q=billing")) == [
        "Please send the October invoice again."
    ]
    number = f"?show=all&q={inkwell.closed_ticket.pk}"
    assert "Please send the October invoice again." in titles(get(customer, number))


@pytest.fixture
def customer_with_answers(client, inkwell, settings):
    """Amal, of a help desk that sends custom fields in lists; two are to be shown."""
    DeskSettings.objects.update_or_create(pk=1, defaults={"lists_custom_values": True})
    for name, value in {"story": "A jam", "bought": "1735689600"}.items():
        CustomValue.objects.create(
            ticket=inkwell.ticket, custom_field=inkwell.fields[name], value=value
        )
    private = CustomField.objects.create(name="Credit", is_public=False)
    CustomValue.objects.create(
        ticket=inkwell.ticket, custom_field=private, value="CANARY"
    )
    shown = (inkwell.fields["part"].pk, inkwell.fields["bought"].pk)
    settings.BRAND = {**settings.BRAND, "list_fields": shown}
    brand_for.cache_clear()
    yield sign_in(client)
    brand_for.cache_clear()


def test_shows_the_custom_fields_that_the_operator_names(customer_with_answers):
    page = parse(customer_with_answers.get(f"{URL}?show=all"))

    first, second = page.all("li", class_="row")
    assert "Part affected: Label printers › X2 › Print head" in first.text
    assert "Purchase date: 1 January 2025" in first.text
    assert "A jam" not in first.text
    assert "Part affected" not in second.text


def test_searches_the_custom_fields_that_it_shows(customer_with_answers):
    assert titles(get(customer_with_answers, "?q=print+head")) == [
        "Labels come out blank"
    ]
    assert titles(get(customer_with_answers, "?q=jam")) == []


def test_the_csv_has_all_custom_fields_that_were_answered(
    customer_with_answers, inkwell
):
    saved = customer_with_answers.get("/requests/export/?show=all").content.decode()

    header, first, second = csv.reader(StringIO(saved))
    fields = {"model": "X2", "part": "Label printers › X2 › Print head"}
    fields |= {"story": "A jam", "bought": "2025-01-01"}
    wanted = {inkwell.fields[name].name: value for name, value in fields.items()}
    assert dict(zip(header[6:], first[6:], strict=True)) == wanted
    assert second[6:] == [""] * 4
    assert "CANARY" not in saved


def test_custom_fields_that_nobody_can_name_are_left_out(customer_with_answers):
    memory.forget_everything()
    cache.clear()
    DeskSettings.objects.update(fault="down")

    page = get(customer_with_answers)

    assert titles(page) == ["Labels come out blank"]
    assert "Print head" not in page


def test_nothing_found_says_what_to_do(customer, inkwell):
    page = get(customer, "?q=zeppelin")

    assert "No request matches" in page
    assert 'value="zeppelin"' in page


def test_a_customer_without_requests_is_told_where_they_will_be(client, inkwell):
    newcomer = Customer(email="new@example.com")
    newcomer.set_password("lighthouse")
    newcomer.save()
    client.post(
        "/account/sign-in/", {"email": "new@example.com", "password": "lighthouse"}
    )

    page = get(client)

    assert "No requests yet" in page
    assert "Submit a request" in page


def test_no_open_requests_leads_to_the_closed_ones(customer, inkwell):
    inkwell.ticket.delete()
    customer.post("/account/password/", {"password": "lighthouse"})

    page = get(customer)

    assert "No open requests" in page
    assert "You have 1 closed request." in page


def test_sorts_and_pages(many, customer):
    newest = titles(get(customer))
    oldest = titles(get(customer, "?sort=oldest"))
    second = titles(get(customer, "?page=2"))

    assert len(newest) == 20
    assert newest[:2] == ["Labels come out blank", "Roll 00"]
    assert oldest[0] == "Roll 24"
    assert second == [f"Roll {number:02}" for number in range(19, 25)]


@pytest.mark.parametrize("query", ["?page=99", "?page=x", "?sort=%00", "?show=secret"])
def test_a_query_nobody_offered_still_shows_the_list(customer, query):
    assert titles(get(customer, query)) == ["Labels come out blank"]


def test_htmx_gets_the_results_and_what_changed_round_them(customer):
    headers = {"HX-Request": "true", "HX-Target": "results"}

    page = get(customer, "?q=blank", headers=headers)

    assert "<html" not in page
    assert page.lstrip().startswith('<div id="results">')
    assert titles(page) == ["Labels come out blank"]
    assert page.count("hx-swap-oob") == 2
    assert "1 open request" in page
    assert "q=blank" in page


def test_an_absent_help_desk_takes_nothing_from_the_list(customer):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

    assert titles(get(customer)) == ["Labels come out blank"]
