"""One's own order among one's conversations, and finding one among many."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e import people
from e2e.conftest import Visit
from e2e.people import Person
from e2e.talks import open_talk


def arrange(page: Page, what: str) -> None:
    page.get_by_role("group").filter(has_text="This conversation").locator("summary").click()
    page.get_by_role("button", name=what, exact=True).click()


def test_what_is_archived_on_one_device_is_gone_on_the_other(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    desk = open_talk(visit(therapist), conversation)
    phone = visit(people.sign_in_again(therapist))
    with phone.expect_websocket():
        phone.goto("/messages/")
    row = phone.get_by_role("navigation", name="Conversations").get_by_role("link")
    expect(row).to_have_count(1)
    arrange(desk.page, "Archive")
    expect(desk.page.get_by_text("Archived. A new message brings it back.")).to_be_visible()
    expect(row).to_have_count(0)
    phone.get_by_role("navigation", name="What to show").get_by_role("link", name="Archived").click()
    expect(row).to_have_count(1)
    # A message brings it back, on each device, without anybody's doing.
    people.send(patient, conversation, "One more thing.")
    expect(row).to_have_count(0)
    expect(desk.conversations).to_contain_text("One more thing.")


def test_a_muted_conversation_says_so_and_counts_quietly(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    desk = open_talk(visit(therapist), conversation)
    arrange(desk.page, "Mute")
    expect(desk.page.locator(".thread-top")).to_contain_text("Muted")
    desk.page.goto("/messages/")
    people.send(patient, conversation, "Good morning.")
    expect(desk.conversations).to_contain_text("Muted, 1 unread")
    desk.conversations.click()
    arrange(desk.page, "Unmute")
    expect(desk.page.locator(".thread-top").get_by_text("Muted")).to_be_hidden()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_somebody_is_found_by_name(
    visit: Visit,
    site: str,
    admin: Person,
    patient: Person,
    therapist: Person,
    conversation: str,
    script: bool,
) -> None:
    other = people.sign_up(site, "patient", "Noor Haddad")
    people.assign(admin, other, therapist)
    people.conversation(other, therapist)
    page = visit(therapist, script=script)
    page.goto("/messages/")
    rows = page.get_by_role("navigation", name="Conversations").get_by_role("link")
    expect(rows).to_have_count(2)
    box = page.get_by_role("searchbox", name="Find a person")
    box.fill("nOoR")
    if not script:
        box.press("Enter")
    expect(rows.filter(visible=True)).to_have_count(1)
    expect(rows.filter(visible=True)).to_contain_text("Noor Haddad")
    if script:
        expect(page.locator("[data-found]")).to_have_text("1 found")
        box.fill("")
        expect(rows.filter(visible=True)).to_have_count(2)


def test_one_sees_whether_the_other_is_here(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    """A dot and a word: here, away after five minutes without a touch, and gone."""
    desk = open_talk(visit(therapist), conversation)
    top = desk.page.locator(".thread-top")
    expect(top).not_to_contain_text("Here now")
    other = visit(patient)
    other.clock.install()
    phone = open_talk(other, conversation)
    expect(top).to_contain_text("Here now")
    expect(desk.conversations).to_have_accessible_name(re.compile("Here now"))
    expect(phone.page.locator(".thread-top")).to_contain_text("Here now")
    other.clock.fast_forward("05:01")
    expect(top).to_contain_text("Away")
    phone.box.press("Shift")
    expect(top).to_contain_text("Here now")
    other.close()
    expect(top).not_to_contain_text("Here now", timeout=20_000)


def test_one_can_stay_unseen(visit: Visit, patient: Person, therapist: Person, conversation: str) -> None:
    settings = visit(patient)
    settings.goto("/settings/profile/")
    settings.get_by_role("checkbox", name="Show that I am here").uncheck()
    settings.get_by_role("button", name="Save").click()
    expect(settings.get_by_text("Saved.")).to_be_visible()
    hidden = open_talk(settings, conversation)
    desk = open_talk(visit(therapist), conversation)
    # The therapist is seen, so presence works; the patient is not.
    expect(hidden.page.locator(".thread-top")).to_contain_text("Here now")
    expect(desk.page.locator(".thread-top")).not_to_contain_text("Here now")
