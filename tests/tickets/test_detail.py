from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from portal.desk.models import CustomValue, DeskSettings, Note
from tests.desk_content import NOW


def detail_page(client, ticket, query: str = "") -> str:
    response = client.get(f"/requests/{ticket.pk}/{query}")
    assert response.status_code == 200
    return response.content.decode()


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_shows_the_conversation_oldest_first_and_whose_turn_it_is(holder, inkwell):
    page = detail_page(holder, inkwell.ticket)

    text = text_of(page)
    assert text.index("Every label is blank") < text.index("for ten seconds")
    assert "Waiting for you" in text
    assert "<strong>Feed</strong>" in page
    assert "Inkwell team" in text


def test_never_shows_private_notes_or_the_team_members_family_names(holder, inkwell):
    page = detail_page(holder, inkwell.ticket)

    assert "Maya" in page
    assert "Lindqvist" not in page
    assert "CANARY" not in page


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["", "reply/", "files/1/x.pdf"])
def test_another_customers_request_and_one_that_does_not_exist_look_the_same(
    customer, inkwell, method, path
):
    answers = []
    for number in (inkwell.foreign_ticket.pk, 999_999_999):
        response = getattr(customer, method)(f"/requests/{number}/{path}")
        body = re.sub(r"\d+", "N", response.content.decode())
        location = re.sub(r"\d+", "N", response.get("Location", ""))
        answers.append((response.status_code, location, body))

    assert answers[0] == answers[1]
    assert "FOREIGN" not in answers[0][2]


def test_who_holds_no_key_is_asked_for_it(client, inkwell):
    response = client.get(f"/requests/{inkwell.ticket.pk}/")

    assert response["Location"] == f"/requests/check/?request={inkwell.ticket.pk}"
    page = client.get(response["Location"]).content.decode()
    assert f"Request {inkwell.ticket.pk} is not open in this browser" in page


def test_shows_answers_to_custom_fields_in_words(holder, inkwell):
    for name, value in {
        "warranty": "1",
        "serial": "INK-48210-7",
        "bought": "1731974400",
    }.items():
        CustomValue.objects.create(
            ticket=inkwell.ticket, custom_field=inkwell.fields[name], value=value
        )

    text = text_of(detail_page(holder, inkwell.ticket))

    assert "Part affected Label printers › X2 › Print head" in text
    assert "Under warranty Yes" in text
    assert "Serial number INK-48210-7" in text
    assert "Purchase date 19 November 2024" in text
    assert "Printers affected" not in text


def test_leaves_out_what_helpspot_did_not_send(holder, inkwell):
    inkwell.ticket.assigned_to = None
    inkwell.ticket.category = None
    inkwell.ticket.title = ""
    inkwell.ticket.save()

    text = text_of(detail_page(holder, inkwell.ticket))

    assert "None" not in text
    assert "Handled by" not in text
    assert f"Request {inkwell.ticket.pk}" in text


def test_shows_a_closed_request_and_that_a_reply_opens_it_again(customer, inkwell):
    text = text_of(detail_page(customer, inkwell.closed_ticket))

    assert "Closed" in text
    assert "A reply opens it again." in text


def test_a_request_without_a_title_is_headed_by_its_first_line(customer, inkwell):
    page = detail_page(customer, inkwell.closed_ticket)

    assert "Please send the October invoice again.</bdi></h1>" in page


def test_folds_the_middle_of_a_long_conversation(holder, inkwell):
    for number in range(15):
        Note.objects.create(
            ticket=inkwell.ticket,
            body=f"Message number {number:02}.",
            created_at=NOW + timedelta(hours=3 + number),
        )

    folded = detail_page(holder, inkwell.ticket)
    whole = detail_page(holder, inkwell.ticket, "?all=1")

    assert "Every label is blank" in folded
    assert "Show 6 earlier messages" in folded
    assert "Message number 04." not in folded
    assert "Message number 05." in folded
    assert "Message number 14." in folded
    assert "Message number 04." in whole
    assert "earlier message" not in whole


def test_twelve_messages_are_not_folded(holder, inkwell):
    for number in range(10):
        Note.objects.create(ticket=inkwell.ticket, body=f"Message number {number:02}.")

    assert "earlier message" not in detail_page(holder, inkwell.ticket)


def test_what_staff_and_customers_wrote_runs_no_script(holder, inkwell):
    Note.objects.create(
        ticket=inkwell.ticket,
        body="<p>Hi<script>alert(1)</script><img src=x onerror=alert(1)></p>",
        is_html=True,
    )
    Note.objects.create(ticket=inkwell.ticket, body="<script>alert(2)</script>")
    inkwell.ticket.title = "<script>alert(3)</script>"
    inkwell.ticket.save()

    page = detail_page(holder, inkwell.ticket)

    assert "<script>alert" not in page
    assert "onerror" not in page
    assert "&lt;script&gt;alert(2)" in page
    assert "&lt;script&gt;alert(3)" in page


def test_is_always_fresh(holder, inkwell):
    detail_page(holder, inkwell.ticket)
    Note.objects.create(ticket=inkwell.ticket, body="A minute later.")

    assert "A minute later." in detail_page(holder, inkwell.ticket)


def test_shows_the_access_key_to_its_holder_but_never_prints_it(holder, inkwell):
    page = detail_page(holder, inkwell.ticket)

    card = page.partition('class="card card--sunken flow flow--key noprint"')[2]
    assert inkwell.ticket.access_key in card
    assert page.count(inkwell.ticket.access_key) == 1


def test_a_request_that_is_gone_is_not_found(holder, inkwell):
    address = f"/requests/{inkwell.ticket.pk}/"
    inkwell.ticket.delete()

    assert holder.get(address).status_code == 404


def test_an_absent_help_desk_is_said_and_never_looks_empty(holder, inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

    response = holder.get(f"/requests/{inkwell.ticket.pk}/")

    assert response.status_code == 503
    assert "Retry-After" in response
    assert "no-store" in response["Cache-Control"]
    assert "help desk is not answering" in response.content.decode()


def test_times_are_said_anew_while_nothing_else_changes(holder, inkwell):
    with time_machine.travel(NOW + timedelta(hours=2, minutes=5), tick=False):
        open_again(holder, inkwell)
        assert "5\xa0minutes ago" in detail_page(holder, inkwell.ticket)
    with time_machine.travel(NOW + timedelta(hours=2, minutes=9), tick=False):
        assert "9\xa0minutes ago" in detail_page(holder, inkwell.ticket)
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        open_again(holder, inkwell)
        assert "minutes ago" not in detail_page(holder, inkwell.ticket)


def test_each_page_gives_its_reply_a_key_of_its_own(holder, inkwell):
    key = re.compile(r'name="key" value="([^"]{16,})"')

    first, second = (key.findall(detail_page(holder, inkwell.ticket)) for _ in "12")

    assert len(first) == len(second) == 1
    assert first != second


def test_those_who_read_the_same_request_see_their_own_page(holder, inkwell):
    amal = Client()
    amal.post(
        "/account/sign-in/", {"email": "amal@example.com", "password": "lighthouse"}
    )

    pages = [detail_page(who, inkwell.ticket) for who in (holder, amal, holder)]

    assert ["Sign out" in page for page in pages] == [False, True, False]


def test_what_is_planned_is_announced_though_nothing_else_changes(
    holder, inkwell, settings
):
    assert "closed for maintenance" not in detail_page(holder, inkwell.ticket)
    begins_at = timezone.now() + timedelta(days=1)
    settings.MAINTENANCE = (begins_at, begins_at + timedelta(hours=2))

    assert "closed for maintenance" in detail_page(holder, inkwell.ticket)


def test_a_request_that_ended_long_ago_takes_no_more_replies(
    customer, inkwell, brand_says
):
    brand_says(closed_reply_days=7)

    pages = [detail_page(customer, inkwell.closed_ticket) for _ in "12"]

    assert "takes no more replies" in pages[0]
    assert 'name="key"' not in pages[0]
    assert pages[0] == pages[1]
    assert pages[0].rstrip().endswith("</html>")


def open_again(holder, inkwell) -> None:
    holder.post("/requests/check/", {"accesskey": inkwell.ticket.access_key})
