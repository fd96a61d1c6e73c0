"""One account from its first day to its last, on a phone and by keyboard alone."""

import json
import re
import time
import zipfile

from playwright.sync_api import Locator, Page, expect

from e2e import people
from e2e.conftest import PHONE, Visit
from e2e.people import PASSWORD, Person
from e2e.test_factors import Authenticator
from e2e.watch import Watch

# More than any page here has between its beginning and its end.
TABS = 150


def reach(page: Page, what: Locator) -> None:
    """Go there as somebody without a mouse does: from where one is, by Tab alone."""
    expect(what).to_be_visible()
    for _each in range(TABS):
        if what.evaluate("node => node === document.activeElement"):
            expect(what).to_be_in_viewport()
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {what}.")


def press(page: Page, what: Locator, key: str = "Enter") -> None:
    reach(page, what)
    page.keyboard.press(key)


def type_into(page: Page, label: str, text: str) -> None:
    reach(page, page.get_by_label(label, exact=True))
    page.keyboard.type(text)


def sign_up(page: Page, site: str) -> Person:
    person = Person(site, people.new_email(), "Noor Haddad", http=people.client(site))
    page.goto("/accounts/signup/")
    press(page, page.get_by_role("radio", name="A patient"), "Space")
    type_into(page, "Your name", person.name)
    type_into(page, "Email", person.email)
    type_into(page, "Password", PASSWORD)
    type_into(page, "Password (again)", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    type_into(page, "Code from the mail", people.code_for(person))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/dashboard/$"))
    return person


def add_passkey(page: Page, name: str) -> None:
    page.goto("/settings/security/")
    press(page, page.get_by_role("link", name="Add a passkey"))
    reach(page, page.get_by_label("Name"))
    page.keyboard.type(name)
    button = page.get_by_role("button", name="Add a passkey")
    expect(button).to_be_enabled()
    press(page, button)


def use_passkey(page: Page) -> None:
    button = page.get_by_role("button", name="Use a passkey")
    expect(button).to_be_enabled()
    press(page, button)


def choose_at_google(page: Page, email: str) -> None:
    expect(page.get_by_role("heading", name="Google", exact=True)).to_be_visible()
    type_into(page, "Email", email)
    type_into(page, "Name", "Noor Haddad")
    press(page, page.get_by_role("button", name="Continue", exact=True))


def add_app(page: Page) -> None:
    page.goto("/settings/security/")
    press(page, page.get_by_role("link", name="Add an app"))
    press(page, page.locator("summary", has_text="Or type the secret"))
    secret = (page.locator("[data-secret]").text_content() or "").replace(" ", "")
    type_into(page, "Code that the app shows", people.app_code(secret))
    page.keyboard.press("Enter")
    expect(page.get_by_text("In use")).to_be_visible()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    press(page, page.get_by_role("main").get_by_role("button", name="Sign out"))
    expect(page).to_have_url(re.compile(r"/$"))


def fetch_copy(page: Page) -> dict[str, bytes]:
    page.goto("/settings/data/")
    press(page, page.get_by_role("button", name="Make a copy"))
    expect(page.get_by_text("Your copy is being made. You may leave")).to_be_visible()
    fetch = page.get_by_role("link", name=re.compile("Fetch"))
    for _wait in range(30):
        if fetch.count():
            break
        time.sleep(1)
        page.reload()
    with page.expect_download() as download:
        press(page, fetch)
    with zipfile.ZipFile(download.value.path()) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_from_the_first_day_to_the_last(visit: Visit, watch: Watch, site: str) -> None:
    """Sign up, passkey, app, out and in again, Google, another browser signed out, a copy, and good-bye."""
    watch.expect(r"^another host: http://127\.0\.0\.1:\d+/google/")
    page = visit(width=PHONE)
    Authenticator(page)
    person = sign_up(page, site)

    add_passkey(page, "My phone")
    expect(page.locator("[data-codes] li")).to_have_count(10)
    codes = page.locator("[data-codes] li").all_inner_texts()
    press(page, page.get_by_role("link", name="I have kept them"))
    add_app(page)

    sign_out(page)
    page.goto("/accounts/login/")
    use_passkey(page)
    expect(page).to_have_url(re.compile(r"/dashboard/$"))

    page.goto("/settings/connected/")
    press(page, page.get_by_role("link", name="Connect Google"))
    press(page, page.get_by_role("button", name="Connect Google"))
    choose_at_google(page, person.email)
    expect(page.get_by_text("Google was connected")).to_be_visible()

    elsewhere = people.sign_in(site, person.email, PASSWORD, recovery_code=codes[0])
    assert elsewhere.http.get("/api/v1/me/").status_code == 200
    page.goto("/settings/sessions/")
    press(page, page.locator("[data-session=other]").get_by_role("button", name=re.compile("Sign out")))
    expect(page.get_by_text("Signed out there")).to_be_visible()
    assert elsewhere.http.get("/api/v1/me/").status_code == 401
    page.goto("/settings/activity/")
    expect(page.get_by_text("Shown: recovery code")).to_be_visible()

    files = fetch_copy(page)
    assert person.email in json.dumps(json.loads(files["profile.json"]))
    assert b"Noor Haddad" in files["index.html"]

    page.goto("/settings/close/")
    press(page, page.get_by_label("I have read what ends and what stays"), "Space")
    press(page, page.get_by_role("button", name="Close my account"))
    expect(page.get_by_text("Your account closes on")).to_be_visible()

    page.goto("/accounts/login/")
    use_passkey(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is closing")
    page.goto("/settings/sessions/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is closing")
    press(page, page.get_by_role("button", name="Keep my account"))
    expect(page.get_by_text("Your account stays open")).to_be_visible()
