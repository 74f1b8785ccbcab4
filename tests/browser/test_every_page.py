"""Every page, whoever opens it: accessible, whole, and at home on any screen."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver

from portal.desk.models import DeskSettings
from tests.desk_content import Inkwell

VIEWS = {
    "home": "home:index",
    "search form": "search:index",
    "search results": "search:index",
    "nothing found": "search:index",
    "guides": "kb:index",
    "book": "kb:book",
    "printed book": "kb:print_book",
    "guide": "kb:page",
    "guide with error codes": "kb:page",
    "guide that did not help": "kb:page",
    "tag": "kb:tag",
    "tags": "kb:tags",
    "forums": "forums:index",
    "forum": "forums:forum",
    "closed forum": "forums:forum",
    "topic": "forums:topic",
    "closed topic": "forums:topic",
    "new topic": "forums:new_topic",
    "submit": "tickets:submit",
    "submit for a category": "tickets:submit",
    "check by key": "tickets:check",
    "my data": "tickets:my_data",
    "sign in": "accounts:sign_in",
    "page not found": None,
}
SIGNED_IN_VIEWS = {
    "my requests": "tickets:index",
    "no search hit in my requests": "tickets:index",
    "request": "tickets:detail",
    "closed request": "tickets:detail",
    "refresh asks for the password": "accounts:password",
}
# Addresses that answer with something other than a page; their own tests visit them.
NOT_PAGES = {
    "accounts:sign_out": "tests/accounts",
    "forums:feed": "tests/forums",
    "forums:forum_feed": "tests/forums",
    "forums:topic_feed": "tests/forums",
    "forums:forum_by_id": "tests/forums",
    "forums:topic_by_id": "tests/forums",
    "forums:reply": "tests/forums",
    "forums:reply_sent": "tests/forums",
    "forums:topic_sent": "tests/forums",
    "kb:book_by_id": "tests/kb",
    "kb:chapter_by_id": "tests/kb",
    "kb:page_by_id": "tests/kb",
    "kb:file": "tests/kb",
    "kb:vote": "tests/kb",
    "kb:feedback": "tests/kb",
    "kb:save_book": "tests/kb",
    "kb:save_page": "tests/kb",
    "search:suggestions": "tests/search",
    "search:missed": "tests/search",
    "found:own": "tests/search",
    "legacy:index": "tests/legacy",
    "operations:refresh": "tests/test_stored_pages.py",
    "search:answers": "tests/search",
    "search:solved": "tests/search",
    "tickets:change_feed": "tests/tickets",
    "tickets:export": "tests/tickets",
    "tickets:feed": "tests/tickets",
    "tickets:my_data_delete": "tests/tickets",
    "tickets:my_data_zip": "tests/tickets",
    "tickets:open_known": "tests/tickets",
    "tickets:receipt_json": "tests/tickets",
    "tickets:receipt_text": "tests/tickets",
    "tickets:remember": "tests/tickets",
    "tickets:stage": "tests/tickets",
    "tickets:updates": "tests/tickets",
    "tickets:waiting": "tests/tickets",
    "tickets:drill_down": "tests/tickets",
    "tickets:file": "tests/tickets",
    "tickets:open_by_key": "tests/tickets",
    "tickets:receipt": "tests/browser/test_journeys.py",
    "tickets:reply": "tests/tickets",
    "desk-api": "tests/desk",
    "desk-files": "tests/desk",
}


def address(name: str, inkwell: Inkwell) -> str:
    book, blank = inkwell.book, inkwell.pages["blank"]
    addresses = {
        "home": "/",
        "search form": "/search/",
        "search results": "/search/?q=labels",
        "nothing found": "/search/?q=zeppelin",
        "guides": "/kb/",
        "book": f"/kb/books/{book.pk}-printer-manual/",
        "printed book": f"/kb/books/{book.pk}-printer-manual/print/",
        "guide": f"/kb/pages/{blank.pk}-labels-come-out-blank-or-faint/",
        "guide with error codes": (
            f"/kb/pages/{inkwell.pages['codes'].pk}-error-codes/"
        ),
        "guide that did not help": (
            f"/kb/pages/{blank.pk}-labels-come-out-blank-or-faint/?voted=no"
        ),
        "tag": "/kb/tags/print%20quality/",
        "tags": "/kb/tags/",
        "forums": "/forums/",
        "forum": f"/forums/{inkwell.forum.pk}-tips-and-tricks/",
        "closed forum": f"/forums/{inkwell.closed_forum.pk}-beta-2025/",
        "topic": f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/",
        "closed topic": f"/forums/topics/{inkwell.closed_topic.pk}-old-contest/",
        "new topic": f"/forums/{inkwell.forum.pk}-tips-and-tricks/new/",
        "submit": "/requests/new/",
        "submit for a category": (
            f"/requests/new/?category={inkwell.categories['printer'].pk}"
        ),
        "check by key": "/requests/check/",
        "my data": "/requests/data/",
        "sign in": "/account/sign-in/",
        "page not found": "/no/such/page/",
        "my requests": "/requests/",
        "no search hit in my requests": "/requests/?q=zeppelin",
        "request": f"/requests/{inkwell.ticket.pk}/",
        "closed request": f"/requests/{inkwell.closed_ticket.pk}/",
        "refresh asks for the password": "/account/password/",
    }
    return addresses[name]


def sign_in(page) -> None:
    page.goto("/account/sign-in/")
    page.get_by_label("Email").fill("amal@example.com")
    page.get_by_label("Password", exact=True).fill("lighthouse")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/requests/")


def assert_sound(page, where: str) -> None:
    """No axe violation of any impact, one h1, a title, unique ids, nothing inline."""
    violations = Axe().run(page).response["violations"]
    assert [
        (where, found["id"], node["html"])
        for found in violations
        for node in found["nodes"]
    ] == []
    assert page.locator("h1").count() == 1, where
    assert page.title().strip(), where
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert sorted(ids) == sorted(set(ids)), where
    assert page.locator("[style], script:not([src]), style").count() == 0, where


def assert_fits(page, where: str) -> None:
    """Nothing makes the page scroll sideways."""
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0, where


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_public_page_is_accessible(open_page, inkwell, scheme):
    page = open_page(color_scheme=scheme)

    for name in VIEWS:
        page.goto(address(name, inkwell))

        assert_sound(page, f"{name} ({scheme})")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_private_page_is_accessible(open_page, inkwell, scheme):
    page = open_page(color_scheme=scheme)
    sign_in(page)

    for name in SIGNED_IN_VIEWS:
        page.goto(address(name, inkwell))

        assert_sound(page, f"{name} ({scheme})")


@pytest.mark.parametrize("right_to_left", [False, True])
def test_no_page_scrolls_sideways_at_320_pixels(open_page, inkwell, right_to_left):
    page = open_page(viewport={"width": 320, "height": 640})
    sign_in(page)

    for name in [*VIEWS, *SIGNED_IN_VIEWS]:
        page.goto(address(name, inkwell))
        if right_to_left:
            page.evaluate("document.documentElement.dir = 'rtl'")

        assert_fits(page, name)
        assert_sound(page, name)


def test_a_refused_form_is_accessible_and_puts_the_reader_at_its_errors(
    open_page, inkwell
):
    page = open_page()
    page.goto(address("submit for a category", inkwell))

    page.get_by_role("main").get_by_role("button", name="Send").click()

    page.locator("#errors").wait_for()
    assert page.title().startswith("Error: ")
    assert page.evaluate("document.activeElement.id") == "errors"
    assert_sound(page, "refused form")


def test_the_page_for_an_absent_help_desk_is_accessible(open_page, inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    page = open_page()

    response = page.goto(address("guide", inkwell))

    assert response.status == 503
    assert_sound(page, "help desk down")


def test_every_address_is_visited_by_a_test():
    listed = {view for view in (VIEWS | SIGNED_IN_VIEWS).values() if view}

    assert set(_named_patterns()) == listed | set(NOT_PAGES)


def _named_patterns(resolver: URLResolver | None = None, space: str = ""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}"
        elif pattern.namespace != "admin":
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _named_patterns(pattern, inner)
