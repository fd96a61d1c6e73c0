"""Two people, two browsers, one conversation: what each sees, hears and keeps."""

import re

from playwright.sync_api import expect

from e2e import people
from e2e.conftest import PHONE, Visit
from e2e.people import Person
from e2e.talks import BLOCKED, BLURRED, CRISIS, Talk, open_talk
from e2e.watch import Watch

# Talking ----------------------------------------------------------------------------------------------------


def test_they_talk(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    expect(patient.page.get_by_role("heading", level=1)).to_have_text("Anna Lindqvist")
    expect(therapist.page.get_by_role("heading", level=1)).to_have_text("Maya Torres")
    patient.write("I did the breathing before the meeting.")
    therapist.has("I did the breathing before the meeting.")
    therapist.write("What was the first thing you noticed?")
    patient.has("I did the breathing before the meeting.", "What was the first thing you noticed?")
    patient.write("My shoulders came down.")
    said = ["I did the breathing", "What was the first", "My shoulders came down."]
    for talk in both:
        talk.has(*said)
        # Each message says whose it is and when, and one can point to it.
        expect(talk.message(2)).to_contain_text("What was the first")
    expect(therapist.message(1)).to_have_accessible_name(re.compile(r"^Maya Torres, \d\d?:\d\d.[AP]M$"))
    expect(patient.message(2)).to_have_accessible_name(re.compile(r"^Anna Lindqvist, \d\d?:\d\d.[AP]M$"))
    for talk in both:
        talk.page.reload()
        talk.has(*said)


def test_what_is_written_is_text(both: tuple[Talk, Talk]) -> None:
    """Neither markup nor a line break is lost, and nothing runs."""
    patient, therapist = both
    text = '<img src=x onerror="document.title = 1">\n<b>bold</b> &amp; "quoted"\n\n    ידידי'
    patient.write(text)
    expect(therapist.message(1).locator("[data-text]")).to_have_text(text, use_inner_text=True)
    therapist.page.reload()
    expect(therapist.message(1).locator("[data-text]")).to_have_text(text, use_inner_text=True)
    expect(therapist.page).to_have_title(re.compile("Bloom"))


def test_many_at_once_stay_in_order(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    for number in range(1, 9):
        patient.write(f"Thought {number}.")
    said = [f"Thought {number}." for number in range(1, 9)]
    therapist.has(*said)
    patient.has(*said)
    expect(patient.page.get_by_text("Sending").filter(visible=True)).to_have_count(0)


def test_every_device_of_a_person_hears_it(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    desk = open_talk(visit(patient), conversation)
    phone = open_talk(visit(people.sign_in_again(patient), width=PHONE), conversation)
    people.send(therapist, conversation, "How was the week?")
    desk.write("Better than the last one.")
    for talk in (desk, phone):
        talk.has("How was the week?", "Better than the last one.")


# What is held back ------------------------------------------------------------------------------------------


def test_a_blocked_text_stays_with_its_writer(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    patient.write(BLOCKED)
    expect(patient.refusal).to_be_visible()
    expect(patient.refusal).to_contain_text("not sent")
    expect(patient.refusal.get_by_role("listitem")).to_have_count(1)
    expect(patient.box).to_have_value(BLOCKED)
    expect(patient.box).to_be_focused()
    expect(patient.messages).to_have_count(0)
    # Changed, it goes; the other has seen nothing of the first attempt.
    patient.write("I have been offered pills again, and it scares me.")
    expect(patient.refusal).to_be_hidden()
    therapist.has("I have been offered pills again")
    expect(therapist.page.get_by_text("xans")).to_have_count(0)
    expect(therapist.message(1)).to_be_visible()


def test_a_hidden_message_is_shown_by_choice(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    patient.write(BLURRED)
    expect(patient.message(1)).to_contain_text(BLURRED)
    expect(patient.message(1)).to_contain_text("Hidden until they choose to read it")

    hidden = therapist.message(1)
    expect(hidden.get_by_text("This message is hidden")).to_be_visible()
    expect(hidden.locator("[data-why]")).not_to_be_empty()
    # Not only out of sight: the words are not in the page.
    assert "suck" not in therapist.page.content()
    expect(therapist.conversations.first).to_contain_text("A hidden message")
    therapist.page.reload()
    expect(hidden.get_by_text("This message is hidden")).to_be_visible()
    assert "suck" not in therapist.page.content()

    hidden.get_by_role("button", name="Show it").click()
    expect(therapist.message(1)).to_contain_text(BLURRED)
    expect(therapist.message(1)).to_be_focused()
    therapist.page.reload()
    expect(therapist.message(1)).to_contain_text(BLURRED)
    expect(therapist.message(1)).to_contain_text("You chose to read this")


def test_a_hidden_message_is_shown_before_the_script_is_there(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    """A slow machine: who asks early gets the page anew, and stands at the message all the same."""
    people.send(patient, conversation, BLURRED)
    page = visit(therapist)
    page.route("**/js/messaging*.js", lambda _: None, times=1)
    page.goto(f"/messages/{conversation}/", wait_until="commit")
    talk = Talk(page)
    talk.message(1).get_by_role("button", name="Show it").click()
    expect(talk.message(1)).to_contain_text(BLURRED)
    expect(talk.message(1)).to_be_focused()


def test_a_hidden_message_is_shown_before_the_socket_is_open(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    people.send(patient, conversation, BLURRED)
    page = visit(therapist)
    page.add_init_script("WebSocket = class extends EventTarget { close() {} }")
    page.goto(f"/messages/{conversation}/")
    talk = Talk(page)
    talk.message(1).get_by_role("button", name="Show it").click()
    expect(talk.message(1)).to_contain_text(BLURRED)
    expect(talk.message(1)).to_be_focused()


def test_a_change_leaves_focus_and_selection_where_they_are(
    both: tuple[Talk, Talk], patient: Person, conversation: str
) -> None:
    patient_talk, therapist = both
    patient_talk.write("The week was long.")
    words = therapist.message(1).locator("[data-text]")
    expect(words).to_be_visible()
    words.evaluate("words => getSelection().selectAllChildren(words)")
    more = therapist.message(1).get_by_role("link", name="More about this message")
    more.focus()
    message = patient.get(f"/conversations/{conversation}/messages/")["results"][0]["id"]
    patient.post(f"/messages/{message}/reactions/", emoji="🌱", on=True)
    expect(therapist.message(1).get_by_role("button", name="🌱 1")).to_be_visible()
    expect(more).to_be_focused()
    patient.patch(f"/messages/{message}/", body="The week was long. And good.")
    expect(words).to_have_text("The week was long. And good.")
    expect(more).to_be_focused()


def test_a_reveal_is_on_record(
    visit: Visit, admin: Person, patient: Person, therapist: Person, conversation: str
) -> None:
    people.send(patient, conversation, BLURRED)
    talk = open_talk(visit(therapist), conversation)
    talk.message(1).get_by_role("button", name="Show it").click()
    expect(talk.message(1)).to_contain_text(BLURRED)
    record = visit(admin)
    record.goto(f"/admin/messaging/messageaudit/?q={conversation}")
    rows = record.get_by_role("main").get_by_role("row")
    expect(rows.filter(has_text=re.compile("reveal", re.IGNORECASE))).to_have_count(1)
    expect(rows.filter(has_text=re.compile("sent", re.IGNORECASE))).to_have_count(1)
    # What was said stands nowhere in it.
    assert "suck" not in record.content()


def test_in_a_crisis_both_are_helped(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    patient.write(CRISIS)
    help_card = patient.log.get_by_role("region", name="Help right now")
    expect(help_card).to_be_visible()
    expect(help_card.get_by_role("link", name=re.compile("988")).first).to_have_attribute("href", "tel:988")
    expect(patient.message(1)).to_contain_text(CRISIS)

    expect(therapist.message(1)).to_contain_text(CRISIS)
    expect(therapist.message(1)).to_contain_text("May mean danger")
    seen = therapist.page.get_by_role("button", name="I have seen this")
    expect(therapist.page.get_by_role("alert").filter(has=seen)).to_contain_text("Maya Torres")
    # The patient is told nothing of the alert, the therapist is not offered the lines.
    expect(patient.page.get_by_role("button", name="I have seen this")).to_have_count(0)

    therapist.page.goto("/dashboard/")
    expect(therapist.page.get_by_role("heading", name="Please look at this first")).to_be_visible()
    therapist.page.get_by_role("region", name="Please look at this first").get_by_role("link").click()
    expect(therapist.message(1)).to_be_in_viewport()
    seen.click()
    expect(seen).to_have_count(0)
    therapist.page.goto("/dashboard/")
    expect(therapist.page.get_by_role("heading", name="Please look at this first")).to_have_count(0)

    patient.page.reload()
    expect(help_card).to_be_visible()


# Whose it is ------------------------------------------------------------------------------------------------


def test_somebody_elses_conversation_is_not_there(
    visit: Visit, watch: Watch, site: str, admin: Person, therapist: Person, conversation: str
) -> None:
    watch.expect("^404 /messages/")
    for role in ("patient", "therapist"):
        stranger = people.sign_up(site, role, "Noor Haddad")
        page = visit(stranger)
        answer = page.goto(f"/messages/{conversation}/")
        assert answer
        assert answer.status == 404
        expect(page.get_by_role("heading", level=1)).to_have_text("This page is not here")
        expect(page.locator("body")).not_to_contain_text("Anna Lindqvist")
        # The attempt is on record, and an administrator finds it by the person's id.
        record = visit(admin)
        record.goto(f"/admin/observability/event/?q={stranger.id}")
        refused = record.get_by_role("main").get_by_role("row").filter(has_text=conversation)
        expect(refused).to_have_count(1)
        expect(refused).to_contain_text(re.compile("refused|denied", re.IGNORECASE))


def test_care_that_has_ended_can_be_read(
    visit: Visit, site: str, admin: Person, patient: Person, therapist: Person
) -> None:
    assignment = people.assign(admin, patient, therapist)
    conversation = people.conversation(patient, therapist)
    people.send(therapist, conversation, "It was good to work with you.")
    here = open_talk(visit(patient), conversation)
    expect(here.box).to_be_visible()
    admin.post(f"/assignments/{assignment}/end/", reason="Done")
    expect(here.page.get_by_text("This conversation has ended. You can still read it.")).to_be_visible(
        timeout=15_000
    )
    expect(here.box).to_have_count(0)
    here.has("It was good to work with you.")
