"""The community in a real browser: what is new here, quotes, drafts."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from portal.brands import memory
from tests.desk_content import Inkwell


def forget() -> None:
    """Let a minute pass for the server."""
    cache.clear()
    memory.forget_everything()


@pytest.fixture
def topic_address(inkwell: Inkwell) -> str:
    return f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/"


def test_a_topic_with_something_new_since_it_was_read_is_marked(
    open_page, inkwell: Inkwell, topic_address: str
):
    page = open_page()
    list_address = f"/forums/{inkwell.forum.pk}-tips-and-tricks/"
    page.goto(list_address)
    expect(page.locator(".row--unread")).to_have_count(0)
    page.goto(topic_address)
    for number in range(2):
        inkwell.topic.posts.create(author_name="Olu", body=f"New {number}")
    forget()

    page.goto(list_address)

    row = page.locator("li.row").filter(has_text="Best stock for glass jars?")
    expect(row).to_contain_text("2 new")
    page.goto(topic_address)
    page.goto(list_address)
    expect(row).not_to_contain_text("2 new")


def test_a_quote_joins_what_is_being_written(
    visitor: Page, inkwell: Inkwell, topic_address: str
):
    visitor.goto(topic_address)
    reply = visitor.get_by_label("Your reply")

    visitor.get_by_role("link", name="Quote post 1").click()

    expect(reply).to_have_value(re.compile(r"wrote:\n> "))


def test_a_reply_being_written_outlives_the_tab_and_ends_when_posted(
    open_page, inkwell: Inkwell, topic_address: str
):
    page = open_page()
    page.goto(topic_address)
    page.get_by_label("Your reply").fill("The polyester one.")
    expect(page.locator(".draft")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Restore it").click()
    expect(page.get_by_label("Your reply")).to_have_value("The polyester one.")
    page.get_by_label("Your name").fill("Amal")

    page.get_by_role("button", name="Post reply").click()

    expect(page.get_by_role("main")).to_contain_text("The polyester one.")
    expect(page).not_to_have_url(re.compile("posted="))
    page.reload()
    expect(page.get_by_role("region", name="Your draft")).to_be_hidden()
