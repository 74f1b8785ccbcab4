"""What searches forgive: accents, plurals, typos, other words of the same meaning."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from portal.desk import models as desk
from portal.search.models import Synonym
from portal.stored_pages import store
from tests.html_page import parse_page
from tests.search.test_search import titles


def found(client, words: str) -> list[str]:
    page = parse_page(client.get("/search/", {"q": words}))
    return titles(page) if page.all("ol", class_="rows") else []


def add_guide(inkwell, name: str, **values) -> desk.Page:
    return desk.Page.objects.create(
        chapter=inkwell.pages["unbox"].chapter, name=name, body="<p>…</p>", **values
    )


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("blutooth", "Guide: Pair over Bluetooth"),
        ("bluetoohth", "Guide: Pair over Bluetooth"),
        ("BLUETHOOT", "Guide: Pair over Bluetooth"),
        ("unbxo", "Guide: Unbox the printer"),
        ("eror", "Guide: Error codes"),
        ("printesr", "Guide: Unbox the printer"),
        ("glas jar", "Topic: Best stock for glass jars?"),
    ],
)
def test_finds_what_is_called_nearly_so(client, inkwell, words, title):
    assert title in found(client, words)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Café mode", "cafe"),
        ("Cafe mode", "café"),
        ("Replace batteries", "battery"),
        ("Replace the battery", "batteries"),
        ("Clean both brushes", "brush"),
        ("Straße und Größe", "STRASSE grosse"),
        ("ラベルプリンター", "プリンター"),
        ("Настройка принтера", "принтер"),
    ],
)
def test_accents_plurals_and_capitals_make_no_difference(client, inkwell, name, words):
    add_guide(inkwell, name)

    names = [title.replace(" ", "") for title in found(client, words)]
    assert f"Guide: {name}".replace(" ", "") in names


def test_finds_by_tag_and_by_the_name_of_a_chapter(client, inkwell):
    assert found(client, "quality") == ["Guide: Labels come out blank or faint"]
    assert found(client, "troubleshooting") == ["Guide: Labels come out blank or faint"]


@pytest.mark.parametrize("words", ["x9", "cod", "bl", "zzzz", "E1234"])
def test_does_not_guess_at_short_words_and_numbers(client, inkwell, words):
    add_guide(inkwell, "E1239 on the screen")

    assert "Guide: E1239 on the screen" not in found(client, words)


def test_shows_each_thing_once(client, inkwell):
    both = found(client, "labels blank")

    assert len(both) == len(set(both))
    assert both[0] == "Guide: Labels come out blank or faint"


def test_never_shows_what_is_hidden(client, inkwell):
    assert found(client, "draft page") == []


def test_words_of_the_same_meaning_find_the_same(client, inkwell):
    Synonym.objects.create(words="wireless, cordless pairing, bluetooth")

    assert found(client, "wireless") == ["Guide: Pair over Bluetooth"]
    assert found(client, "cordless pairing") == ["Guide: Pair over Bluetooth"]


def test_words_of_the_same_meaning_find_what_only_the_text_says(client, inkwell):
    Synonym.objects.create(words="cartridge, roll")

    assert "Guide: Labels come out blank or faint" in found(client, "cartridge")


@pytest.mark.parametrize("stored_bytes", [0, 1024 * 1024])
def test_an_operators_new_synonym_counts_at_the_next_search(
    client, inkwell, settings, stored_bytes
):
    store.forget()
    settings.STORED_PAGES_BYTES = stored_bytes
    assert found(client, "wireless") == []
    client.force_login(User.objects.create_superuser("operator"))

    client.post("/desk/search/synonym/add/", {"words": "wireless, bluetooth"})

    assert found(client, "wireless") == ["Guide: Pair over Bluetooth"]


def test_a_synonym_needs_two_words(client, db):
    client.force_login(User.objects.create_superuser("operator"))

    response = client.post("/desk/search/synonym/add/", {"words": "wireless, "})

    assert "Enter at least two words" in response.content.decode()
    assert not Synonym.objects.exists()


def test_asks_did_you_mean_where_that_finds_more(client, inkwell):
    page = parse_page(client.get("/search/?q=lables"))

    (link,) = [one for one in page.one("main").all("a") if one.text == "labels"]
    assert link["href"] == "/search/?q=labels"
    assert "Did you mean labels ?" in page.text


def test_suggests_the_word_in_the_form_it_was_typed_in(client, inkwell):
    add_guide(inkwell, "Print a label")

    page = parse_page(client.get("/search/?q=lables"))

    assert "Did you mean labels ?" in page.text


@pytest.mark.parametrize("words", ["labels", "blutooth", "flux", "the"])
def test_does_not_ask_where_nothing_more_is_found(client, inkwell, words):
    page = parse_page(client.get("/search/", {"q": words}))

    assert "Did you mean" not in page.text


def test_marks_the_words_that_were_meant(client, inkwell):
    page = parse_page(client.get("/search/?q=blutooth"))

    assert page.one("li", class_="row").one("mark").text == "Bluetooth"


def test_a_new_guide_is_found_once_the_shelf_is_read_again(
    client, inkwell, time_machine
):
    time_machine.move_to("2026-11-24 08:00Z", tick=False)
    assert found(client, "zepelin") == []
    add_guide(inkwell, "Zeppelin mode")

    time_machine.move_to("2026-11-24 08:02Z", tick=False)

    assert found(client, "zepelin") == ["Guide: Zeppelin mode"]
