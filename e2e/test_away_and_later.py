"""When somebody reads, what goes at another time, and a copy to keep."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

from e2e import people
from e2e.conftest import PHONE, Visit
from e2e.people import Person
from e2e.talks import open_talk
from e2e.watch import Watch


def test_who_writes_outside_the_hours_is_told_when_it_is_read(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    day = datetime.now(UTC).date()
    # A therapist sets their days, and reads above the conversation that the notice is on.
    page = visit(therapist)
    page.goto("/settings/away/")
    page.get_by_label("First day").fill(str(day))
    page.get_by_label("Last day").fill(str(day + timedelta(days=3)))
    page.get_by_label("What your patients read").fill("Dr. Rivera is here for you.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Your away notice is on")).to_be_visible()
    page.goto(f"/messages/{conversation}/")
    expect(page.get_by_label("Your away notice")).to_contain_text("your patients read that you are back")
    # Whoever has the conversation open reads what comes.
    page.goto("/practices/")
    # The patient reads it before and after.
    talk = open_talk(visit(patient, width=360), conversation)
    notice = talk.page.get_by_label("When messages are read")
    expect(notice).to_contain_text("Dr. Rivera is here for you.")
    expect(notice.get_by_role("link", name="988")).to_be_visible()
    expect(notice).not_to_contain_text("Your message is there.")
    talk.page.get_by_label("Write a message").fill("Until next week.")
    talk.page.get_by_role("button", name="Send", exact=True).click()
    expect(notice).to_contain_text("Your message is there. It is read from")
    # The owner of the practice sets hours, and sees first what patients will see.
    page.get_by_role("link", name="Message hours").click()
    page.get_by_label("Away notice").fill("We read on weekdays.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_contain_text("We read on weekdays.")
    expect(page.get_by_text("It is not saved yet.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    talk.page.reload()
    expect(notice).to_contain_text("We read on weekdays.")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_message_goes_later_or_when_one_says_so(
    visit: Visit, watch: Watch, patient: Person, therapist: Person, conversation: str, script: bool
) -> None:
    watch.expect(r"^400 /messages/\S+/plan/")
    page = visit(patient, script=script)
    page.goto(f"/messages/{conversation}/")
    box = page.get_by_label("Write a message")
    box.fill("Good morning.")
    page.locator(".later-menu summary").click()
    page.get_by_role("button", name="Tomorrow morning").click()
    planned = page.get_by_role("region", name="To be sent later")
    expect(planned).to_contain_text("Good morning.")
    expect(planned).to_contain_text(re.compile(r"Goes \w+ \d+ \w+, 9:00.AM"))
    expect(box).to_have_value("")
    page.reload()
    expect(box).to_have_value("")
    # What cannot be is said, and what was written stays.
    box.fill("And another.")
    page.locator(".later-menu summary").click()
    page.locator("#later-day").fill("2020-01-01")
    page.get_by_role("button", name="Send it then").click()
    expect(page.get_by_role("alert").get_by_text("still to come").first).to_be_visible()
    expect(box).to_have_value("And another.")
    box.fill("")
    # Enter, where one chooses the time, is for that time.
    box.fill("In three days.")
    page.locator(".later-menu summary").click()
    page.locator("#later-day").fill(str(datetime.now(UTC).date() + timedelta(days=3)))
    page.locator("#later-time").fill("17:30")
    page.locator("#later-time").press("Enter")
    third = planned.locator(".later-item", has_text="In three days.")
    expect(third).to_contain_text("5:30 PM")
    page.reload()
    third.get_by_role("button", name="Cancel").click()
    expect(planned.locator(".later-item")).to_have_count(1)
    page.reload()
    # Changed, and sent now.
    planned.get_by_role("link", name="Change").click()
    page.get_by_label("Message", exact=True).fill("Good morning to you.")
    page.get_by_role("button", name="Save").click()
    expect(planned).to_contain_text("Good morning to you.")
    if script:
        box.fill("Half a thought.")
    planned.get_by_role("button", name="Send now").click()
    expect(page.get_by_role("log")).to_contain_text("Good morning to you.")
    expect(planned).to_have_count(0)
    # In place: what was being written meanwhile stays.
    expect(box).to_have_value("Half a thought." if script else "")
    (message,) = therapist.get(f"/conversations/{conversation}/messages/")["results"]
    assert message["body"] == "Good morning to you."


def test_files_go_later_too(visit: Visit, patient: Person, therapist: Person, conversation: str) -> None:
    page = visit(patient, width=PHONE)
    page.goto(f"/messages/{conversation}/")
    page.set_input_files(
        "[data-file-input]",
        files=FilePayload(name="plan.txt", mimeType="text/plain", buffer=b"Breathe in, and out."),
    )
    expect(page.locator(".composer-file[data-state=ready]")).to_be_visible()
    page.locator(".later-menu summary").click()
    # On a phone the whole menu is on the screen.
    menu = page.locator(".later-menu .menu-panel").bounding_box()
    assert menu is not None
    assert 0 <= menu["x"] <= menu["x"] + menu["width"] <= PHONE
    page.get_by_role("button", name="Tomorrow morning").click()
    expect(page.get_by_role("alert").get_by_text("Write a few words")).to_be_visible()
    page.get_by_label("Write a message").fill("My plan for the week.")
    page.get_by_role("button", name="Tomorrow morning").click()
    planned = page.get_by_role("region", name="To be sent later")
    expect(planned).to_contain_text("plan.txt")
    expect(page.locator(".composer-file")).to_have_count(0)
    page.reload()
    expect(page.locator(".composer-file")).to_have_count(0)
    planned.get_by_role("button", name="Send now").click()
    expect(planned).to_have_count(0)
    expect(page.get_by_role("log").get_by_text("plan.txt")).to_be_visible()
    (message,) = therapist.get(f"/conversations/{conversation}/messages/")["results"]
    assert [each["name"] for each in message["attachments"]] == ["plan.txt"]


def test_a_member_keeps_a_copy_of_a_conversation(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    people.send(patient, conversation, "I slept well <b>at last</b>.")
    people.send(therapist, conversation, "I am glad.")
    page = visit(patient, width=PHONE)
    page.goto(f"/messages/{conversation}/")
    page.locator(".thread-menu summary").click()
    page.get_by_role("link", name="A copy to keep").click()
    page.get_by_label("JSON, for programs").check()
    page.get_by_role("button", name="Make a copy").click()
    expect(page.get_by_text("being made").first).to_be_visible()
    assert people.mail_for(patient.http, patient.email, "The copy that you asked for is ready")
    # The notice in the app leads to where it is fetched.
    page.goto("/notices/")
    page.get_by_role("button", name="The copy that you asked for is ready").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Fetch the copy").click()
    assert re.fullmatch(r"bloom-conversation-\d{4}-\d\d-\d\d\.json", download.value.suggested_filename)
    path: Path = download.value.path()
    read = json.loads(path.read_text())
    assert [each["text"] for each in read["messages"]] == ["I slept well <b>at last</b>.", "I am glad."]
