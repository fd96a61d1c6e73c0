"""Passkeys in a real browser with an authenticator of the browser's own, and the app beside them."""

import re
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from e2e import people
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.people import PASSWORD, Person


class Authenticator:
    """The browser's virtual authenticator; what it holds moves to another browser with `moved`."""

    def __init__(self, page: Page, *, verifies: bool = True) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        self.id = self.cdp.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": verifies,
                    "automaticPresenceSimulation": True,
                }
            },
        )["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})[
            "credentials"
        ]
        return found

    def hold(self, credential: dict[str, Any], **changed: Any) -> None:
        self.cdp.send(
            "WebAuthn.addCredential", {"authenticatorId": self.id, "credential": {**credential, **changed}}
        )

    def verify(self, verifies: bool) -> None:
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": verifies})


def sign_in(page: Page, person: Person) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def add_passkey(page: Page, name: str = "") -> None:
    """From the settings, by keyboard alone."""
    page.goto("/settings/security/")
    page.get_by_role("link", name="Add a passkey").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill(name)
    expect(page.get_by_role("button", name="Add a passkey")).to_be_enabled()
    page.keyboard.press("Enter")


def use_passkey(page: Page) -> None:
    button = page.get_by_role("button", name="Use a passkey")
    expect(button).to_be_enabled()
    button.focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_a_passkey_is_added_and_opens_the_account_alone(visit: Visit, patient: Person, width: int) -> None:
    page = visit(patient, width=width)
    device = Authenticator(page)
    add_passkey(page, "My phone")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    expect(page.locator("[data-codes] li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator(".row", has_text="My phone")).to_be_visible()
    expect(page.get_by_text("not used yet")).to_be_visible()

    page.context.clear_cookies()
    page.goto("/messages/")
    use_passkey(page)
    expect(page).to_have_url(re.compile(r"/messages/$"))
    assert device.credentials()[0]["signCount"] >= 1

    page.goto("/settings/security/")
    expect(page.get_by_text("last used")).to_be_visible()


def test_a_passkey_is_the_second_step_and_is_asked_again_for_what_matters(
    visit: Visit, patient: Person
) -> None:
    page = visit(patient)
    Authenticator(page)
    add_passkey(page)
    page.get_by_role("link", name="I have kept them").click()

    page.context.clear_cookies()
    sign_in(page, patient)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    # The password alone opens nothing: there is one step to go.
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    use_passkey(page)
    expect(page).to_have_url(re.compile(r"/dashboard/$"))


def test_without_its_owner_it_opens_nothing(visit: Visit, patient: Person) -> None:
    page = visit(patient)
    device = Authenticator(page)
    add_passkey(page)
    page.get_by_role("link", name="I have kept them").click()
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    device.verify(False)
    use_passkey(page)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was done")
    page.goto("/dashboard/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_a_copy_whose_counter_went_back_is_refused_and_told(visit: Visit, patient: Person) -> None:
    page = visit(patient)
    device = Authenticator(page)
    add_passkey(page)
    page.get_by_role("link", name="I have kept them").click()
    (early,) = device.credentials()
    for _time in range(3):
        page.context.clear_cookies()
        page.goto("/accounts/login/")
        use_passkey(page)
        expect(page).to_have_url(re.compile(r"/dashboard/$"))

    thief = visit()
    Authenticator(thief).hold(early, signCount=1)
    thief.goto("/accounts/login/")
    use_passkey(thief)
    expect(thief.get_by_text("not accepted")).to_be_visible()
    thief.goto("/dashboard/")
    expect(thief).to_have_url(re.compile("/accounts/login/"))
    assert "copy" in people.mail_for(patient.http, patient.email, "passkey was refused")


def test_a_passkey_is_renamed_and_removed(visit: Visit, patient: Person) -> None:
    page = visit(patient)
    Authenticator(page)
    add_passkey(page, "First")
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="Change First").click()
    page.get_by_label("Name").fill("Second")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("link", name="Change Second").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".row")).to_have_count(0)
    assert people.mail_for(patient.http, patient.email, "passkey was removed")


def test_an_app_is_added_by_its_first_code(visit: Visit, patient: Person) -> None:
    page = visit(patient)
    page.goto("/settings/security/")
    page.get_by_role("link", name="Add an app").click()
    page.get_by_label("Code that the app shows").fill("000000")
    page.get_by_role("button", name="Add the app").click()
    expect(page.get_by_text("not the right code")).to_be_visible()
    secret = (page.locator("[data-secret]").text_content() or "").replace(" ", "")
    page.get_by_label("Code that the app shows").fill(people.app_code(secret))
    page.get_by_role("button", name="Add the app").click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as text").click()
    text = saved.value.path().read_text()
    codes = page.locator("[data-codes] code").all_text_contents()
    assert len(codes) == 10
    assert all(code in text for code in codes)
    page.get_by_role("link", name="I have kept them").click()

    page.context.clear_cookies()
    sign_in(page, patient)
    page.get_by_label("Code from the app").fill(codes[0])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/dashboard/$"))


def test_without_a_script_the_code_still_does(visit: Visit, therapist: Person) -> None:
    page = visit(script=False)
    sign_in(page, therapist)
    page.get_by_label("Code from the app").fill(therapist.recovery_codes.pop())
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile(r"/dashboard/$"))
