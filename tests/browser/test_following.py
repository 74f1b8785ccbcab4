"""An open request in a real browser: it keeps up, quietly."""

from __future__ import annotations

import re

from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from tests.desk_content import Inkwell


def open_request(page: Page, inkwell: Inkwell) -> None:
    page.goto(f"/requests/open/{inkwell.ticket.access_key}/")


def look(page: Page) -> None:
    page.locator("[data-updates]").dispatch_event("portal:look")


def answer(inkwell: Inkwell, body: str) -> None:
    inkwell.ticket.notes.create(
        author=inkwell.staff, created_at=timezone.now(), body=body, is_public=True
    )


def test_an_answer_appears_and_is_told_without_moving_what_is_written(
    open_page, inkwell: Inkwell
):
    page = open_page()
    open_request(page, inkwell)
    reply = page.get_by_label("Your reply")
    reply.fill("I am still")
    answer(inkwell, "Try the other roll.")

    look(page)

    expect(page.get_by_role("main")).to_contain_text("Try the other roll.")
    expect(page.locator("[data-updates-status]")).to_have_text("1 new reply from Maya")
    expect(page.locator("#status")).to_contain_text("Waiting for you")
    expect(reply).to_have_value("I am still")
    expect(reply).to_be_focused()


def test_the_same_answer_appears_once(open_page, inkwell: Inkwell):
    page = open_page()
    open_request(page, inkwell)
    answer(inkwell, "Try the other roll.")

    for _ in range(3):
        with page.expect_response(re.compile("/updates/")):
            look(page)

    expect(page.get_by_text("Try the other roll.")).to_have_count(1)


def test_goes_on_looking_after_a_question_that_was_never_answered(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.clock.install()
    open_request(page, inkwell)
    asked: list[str] = []

    def answer_none_but_later_ones(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            route.continue_()

    page.route(re.compile("/updates/"), answer_none_but_later_ones)
    with page.expect_request(re.compile("/updates/")):
        page.clock.fast_forward("01:05")
    answer(inkwell, "Try the other roll.")

    page.clock.fast_forward("01:05")
    page.wait_for_timeout(300)
    page.clock.fast_forward("01:05")

    expect(page.get_by_role("main")).to_contain_text("Try the other roll.")


def test_times_stand_in_the_readers_own_zone(open_page, inkwell: Inkwell):
    page = open_page(timezone_id="Asia/Tokyo")
    open_request(page, inkwell)

    time = page.locator("time[datetime*=T]").first

    expect(time).to_have_attribute("title", re.compile(r"GMT\+9|Japan"))
    assert page.locator("time").first.text_content()


def test_without_scripts_a_link_looks_for_answers(open_page, inkwell: Inkwell):
    page = open_page(java_script_enabled=False)
    open_request(page, inkwell)
    answer(inkwell, "Try the other roll.")

    page.get_by_role("link", name="Check for replies").click()

    expect(page.get_by_role("main")).to_contain_text("Try the other roll.")
