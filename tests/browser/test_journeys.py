"""The four jobs a customer comes for, in a real browser, with and without scripts."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, Route, expect

from portal.desk.models import DeskSettings, Note, Post, Ticket, Topic
from portal.outbox.models import Submission
from tests.browser.conftest import PLAIN_HOST
from tests.desk_content import Inkwell


def choose_category(visitor: Page, name: str) -> None:
    visitor.get_by_role("radio", name=re.compile(name)).check()
    button = visitor.get_by_role("button", name="Show the questions for this topic")
    if button.is_visible():
        button.click()


def choose_part(visitor: Page, *levels: str) -> None:
    """Choose a drill-down value: level by level with scripts, whole paths without."""
    if not visitor.locator("html.js").count():
        whole = visitor.get_by_role("combobox", name="Part affected")
        whole.select_option(" › ".join(levels))
        return
    group = visitor.get_by_role("group", name=re.compile("Part affected"))
    for depth, level in enumerate(levels):
        select = group.get_by_role("combobox").nth(depth)
        expect(select).to_be_visible()
        select.select_option(level)


def test_a_customer_sends_a_request_and_follows_it_by_its_key(
    visitor: Page, open_page, inkwell: Inkwell
):
    visitor.goto("/")
    visitor.get_by_role("main").get_by_role(
        "link", name="Submit a request"
    ).first.click()
    choose_category(visitor, "Printer problem")
    model = visitor.get_by_label(re.compile("^Model"))
    expect(model).to_be_visible()
    visitor.get_by_label("Details").fill("It prints nothing.\nNot even a test page.")
    visitor.get_by_label("Email").fill("no address")
    visitor.get_by_role("main").get_by_role("button", name="Send").click()
    expect(visitor.locator("#errors")).to_contain_text("Choose Model")
    expect(visitor.get_by_label("Details")).to_have_value(
        "It prints nothing.\nNot even a test page."
    )
    visitor.get_by_label(re.compile("^Model")).select_option("X2")
    choose_part(visitor, "Label printers", "X2", "Print head")
    visitor.get_by_label(re.compile("^Your name")).fill("Ines de la Cruz")
    visitor.get_by_label("Email").fill("ines@example.com")
    visitor.locator("input[type=file]").set_input_files(
        {"name": "test-page.txt", "mimeType": "text/plain", "buffer": b"five bars"}
    )
    visitor.get_by_role("main").get_by_role("button", name="Send").click()

    expect(visitor.get_by_role("heading", level=1)).to_contain_text(
        "We have your request"
    )
    ticket = Ticket.objects.latest("id")
    expect(visitor.get_by_role("main")).to_contain_text(ticket.access_key)
    assert (ticket.first_name, ticket.last_name) == ("Ines", "de la Cruz")
    assert {
        value.custom_field.name: value.value for value in ticket.custom_values.all()
    } == {"Model": "X2", "Part affected": "Label printers#-#X2#-#Print head"}
    opening = ticket.notes.get(is_initial=True)
    assert [document.filename for document in opening.documents.all()] == [
        "test-page.txt"
    ]

    other_device = open_page()
    other_device.goto("/")
    other_device.get_by_label("Access key").fill(f" {ticket.access_key} ")
    other_device.get_by_role("button", name="Check").click()

    expect(other_device).to_have_url(re.compile(rf"/requests/{ticket.pk}/$"))
    expect(other_device.get_by_role("main")).to_contain_text("Not even a test page.")


def test_a_customer_signs_in_reads_the_answer_and_replies(
    visitor: Page, inkwell: Inkwell
):
    visitor.goto("/requests/")
    visitor.get_by_label("Email").fill("amal@example.com")
    visitor.get_by_label("Password", exact=True).fill("wrong")
    visitor.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(visitor.get_by_role("main")).to_contain_text("does not match")
    visitor.get_by_label("Password", exact=True).fill("lighthouse")
    visitor.get_by_role("main").get_by_role("button", name="Sign in").click()
    visitor.get_by_role("link", name="Labels come out blank").click()

    main = visitor.get_by_role("main")
    expect(main).to_contain_text("Please hold Feed for ten seconds.")
    expect(main).to_contain_text("Maya")
    expect(main).not_to_contain_text("Lindqvist")
    expect(main).not_to_contain_text("CANARY")

    visitor.get_by_label("Your reply").fill("It works again, thank you.")
    visitor.get_by_role("button", name="Send reply").click()

    expect(main).to_contain_text("It works again, thank you.")
    assert (
        Note.objects.filter(
            ticket=inkwell.ticket, body__startswith="It works again"
        ).count()
        == 1
    )

    visitor.goto(f"/requests/{inkwell.ticket.pk}/")
    sign_out = visitor.get_by_role("button", name="Sign out")
    if not sign_out.first.is_visible():
        visitor.get_by_role("button", name="Menu").click()
    sign_out.first.click()
    visitor.goto(f"/requests/{inkwell.ticket.pk}/")

    expect(visitor.get_by_role("main")).not_to_contain_text("It works again")


def test_a_reader_finds_a_guide_and_says_that_it_helped(
    visitor: Page, inkwell: Inkwell
):
    page = inkwell.pages["blank"]
    visitor.goto("/")
    visitor.get_by_role("main").get_by_role("searchbox").fill("faint")
    visitor.get_by_role("main").get_by_role("button", name="Search").click()
    visitor.get_by_role(
        "link", name=re.compile("Labels come out blank or faint")
    ).click()
    expect(visitor.get_by_role("heading", level=1)).to_contain_text(
        "Labels come out blank or faint"
    )
    expect(visitor.get_by_role("navigation", name="Breadcrumb")).to_contain_text(
        "Printer manual"
    )

    visitor.get_by_role("button", name="Yes").click()

    expect(visitor.get_by_role("main")).to_contain_text("Glad it helped")
    page.refresh_from_db()
    assert page.helpful == 1


def test_a_reader_starts_a_topic_and_another_one_answers(
    visitor: Page, inkwell: Inkwell
):
    visitor.goto(f"/forums/{inkwell.forum.pk}/")
    visitor.get_by_role("link", name="New topic").first.click()
    visitor.get_by_label("Title").fill("Which ribbon for fabric?")
    visitor.get_by_label("Your text").fill("I print care labels.")
    visitor.get_by_label("Your name").fill("Bertrand")
    visitor.get_by_role("button", name="Post topic").click()
    expect(visitor.get_by_role("heading", level=1)).to_contain_text(
        "Which ribbon for fabric?"
    )

    visitor.get_by_label("Your reply").fill("Resin, the black one.")
    visitor.get_by_label("Your name").fill("Noor")
    visitor.get_by_role("button", name="Post reply").click()

    expect(visitor.get_by_role("main")).to_contain_text("Resin, the black one.")
    topic = Topic.objects.get(title="Which ribbon for fabric?")
    assert list(
        Post.objects.filter(topic=topic).values_list("author_name", flat=True)
    ) == ["Bertrand", "Noor"]


def send_while_away(page: Page) -> None:
    """Send a request that is kept, because the help desk does not answer."""
    page.goto("/requests/new/")
    page.get_by_label("Details").fill("Where is my invoice?")
    page.get_by_label(re.compile("^Your name")).fill("Ines")
    page.get_by_label("Email").fill("ines@example.com")
    choose_category(page, "Billing")
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    page.get_by_role("main").get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We have your message")


def test_a_receipt_completes_itself_though_a_question_was_never_answered(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.clock.install()
    send_while_away(page)
    assert 30_000 < page.evaluate("htmx.config.timeout") < 60_000
    page.evaluate("htmx.config.timeout = 300")
    asked: list[str] = []

    def answer_none_but_later_ones(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            route.continue_()

    page.wait_for_load_state()
    page.route(re.compile(r"\?every="), answer_none_but_later_ones)
    with page.expect_request(re.compile(r"\?every=")):
        page.clock.fast_forward(11_000)
    Submission.objects.update(state=Submission.State.HELD)
    page.wait_for_timeout(600)

    page.clock.fast_forward(11_000)

    expect(page.get_by_role("main")).to_contain_text("looks after it by hand")


def test_a_receipt_that_is_left_alone_keeps_no_visit_alive(open_page, inkwell: Inkwell):
    page = open_page()
    page.clock.install()
    send_while_away(page)
    asked: list[str] = []
    page.on(
        "request",
        lambda request: asked.append(request.url) if "?every=" in request.url else None,
    )

    page.wait_for_load_state()
    page.clock.fast_forward("31:00")
    page.wait_for_timeout(300)
    asked.clear()
    page.clock.fast_forward("01:05")
    page.wait_for_timeout(300)
    assert asked == []

    page.context.clear_cookies()
    page.keyboard.press("Tab")
    page.clock.fast_forward("01:05")

    expect(page.get_by_role("main")).to_contain_text("could not look for news")


def test_says_that_a_topics_questions_were_never_answered(open_page, inkwell: Inkwell):
    page = open_page()
    page.goto("/requests/new/")
    page.evaluate("htmx.config.timeout = 300")
    page.route("**/requests/new/", lambda _route: None)

    choose_category(page, "Billing")

    expect(page.get_by_role("alert").first).to_contain_text("did not arrive")
    page.unroute("**/requests/new/")


def test_a_receipt_prints_its_key_and_copies_it(open_page, inkwell: Inkwell):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script("window.print = () => { window.printed = true; };")
    page.goto("/requests/new/")
    choose_category(page, "Billing")
    page.get_by_label("Details").fill("Where is my invoice?")
    page.get_by_label(re.compile("^Your name")).fill("Ines")
    page.get_by_label("Email").fill("ines@example.com")
    page.get_by_role("main").get_by_role("button", name="Send").click()
    key = Ticket.objects.latest("id").access_key

    page.get_by_role("button", name="Copy key").click()
    expect(page.locator("#copy-status")).to_have_text("Key copied")
    page.get_by_role("button", name="Print").click()
    page.emulate_media(media="print")

    assert page.evaluate("navigator.clipboard.readText()") == key
    assert page.evaluate("window.printed") is True
    expect(page.locator("#access-key")).to_be_visible()
    expect(page.locator(".masthead")).to_be_hidden()


def test_forms_of_private_pages_are_taken_on_plain_http_too(
    browser: Browser, site: str, inkwell: Inkwell, settings
):
    settings.ALLOWED_HOSTS = [PLAIN_HOST]
    address = site.replace("localhost", PLAIN_HOST).replace("127.0.0.1", PLAIN_HOST)
    context = browser.new_context(base_url=address)
    page = context.new_page()

    page.goto(f"/requests/open/{inkwell.ticket.pk}{'z' * 20}/")
    page.get_by_label("Access key").fill(inkwell.ticket.access_key)
    page.get_by_role("main").get_by_role("button", name="Open").click()
    page.get_by_label("Your reply").fill("Still blank.")
    page.get_by_role("button", name="Send reply").click()

    expect(page.get_by_role("main")).to_contain_text("Still blank.")
    assert Note.objects.filter(body__contains="Still blank.").exists()
    context.close()
