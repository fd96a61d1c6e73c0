"""One's own address, a copy of one's data, and the end of an account, with a real browser and real mail."""

import io
import json
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from e2e import people
from e2e.conftest import PHONE, Visit
from e2e.people import PASSWORD, Person
from e2e.watch import Watch

_CODE = re.compile(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", re.MULTILINE)
_UNDO = re.compile(r"(/accounts/email/undo/\S+/)")


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def change_address(page: Page, person: Person) -> str:
    """By keyboard alone. Returns the new address."""
    new = people.new_email()
    page.goto("/settings/email/")
    page.get_by_label("New email address").fill(new)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Show that the new address is yours")).to_be_visible()
    expect(page.locator("[data-email]")).to_have_text(person.email)
    page.get_by_label("Code from the mail").fill("AAAA-AAAA")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not the code from the mail.")).to_be_visible()
    found = _CODE.search(people.mail_for(person.http, new, "Show that this address is yours"))
    assert found
    page.get_by_label("Code from the mail").fill(found[1].lower())
    page.keyboard.press("Enter")
    expect(page.locator("[data-email]")).to_have_text(new)
    return new


def test_the_address_is_changed_and_opens_the_account(visit: Visit, patient: Person) -> None:
    page = visit(patient)
    new = change_address(page, patient)
    page.context.clear_cookies()
    sign_in(page, new)
    expect(page).to_have_url(re.compile(r"/dashboard/$"))
    page.context.clear_cookies()
    sign_in(page, patient.email)
    expect(page.get_by_role("alert")).to_be_visible()


def test_the_old_address_takes_it_back(visit: Visit, patient: Person) -> None:
    thief = visit(patient)
    change_address(thief, patient)
    found = _UNDO.search(people.mail_for(patient.http, patient.email, "Your address was changed"))
    assert found
    owner = visit(width=PHONE, script=False)
    owner.goto(found[1])
    expect(owner.get_by_text("Your old address is put back.")).to_be_visible()
    owner.get_by_role("button", name="This was not me").click()
    owner.get_by_label("New password", exact=True).fill("another quiet evening")
    owner.get_by_label("New password, again").fill("another quiet evening")
    owner.locator("main form button[type=submit]").click()
    thief.goto("/dashboard/")
    expect(thief).to_have_url(re.compile("/accounts/login/"))
    sign_in(owner, patient.email, "another quiet evening")
    expect(owner).to_have_url(re.compile(r"/dashboard/$"))


def test_a_copy_of_one_s_data(visit: Visit, patient: Person, therapist: Person, conversation: str) -> None:
    people.send(patient, conversation, "I slept well <b>at last</b>.")
    people.send(therapist, conversation, "I am glad.")
    page = visit(patient)
    page.goto("/settings/data/")
    page.get_by_role("button", name="Make a copy").click()
    expect(page.get_by_text("being made").first).to_be_visible()
    link = page.get_by_role("link", name="Fetch the copy")
    # The page looks by itself.
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    assert re.fullmatch(r"bloom-data-\d{4}-\d\d-\d\d\.zip", download.value.suggested_filename)
    path: Path = download.value.path()
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        (profile,) = json.loads(archive.read("profile.json"))
        talk = json.loads(archive.read("conversation-0001.json"))
        readable = archive.read("index.html").decode()
    assert profile["email"] == patient.email
    assert [row["text"] for row in talk] == ["I slept well <b>at last</b>.", "I am glad."]
    reader = visit()
    reader.set_content(readable)
    expect(reader.get_by_text("I slept well <b>at last</b>.")).to_be_visible()
    assert people.mail_for(patient.http, patient.email, "The copy of your data is ready")


def test_an_account_is_closed_and_kept(
    visit: Visit, watch: Watch, patient: Person, conversation: str
) -> None:
    # The open page asks for its list as its session ends, and is led to the sign-in.
    watch.expect("net::ERR_FAILED")
    page, elsewhere = visit(patient, width=PHONE), visit(patient)
    elsewhere.goto(f"/messages/{conversation}/")
    page.goto("/settings/close/")
    page.get_by_label("I have read what ends and what stays").check()
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_text("Your account closes on").first).to_be_visible()
    assert people.mail_for(people.client(patient.site), patient.email, "Your account will be closed")
    elsewhere.goto("/dashboard/")
    expect(elsewhere).to_have_url(re.compile("/accounts/login/"))

    sign_in(page, patient.email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is closing")
    page.goto(f"/messages/{conversation}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is closing")
    page.get_by_role("button", name="Keep my account").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/dashboard/$"))
