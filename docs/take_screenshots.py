"""Takes the pictures in `docs/screenshots` from portals with demo content of their own.

.venv/bin/python docs/take_screenshots.py [NAME …]

The portals run on free ports of this machine, keep their data in a folder that goes
with them, and end with this script. With names only those pictures are kept.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Locator, Page, Route, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
WIDE = {"width": 1280, "height": 860}
SMALL = {"width": 390, "height": 844}
QUALITY = 75
START_SECONDS = 120
CUSTOMER = ("amal@example.com", "lighthouse")
SETTINGS = {
    "BRAND_HOURS": "Monday to Friday, 9:00 to 17:00. "
    "We answer most messages the same working day.",
    # Copies age at once, so that an outage shows at once.
    "FRESH_SECONDS": "kb-shelf=1 categories=1 custom-fields=1",
}
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(2_000_000)
BLANK = "Since this morning every label comes out blank, on all three printers."
QUOTING = """That worked for two of the three, thank you!

Maya wrote:
> Hold Feed and Power together for ten seconds until the light turns white.
> Let go and wait for two short beeps.
"""


@dataclass(frozen=True)
class Portal:
    """A running portal: its address, and the key of a request in it."""

    address: str
    access_key: str
    environment: dict[str, str]

    def break_desk(self) -> None:
        """Let its help desk answer nothing more."""
        words = "from portal.desk.models import DeskSettings as S; S.objects.update"
        _manage(self.environment, "shell", "-c", f"{words}(fault='down')")


@dataclass(frozen=True)
class Camera:
    """Opens pages of one portal and keeps what they look like."""

    browser: Browser
    portal: Portal
    wanted: frozenset[str]

    def open(self, address: str = "/", *, is_small_and_dark: bool = False) -> Page:
        """Return a page of a browser that was never here before."""
        page = self.browser.new_page(
            base_url=self.portal.address,
            viewport=SMALL if is_small_and_dark else WIDE,
            color_scheme="dark" if is_small_and_dark else "light",
            locale="en-GB",
        )
        page.goto(address)
        # A font that comes late shows from the second page on.
        page.evaluate("document.fonts.ready.then(() => true)")
        page.reload()
        return page

    def take(self, page: Page, name: str, at: str = "") -> None:
        """Keep what shows of the page, from the element `at` on where one is named."""
        if self.wanted and name not in self.wanted:
            return
        page.evaluate(
            """at => {
                const top = at ? document.querySelector(at)
                    .getBoundingClientRect().top + scrollY - 90 : 0;
                scrollTo({ top, behavior: "instant" });
            }""",
            at,
        )
        page.wait_for_timeout(300)
        shot = page.context.new_cdp_session(page).send(
            "Page.captureScreenshot", {"format": "webp", "quality": QUALITY}
        )
        (FOLDER / f"{name}.webp").write_bytes(b64decode(shot["data"]))


# ------------------------------------------------------------------- the portals


@contextmanager
def portal(**settings: str) -> Iterator[Portal]:
    """Run a portal with these settings, and end it."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
        probe.close()
        environment = {**os.environ, **SETTINGS, **settings}
        environment |= {"DATA_DIR": folder, "HOST": "127.0.0.1", "PORT": port}
        with (Path(folder) / "log").open("w+") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
            try:
                address = f"http://127.0.0.1:{port}"
                _wait_for(address)
                said = Path(log.name).read_text(encoding="utf-8")
                key = re.findall(r"access key: (\S+)", said)[0]
                yield Portal(address, key, environment)
            finally:
                process.terminate()
                process.wait(30)


def _wait_for(address: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            urlopen(f"{address}/healthz", timeout=2).close()  # noqa: S310 - our own
        except (URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(address)


def _manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run(  # noqa: S603 - our own manage.py
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


# ------------------------------------------------------------------ the pictures


def take_reading(camera: Camera) -> None:
    """Take the home page, guides and searches."""
    page = camera.open()
    camera.take(page, "home")
    camera.take(camera.open(is_small_and_dark=True), "home-small-dark")
    page.get_by_role("searchbox").press_sequentially("blank lab", delay=20)
    page.locator("[data-instant-found] a").first.wait_for()
    camera.take(page, "search-as-you-type")
    page.goto("/search/?q=fluxkompensator")
    camera.take(page, "search-nothing-found")
    page.goto("/search/?q=blank+labels")
    camera.take(page, "search")
    _first_link(page).click()
    page.wait_for_load_state()
    camera.take(page, "guide")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("It is hard to follow").check()
    camera.take(page, "guide-feedback", "#vote")
    page.mouse.wheel(0, 900)
    page.wait_for_timeout(800)
    page.goto(page.locator("#booknav h2 a").get_attribute("href") or "/kb/")
    camera.take(page, "book-reading-position")
    page.goto("/kb/tags/")
    camera.take(page, "tags")
    page.get_by_role("link", name=re.compile("print head")).click()
    camera.take(page, "tag")


def take_community(camera: Camera) -> None:
    """Take a forum with something new since it was read, and a preview."""
    page = camera.open("/forums/")
    _first_link(page).click()
    rows = page.locator("[data-topic]")
    page.evaluate(
        "read => localStorage.setItem('topics-read', JSON.stringify(read))",
        {
            rows.nth(number).get_attribute("data-topic"): int(
                rows.nth(number).get_attribute("data-posts") or 0
            )
            - new
            for number, new in [(0, 5), (1, 1), (2, 0)]
        },
    )
    page.reload()
    camera.take(page, "forum-unread")
    rows.nth(1).get_by_role("link").click()
    page.get_by_label("Your reply").fill(
        "Same here. What helped:\n\n1. forget the network on the printer,\n"
        "2. switch off band steering on the router,\n3. pair again."
    )
    page.get_by_label("Your name").fill("Ines")
    page.get_by_role("button", name="Preview").click()
    camera.take(page, "forum-preview", "#preview")


def take_submitting(camera: Camera) -> None:
    """Take a request on its way: suggestions, files, draft, last look, receipt."""
    page = camera.open("/requests/new/")
    _fill_in(page, "Details")
    page.locator("[data-answers-found] a").first.wait_for()
    camera.take(page, "submit-suggestions", "fieldset.form-set")
    held = _attach(page)
    camera.take(page, "submit-files", ".drop")
    held[0].continue_()
    page.get_by_text("ready").nth(1).wait_for()
    page.locator(".draft:not([hidden])").wait_for()
    page.reload()
    camera.take(page, "submit-draft")
    page.get_by_role("button", name="Restore it").click()
    _press(page, "Check and send")
    camera.take(page, "submit-check")
    _press(page, "Send request")
    page.get_by_role("heading", name="We have your request").wait_for()
    camera.take(page, "receipt")


def take_following(camera: Camera) -> None:
    """Take a request, the list, the keys of a device, one's data, wrong keys."""
    page = camera.open("/account/sign-in/")
    camera.take(page, "sign-in")
    page.goto("/requests/check/")
    page.get_by_label("Access key").fill("12345wrongkey")
    page.get_by_role("button", name="Open the request").click()
    camera.take(page, "wrong-key")
    page.goto(f"/requests/open/{camera.portal.access_key}/")
    camera.take(page, "request")
    page.get_by_label("Your reply").fill(QUOTING)
    page.get_by_role("button", name="Send reply").click()
    page.locator(".quoted").wait_for()
    camera.take(page, "request-folded-quote", ".msg:nth-last-of-type(2)")
    page.get_by_role("button", name="Remember it on this device").click()
    page.goto("/requests/check/")
    camera.take(page, "keys-on-this-device")
    page.goto("/account/sign-in/")
    page.get_by_label("Email").fill(CUSTOMER[0])
    page.get_by_label("Password").first.fill(CUSTOMER[1])
    _press(page, "Sign in")
    page.goto("/requests/")
    camera.take(page, "my-requests")
    page.goto("/requests/data/")
    camera.take(page, "my-data")


def take_states(camera: Camera) -> None:
    """Take what is gone, and what still works while the help desk is away."""
    page = camera.open("/kb/pages/99999-pair-your-printer/")
    camera.take(page, "page-not-found")
    page.goto("/index.php?pg=kb.rss")
    camera.take(page, "page-gone")
    camera.portal.break_desk()
    _go_until(page, "/kb/", ".notice")
    camera.take(page, "help-desk-away-guides")
    _go_until(page, "/requests/new/", "main .callout--warning")
    camera.take(page, "help-desk-away-form")


def take_choices(camera: Camera) -> None:
    """Take what a brand can choose: the detailed form, notices above every page."""
    page = camera.open()
    camera.take(page, "notices")
    page.goto("/requests/new/")
    _choose_printer(page)
    page.get_by_label("What did you do?").fill("Printed forty labels after the update.")
    camera.take(page, "detailed-form", "form.form")


def _first_link(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("listitem").get_by_role("link").first


def _go_until(page: Page, address: str, selector: str) -> None:
    """Open the page, past what caches keep, until it shows that."""
    for number in range(20):
        page.goto(f"{address}?again={number}")
        if page.locator(selector).count():
            return
        page.wait_for_timeout(1000)
    raise TimeoutError(selector)


def _press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name).last.click()
    page.wait_for_load_state()


def _choose_printer(page: Page) -> None:
    page.get_by_role("radio", name=re.compile("[Pp]rinter")).first.check()
    page.get_by_label(re.compile("^Serial number")).wait_for()


def _fill_in(page: Page, label: str) -> None:
    _choose_printer(page)
    page.get_by_label(label, exact=True).fill(BLANK)
    page.get_by_label("Company").fill("Haddad Spices")
    page.get_by_label(re.compile("^Serial number")).fill("INK-48210-7")
    page.get_by_label(re.compile("^Your name")).fill("Amal Haddad")
    page.get_by_label("Email").fill(CUSTOMER[0])
    for _ in range(4):
        levels = page.locator(".drill select")
        empty = [one for one in levels.all() if not one.input_value()]
        if not empty:
            break
        empty[0].select_option(index=1)
        page.wait_for_timeout(700)


def _attach(page: Page) -> list[Route]:
    """Attach two files; return what holds up the second one, half-way there."""
    files = page.locator("input[type=file]")
    files.set_input_files(
        [{"name": "events.csv", "mimeType": "text/csv", "buffer": b"07:12,blank\n"}]
    )
    page.get_by_text("ready").first.wait_for()
    held: list[Route] = []
    page.route("**/requests/files/", lambda route: held.append(route))
    files.set_input_files(
        [{"name": "labels.png", "mimeType": "image/png", "buffer": PICTURE}]
    )
    bar = page.locator(".file progress").last
    bar.wait_for()
    # To itself a machine sends faster than a picture can be taken.
    bar.evaluate("bar => { bar.value = 62; }")
    return held


def main() -> None:
    """Take every picture, or those that are named."""
    FOLDER.mkdir(exist_ok=True)
    wanted = frozenset(sys.argv[1:])
    begin = datetime.now(UTC) + timedelta(days=2)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        with portal(CHECK_ANSWERS="true") as plain:
            camera = Camera(browser, plain, wanted)
            for take in (take_reading, take_community, take_submitting):
                take(camera)
            take_following(camera)
            take_states(camera)
        with portal(
            REQUEST_FORMAT="detailed",
            BRAND_NOTICE="Labels print slowly today. We are working on it.",
            BRAND_NOTICE_LINK="/forums/",
            MAINTENANCE_FROM=begin.isoformat(timespec="minutes"),
            MAINTENANCE_UNTIL=(begin + timedelta(hours=2)).isoformat(
                timespec="minutes"
            ),
        ) as chosen:
            take_choices(Camera(browser, chosen, wanted))
        browser.close()


if __name__ == "__main__":
    main()
