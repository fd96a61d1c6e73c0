"""An owner has a program told of what happens, sees that it hears, renews its secret and removes it."""

import os
import re

import pytest
from playwright.sync_api import expect

from e2e import people
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.people import Person

SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{40,}")


@pytest.mark.parametrize(
    ("width", "script"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "bare phone"]
)
def test_from_the_first_webhook_to_its_end(visit: Visit, therapist: Person, width: int, script: bool) -> None:
    sandbox = os.environ["BLOOM_SANDBOX_URL"]
    page = visit(therapist, width=width, script=script)
    page.goto("/settings/practices/")
    page.get_by_role("link", name="Open").click()
    page.get_by_role("link", name="Webhooks", exact=True).click()
    page.get_by_role("link", name="Add a webhook").click()

    # What leads nowhere is said beside the field, and what was typed stays.
    page.get_by_label("Address").fill("ftp://example.org/")
    page.get_by_label("A message was sent").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("The address has to begin with https://.", exact=True)).to_be_visible()
    expect(page.get_by_label("A message was sent")).to_be_checked()

    page.get_by_label("Address").fill(f"{sandbox}/receiver/{therapist.id}")
    page.get_by_role("button", name="Add").click()
    shown = page.locator("[data-secret]")
    expect(shown).to_have_text(SECRET)
    secret = shown.text_content()
    page.get_by_role("link", name="I have kept it").click()
    expect(page.get_by_text(str(secret))).to_have_count(0)

    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("[data-delivery]")).to_have_count(1)
    arrived = page.locator("[data-delivery]").get_by_text("Arrived")
    for _look in range(30):
        if arrived.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(arrived).to_be_visible()
    heard = people.client(sandbox).get("/receiver/").json()["received"]
    assert "webhook.test" in [each["type"] for each in heard]

    page.get_by_role("button", name="Renew the secret").click()
    expect(page.locator("[data-secret]")).to_have_text(SECRET)
    assert page.locator("[data-secret]").text_content() != secret
    page.get_by_role("link", name="I have kept it").click()

    page.get_by_label("Switched on").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Switched off", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No webhooks")).to_be_visible()
