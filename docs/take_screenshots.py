"""Takes the README's pictures from a running portal with demo content.

.venv/bin/python docs/take_screenshots.py http://127.0.0.1:8000 ACCESS_KEY
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent / "screenshots"
WIDE = {"width": 1280, "height": 900}


def take(site: str, access_key: str) -> None:
    """Take each page once, and the home page also small and dark."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(base_url=site, viewport=WIDE, color_scheme="light")
        page.goto("/")
        page.screenshot(path=FOLDER / "home.png")
        page.goto("/search/?q=blank+labels")
        page.screenshot(path=FOLDER / "search.png")
        page.get_by_role("main").get_by_role("listitem").get_by_role(
            "link"
        ).first.click()
        page.screenshot(path=FOLDER / "guide.png")
        page.goto("/forums/")
        page.get_by_role("main").get_by_role("listitem").get_by_role(
            "link"
        ).first.click()
        page.screenshot(path=FOLDER / "forum.png")
        page.goto("/requests/new/")
        page.get_by_role("radio", name=re.compile("[Pp]rinter")).first.check()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=FOLDER / "submit.png", full_page=True)
        page.goto(f"/requests/open/{access_key}/")
        page.screenshot(path=FOLDER / "request.png")
        small = browser.new_page(
            base_url=site, viewport={"width": 390, "height": 844}, color_scheme="dark"
        )
        small.goto("/")
        small.screenshot(path=FOLDER / "home-small-dark.png")
        browser.close()


if __name__ == "__main__":
    take(*sys.argv[1:3])
