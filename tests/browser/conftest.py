"""A real Chromium against a real server: with scripts, and without."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.desk_content import Inkwell, fill_desk

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
# Browsers trust 127.0.0.1 as they trust https, and this name no more than any other.
PLAIN_HOST = "help.example.com"
CHROMIUM = shutil.which("chromium")
# Two cores that other tests keep busy take their time.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items):
    for item in items:
        if "/tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="Debian's chromium is missing"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1",
        ],
    }


@pytest.fixture
def site(live_server) -> str:
    """The served portal's address; the desk behind it is filled."""
    return live_server.url


@pytest.fixture
def inkwell(live_server) -> Inkwell:
    """The desk's content, in the database that the served portal sees."""
    return fill_desk()


def _is_told(complaint: str) -> bool:
    """Say whether it is of an answer that failed, or never came, and no mistake."""
    of_htmx = ("htmx:afterRequest", "htmx:timeout", "Response Status Error")
    return "status of" in complaint or complaint.startswith(of_htmx)


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[OpenPage]:
    """Open pages that record what must not happen: requests elsewhere, errors."""
    contexts: list[BrowserContext] = []
    elsewhere: list[str] = []
    complaints: list[str] = []

    def make(**options) -> Page:
        context = browser.new_context(base_url=site, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        host = urlsplit(site).netloc
        page.on(
            "request",
            lambda request: (
                elsewhere.append(request.url)
                if urlsplit(request.url).netloc not in {host, ""}
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and not _is_told(message.text)
                else None
            ),
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert elsewhere == []
    assert complaints == []


@pytest.fixture(params=["with scripts", "without scripts"])
def visitor(request, open_page: OpenPage) -> Page:
    """A visitor's page, once with scripts and once without."""
    return open_page(java_script_enabled=request.param == "with scripts")
