"""Each type of custom field: how it is asked, what it takes, what it says."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from portal.desk.models import CategoryField, CustomField, Ticket
from portal.helpspot.types import CustomField as FieldValue
from portal.tickets import custom_fields, patterns
from portal.tickets.drill_down import MOST_WHOLE_PATHS
from tests.html_page import parse, parse_page
from tests.tickets.asking import (
    URL,
    about_printer,
    named,
    refusal,
    valid,
    value_sent,
)


def control(client, inkwell, name: str, tag: str = "input"):
    category = inkwell.categories["printer"].pk
    page = parse_page(client.get(f"{URL}?category={category}"))
    return page.one(tag, name=named(inkwell, name))


@pytest.mark.parametrize(
    ("name", "typed", "sent"),
    [
        ("office", "Second floor, café", "Second floor, café"),
        ("story", "First this.\r\nThen that.", "First this.\nThen that."),
        ("warranty", "on", "1"),
        ("count", " 1 200 ", "1200"),
        ("count", "٣", "3"),
        ("count", "-7", "-7"),
        ("firmware", "4.2", "4.2"),
        ("firmware", "4,2", "4.2"),
        ("firmware", "4", "4"),
        ("serial", "ink-48210-7", "ink-48210-7"),
        ("bought", "2026-03-14", "1773446400"),
        ("bought", "03/14/2026", "1773446400"),
        ("started", "2026-11-24T08:40", "1795509600"),
        (
            "part",
            "Label printers#-#X2#-#Battery",
            "Label printers#-#X2#-#Battery",
        ),
    ],
)
def test_hands_a_good_answer_to_helpspot_as_it_takes_it(
    client, inkwell, name, typed, sent
):
    form = about_printer(inkwell, **{name: typed})

    assert value_sent(client, form, inkwell.fields[name].name) == sent


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("model", "", "Choose Model"),
        ("model", "X9", "Choose Model"),
        ("office", "x" * 256, "Office must be 255 characters or fewer"),
        ("office", "two\nlines", "Write it on one line"),
        (
            "story",
            "x" * 50_001,
            "What happened before must be 50,000 characters or fewer",
        ),
        (
            "count",
            "three",
            "Printers affected must be a whole number of up to 10 digits",
        ),
        (
            "count",
            "12345678901",
            "Printers affected must be a whole number of up to 10 digits",
        ),
        (
            "firmware",
            "4.25",
            "Firmware version must be a number with up to 1 decimal, like 4.2",
        ),
        ("serial", "48210", "Check the format of Serial number"),
        ("bought", "2026-02-30", "Purchase date must be a real date"),
        ("started", "yesterday", "Started at must be a real date"),
        ("part", "Label printers#-#X9", "Choose Part affected"),
    ],
)
def test_says_how_to_put_an_answer_right(client, inkwell, name, typed, words):
    form = about_printer(inkwell, **{name: typed})

    assert refusal(client, form, named(inkwell, name)) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("office", "Enter Office"),
        ("story", "Enter What happened before"),
        ("warranty", "Confirm that Under warranty"),
        ("count", "Printers affected must be a whole number of up to 10 digits"),
        ("serial", "Enter Serial number"),
        ("bought", "Purchase date must be a real date"),
        ("part", "Choose Part affected"),
    ],
)
def test_asks_for_a_required_answer_that_is_missing(client, inkwell, name, words):
    CustomField.objects.filter(pk=inkwell.fields[name].pk).update(is_required=True)

    assert refusal(client, about_printer(inkwell), named(inkwell, name)) == words


def test_leaves_unanswered_optional_fields_out(client, inkwell):
    blanks = dict.fromkeys(
        ("office", "story", "count", "firmware", "serial", "bought", "started", "part"),
        "",
    )

    client.post(URL, about_printer(inkwell, **blanks))

    values = Ticket.objects.latest("id").custom_values.all()
    assert {value.custom_field.name: value.value for value in values} == {"Model": "X2"}


def test_asks_with_the_keyboard_and_picker_that_fit(client, inkwell):
    assert control(client, inkwell, "count")["inputmode"] == "numeric"
    assert control(client, inkwell, "firmware")["inputmode"] == "decimal"
    assert control(client, inkwell, "bought")["type"] == "date"
    assert control(client, inkwell, "started")["type"] == "datetime-local"
    assert control(client, inkwell, "story", "textarea")["rows"] == "4"
    assert control(client, inkwell, "warranty")["type"] == "checkbox"


def test_says_which_clock_times_are_on(client, inkwell):
    started = control(client, inkwell, "started")
    page = parse_page(client.get(f"{URL}?category={inkwell.categories['printer'].pk}"))

    hint = page.one("p", id=started["aria-describedby"])
    assert hint.text == "Times are UTC"


def test_reads_times_on_the_clock_of_the_help_desk():
    field = FieldValue(id=1, name="Since", type="datetime")

    berlin = custom_fields.make_field(field, "Europe/Berlin")

    assert berlin.help_text == "Times are Europe/Berlin"
    assert custom_fields.to_wire(berlin.clean("2026-07-01T10:00")) == "1782892800"
    assert timezone.get_current_timezone_name() == "UTC"


def test_shows_few_choices_as_radio_buttons_and_more_as_a_select(client, inkwell):
    colour = CustomField.objects.create(
        name="Colour", type="select", items="White\nBlack", is_always_visible=True
    )

    page = parse_page(client.get(f"{URL}?category={inkwell.categories['printer'].pk}"))

    radios = page.all("input", type="radio", name=f"custom_{colour.pk}")
    assert [radio["value"] for radio in radios] == ["", "White", "Black"]
    model = page.one("select", name=named(inkwell, "model"))
    assert [option["value"] for option in model.all("option")][:2] == ["", "X1"]


def test_takes_the_choice_of_a_radio_button(client, inkwell):
    colour = CustomField.objects.create(
        name="Colour", type="select", items="White\nBlack", is_always_visible=True
    )
    form = valid(inkwell, **{f"custom_{colour.pk}": "Black"})

    assert value_sent(client, form, "Colour") == "Black"


def test_asks_for_a_type_it_does_not_know_in_words():
    field = FieldValue(id=1, name="Star sign", type="zodiac")

    form_field = custom_fields.make_field(field, "UTC")

    assert form_field.widget.input_type == "text"
    assert custom_fields.to_wire(form_field.clean(" Leo ")) == "Leo"


# ----------------------------------------------------------------- drill-downs


def test_offers_whole_paths_where_no_script_runs(client, inkwell):
    select = control(client, inkwell, "part", "select")

    assert [option.text for option in select.all("option")] == [
        "Choose one",
        "Label printers › X2 › Print head",
        "Label printers › X2 › Battery",
        "Label printers › X1 › Roller",
        "Accessories › Cutter › Blade",
    ]
    assert select["hx-trigger"] == "load"


def test_puts_a_select_for_each_level_in_the_place_of_whole_paths(client, inkwell):
    whole = control(client, inkwell, "part", "select")

    part = parse(client.get(whole["hx-get"], {named(inkwell, "part"): ""}))

    level = part.one("fieldset").one("select")
    assert level["name"] == named(inkwell, "part", "_1")
    assert [option.text for option in level.all("option")] == [
        "Choose one",
        "Label printers",
        "Accessories",
    ]


def test_shows_a_path_that_was_chosen_before_level_by_level(client, inkwell):
    whole = control(client, inkwell, "part", "select")

    part = parse(
        client.get(
            whole["hx-get"], {named(inkwell, "part"): "Accessories#-#Cutter#-#Blade"}
        )
    )

    chosen = [option.text for option in part.all("option", selected="")]
    assert chosen == ["Accessories", "Cutter", "Blade"]


def test_shows_what_follows_the_level_just_chosen(client, inkwell):
    field_id = inkwell.fields["part"].pk

    rest = parse(
        client.get(
            f"/requests/new/drill-down/{field_id}/",
            {
                "after": "1",
                named(inkwell, "part", "_1"): "Label printers",
                named(inkwell, "part", "_2"): "Cutter",
            },
        )
    )

    assert rest.children[-2].attributes["id"] == f"id_custom_{field_id}_after_1"
    select = rest.one("select")
    assert select["name"] == named(inkwell, "part", "_2")
    assert [option.text for option in select.all("option")] == [
        "Choose one",
        "X2",
        "X1",
    ]


def test_shows_nothing_after_the_last_level(client, inkwell):
    levels = {
        named(inkwell, "part", f"_{number}"): level
        for number, level in enumerate(["Accessories", "Cutter", "Blade"], start=1)
    }

    rest = parse(
        client.get(
            f"/requests/new/drill-down/{inkwell.fields['part'].pk}/",
            {"after": "3", **levels},
        )
    )

    assert rest.all("select") == []


def test_takes_a_path_level_by_level(client, inkwell):
    form = about_printer(inkwell) | {
        named(inkwell, "part", "_1"): "Label printers",
        named(inkwell, "part", "_2"): "X1",
        named(inkwell, "part", "_3"): "Roller",
    }

    assert value_sent(client, form, "Part affected") == "Label printers#-#X1#-#Roller"


def test_names_the_first_level_that_is_still_to_be_chosen(client, inkwell):
    form = about_printer(inkwell) | {
        named(inkwell, "part", "_1"): "Label printers",
        named(inkwell, "part", "_2"): "",
    }

    words = refusal(client, form, named(inkwell, "part"))

    assert words == "Choose level 2 of Part affected"
    page = parse_page(client.post(URL, form))
    assert (
        page.one("select", name=named(inkwell, "part", "_2"))["aria-invalid"] == "true"
    )


def test_a_very_long_tree_goes_level_by_level_without_scripts_too(client, inkwell):
    leaves = "\n".join(f"  Leaf {number}" for number in range(MOST_WHOLE_PATHS))
    CustomField.objects.filter(pk=inkwell.fields["part"].pk).update(
        items=f"Root\n{leaves}\nOther\n  Twig"
    )
    name = named(inkwell, "part", "_1")
    category = inkwell.categories["printer"].pk
    page = parse_page(client.get(f"{URL}?category={category}"))
    assert [option.text for option in page.one("select", name=name).all("option")] == [
        "Choose one",
        "Root",
        "Other",
    ]

    page = parse_page(
        client.post(
            URL, about_printer(inkwell) | {name: "Other", "_choose": "next level"}
        )
    )

    second = page.one("select", name=named(inkwell, "part", "_2"))
    assert [option.text for option in second.all("option")] == ["Choose one", "Twig"]


def test_other_fields_have_no_levels(client, inkwell):
    address = f"/requests/new/drill-down/{inkwell.fields['model'].pk}/"

    assert client.get(address).status_code == 404


# -------------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"/^\d{5}(-\d{4})?$/", "90210-1234", True),
        (r"/^\d{5}(-\d{4})?$/", "9021", False),
        (r"/^ink/i", "INK-1", True),
        (r"/^ink/", "INK-1", False),
        (r"/^a\/b$/", "a/b", True),
        (r"/^\u00e9$/u", "é", True),
        (r"/^x$/gim", "X", True),
        (r"^\d+$", "12", True),
        (r"^\d+$", "x", False),
    ],
)
def test_reads_javascript_patterns(pattern, text, fits):
    assert patterns.matches(pattern, text) is fits


@pytest.mark.parametrize(
    "pattern",
    [r"/(?<=a)b/", r"/(a)\1/", "/[^]/", "/a/v", "/(/", "/" + "a" * 3000 + "/"],
)
def test_leaves_a_pattern_it_cannot_read_to_the_help_desk(pattern):
    assert patterns.matches(pattern, "anything at all") is True


def test_a_cruel_pattern_is_answered_at_once():
    began = time.monotonic()

    fits = patterns.matches("/^(([a-z])+.)+[A-Z]([a-z])+$/", "a" * 255)

    assert not fits
    assert time.monotonic() - began < 0.5


def test_asks_for_a_field_in_each_category_that_wants_it(client, inkwell):
    CategoryField.objects.create(
        category=inkwell.categories["billing"], custom_field=inkwell.fields["count"]
    )

    page = parse_page(client.get(f"{URL}?category={inkwell.categories['billing'].pk}"))

    names = {one["name"] for one in page.one("div", id="fields").all("input")}
    assert names == {"asked", named(inkwell, "office"), named(inkwell, "count")}
