from __future__ import annotations

import re
from datetime import timedelta

import pytest

from portal import outbox
from portal.brands import brand_for
from portal.desk.models import Customer, DeskSettings, Note, Ticket
from portal.helpspot import helpspot_for
from tests.desk_content import NOW, Inkwell

URL = "/requests/"


def titles(page: str) -> list[str]:
    return re.findall(r'class="cover"[^>]*><bdi>([^<]*)</bdi>', page)


def get(client, query: str = "", **options) -> str:
    response = client.get(f"{URL}{query}", **options)
    assert response.status_code == 200
    return response.content.decode()


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


def test_a_request_that_got_no_answer_is_settled_by_the_customers_own_list(
    client, inkwell
):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "hang_up"})
    brand = brand_for("testserver")
    submission = outbox.submit_ticket(
        brand,
        helpspot_for(brand.connection),
        key=outbox.new_key(),
        note="Did this arrive?",
        email="amal@example.com",
        category_id=inkwell.categories["billing"].pk,
    )
    assert not submission.is_delivered
    DeskSettings.objects.update(fault="")
    arrived = Ticket.objects.latest("id")
    arrived.notes.update(body=f"Did this arrive?\n\nRef. {submission.reference}")

    client.post(
        "/account/sign-in/", {"email": "amal@example.com", "password": "lighthouse"}
    )
    client.get(URL)

    settled = outbox.find(submission.reference)
    assert (settled.is_delivered, settled.result_id) == (True, arrived.pk)
