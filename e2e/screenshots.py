"""Takes the pictures of docs/screenshots from a Bloom that runs with its demo people.

    bin/run
    .venv/bin/python -m e2e.screenshots --url http://localhost:8000

The demo people talk about the same things each time, and the browser's size, language and time zone are
fixed, so two runs differ by little more than dates.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from e2e.chromium import ARGUMENTS

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
LIMIT = 250_000
PASSWORD = "bloom-demo"
PATIENT, THERAPIST = "patient@bloom.demo", "therapist@bloom.demo"


@dataclass(frozen=True)
class Screen:
    """Who looks, how wide, in which colours."""

    person: str | None = None
    width: int = 1280
    height: int = 800
    dark: bool = False


def landing(page: Page) -> None:
    page.goto("/")


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")


def dashboard(page: Page) -> None:
    page.goto("/dashboard/")


def messages(page: Page) -> None:
    """The therapist at the message of her patient that was hidden."""
    _conversation(page, "Maya Torres")
    page.wait_for_timeout(500)  # the page goes to the newest message first
    page.locator(".bubble-hidden").last.evaluate("node => node.scrollIntoView({block: 'center'})")


def messages_phone(page: Page) -> None:
    """The patient's own side, at the newest message."""
    _conversation(page, "Anna Lindqvist")


def _conversation(page: Page, other: str) -> None:
    page.goto("/messages/")
    page.locator("[data-conversations] a", has_text=other).click()
    page.wait_for_url("**/messages/*-*/")
    expect(page.get_by_role("heading", name=other)).to_be_visible()


PICTURES: dict[str, tuple[Screen, Callable[[Page], None]]] = {
    "landing": (Screen(), landing),
    "sign-in": (Screen(), sign_in),
    "dashboard-therapist": (Screen(THERAPIST), dashboard),
    "dashboard-patient": (Screen(PATIENT), dashboard),
    "messages": (Screen(THERAPIST), messages),
    "messages-phone-dark": (Screen(PATIENT, 390, 780, dark=True), messages_phone),
}


def take(browser: Browser, url: str, names: list[str]) -> Iterator[Path]:
    """One file for each name."""
    for name in names:
        screen, open_page = PICTURES[name]
        with _page(browser, url, screen) as page:
            open_page(page)
            page.evaluate("document.fonts.ready")
            page.wait_for_timeout(500)
            path = FOLDER / f"{name}.png"
            page.screenshot(path=path, animations="disabled", caret="hide", scale="css")
            yield path


@contextmanager
def _page(browser: Browser, url: str, screen: Screen) -> Iterator[Page]:
    context = browser.new_context(
        base_url=url,
        viewport={"width": screen.width, "height": screen.height},
        color_scheme="dark" if screen.dark else "light",
        locale="en-US",
        timezone_id="America/Chicago",
        reduced_motion="reduce",
    )
    page = context.new_page()
    if screen.person:
        page.goto("/accounts/login/")
        page.get_by_label("Email").fill(screen.person)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/dashboard/")
    yield page
    context.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="http://localhost:8000", help="where Bloom runs")
    parser.add_argument("names", nargs="*", help=f"some of: {' '.join(PICTURES)} (all)")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(PICTURES):
        parser.error(f"no picture is called {', '.join(sorted(unknown))}")
    # The browser that bin/test names, the machine's own, or the one that Playwright has downloaded.
    program = os.environ.get("BLOOM_CHROMIUM") or shutil.which("chromium")
    FOLDER.mkdir(parents=True, exist_ok=True)
    heavy = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS])
        for path in take(browser, chosen.url.rstrip("/"), chosen.names or list(PICTURES)):
            size = path.stat().st_size
            sys.stdout.write(f"{path}  {size:,} bytes\n")
            heavy += [path.name] if size > LIMIT else []
        browser.close()
    if heavy:
        sys.stderr.write(f"Heavier than {LIMIT:,} bytes: {', '.join(heavy)}\n")
    return 1 if heavy else 0


if __name__ == "__main__":
    raise SystemExit(main())
