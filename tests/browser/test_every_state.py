"""The states of pages that only doing something brings about: accessible as well."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_every_page import assert_fits, assert_sound, sign_in
from tests.browser.test_journeys import choose_category
from tests.desk_content import Inkwell

TEXT = {"name": "log.txt", "mimeType": "text/plain", "buffer": b"five bars"}
PROGRAM = {"name": "fix.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}
SIZES = [{"width": 1280, "height": 800}, {"width": 320, "height": 640}]


@pytest.fixture(params=[("light", 0), ("dark", 1)], ids=["light", "dark, 320 pixels"])
def page(request, open_page, inkwell: Inkwell) -> Page:
    scheme, size = request.param
    return open_page(color_scheme=scheme, viewport=SIZES[size])


def fill_in(page: Page) -> None:
    page.goto("/requests/new/")
    choose_category(page, "Billing")
    page.get_by_label("Details").fill("All my labels come out blank since today")
    page.get_by_label(re.compile("^Your name")).fill("Ines de la Cruz")
    page.get_by_label("Email").fill("ines@example.com")


def send(page: Page, name: str = "Send request") -> None:
    page.get_by_role("main").get_by_role("button", name=name).last.click()


def assert_state(page: Page, where: str) -> None:
    assert_sound(page, where)
    assert_fits(page, where)


def test_a_form_with_files_answers_and_a_draft(page, inkwell: Inkwell):
    fill_in(page)
    page.locator("input[type=file]").set_input_files([TEXT, PROGRAM])
    files = page.get_by_role("list", name="Attached files").get_by_role("listitem")
    expect(files).to_have_count(2)
    expect(page.locator("[data-answers]").get_by_role("link").first).to_be_visible()
    expect(page.locator(".draft")).to_be_visible()

    assert_state(page, "form being filled in")
    page.reload()
    expect(page.get_by_role("region", name="Your draft")).to_be_visible()
    assert_state(page, "draft offered")


def test_the_last_look_and_the_receipt(page, inkwell: Inkwell, brand_says):
    brand_says(
        checks_answers=True, is_detailed=True, terms="I agree", terms_link="/kb/"
    )
    page.goto("/requests/new/")
    choose_category(page, "Billing")
    page.get_by_label("What happened instead?").fill("Nothing")
    page.get_by_label(re.compile("^Your name")).fill("Ines de la Cruz")
    page.get_by_label("Email").fill("ines@example.com")
    page.get_by_label("I agree").check()
    send(page, "Check and send")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your request")
    assert_state(page, "check your answers")

    send(page)

    expect(page.get_by_role("heading", level=1)).to_contain_text("We have your request")
    assert_state(page, "receipt")


def test_a_request_with_a_feed_and_keys_on_the_device(page, inkwell: Inkwell):
    sign_in(page)
    page.goto(f"/requests/{inkwell.ticket.pk}/")
    page.get_by_role("button", name="Make a private address").click()
    page.get_by_role("button", name="Remember it on this device").click()
    expect(page.get_by_role("button", name="Revoke")).to_be_visible()
    assert_state(page, "request with feed")

    page.goto("/requests/check/")

    expect(page.get_by_role("heading", name="On this device")).to_be_visible()
    assert_state(page, "keys on the device")


def test_a_preview_of_a_post(page, inkwell: Inkwell):
    page.goto(f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/")
    page.get_by_label("Your reply").fill("The polyester one.")
    page.get_by_label("Your name").fill("Amal")

    page.get_by_role("button", name="Preview").click()

    expect(page.locator("#preview")).to_contain_text("The polyester one.")
    assert_state(page, "preview")


def test_a_notice_above_every_page(page, inkwell: Inkwell, brand_says):
    brand_says(notice="Printing is slow today.", notice_link="/kb/")

    page.goto("/")

    expect(page.get_by_role("region", name="Known problem")).to_be_visible()
    assert_state(page, "known problem")


def test_a_page_at_four_hundred_percent_zoom(open_page, inkwell: Inkwell):
    page = open_page(viewport={"width": 320, "height": 256})

    for address in ("/", "/requests/new/", "/search/?q=labels", "/forums/"):
        page.goto(address)

        assert_state(page, f"{address} at 400 %")
