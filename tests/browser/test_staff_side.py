"""Staff write in the practice desk's admin with a real editor, under our policy."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from portal.desk.models import Note
from tests.desk_content import Inkwell


@pytest.fixture
def administrator(open_page, inkwell: Inkwell) -> Page:
    User.objects.create_superuser("admin", password="inkwell")
    page = open_page()
    page.goto("/desk/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("inkwell")
    page.get_by_role("button", name="Log in").click()
    return page


def test_staff_answer_a_request_in_rich_text(administrator: Page, inkwell: Inkwell):
    administrator.goto(f"/desk/desk/ticket/{inkwell.ticket.pk}/change/")
    editor = administrator.locator("[contenteditable=true]").first
    expect(editor).to_be_visible()

    editor.click()
    administrator.keyboard.press("Control+b")
    administrator.keyboard.type("Hold the button")
    administrator.get_by_role("button", name="Save and continue editing").click()

    expect(administrator.locator(".conversation")).to_contain_text("Hold the button")
    assert "<strong>Hold the button</strong>" in Note.objects.latest("id").body


def test_staff_edit_a_guide_in_rich_text(administrator: Page, inkwell: Inkwell):
    guide = inkwell.pages["pair"]
    administrator.goto(f"/desk/desk/page/{guide.pk}/change/")
    editor = administrator.locator("[contenteditable=true]").first
    expect(editor).to_contain_text("blinks blue")

    editor.click()
    administrator.keyboard.press("Control+End")
    administrator.keyboard.type(" Then let go.")
    administrator.get_by_role("button", name="Save and continue editing").click()
    administrator.goto(f"/kb/pages/{guide.pk}/")

    expect(administrator.get_by_role("main")).to_contain_text("Then let go.")
