"""Sending a new request."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine as clock
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, OperationalError, connection
from django.test import Client
from django.utils import timezone

from portal import outbox
from portal.brands import brand_with_id
from portal.desk.models import Category, CustomField, DeskSettings, Document, Ticket
from portal.helpspot import helpspot_for
from portal.outbox import delivery
from portal.outbox.models import StagedFile, Submission
from portal.search import shelf_index
from tests.html_page import parse, parse_page
from tests.tickets.asking import (
    URL,
    about_printer,
    error_at,
    named,
    refusal,
    valid,
)


def break_desk(fault: str) -> None:
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": fault})


def attach(*names: str, size: int = 3) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(name, b"x" * size) for name in names]


def hidden(page, *names: str) -> dict[str, str]:
    """Return what a page carries along unseen."""
    return {
        name: page.one("input", name=name, type="hidden")["value"] for name in names
    }


def choose(client, category, data=None):
    """Choose a category as htmx does."""
    return client.post(
        URL,
        {**(data or {}), "category": category.pk, "_choose": "1"},
        HTTP_HX_REQUEST="true",
        HTTP_HX_TARGET="fields",
    )


# --------------------------------------------------------------------- sending


def test_hands_a_request_to_helpspot_and_leads_to_its_receipt(client, inkwell):
    response = client.post(
        URL,
        valid(
            inkwell,
            note="The invoice is wrong.\r\nTwice.",
            phone="+49 30 1234",
            is_urgent="on",
            customer_id="C-7",
        ),
    )

    ticket = Ticket.objects.latest("id")
    assert response.status_code == 303
    assert response["Location"] == f"/requests/sent/{Submission.objects.get()}/"
    assert ticket.category == inkwell.categories["billing"]
    assert (ticket.first_name, ticket.last_name) == ("Ines", "de la Cruz")
    assert (ticket.email, ticket.phone) == ("ines@example.com", "+49 30 1234")
    assert (ticket.customer_id, ticket.is_urgent) == ("C-7", True)
    assert ticket.notes.get().body.startswith("The invoice is wrong.\nTwice.")


def test_sends_files_along(client, inkwell):
    client.post(URL, valid(inkwell, attached=attach("a.txt", "b.pdf")))

    documents = Document.objects.exclude(pk=inkwell.document.pk)
    assert [document.filename for document in documents] == ["a.txt", "b.pdf"]


def test_the_same_form_twice_makes_one_request(client, inkwell):
    before = Ticket.objects.count()

    first = client.post(URL, valid(inkwell))
    second = client.post(URL, valid(inkwell))

    assert first["Location"] == second["Location"]
    assert Ticket.objects.count() == before + 1


def test_every_new_form_has_a_key_of_its_own(client, inkwell):
    visitors = [client, client, Client()]

    keys = {
        parse_page(visitor.get(URL))
        .one("form", class_="form")
        .one("input", name="key")["value"]
        for visitor in visitors
    }

    assert len(keys) == 3
    assert "" not in keys


def test_a_form_without_a_key_still_arrives(client, inkwell):
    response = client.post(URL, valid(inkwell, key=""))

    assert response.status_code == 303


def test_a_form_from_another_site_is_refused(client, inkwell):
    response = client.post(URL, valid(inkwell), HTTP_SEC_FETCH_SITE="cross-site")

    assert response.status_code == 403
    assert Submission.objects.count() == 0


# ------------------------------------------------------------------- the asking


def test_asks_for_a_category_before_its_questions(client, inkwell):
    page = parse_page(client.get(URL))

    picker = page.one("div", class_="picker")
    assert [label.text for label in picker.all("label")] == [
        "Printer problem",
        "Billing",
    ]
    assert picker.all("input", checked="") == []
    labels = [label.text for label in page.one("div", id="fields").all("label")]
    assert labels == ["Office (optional)"]


def test_many_categories_become_a_select(client, inkwell):
    for number in range(7):
        Category.objects.create(name=f"Topic {number}")

    page = parse_page(client.get(f"{URL}?category={inkwell.categories['billing'].pk}"))

    select = page.one("select", name="category")
    assert len(select.all("option")) == 10
    assert select.one("option", selected="").text == "Billing"
    assert select["hx-target"] == "#fields"


def test_choosing_a_category_brings_its_questions_and_keeps_the_answers(
    client, inkwell
):
    office = named(inkwell, "office")

    response = choose(client, inkwell.categories["printer"], {office: "Room 9"})

    part = parse(response).one("div", id="fields")
    assert response.status_code == 200
    assert part.one("input", name=office)["value"] == "Room 9"
    assert part.one("select", name=named(inkwell, "model"))
    assert part.all("p", class_="field__error") == []
    assert part.one("span", hx_swap_oob="innerHTML:#fields-status").text == (
        "The questions for Printer problem are below the details"
    )
    assert response["HX-Replace-Url"] == (
        f"{URL}?category={inkwell.categories['printer'].pk}"
    )
    assert "HX-Target" in response["Vary"]


def test_without_scripts_a_button_brings_the_questions_and_keeps_every_word(
    client, inkwell
):
    form = {
        **valid(inkwell, note="Half a sent", email="not yet", phone="12"),
        "category": inkwell.categories["printer"].pk,
        "is_urgent": "on",
        named(inkwell, "office"): "Room 9",
        "attached": attach("photo.jpg"),
        "_choose": "1",
    }

    response = client.post(URL, form)

    page = parse_page(response)
    assert response.status_code == 200
    assert page.all("div", id="errors") == []
    assert page.all("p", class_="field__error") == []
    assert page.one("textarea", name="note").text == "Half a sent"
    assert page.one("input", name="name")["value"] == "Ines de la Cruz"
    assert page.one("input", name="email")["value"] == "not yet"
    assert page.one("input", name="phone")["value"] == "12"
    assert page.one("input", name="key")["value"] == "one-key"
    assert "checked" in page.one("input", name="is_urgent").attributes
    assert page.one("input", name=named(inkwell, "office"))["value"] == "Room 9"
    assert page.one("select", name=named(inkwell, "model"))
    assert page.one("ul", class_="files").one("bdi").text == "photo.jpg"


def test_enter_in_a_field_sends_the_form(client, inkwell):
    page = parse_page(client.get(URL))

    first = page.one("form", class_="form").all("button")[0]
    assert "name" not in first.attributes


def test_an_address_can_fill_in_answers_under_helpspots_names(client, inkwell):
    address = (
        f"{URL}?xCategory={inkwell.categories['printer'].pk}&sFirstName=Ines"
        "&sLastName=de+la+Cruz&sEmail=ines%40example.com&sPhone=12&sUserId=C-7"
        "&tNote=It+is+stuck&additional=Since+Monday&fUrgent=1&nonsense=1"
        f"&Custom{inkwell.fields['model'].pk}=X2"
        f"&Custom{inkwell.fields['warranty'].pk}=0"
        f"&Custom{inkwell.fields['bought'].pk}=2026-03-14"
        f"&Custom{inkwell.fields['part'].pk}=Accessories%23-%23Cutter%23-%23Blade"
        "&Custom99999=x&Custom1e5=x"
    )

    page = parse_page(client.get(address))

    values = {
        name: page.one("input", name=name)["value"]
        for name in ("name", "email", "phone", "customer_id", named(inkwell, "bought"))
    }
    assert values == {
        "name": "Ines de la Cruz",
        "email": "ines@example.com",
        "phone": "12",
        "customer_id": "C-7",
        named(inkwell, "bought"): "2026-03-14",
    }
    assert page.one("textarea", name="note").text == "It is stuck Since Monday"
    assert "checked" in page.one("input", name="is_urgent").attributes
    warranty = page.one("input", name=named(inkwell, "warranty"))
    assert "checked" not in warranty.attributes
    for name, chosen in (("model", "X2"), ("part", "Accessories › Cutter › Blade")):
        select = page.one("select", name=named(inkwell, name))
        assert select.one("option", selected="").text == chosen


def test_an_address_with_nonsense_still_shows_the_form(client, inkwell):
    page = parse_page(client.get(f"{URL}?category=999&fUrgent=0&tNote=%00&fullname=A"))

    assert page.one("input", name="name")["value"] == "A"
    assert "checked" not in page.one("input", name="is_urgent").attributes


def test_a_signed_in_customer_need_not_say_who_they_are(customer, inkwell):
    page = parse_page(customer.get(URL))

    assert page.one("input", name="name")["value"] == "Amal Haddad"
    assert page.one("input", name="email")["value"] == "amal@example.com"


def test_nobody_is_shown_what_stands_in_another_visitors_form(customer, inkwell):
    visitor = Client()
    address = f"{URL}?category={inkwell.categories['printer'].pk}"
    office = inkwell.fields["office"].pk
    before = parse_page(visitor.get(address))
    shown = {
        "Amal Haddad": customer.get(address),
        "amal@example.com": customer.get(address),
        "C-7654": visitor.get(f"{address}&sUserId=C-7654"),
        "Stuck since May": visitor.get(f"{address}&tNote=Stuck+since+May"),
        "Room 98": visitor.get(f"{address}&Custom{office}=Room+98"),
        "one-key": visitor.post(URL, about_printer(inkwell) | {"email": "not yet"}),
    }

    after = visitor.get(address)

    assert [word for word in shown if word not in shown[word].content.decode()] == []
    assert [word for word in shown if word in after.content.decode()] == []
    assert parse_page(after).one("form", class_="form").text == (
        before.one("form", class_="form").text
    )


def test_a_signed_in_customers_new_request_joins_their_list(customer, inkwell):
    customer.post(URL, valid(inkwell, email="amal@example.com"))

    page = parse_page(customer.get("/requests/"))

    number = Ticket.objects.latest("id").pk
    assert f"/requests/{number}/" in [
        link["href"] for link in page.one("main").all("a")
    ]
    assert "The invoice is wrong." in page.one("main").text


# ------------------------------------------------------------------ what is wrong


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("category", "", "Choose what it is about"),
        ("category", "999", "Choose what it is about"),
        ("note", "  \r\n ", "Enter the details of your request"),
        ("note", "x" * 50_001, "Use 50,000 characters or fewer"),
        ("name", "", "Enter your name"),
        ("name", "Ines\nBcc: all@example.com", "Write it on one line"),
        ("email", "", "Enter your email address"),
        (
            "email",
            "ines.example.com",
            "Enter an email address with an @, like name@example.com",
        ),
        (
            "email",
            "ines@example.com\r\nBcc: all@example.com",
            "Enter an email address with an @, like name@example.com",
        ),
        ("phone", "1" * 51, "Use 50 characters or fewer for your phone"),
    ],
)
def test_says_how_to_put_it_right(client, inkwell, name, typed, words):
    assert refusal(client, valid(inkwell, **{name: typed}), name) == words
    assert Submission.objects.count() == 0


def test_an_empty_form_comes_back_with_every_problem_in_page_order(client, inkwell):
    response = client.post(URL, {})

    page = parse_page(response)
    assert [link.text for link in page.one("div", id="errors").all("a")] == [
        "Choose what it is about",
        "Enter the details of your request",
        "Enter your name",
        "Enter your email address",
    ]


def test_a_mistake_is_not_called_an_outage(client, inkwell):
    asked = parse_page(client.get(URL)).one("input", name="asked").attributes["value"]

    page = parse_page(client.post(URL, {"asked": asked}))

    assert "Enter the details of your request" in page.one("main").text
    assert "cannot reach our help desk" not in page.one("main").text


def test_a_form_that_comes_back_has_lost_nothing(client, inkwell):
    form = {
        **about_printer(inkwell, office="Room 9", story="Long story", firmware="new"),
        "phone": "12",
        "is_urgent": "on",
        named(inkwell, "part", "_1"): "Accessories",
        named(inkwell, "part", "_2"): "Cutter",
        "attached": attach("photo.jpg"),
    }

    page = parse_page(client.post(URL, form))

    assert page.one("textarea", name="note").text == "The invoice is wrong."
    assert page.one("input", name="name")["value"] == "Ines de la Cruz"
    assert page.one("input", name="phone")["value"] == "12"
    assert page.one("input", name=named(inkwell, "firmware"))["value"] == "new"
    assert page.one("textarea", name=named(inkwell, "story")).text == "Long story"
    assert "checked" in page.one("input", name="is_urgent").attributes
    assert page.one("div", class_="picker").one("input", checked="")["value"] == str(
        inkwell.categories["printer"].pk
    )
    chosen = [
        page.one("select", name=named(inkwell, name, suffix))
        .one("option", selected="")
        .text
        for name, suffix in (("model", ""), ("part", "_1"), ("part", "_2"))
    ]
    assert chosen == ["X2", "Accessories", "Cutter"]
    assert page.one("input", name="key")["value"] == "one-key"
    assert page.one("input", name="waiting")["value"] == StagedFile.objects.get().token


def test_shows_helpspots_own_words_at_the_field_they_name(client, inkwell):
    CustomField.objects.filter(pk=inkwell.fields["serial"].pk).update(
        pattern=r"/^INK-\d{5}-\d$/v"
    )
    form = about_printer(inkwell, serial="48210") | {"attached": attach("photo.jpg")}

    response = client.post(URL, form)

    page = parse_page(response)
    words = error_at(page, named(inkwell, "serial"))
    assert response.status_code == 422
    assert words == "Could not create request: Serial number does not fit its pattern"
    assert words in page.one("div", id="errors").text
    assert page.one("textarea", name="note").text == "The invoice is wrong."
    token = page.one("input", name="waiting")["value"]
    again = about_printer(inkwell, serial="INK-48210-7") | {"waiting": [token]}
    assert client.post(URL, again).status_code == 303
    assert Document.objects.filter(filename="photo.jpg").count() == 1


def test_shows_at_the_name_what_helpspot_says_about_it(client, inkwell):
    response = client.post(URL, valid(inkwell, name="x" * 150))

    assert "sFirstName" in error_at(parse_page(response), "name")


# ------------------------------------------------------------ guides that may answer


BLANK = "All labels from my printer come out blank since this morning."


def guides(page) -> list[str]:
    box = page.one("section", aria_labelledby="answers-heading")
    return [link.text for link in box.all("a")]


@pytest.fixture
def cold_index(monkeypatch):
    monkeypatch.setattr(shelf_index, "_made", {})


def test_a_form_that_comes_back_brings_guides_for_what_was_written(
    client, inkwell, cold_index
):
    client.get("/search/", {"q": "labels"})
    # From here on nobody is asked.
    break_desk("down")

    page = parse_page(client.post(URL, valid(inkwell, note=BLANK, email="")))

    assert guides(page) == ["Labels come out blank or faint (opens a new tab)"]
    box = page.one("section", aria_labelledby="answers-heading")
    assert "js-only" not in box["class"]
    assert "hidden" in box.one("p", data_answers_empty="").attributes
    link = box.one("a")
    assert (link["target"], link["rel"]) == ("_blank", "noopener")
    # Without scripts no draft is kept that this button could speak of.
    assert "js-only" in box.one("button")["class"]
    assert page.one("textarea", name="note").text == BLANK


def test_guides_are_not_waited_for(client, inkwell, cold_index):
    page = parse_page(client.post(URL, valid(inkwell, note=BLANK, email="")))

    assert guides(page) == []


def test_a_form_not_sent_yet_brings_no_guides(client, inkwell, cold_index):
    client.get("/search/", {"q": "labels"})

    page = parse_page(client.post(URL, valid(inkwell, note=BLANK, _choose="1")))

    assert guides(page) == []


# -------------------------------------------------------------------------- files


def test_tells_the_limits_before_the_choice(client, inkwell, settings):
    page = parse_page(client.get(URL))

    control = page.one("input", type="file")
    assert page.one("p", id=control["aria-describedby"]).text == (
        "Up to 5 files, 10 MB each."
    )


def test_each_file_fails_by_itself_and_the_others_wait(client, inkwell):
    files = [
        *attach("good.pdf"),
        *attach("video.mov", size=10 * 1024 * 1024 + 1),
        *attach("empty.txt", size=0),
        *attach("Setup.EXE"),
    ]

    page = parse_page(client.post(URL, valid(inkwell, attached=files)))

    errors = page.one("div", id="id_attached_error").all("p")
    assert [error.text.removeprefix("Error: ") for error in errors] == [
        "video.mov is too big. Choose files under 10 MB",
        "empty.txt is empty. Choose another file",
        "Setup.EXE cannot be sent. Choose an image, PDF or ZIP",
    ]
    listed = page.one("ul", class_="files").all("bdi")
    assert [name.text for name in listed] == [
        "good.pdf",
        "video.mov",
        "empty.txt",
        "Setup.EXE",
    ]
    assert len(page.all("input", name="waiting")) == 1


def test_counts_the_files_that_wait(client, inkwell):
    page = parse_page(
        client.post(URL, valid(inkwell, note="", attached=attach("1", "2", "3", "4")))
    )
    waiting = [one["value"] for one in page.all("input", name="waiting")]

    page = parse_page(
        client.post(URL, valid(inkwell, waiting=waiting, attached=attach("5", "6")))
    )

    assert error_at(page, "attached") == "6 is one too many. Send up to 5 files"


def test_a_file_that_waits_can_be_taken_away(client, inkwell):
    page = parse_page(
        client.post(URL, valid(inkwell, note="", attached=attach("a.txt", "b.txt")))
    )
    waiting = [one["value"] for one in page.all("input", name="waiting")]

    response = client.post(
        URL, valid(inkwell, note="", waiting=waiting, _remove=waiting[0])
    )

    page = parse_page(response)
    assert response.status_code == 200
    assert [one.text for one in page.one("ul", class_="files").all("bdi")] == ["b.txt"]
    assert page.one("input", name="name")["value"] == "Ines de la Cruz"


def test_files_of_other_forms_cannot_be_named_twice(client, inkwell):
    page = parse_page(
        client.post(URL, valid(inkwell, note="", attached=attach("a.txt")))
    )
    token = page.one("input", name="waiting")["value"]
    client.post(URL, valid(inkwell, waiting=[token]))

    client.post(URL, valid(inkwell, key="another", waiting=[token, "guessed"]))

    assert Document.objects.filter(filename="a.txt").count() == 1


def test_a_file_that_waited_too_long_is_not_left_out_silently(client, inkwell):
    page = parse_page(
        client.post(URL, valid(inkwell, note="", attached=attach("a.txt")))
    )
    token = page.one("input", name="waiting")["value"]

    with clock.travel(timezone.now() + timedelta(hours=25)):
        response = client.post(URL, valid(inkwell, waiting=[token]))
        page = parse_page(response)
        again = client.post(URL, valid(inkwell))

    assert response.status_code == 422
    assert error_at(page, "attached") == (
        "A file you attached was not kept. Choose it again"
    )
    assert page.all("input", name="waiting") == []
    assert again.status_code == 303
    assert Submission.objects.count() == 1


def test_a_form_sent_again_does_not_miss_the_files_that_it_sent(client, inkwell):
    page = parse_page(
        client.post(URL, valid(inkwell, note="", attached=attach("a.txt")))
    )
    token = page.one("input", name="waiting")["value"]

    first, second = (
        client.post(URL, valid(inkwell, waiting=[token])) for _twice in range(2)
    )

    assert first["Location"] == second["Location"]


def screenshot(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("screenshot.png", content, "image/png")


def screenshots_sent() -> list[bytes]:
    found = Document.objects.filter(filename="screenshot.png")
    return [bytes(document.content) for document in found]


def test_a_file_replaced_by_one_that_only_looks_the_same_is_sent(client, inkwell):
    first = client.post(URL, valid(inkwell, attached=screenshot(b"the desktop")))

    second = client.post(URL, valid(inkwell, attached=screenshot(b"the printer")))

    assert second["Location"] != first["Location"]
    assert screenshots_sent() == [b"the desktop", b"the printer"]
    note = Ticket.objects.latest("pk").notes.get().body
    assert f"May repeat {Submission.objects.earliest('pk').reference}" in note


def test_the_same_files_uploaded_anew_with_the_same_form_are_sent_once(client, inkwell):
    answers = [
        client.post(URL, valid(inkwell, attached=screenshot(content)))["Location"]
        for content in (b"the desktop", b"the printer") * 2
    ]

    assert answers[:2] == answers[2:]
    assert screenshots_sent() == [b"the desktop", b"the printer"]


def test_files_kept_before_an_upgrade_are_not_taken_for_one_another(client, inkwell):
    tokens = []
    for content in (b"the desktop", b"the printer"):
        client.post("/requests/files/", {"attached": screenshot(content)})
        tokens.append(StagedFile.objects.latest("pk").token)
    # What the version before did not write.
    StagedFile.objects.update(sealed_hash=None)

    for token in tokens:
        client.post(URL, valid(inkwell, waiting=token))

    assert screenshots_sent() == [b"the desktop", b"the printer"]


# ------------------------------------------------------- the help desk is away


@pytest.mark.parametrize("fault", ["down", "hang_up", "garble"])
def test_an_absent_help_desk_is_told_and_the_form_still_works(client, inkwell, fault):
    break_desk(fault)

    response = client.get(URL)

    page = parse_page(response)
    assert response.status_code == 200
    assert "We cannot reach our help desk" in page.one("main").text
    assert page.all("input", name="category") == []
    sent = client.post(
        URL, {"note": "Help", "name": "Ines", "email": "ines@example.com"}
    )
    assert sent.status_code == 303
    assert not Submission.objects.get().is_delivered


def test_answers_given_before_an_outage_are_kept_through_it(client, inkwell):
    category = inkwell.categories["printer"]
    page = parse_page(client.get(f"{URL}?category={category.pk}"))
    asked = page.one("input", name="asked")["value"]
    break_desk("down")
    cache.clear()

    form = about_printer(inkwell, bought="2026-03-14", serial="bad") | {"asked": asked}
    assert refusal(client, form, named(inkwell, "serial")) == (
        "Check the format of Serial number"
    )
    form[named(inkwell, "serial")] = "INK-48210-7"
    response = client.post(URL, form)

    assert response.status_code == 303
    break_desk("")
    deliver(Submission.objects.get())
    ticket = Ticket.objects.latest("id")
    assert ticket.category == category
    assert {
        value.custom_field.name: value.value for value in ticket.custom_values.all()
    } == {
        "Model": "X2",
        "Purchase date": "1773446400",
        "Serial number": "INK-48210-7",
    }


def test_asks_what_it_asked_before_while_the_help_desk_is_away(client, inkwell):
    client.get(URL)
    break_desk("down")
    with clock.travel(timezone.now() + timedelta(hours=1)):
        page = parse_page(
            client.get(f"{URL}?category={inkwell.categories['printer'].pk}")
        )

    assert "We cannot reach our help desk" in page.one("main").text
    assert "Some questions are missing" not in page.one("main").text
    assert page.one("select", name=named(inkwell, "model"))


def test_a_question_that_became_required_is_asked_after_helpspot_refused(
    client, inkwell
):
    client.get(URL)
    CustomField.objects.filter(pk=inkwell.fields["office"].pk).update(is_required=True)

    first = parse_page(client.post(URL, valid(inkwell)))
    second = client.post(URL, valid(inkwell, **{named(inkwell, "office"): ""}))

    assert "Office not supplied" in error_at(first, named(inkwell, "office"))
    assert error_at(parse_page(second), named(inkwell, "office")) == "Enter Office"


def test_questions_that_this_portal_did_not_ask_are_not_believed(client, inkwell):
    break_desk("down")

    response = client.post(
        URL, {"note": "", "asked": json.dumps({"categories": [{"id": 1}]})}
    )

    assert parse_page(response).all("input", name="category") == []


def test_what_could_not_even_be_kept_is_not_called_sent(client, inkwell):
    def full_disk(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "outbox_submission"'):
            raise DatabaseError
        return execute(sql, params, many, context)

    with connection.execute_wrapper(full_disk):
        response = client.post(URL, valid(inkwell, attached=attach("photo.jpg")))

    page = parse_page(response)
    assert response.status_code == 503
    assert "Your request was not sent." in page.one("div", id="errors").text
    assert page.one("textarea", name="note").text == "The invoice is wrong."
    assert page.one("ul", class_="files").one("bdi").text == "photo.jpg"
    waiting = page.one("input", name="waiting")["value"]
    assert client.post(URL, valid(inkwell, waiting=waiting)).status_code == 303


def deliver(submission: Submission) -> None:
    brand = brand_with_id(submission.brand_id)
    delivery.deliver(submission, helpspot_for(brand.connection))


# ------------------------------------------------------------------------- limits


def send_often(client, inkwell, times: int, **changes) -> list[int]:
    return [
        client.post(
            URL,
            valid(
                inkwell,
                key=f"key-{number}",
                **{name: value.format(number) for name, value in changes.items()},
            ),
        ).status_code
        for number in range(times)
    ]


def test_more_than_twenty_requests_an_hour_wait_with_their_words(
    client, inkwell, time_machine
):
    time_machine.move_to(timezone.now().replace(minute=10))
    assert set(send_often(client, inkwell, 20, email="a{}@example.com")) == {303}

    response = client.post(URL, valid(inkwell, key="last", note="Do not lose me"))

    page = parse_page(response)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    assert "Many requests came from you." in page.one("div", id="errors").text
    assert page.one("textarea", name="note").text == "Do not lose me"
    time_machine.shift(timedelta(hours=1))
    assert client.post(URL, valid(inkwell, key="last")).status_code == 303


def test_more_than_ten_requests_a_day_from_one_address_wait(client, inkwell):
    assert set(send_often(client, inkwell, 10)) == {303}

    response = client.post(URL, valid(inkwell, key="last", email="INES@example.com"))

    assert response.status_code == 429


def test_sending_a_kept_request_again_meets_no_limit(client, inkwell):
    client.post(URL, valid(inkwell, key="mine"))
    send_often(client, inkwell, 10)

    response = client.post(URL, valid(inkwell, key="mine"))

    assert response.status_code == 303
    assert response["Location"].startswith("/requests/sent/")


def test_files_beyond_the_limit_need_choosing_again(client, inkwell):
    for _ in range(40):
        client.post(URL, valid(inkwell, note="", attached=attach("a.txt")))

    response = client.post(URL, valid(inkwell, attached=attach("b.txt")))

    page = parse_page(response)
    assert response.status_code == 429
    assert error_at(page, "attached") == "b.txt was not kept. Choose it again"
    assert page.one("textarea", name="note").text == "The invoice is wrong."
    assert StagedFile.objects.filter(filename="b.txt").count() == 0


def test_says_so_where_nobody_can_tell_whether_it_was_kept(
    client, inkwell, monkeypatch
):
    def leave(*args, **values):
        raise outbox.PerhapsStored

    monkeypatch.setattr("portal.outbox.submitting.submit", leave)

    response = client.post(URL, valid(inkwell))

    page = response.content.decode()
    assert response.status_code == 503
    assert "We cannot tell yet whether this reached us" in page
    assert "not sent" not in page


@pytest.mark.parametrize("failure", [outbox.NotStored, OperationalError])
def test_what_may_have_been_kept_is_never_called_unsent_later(
    client, inkwell, monkeypatch, failure
):
    def fail(*args, **values):
        raise failures.pop(0)

    failures = [outbox.PerhapsStored, failure]
    monkeypatch.setattr("portal.outbox.submitting.submit", fail)
    first = parse_page(client.post(URL, valid(inkwell)))

    again = client.post(URL, valid(inkwell) | hidden(first, "key", "perhaps"))

    page = again.content.decode()
    assert again.status_code == 503
    assert "not sent" not in page
    assert "The invoice is wrong." in page


@pytest.mark.django_db(transaction=True)
def test_what_was_kept_is_never_called_unsent_where_only_the_next_page_was_missing(
    client, inkwell, monkeypatch
):
    def fail(*args, **values):
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr("portal.tickets.receipts.remember", fail)
        first = parse_page(client.post(URL, valid(inkwell)))
    monkeypatch.setattr("portal.outbox.submitting._insert", fail)

    again = client.post(URL, valid(inkwell) | hidden(first, "key", "perhaps"))

    page = again.content.decode()
    assert again.status_code == 503
    assert "We cannot tell yet whether this reached us" in page
    assert "not sent" not in page
