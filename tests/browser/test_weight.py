"""What a visit costs on the wire, and that nothing on the page moves by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from tests.served import served_portal

KB = 1024
SHIFTS = """() => new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => {
        for (const shift of list.getEntries()) sum += shift.value;
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(sum), 500);
})"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory) -> str:
    with served_portal(tmp_path_factory.mktemp("served")) as address:
        yield address


class Wire:
    """Counts what a page brings over the network, in bytes as transferred."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._kinds: dict[str, str] = {}
        self.bytes: dict[str, int] = {}
        client: CDPSession = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.on("Network.responseReceived", self._note)
        client.on("Network.loadingFinished", self._count)

    def visit(self, address: str) -> dict[str, int]:
        """Open a page; return the bytes by kind."""
        self.bytes = {}
        self.page.goto(address, wait_until="networkidle")
        return self.bytes

    def _note(self, event: dict) -> None:
        self._kinds[event["requestId"]] = event["type"]

    def _count(self, event: dict) -> None:
        kind = self._kinds.get(event["requestId"], "Other")
        size = int(event["encodedDataLength"])
        self.bytes[kind] = self.bytes.get(kind, 0) + size


@pytest.fixture
def page(browser: Browser, portal: str):
    context = browser.new_context(base_url=portal)
    yield context.new_page()
    context.close()


def test_a_first_visit_is_light(page, record_property):
    first = Wire(page).visit("/")

    record_property("first visit", first)
    print(first)
    total = sum(first.values())
    assert total < 100 * KB
    assert total - first["Font"] < 60 * KB
    assert first["Script"] < 30 * KB


def test_a_second_page_is_lighter(page, record_property):
    wire = Wire(page)
    wire.visit("/")

    second = wire.visit("/kb/")

    print(second)
    assert sum(second.values()) < 15 * KB


def test_the_form_brings_no_more_script_than_its_share(page):
    form = Wire(page).visit("/requests/new/")

    print(form)
    assert form["Script"] < 35 * KB
    assert sum(form.values()) - form["Font"] < 70 * KB


# A busy browser may paint the masthead before it has read its end; 0.1 counts as good.
HARDLY_ANYTHING = 0.005


@pytest.mark.parametrize("address", ["/", "/kb/", "/forums/", "/requests/new/"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_by_itself(page, address, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address, wait_until="networkidle")

    assert page.evaluate(SHIFTS) < HARDLY_ANYTHING
