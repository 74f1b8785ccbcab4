"""What scripts add to searching and reading, by keyboard and by pointer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from portal.kb.models import Feedback
from portal.search.models import MissedSearch
from tests.browser.test_every_page import address, assert_fits, assert_sound, sign_in
from tests.desk_content import Inkwell


def field(page: Page):
    return page.get_by_label("Search guides and topics")


def panel(page: Page):
    return page.locator("[data-instant]")


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.textContent.trim()")


# --------------------------------------------------------------- while typing


def test_shows_what_is_found_under_the_field_and_says_how_much(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.goto("/")

    field(page).press_sequentially("labels", delay=20)

    links = panel(page).get_by_role("link")
    expect(links).to_have_count(5)
    expect(panel(page).get_by_role("heading")).to_have_text(["Guides", "Community"])
    expect(panel(page).locator("mark").first).to_have_text("Labels")
    expect(page.locator("[data-instant-count]")).to_have_text("4 results for “labels”")
    assert_sound(page, "results under the hero's field")


def test_the_arrow_keys_walk_over_the_links_and_esc_keeps_the_text(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.goto("/kb/")
    field(page).press_sequentially("labels")
    links = panel(page).get_by_role("link")
    expect(links).to_have_count(5)

    page.keyboard.press("ArrowDown")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(links.nth(4)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(4)).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    expect(field(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")

    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value("labels")
    expect(panel(page)).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(field(page)).to_be_focused()


def test_tab_enters_the_links_and_leaving_them_closes(open_page, inkwell: Inkwell):
    page = open_page()
    page.goto("/")
    field(page).press_sequentially("blank")
    links = panel(page).get_by_role("link")
    expect(links).to_have_count(2)

    page.keyboard.press("Tab")
    expect(links.nth(0)).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(panel(page)).to_be_hidden()
    field(page).focus()
    field(page).press("Enter")

    page.wait_for_url("**/search/?q=blank")


def test_a_link_opens_by_enter(open_page, inkwell: Inkwell):
    page = open_page()
    page.goto("/")
    field(page).press_sequentially("blutooth")
    expect(panel(page).get_by_role("link").first).to_contain_text("Bluetooth")

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Pair over Bluetooth")


def test_asks_once_for_a_burst_and_drops_an_overtaken_question(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.goto("/")
    asked: list[str] = []
    held: list[Route] = []
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))

    def hold(route: Route) -> None:
        asked.append(route.request.url.partition("?q=")[2])
        if len(asked) == 1:
            held.append(route)
        else:
            route.continue_()

    page.route("**/search/suggestions/**", hold)
    field(page).press_sequentially("lab", delay=10)
    expect(page.get_by_text("Searching …")).to_be_visible()

    field(page).press_sequentially("els", delay=10)

    expect(panel(page).get_by_role("link")).to_have_count(5)
    assert asked == ["lab", "labels"]
    assert [url for url in failed if url.endswith("?q=lab")]


def test_says_that_the_search_did_not_answer(open_page, inkwell: Inkwell):
    page = open_page()
    page.goto("/")
    page.route("**/search/suggestions/**", lambda route: route.fulfill(status=503))

    field(page).press_sequentially("labels")

    expect(page.get_by_text("The search did not answer. Press")).to_be_visible()
    expect(field(page)).to_have_value("labels")


def test_own_requests_stand_with_the_rest_where_somebody_signed_in(
    open_page, inkwell: Inkwell
):
    page = open_page()
    sign_in(page)
    page.goto("/kb/")

    field(page).press_sequentially("blank")

    expect(panel(page).get_by_role("heading")).to_have_text(["Guides", "My requests"])
    name = re.compile(f"^Labels come out blank {inkwell.ticket.pk} ")
    own = panel(page).get_by_role("link", name=name)
    expect(own).to_be_visible()
    expect(page.locator("[data-instant-count]")).to_contain_text("1 of my requests")
    assert_sound(page, "results under the masthead's field")
    own.click()
    page.wait_for_url(f"**/requests/{inkwell.ticket.pk}/")


def test_the_page_of_results_shows_own_requests_too(open_page, inkwell: Inkwell):
    page = open_page()
    sign_in(page)
    page.goto("/search/?q=labels")
    own = page.locator("[data-own-results]")
    expect(own.get_by_role("link")).to_have_count(1)
    assert_sound(page, "own requests on the page of results")

    field(page).fill("october invoice")

    expect(own.get_by_role("link")).to_contain_text("Please send the October invoice")
    field(page).focus()
    page.keyboard.press("ArrowDown")
    expect(own.get_by_role("link")).to_be_focused()


@pytest.mark.parametrize("address", ["/search/?q=invoice", "/kb/"])
def test_a_page_that_the_browser_kept_shows_no_own_requests_after_signing_out(
    browser_type, browser_type_launch_args, site: str, inkwell: Inkwell, address
):
    keeping = browser_type.launch(
        **browser_type_launch_args,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    page = keeping.new_page(base_url=site)
    own = page.locator("[data-own-results], [data-instant-own]").get_by_role("link")
    sign_in(page)
    page.goto(address)
    if address == "/kb/":
        field(page).press_sequentially("invoice")
    expect(own).to_have_count(1)
    page.evaluate("window.wasKept = true")
    page.goto("/requests/")
    page.get_by_role("button", name="Sign out").locator("visible=true").click()
    page.wait_for_url("**/?signed_out=1")

    page.evaluate("history.go(-2)")
    page.wait_for_function("window.wasKept")
    field(page).focus()

    expect(page.get_by_role("main")).to_be_visible()
    expect(own).to_have_count(0)
    expect(page.locator("[data-instant]:visible")).to_have_count(0)
    keeping.close()


def test_who_is_not_signed_in_is_asked_about_only_once(open_page, inkwell: Inkwell):
    page = open_page()
    asked: list[str] = []
    page.on(
        "request",
        lambda request: (
            asked.append(request.url) if "/requests/found/" in request.url else None
        ),
    )
    page.goto("/")

    for words in ("labels", "blank", "printer"):
        with page.expect_response("**/search/suggestions/**"):
            field(page).fill(words)
        expect(panel(page).get_by_role("link").first).to_be_visible()

    assert len(asked) == 1


def test_what_is_sought_in_vain_is_counted_once(open_page, inkwell: Inkwell):
    page = open_page()

    with page.expect_response("**/search/missed/") as answer:
        page.goto("/search/?q=zeppelin")

    assert answer.value.status == 204
    assert list(MissedSearch.objects.values_list("words", "count")) == [("zeppelin", 1)]


def test_the_panel_fits_a_narrow_screen_and_every_scheme(open_page, inkwell: Inkwell):
    for scheme in ("light", "dark"):
        page = open_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)
        page.goto("/")
        for words in ("labels", "zeppelin", "lables"):
            with page.expect_response("**/search/suggestions/**"):
                field(page).fill(words)
            expect(panel(page).get_by_role("link").last).to_be_visible()

            assert_fits(page, words)
            assert_sound(page, f"{words} ({scheme})")


def test_without_scripts_a_search_is_a_form(open_page, inkwell: Inkwell):
    page = open_page(java_script_enabled=False)
    page.goto("/")
    expect(panel(page)).to_be_hidden()

    field(page).fill("lables")
    field(page).press("Enter")

    page.get_by_role("link", name="labels", exact=True).click()
    expect(page.locator("#search-count")).to_have_text("4 results for “labels”")


# --------------------------------------------------------------------- reading


def guide_with_sections(inkwell: Inkwell) -> str:
    guide = inkwell.pages["blank"]
    filler = "<p>Every label passes the head once.</p>" * 40
    guide.body = guide.body.replace("<h2>", f"{filler}<h2>") + filler
    guide.save()
    return address("guide", inkwell)


def test_a_headings_link_shows_by_keyboard_and_copies_itself(
    open_page, inkwell: Inkwell
):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(address("guide", inkwell))
    link = page.get_by_role("heading", name="Clean the head").get_by_role("link")
    expect(link).to_have_css("opacity", "0")

    link.focus()
    expect(link).to_have_css("opacity", "1")
    page.keyboard.press("Enter")

    status = page.locator("[data-anchor-status]")
    expect(status).to_have_text("Link copied")
    assert_sound(page, "a copied link")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    assert copied.endswith("#user-content-clean-the-head")
    page.goto(copied)
    expect(page.get_by_role("heading", name="Clean the head")).to_be_in_viewport()


def test_without_scripts_a_headings_link_leads_there(open_page, inkwell: Inkwell):
    page = open_page(java_script_enabled=False)
    page.goto(guide_with_sections(inkwell))

    page.get_by_role("heading", name="Clean the head").get_by_role("link").click()

    assert page.url.endswith("#user-content-clean-the-head")
    expect(page.get_by_text("Continue where you left off")).to_have_count(0)


def test_the_contents_follow_the_eye(open_page, inkwell: Inkwell):
    page = open_page(viewport={"width": 1280, "height": 700})
    page.goto(guide_with_sections(inkwell))
    current = page.locator(".toc a[aria-current]")
    expect(current).to_have_count(0)

    page.get_by_role("heading", name="If it stays faint").evaluate(
        "heading => heading.scrollIntoView()"
    )

    expect(current).to_have_text(["If it stays faint"])
    expect(page.get_by_role("navigation", name="Main")).to_be_in_viewport()


def test_a_book_remembers_on_the_device_where_its_reader_left_off(
    open_page, inkwell: Inkwell
):
    page = open_page()
    book = address("book", inkwell)
    offer = page.get_by_text("Continue where you left off:")
    page.goto(book)
    expect(offer).to_be_hidden()
    page.goto(guide_with_sections(inkwell))
    page.get_by_role("heading", name="If it stays faint").evaluate(
        "heading => heading.scrollIntoView()"
    )
    expect(page.locator(".toc a[aria-current]")).to_have_text("If it stays faint")

    page.goto(book)

    expect(offer).to_be_visible()
    assert_sound(page, "a book left off")
    assert page.context.cookies() == []
    offer.get_by_role("link", name="Labels come out blank or faint").click()
    assert page.url.endswith("#user-content-if-it-stays-faint")
    page.goto(book)
    page.get_by_role("button", name="Forget").click()
    expect(offer).to_be_hidden()
    page.reload()
    expect(offer).to_be_hidden()


def test_why_a_guide_did_not_help_is_said_in_place(visitor: Page, inkwell: Inkwell):
    visitor.goto(address("guide", inkwell))

    visitor.get_by_role("button", name="No", exact=True).click()
    visitor.get_by_label("It is hard to follow").check()
    visitor.get_by_label("Tell us more").fill("Which pen?")
    visitor.locator("#vote").get_by_role("button", name="Send").click()

    expect(visitor.get_by_text("Thank you. Our team reads this.")).to_be_visible()
    (kept,) = Feedback.objects.all()
    assert (kept.reason, kept.comment) == ("hard", "Which pen?")
