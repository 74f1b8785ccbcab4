"""Measures what a visitor waits for in a real Chromium: the largest paint, suggestions.

python -m tests.bench.browser
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.served import served_portal

VISITS = 7
# Slow 4G and a modest phone, as Lighthouse has them.
NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
CPU_RATE = 4
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
WORDS = ("blank labels", "return a printer", "invoice", "driver update", "ribbon")
PAUSE_MS = 300  # how long static/search.js waits for another letter

LARGEST_PAINT = """() => new Promise((resolve) => {
    let latest = 0;
    new PerformanceObserver((list) => {
        for (const paint of list.getEntries()) latest = paint.startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
    setTimeout(() => resolve(latest), 300);
})"""
WATCH = """(field) => {
    const panel = field.form.querySelector("[data-instant]");
    field.addEventListener("input", () => { window.typedAt = performance.now(); });
    new MutationObserver(() => {
        if (panel.hidden || !panel.querySelector("a[href]")) return;
        // Two frames on, it has been painted.
        requestAnimationFrame(() => requestAnimationFrame(() => {
            window.shownAt ||= performance.now();
        }));
    }).observe(panel, { attributes: true, childList: true, subtree: true });
}"""

WAITED = """() => new Promise((resolve) => {
    const look = () => window.shownAt
        ? resolve(window.shownAt - window.typedAt) : requestAnimationFrame(look);
    look();
})"""


def measure_served(folder: Path) -> dict[str, Any] | None:
    """Serve a portal from this folder and measure; None without a Chromium."""
    binary = shutil.which("chromium")
    if binary is None:
        return None
    with served_portal(folder) as address:
        return measure(binary, address)


def measure(binary: str, address: str) -> dict[str, Any]:
    """Return milliseconds by page and for suggestions."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=binary, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            return {
                "paints": {
                    name: _paints(browser, address + path)
                    for name, path in _pages(browser, address).items()
                },
                "suggestions": _suggestions(browser, address),
            }
        finally:
            browser.close()


def table(found: dict[str, Any]) -> str:
    """Return the numbers as lines of Markdown."""
    lines = [
        "| what | median ms (best–worst) |",
        "| --- | ---: |",
        *(
            f"| largest paint, {name} | {_summary(times)} |"
            for name, times in found["paints"].items()
        ),
        f"| suggestions after the pause | {_summary(found['suggestions'])} |",
    ]
    return "\n".join(lines)


def _summary(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ({min(times):.0f}–{max(times):.0f})"


def _pages(browser: Browser, address: str) -> dict[str, str]:
    """Find the pages; looking at them warms the portal as well."""
    with _visitor(browser, DESK) as page:
        page.goto(f"{address}/search/?q=blank+labels")
        guide = page.locator("main a[href^='/kb/pages/']").first.get_attribute("href")
        page.goto(f"{address}/forums/")
        forum = page.locator("main a[href^='/forums/']").first.get_attribute("href")
        found = {"home": "/", "guide": str(guide), "topic list": str(forum)}
        found["form"] = "/requests/new/"
        for path in found.values():
            page.goto(address + path)
    return found


def _paints(browser: Browser, address: str) -> list[float]:
    """Visit it as a newcomer on a slow phone."""
    times = []
    for _ in range(VISITS):
        with _visitor(browser, PHONE) as page:
            client = page.context.new_cdp_session(page)
            client.send("Network.enable")
            client.send("Network.emulateNetworkConditions", NETWORK)
            client.send("Emulation.setCPUThrottlingRate", {"rate": CPU_RATE})
            page.goto(address, wait_until="networkidle")
            times.append(float(page.evaluate(LARGEST_PAINT)))
    return times


def _suggestions(browser: Browser, address: str) -> list[float]:
    """Type into the search field; time from the end of the pause until they show."""
    times = []
    for words in WORDS * 2:
        with _visitor(browser, DESK) as page:
            page.goto(address, wait_until="networkidle")
            field = page.locator("main input[type=search]").first
            field.evaluate(WATCH)
            field.press_sequentially(words, delay=40)
            page.locator("main [data-instant] a[href]").first.wait_for()
            waited = page.evaluate(WAITED)
            times.append(float(waited) - PAUSE_MS)
    # Each word's first time fills the portal's memory.
    return times[len(WORDS) :]


@contextmanager
def _visitor(browser: Browser, viewport: dict[str, int]) -> Iterator[Page]:
    context = browser.new_context(viewport=viewport)
    try:
        yield context.new_page()
    finally:
        context.close()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="portal-paint-") as folder:
        found = measure_served(Path(folder))
    print(table(found) if found else "There is no chromium.")


if __name__ == "__main__":
    main()
