"""Signing in with Google and Zoom in a real browser, through the pages of their fakes."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from e2e import people
from e2e.conftest import PHONE, Visit
from e2e.people import Person
from e2e.watch import Watch


@pytest.fixture(autouse=True)
def elsewhere(watch: Watch) -> None:
    """A provider is another host, and says so in the watch's ear."""
    watch.expect(r"^another host: http://127\.0\.0\.1:\d+/(google|zoom)/")


def choose(page: Page, provider: str, email: str, name: str = "Maya Torres") -> None:
    """At the provider's: type an account."""
    expect(page.get_by_role("heading", name=provider, exact=True)).to_be_visible()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Continue", exact=True).click()


def address() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.org"


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()


def sign_up(page: Page, email: str) -> None:
    page.goto("/accounts/signup/")
    page.get_by_role("button", name="Continue with Google").click()
    choose(page, "Google", email)
    expect(page.get_by_role("heading", name="Almost there")).to_be_visible()
    expect(page.get_by_text(email)).to_be_visible()
    page.get_by_text("I want to talk to my therapist, or find one.").click()
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/dashboard/")


@pytest.mark.parametrize(("width", "script"), [(1440, True), (PHONE, False)], ids=["desktop", "bare phone"])
def test_from_google_to_zoom_and_back(
    visit: Visit, watch: Watch, site: str, width: int, script: bool
) -> None:
    """Sign up by Google, be refused by Zoom, connect it, sign in by it, remove Google; the last one stays."""
    page, email = visit(width=width, script=script), address()
    sign_up(page, email)
    sign_out(page)

    watch.expect(r"^409 /accounts/zoom/callback/")
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Continue with Zoom").click()
    choose(page, "Zoom", email)
    expect(page.get_by_role("heading", name="You have an account already")).to_be_visible()
    expect(page.get_by_text("then connect Zoom in your settings")).to_be_visible()

    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Continue with Google").click()
    page.get_by_role("button", name=re.compile(email)).click()
    page.wait_for_url("**/dashboard/")

    page.goto("/settings/connected/")
    page.get_by_role("link", name="Connect Zoom").click()
    page.get_by_role("button", name="Connect Zoom").click()
    page.get_by_role("button", name=re.compile(email)).click()
    expect(page.get_by_text("Zoom was connected")).to_be_visible()

    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Continue with Zoom").click()
    page.get_by_role("button", name=re.compile(email)).click()
    page.wait_for_url("**/dashboard/")

    page.goto("/settings/connected/google/")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Google was removed")).to_be_visible()

    page.goto("/settings/connected/zoom/")
    expect(page.get_by_text("Nothing else opens your account")).to_be_visible()
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)
    page.get_by_role("main").get_by_role("link", name="Set a password").click()
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    assert "/accounts/password/reset/key/" in people.mail_for(people.client(site), email)


def test_somebody_with_a_password_connects_google(visit: Visit, patient: Person) -> None:
    """And comes back to where they wanted to go."""
    page = visit(patient)
    page.goto("/settings/connected/google/")
    page.get_by_role("button", name="Connect Google").click()
    choose(page, "Google", "maya.at.home@gmail.com")
    expect(page.get_by_text("Google was connected")).to_be_visible()
    expect(page.get_by_text("maya.at.home@gmail.com")).to_be_visible()
    assert "Google was connected" in people.mail_for(patient.http, patient.email, "connected")
    sign_out(page)
    page.goto("/settings/security/")
    page.get_by_role("button", name="Continue with Google").click()
    page.get_by_role("button", name=re.compile("maya.at.home@gmail.com")).click()
    page.wait_for_url("**/settings/security/")
    page.goto("/settings/connected/google/")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Google was removed")).to_be_visible()


def test_whoever_cancels_is_back_where_they_were(visit: Visit) -> None:
    page = visit()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Continue with Google").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Nothing was done")).to_be_visible()
    expect(page.get_by_role("button", name="Continue with Google")).to_be_visible()
