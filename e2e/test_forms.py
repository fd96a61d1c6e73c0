"""What is missing in a form is said in Bloom's words, and nothing typed is lost."""

import pytest
from playwright.sync_api import expect

from e2e import axe, people
from e2e.conftest import PHONE, Visit
from e2e.people import PASSWORD


def test_what_is_missing_is_said_before_anything_is_sent(visit: Visit) -> None:
    page = visit(width=PHONE)
    page.goto("/accounts/signup/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_label("Email").fill("noor at example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.keyboard.press("Enter")

    # Each at its place, the first one at hand.
    first = page.get_by_role("radio", name="A patient")
    expect(first).to_be_focused()
    expect(first).to_be_in_viewport()
    expect(page.get_by_role("group", name="I am here as").locator(".error")).to_have_text(
        "Please choose one."
    )
    name = page.get_by_label("Your name")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description("Please fill this in.")
    expect(page.get_by_label("Email")).to_have_accessible_description("Enter a valid email address.")
    assert not (found := axe.findings(page)), "\n".join(found)
    assert "POST" not in sent
    expect(page.get_by_label("Password", exact=True)).to_have_value(PASSWORD)

    # What is mended is not said any more.
    first.check()
    name.fill("Noor Haddad")
    expect(name).not_to_have_attribute("aria-invalid", "true")
    page.get_by_label("Email").fill(people.new_email())
    expect(page.locator(".error")).to_have_count(0)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/"])
def test_without_a_script_the_server_says_it(visit: Visit, path: str) -> None:
    page = visit(script=False)
    page.goto(path)
    page.get_by_label("Email").fill("noor")
    page.locator("main form").last.get_by_role("button").last.click()
    expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Email")).to_have_value("noor")
    expect(page.locator(".field .error").first).to_be_visible()


def test_a_box_that_has_to_be_ticked(visit: Visit, site: str) -> None:
    page = visit(people.sign_up(site, "patient", "Noor Haddad"))
    page.goto("/settings/close/")
    page.get_by_role("button", name="Close my account").click()
    box = page.get_by_label("I have read what ends and what stays")
    expect(box).to_be_focused()
    expect(box).to_have_accessible_description("Please read what ends, and tick this.")
    box.check()
    expect(page.get_by_text("Please read what ends, and tick this.")).to_have_count(0)
