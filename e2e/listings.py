"""How a therapist comes into the directory."""

import os
import time
import uuid

from playwright.sync_api import Page

from e2e import people


def npi() -> str:
    """A number that nobody else has, with its check digit (Luhn over 80840 and the number)."""
    stem = f"1{uuid.uuid4().int % 10**8:08}"
    total = 0
    for place, digit in enumerate(reversed(f"80840{stem}0")):
        worth = int(digit) * (1 + place % 2)
        total += worth - 9 if worth > 9 else worth
    return f"{stem}{-total % 10}"


def fill_listing(page: Page, number: str) -> None:
    page.get_by_label("State").first.select_option("Illinois")
    page.get_by_label("Type").first.select_option(label="Clinical social worker (LCSW, LICSW)")
    page.get_by_label("Number").first.fill("149.012345")
    page.get_by_label("NPI").fill(number)
    page.get_by_role("group", name="What you help with").get_by_text("Grief and loss").click()
    page.get_by_role("group", name="Where you meet").get_by_text("By video").click()


def until(page: Page, words: str, seconds: float = 45) -> None:
    """Load the page anew until it says so."""
    end = time.monotonic() + seconds
    while not page.get_by_text(words).count():
        assert time.monotonic() < end, f"Nobody said {words!r} in time."
        time.sleep(1)
        page.reload()


def letters() -> str:
    """A name that nobody else has."""
    return "".join(chr(ord("a") + int(each, 16)) for each in uuid.uuid4().hex[:12]).capitalize()


def be_listed(page: Page, first: str, last: str) -> None:
    """The therapist of this name asks to be listed, and the registry confirms it."""
    number = npi()
    told = {
        "npi": number,
        "first_name": first,
        "last_name": last,
        "taxonomies": [{"code": "1041C0700X", "state": "IL", "license": "149012345"}],
    }
    sandbox = people.client(os.environ["BLOOM_SANDBOX_URL"])
    sandbox.post("/nppes/_people", json=told).raise_for_status()
    page.goto("/welcome/listing/")
    fill_listing(page, number)
    page.get_by_role("button", name="Send it to be checked").click()
    until(page, "Verified: patients can find you")
