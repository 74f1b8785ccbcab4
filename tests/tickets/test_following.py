"""An open request keeps up by itself, and shows answers without what they repeat."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from django.utils import timezone

from portal.desk.models import Ticket
from portal.tickets import quotes
from tests.html_page import parse_page


def answer(inkwell, body: str, **options) -> None:
    inkwell.ticket.notes.create(
        author=inkwell.staff, created_at=timezone.now(), body=body, **options
    )


def etag_of(page) -> str:
    return page.one("div", class_="threadbox")["data-updates-etag"]


@pytest.fixture
def address(inkwell) -> str:
    return f"/requests/{inkwell.ticket.pk}/"


# ---------------------------------------------------------------------- keeping up


def test_nothing_new_costs_no_page(holder, inkwell, address):
    tag = etag_of(parse_page(holder.get(address)))

    response = holder.get(f"{address}updates/", headers={"If-None-Match": tag})

    assert (response.status_code, response.content) == (304, b"")


def test_a_new_answer_comes_alone_with_words_for_it(holder, inkwell, address):
    page = parse_page(holder.get(address))
    last = page.one("ol", class_="thread").all("li", class_="msg")[-1]["id"]
    answer(inkwell, "Try the other roll.", is_public=True)
    answer(inkwell, "CANARY for staff only", is_public=False)

    response = holder.get(
        f"{address}updates/?after={last.removeprefix('note-')}",
        headers={"If-None-Match": etag_of(page)},
    )

    html = response.content.decode()
    assert response.status_code == 200
    assert html.count('<li class="msg') == 1
    assert "Try the other roll." in html
    assert "1 new reply from Maya" in html
    assert 'id="status"' in html
    assert "CANARY" not in html
    assert "no-store" in response["Cache-Control"]


def test_a_visit_that_is_over_is_told_to_stop_looking(client, inkwell, address):
    assert client.get(f"{address}updates/").status_code == 403


# ------------------------------------------------------------------------- quotes

GMAIL = (
    '<p>It works now.</p><div class="gmail_quote"><div>On Monday Maya wrote:</div>'
    "<blockquote>Hold Feed for ten seconds.</blockquote></div>"
)
PLAIN = "It works now.\n\nOn Monday, Maya wrote:\n> Hold Feed\n> for ten seconds.\n"


@pytest.mark.parametrize(
    ("body", "is_html"),
    [
        (GMAIL, True),
        ('<p>Yes.</p><blockquote type="cite"><p>Old</p></blockquote>', True),
        ('<p>Yes.</p><div id="divRplyFwdMsg">From: Maya</div><p>Old</p>', True),
        (PLAIN, False),
        ("Yes.\n\n-----Original Message-----\nFrom: Maya\nOld", False),
        ("Yes.\n\n> Old line\n> another", False),
    ],
)
def test_the_mail_below_an_answer_is_folded(body, is_html):
    written, quoted = quotes.split(body, is_html=is_html)

    assert quoted
    assert "Old" not in written
    assert written + quoted == body or written + "\n\n" + quoted == body


@pytest.mark.parametrize(
    ("body", "is_html"),
    [
        ("> Old line\n> another\nYes to both.\n> third\nNo.", False),
        ("a > b and\nb > c", False),
        ("<p>They say:</p><blockquote>Measure twice.</blockquote><p>I did.</p>", True),
        (GMAIL.partition("</p>")[2], True),
        ("> only\n> quoted", False),
    ],
)
def test_nothing_that_was_written_is_folded_away(body, is_html):
    assert quotes.split(body, is_html=is_html) == (body, "")


def test_the_page_shows_the_answer_and_folds_the_rest(holder, inkwell, address):
    answer(inkwell, GMAIL, is_public=True, is_html=True)

    page = parse_page(holder.get(address))

    message = page.one("ol", class_="thread").all("li", class_="msg")[-1]
    folded = message.one("details", class_="quoted")
    assert "It works now." in message.text
    assert "Hold Feed for ten seconds." in folded.text
    assert "It works now." not in folded.text


# --------------------------------------------------------------------------- list


def test_the_list_can_be_kept_as_csv(customer, inkwell):
    response = customer.get("/requests/export/?show=all")

    rows = list(csv.reader(StringIO(response.content.decode())))
    assert response["Content-Disposition"] == 'attachment; filename="requests.csv"'
    assert rows[0] == ["Request", "Status", "Summary", "Topic", "Opened", "By"]
    assert str(inkwell.ticket.pk) in [row[0] for row in rows[1:]]
    assert "FOREIGN" not in response.content.decode()


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(client, inkwell):
    Ticket.objects.filter(pk=inkwell.ticket.pk).update(title="=HYPERLINK(1)")
    client.post(
        "/account/sign-in/", {"email": "amal@example.com", "password": "lighthouse"}
    )

    saved = client.get("/requests/export/?show=all").content.decode()

    assert ",'=HYPERLINK(1)," in saved


def test_the_list_is_for_its_customer_alone(client, inkwell):
    assert client.get("/requests/export/").status_code == 302
