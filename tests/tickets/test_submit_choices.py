"""What a brand can ask of the form, and questions that change under an open form."""

from __future__ import annotations

import re

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.brands import brand_with_id
from portal.desk.models import CustomField, Document, Ticket
from portal.outbox.models import Submission
from portal.tickets import questions
from tests.html_page import Element, parse_page
from tests.tickets.asking import URL, about_printer, named, refusal, valid


def note_of_newest() -> str:
    return Ticket.objects.latest("id").notes.get(is_initial=True).body


def asked_in(response) -> str:
    return parse_page(response).one("input", name="asked")["value"]


def brand_forgets() -> None:
    """Let a minute pass for what the portal remembers of the questions."""
    questions.forget(brand_with_id("default"))


def facts_in(listing: Element) -> dict[str, str]:
    pairs = listing.all("div")
    return {pair.one("dt").text: pair.all("dd")[0].text for pair in pairs}


# --------------------------------------------------------------- what brands choose


def test_a_detailed_form_asks_what_was_done_expected_and_met(
    client, inkwell, brand_says
):
    brand_says(is_detailed=True)
    form = valid(inkwell, did="Pressed Feed", expected="A label", happened="Nothing")

    sent = client.post(URL, form)

    assert sent.status_code == 303
    assert note_of_newest().startswith(
        "What did you do?\nPressed Feed\n\nWhat did you expect?\nA label\n\n"
        "What happened instead?\nNothing"
    )


def test_a_detailed_form_needs_only_what_happened(client, inkwell, brand_says):
    brand_says(is_detailed=True)

    words = refusal(client, valid(inkwell, did="Pressed Feed"), "happened")

    assert words == "Enter what happened"
    assert client.post(URL, valid(inkwell, happened="Nothing")).status_code == 303


def test_an_address_with_details_fills_the_detailed_form(client, inkwell, brand_says):
    brand_says(is_detailed=True)

    page = parse_page(client.get(f"{URL}?tNote=It+is+broken"))

    assert page.one("textarea", name="happened").text == "It is broken"


def test_terms_are_agreed_to_before_anything_is_sent(client, inkwell, brand_says):
    brand_says(terms="I have read the privacy notice", terms_link="/kb/")

    words = refusal(client, valid(inkwell), "terms")
    link = parse_page(client.get(URL)).one("small", id="id_terms_helptext").one("a")

    assert words == "Agree to this before you send"
    assert link["href"] == "/kb/"
    assert client.post(URL, valid(inkwell, terms="on")).status_code == 303


def test_answers_are_shown_once_more_before_they_are_sent(client, inkwell, brand_says):
    brand_says(checks_answers=True)
    form = {**about_printer(inkwell), "note": "It stops."}

    shown = client.post(URL, {**form, "attached": SimpleUploadedFile("a.txt", b"x")})

    page = parse_page(shown)
    assert not Submission.objects.exists()
    facts = facts_in(page.one("dl"))
    assert facts["Details"] == "It stops."
    assert facts["Model"] == "X2"
    assert facts["Photos or files"] == "a.txt"
    carried = [(one["name"], one["value"]) for one in page.all("input", type="hidden")]
    data: dict[str, list[str]] = {}
    for name, value in carried:
        data.setdefault(name, []).append(value)

    changing = client.post(URL, {**data, "_change": "1"})
    assert parse_page(changing).one("textarea", name="note").text == "It stops."
    sent = client.post(URL, {**data, "_checked": "1"})

    assert sent.status_code == 303
    assert Document.objects.filter(filename="a.txt").exists()


def test_a_form_with_a_mistake_comes_back_before_it_is_checked(
    client, inkwell, brand_says
):
    brand_says(checks_answers=True)

    assert refusal(client, valid(inkwell, email=""), "email")


def test_a_signed_in_customer_is_reminded_of_what_is_open(customer, client, inkwell):
    page = parse_page(customer.get(URL))

    section = page.one("section", aria_labelledby="open-heading")
    assert "Labels come out blank" in section.text
    links = {link["href"] for link in section.all("a")}
    assert f"/requests/{inkwell.ticket.pk}/#reply" in links


def test_nobody_else_is_reminded(client, inkwell):
    assert "open-heading" not in client.get(URL).content.decode()


# ------------------------------------------------------- questions that staff changed


def test_an_answer_to_a_question_that_is_gone_goes_into_the_note(client, inkwell):
    category = inkwell.categories["printer"]
    asked = asked_in(client.get(URL, {"category": category.pk}))
    form = {**about_printer(inkwell), "note": "It stops.", "asked": asked}
    CustomField.objects.filter(pk=inkwell.fields["model"].pk).delete()
    brand_forgets()

    sent = client.post(URL, form)

    assert sent.status_code == 303
    assert re.match(r"It stops\.\n\nModel: X2\b", note_of_newest())


def test_a_choice_that_is_gone_goes_into_the_note(client, inkwell):
    category = inkwell.categories["printer"]
    asked = asked_in(client.get(URL, {"category": category.pk}))
    form = {**about_printer(inkwell), "asked": asked}
    CustomField.objects.filter(pk=inkwell.fields["model"].pk).update(
        items="X7\nX8", is_required=False
    )
    brand_forgets()

    sent = client.post(URL, form)

    assert sent.status_code == 303
    assert "Model: X2" in note_of_newest()


def test_a_category_that_is_gone_is_named_in_the_note(client, inkwell):
    category = inkwell.categories["billing"]
    asked = asked_in(client.get(URL, {"category": category.pk}))
    form = valid(inkwell, note="Too much.", asked=asked)
    category.is_public = False
    category.save()

    sent = client.post(URL, form)

    assert sent.status_code == 303
    assert note_of_newest().startswith(f"Too much.\n\nTopic: {category.name}")
    assert Ticket.objects.latest("id").category_id != category.pk


def test_a_question_added_meanwhile_refuses_nothing_by_itself(client, inkwell):
    category = inkwell.categories["billing"]
    asked = asked_in(client.get(URL, {"category": category.pk}))
    form = valid(inkwell, asked=asked)
    new = CustomField.objects.create(name="Invoice", type="text")
    new.categories.add(category)

    assert client.post(URL, form).status_code == 303


def test_questions_of_another_category_do_not_excuse_this_ones(client, inkwell):
    billing = inkwell.categories["billing"]
    asked = asked_in(client.get(URL, {"category": billing.pk}))
    form = {**about_printer(inkwell), named(inkwell, "model"): "", "asked": asked}

    assert refusal(client, form, named(inkwell, "model")) == "Choose Model"


# -------------------------------------------------------------------- the receipt


@pytest.fixture
def receipt(client, inkwell) -> str:
    sent = client.post(URL, {**about_printer(inkwell), "note": "It stops.\nTwice."})
    return sent["Location"]


def test_the_receipt_shows_exactly_what_was_sent(client, receipt):
    page = parse_page(client.get(receipt))

    section = page.one("section", aria_labelledby="sent-heading")
    facts = {
        one.one("dt").text: one.one("dd").text
        for one in section.all("div")
        if one.all("dt")
    }
    assert facts["What is it about?"] == "Printer problem"
    assert facts["Details"] == "It stops. Twice."
    assert facts["Model"] == "X2"
    assert facts["Email"] == "ines@example.com"


def test_the_receipt_can_be_kept_as_text_and_as_json(client, receipt):
    ticket = Ticket.objects.latest("id")
    reference = Submission.objects.get().reference

    text = client.get(f"{receipt}text/")
    document = client.get(f"{receipt}json/").json()

    assert f'filename="{reference}.txt"' in text["Content-Disposition"]
    assert f"Access key: {ticket.access_key}" in text.content.decode()
    assert "Details\nIt stops.\nTwice." in text.content.decode()
    assert document["number"] == ticket.pk
    assert document["access_key"] == ticket.access_key
    answers = {one["question"]: one["answer"] for one in document["sent"]}
    assert answers["Details"] == "It stops.\nTwice."


@pytest.mark.parametrize("ending", ["", "text/", "json/"])
def test_nobody_else_gets_a_receipt(client, receipt, ending):
    stranger = type(client)()

    assert stranger.get(f"{receipt}{ending}").status_code == 404


def test_what_was_sent_is_kept_sealed(client, receipt):
    assert "It stops" not in str(Session.objects.get().get_decoded())
