"""Nothing typed is lost: files that go up at once, drafts that outlive the tab."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from portal.desk.models import Note, Ticket
from portal.outbox.models import StagedFile
from tests.browser.test_journeys import choose_category, choose_part
from tests.desk_content import Inkwell

PICTURE = {"name": "label.png", "mimeType": "image/png", "buffer": b"\x89PNG picture"}
TEXT = {"name": "log.txt", "mimeType": "text/plain", "buffer": b"five bars"}
PROGRAM = {"name": "fix.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}


def file_lines(page: Page):
    return page.get_by_role("list", name="Attached files").get_by_role("listitem")


def fill_in(page: Page) -> None:
    choose_category(page, "Billing")
    page.get_by_label("Details").fill("It prints nothing.")
    page.get_by_label(re.compile("^Your name")).fill("Ines de la Cruz")
    page.get_by_label("Email").fill("ines@example.com")


def send(page: Page) -> None:
    page.get_by_role("main").get_by_role("button", name="Send request").last.click()


def documents_of_newest_ticket() -> list[str]:
    opening = Ticket.objects.latest("id").notes.get(is_initial=True)
    return [document.filename for document in opening.documents.all()]


# ---------------------------------------------------------------------- uploads


def test_each_file_goes_up_at_once_and_fails_or_succeeds_by_itself(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.goto("/requests/new/")
    fill_in(page)
    chooser = page.locator("input[type=file]")

    chooser.set_input_files([PICTURE, PROGRAM, TEXT])

    lines = file_lines(page)
    expect(lines).to_have_count(3)
    expect(lines.filter(has_text="label.png")).to_contain_text("ready")
    expect(lines.filter(has_text="fix.exe")).to_contain_text("cannot be sent")
    expect(lines.filter(has_text="log.txt")).to_contain_text("ready")
    page.get_by_role("button", name="Remove log.txt").click()
    expect(lines).to_have_count(2)
    send(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("We have your")
    assert documents_of_newest_ticket() == ["label.png"]


def test_too_big_and_too_many_are_told_before_anything_is_sent(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.goto("/requests/new/")
    page.locator(".drop").evaluate("drop => { drop.dataset.mostBytes = 10; }")
    page.locator("input[type=file]").set_input_files([PICTURE, TEXT])
    expect(file_lines(page).filter(has_text="label.png")).to_contain_text("too big")

    page.locator(".drop").evaluate("drop => { drop.dataset.most = 1; }")
    small = [{**TEXT, "name": f"log{number}.txt"} for number in (2, 3)]
    page.locator("input[type=file]").set_input_files(small)

    expect(file_lines(page).filter(has_text="log3.txt")).to_contain_text("too many")
    assert StagedFile.objects.count() == 1


def test_a_dropped_and_a_pasted_file_are_taken(open_page, inkwell: Inkwell):
    page = open_page()
    page.goto("/requests/new/")
    make_transfer = """(kind) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["x"], `${kind}.png`, { type: "image/png" }));
        return transfer;
    }"""

    dropped = page.evaluate_handle(make_transfer, "dropped")
    page.dispatch_event(".drop", "drop", {"dataTransfer": dropped})
    page.get_by_label("Details").evaluate(
        """(field) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["x"], "pasted.png", { type: "image/png" }));
            field.dispatchEvent(new ClipboardEvent("paste", {
                clipboardData: transfer, bubbles: true, cancelable: true }));
        }"""
    )

    expect(file_lines(page)).to_have_count(2)
    expect(file_lines(page).filter(has_text="dropped.png")).to_contain_text("ready")
    expect(file_lines(page).filter(has_text="pasted.png")).to_contain_text("ready")


def test_an_upload_that_stops_says_so_and_can_be_tried_again(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.goto("/requests/new/")
    page.route("**/requests/files/", lambda route: route.fulfill(status=502))
    page.locator("input[type=file]").set_input_files(TEXT)
    expect(file_lines(page)).to_contain_text("The upload stopped.")

    page.unroute("**/requests/files/")
    page.get_by_role("button", name="Try again").click()

    expect(file_lines(page)).to_have_count(1)
    expect(file_lines(page)).to_contain_text("ready")


def test_a_form_sent_while_a_file_goes_up_waits_for_it(open_page, inkwell: Inkwell):
    page = open_page()
    page.goto("/requests/new/")
    fill_in(page)
    held: list[Route] = []
    page.route("**/requests/files/", lambda route: held.append(route))
    page.locator("input[type=file]").set_input_files(TEXT)
    expect(page.get_by_role("progressbar")).to_be_visible()

    send(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Submit a request")
    held[0].continue_()

    expect(page.get_by_role("heading", level=1)).to_contain_text("We have your")
    assert documents_of_newest_ticket() == ["log.txt"]


# ----------------------------------------------------------------------- drafts


def test_a_draft_outlives_the_tab_with_its_files_and_ends_when_it_is_sent(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.goto("/requests/new/")
    choose_category(page, "Printer problem")
    page.get_by_label(re.compile("^Model")).select_option("X2")
    choose_part(page, "Label printers", "X2", "Print head")
    page.get_by_label("Details").fill("It prints nothing.")
    page.locator("input[type=file]").set_input_files(TEXT)
    expect(file_lines(page)).to_contain_text("ready")
    expect(page.locator(".draft")).to_contain_text("Draft saved on this device")
    expect(page.locator(".draft")).to_contain_text("It stays until")
    context = page.context
    page.close()

    again = context.new_page()
    again.goto("/requests/new/")
    offer = again.get_by_role("region", name="Your draft")
    expect(offer).to_contain_text("You have a draft from")
    again.get_by_role("button", name="Restore it").click()

    expect(again.get_by_label("Details")).to_have_value("It prints nothing.")
    expect(again.get_by_label(re.compile("^Model"))).to_have_value("X2")
    levels = again.get_by_role("group", name=re.compile("Part affected"))
    expect(levels.get_by_role("combobox").nth(2)).to_have_value("Print head")
    expect(file_lines(again)).to_contain_text("log.txt")
    choose_category(again, "Billing")
    again.get_by_label(re.compile("^Your name")).fill("Ines")
    again.get_by_label("Email").fill("ines@example.com")
    send(again)
    expect(again.get_by_role("heading", level=1)).to_contain_text("We have your")
    assert documents_of_newest_ticket() == ["log.txt"]
    again.goto("/requests/new/")
    expect(again.get_by_role("region", name="Your draft")).to_be_hidden()


def draft_of_what_was_sent(page: Page) -> str:
    """Send a form, and return the draft that the device kept of it before."""
    page.goto("/requests/new/")
    fill_in(page)
    expect(page.locator(".draft")).to_be_visible()
    kept: str = page.evaluate("localStorage.getItem('draft:submit')")
    send(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("We have your")
    return kept


def test_a_draft_that_was_sent_already_is_not_sent_twice(open_page, inkwell: Inkwell):
    page = open_page()
    kept = draft_of_what_was_sent(page)
    count = Ticket.objects.count()
    page.evaluate("kept => localStorage.setItem('draft:submit', kept)", kept)

    page.goto("/requests/new/")
    page.get_by_role("button", name="Restore it").click()
    send(page)

    expect(page.get_by_role("heading", level=1)).to_contain_text("We have your")
    assert Ticket.objects.count() == count


def test_a_discarded_draft_is_gone(open_page, inkwell: Inkwell):
    page = open_page()
    page.goto("/requests/new/")
    page.get_by_label("Details").fill("Never mind.")
    expect(page.locator(".draft")).to_be_visible()

    page.get_by_role("button", name="Discard draft").click()
    page.reload()

    expect(page.get_by_role("region", name="Your draft")).to_be_hidden()
    assert page.evaluate("localStorage.getItem('draft:submit')") is None


def test_a_restored_reply_is_the_one_that_was_perhaps_sent(open_page, inkwell: Inkwell):
    page = open_page()
    page.goto(f"/requests/open/{inkwell.ticket.access_key}/")
    key = page.locator("input[name=key]").input_value()
    page.get_by_label("Your reply").fill("Holding Feed")
    expect(page.locator(".draft")).to_be_visible()

    page.reload()
    assert page.locator("input[name=key]").input_value() != key
    page.get_by_role("button", name="Restore it").click()

    expect(page.locator("input[name=key]")).to_have_value(key)


def test_a_reply_keeps_its_draft_and_its_files(open_page, inkwell: Inkwell):
    page = open_page()
    page.goto(f"/requests/open/{inkwell.ticket.access_key}/")
    page.get_by_label("Your reply").fill("Holding Feed")
    expect(page.locator(".draft")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Restore it").click()
    expect(page.get_by_label("Your reply")).to_have_value("Holding Feed")
    page.locator("input[type=file]").set_input_files(TEXT)
    expect(file_lines(page)).to_contain_text("ready")

    page.get_by_role("button", name="Send reply").click()

    expect(page.get_by_role("main")).to_contain_text("We have your reply.")
    note = Note.objects.latest("id")
    assert [document.filename for document in note.documents.all()] == ["log.txt"]
    page.reload()
    expect(page.get_by_role("region", name="Your draft")).to_be_hidden()


def test_a_draft_ends_that_was_sent_before_with_fewer_words(
    open_page, inkwell: Inkwell
):
    page = open_page()
    kept = draft_of_what_was_sent(page)
    page.evaluate("kept => localStorage.setItem('draft:submit', kept)", kept)
    page.goto("/requests/new/")
    page.get_by_role("button", name="Restore it").click()
    page.get_by_label("Details").fill("It prints nothing. Now it smokes.")

    send(page)

    expect(page.get_by_role("heading", level=1)).to_contain_text("We have your")
    page.goto("/requests/new/")
    expect(page.get_by_role("region", name="Your draft")).to_be_hidden()


def test_a_replys_draft_ends_that_was_sent_before_with_fewer_words(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.goto(f"/requests/open/{inkwell.ticket.access_key}/")
    page.get_by_label("Your reply").fill("Holding Feed")
    expect(page.locator(".draft")).to_be_visible()
    name = f"draft:reply-{inkwell.ticket.pk}"
    kept = page.evaluate("name => localStorage.getItem(name)", name)
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("main")).to_contain_text("We have your reply.")
    page.evaluate("args => localStorage.setItem(...args)", [name, kept])
    page.goto(f"/requests/{inkwell.ticket.pk}/")
    page.get_by_role("button", name="Restore it").click()
    page.get_by_label("Your reply").fill("Holding Feed. It smokes.")

    page.get_by_role("button", name="Send reply").click()

    expect(page.get_by_role("main")).to_contain_text("We have your reply.")
    page.goto(f"/requests/{inkwell.ticket.pk}/")
    expect(page.get_by_role("region", name="Your draft")).to_be_hidden()


def test_what_the_browser_puts_back_after_sending_is_no_new_draft(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.goto(f"/forums/topics/{inkwell.topic.pk}/")
    address = page.url
    page.get_by_label("Your reply").fill("Same here.")
    page.get_by_label(re.compile("^Your name")).fill("Ines")
    expect(page.locator(".draft")).to_be_visible()
    page.get_by_role("button", name="Post reply").click()
    page.wait_for_url("**#post-*")

    page.go_back()
    expect(page.get_by_label("Your reply")).to_have_value("Same here.")
    page.goto("/")

    page.goto(address)
    expect(page.get_by_role("region", name="Your draft")).to_be_hidden()


# ------------------------------------------------------------------ suggestions


def test_guides_appear_beside_what_is_written_and_nothing_moves(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.goto("/requests/new/")
    box = page.locator("[data-answers]")
    expect(box).to_contain_text("As you type, matching guides appear here.")
    before = page.get_by_label(re.compile("^Your name")).bounding_box()

    page.get_by_label("Details").fill("All my labels come out blank since today")

    link = box.get_by_role("link", name=re.compile("Labels come out blank"))
    expect(link).to_have_attribute("target", "_blank")
    expect(box.get_by_role("status")).to_have_text(re.compile("^1 guide may answer"))
    assert page.get_by_label(re.compile("^Your name")).bounding_box() == before


def test_a_guide_that_solved_it_ends_the_writing_and_keeps_the_draft(
    open_page, inkwell: Inkwell
):
    page = open_page()
    page.goto("/requests/new/")
    page.get_by_label("Details").fill("All my labels come out blank since today")
    page.get_by_role("button", name=re.compile("solved it")).first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Glad it helped")
    page.goto("/requests/new/")
    expect(page.get_by_role("region", name="Your draft")).to_be_visible()
