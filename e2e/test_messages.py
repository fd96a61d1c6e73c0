"""Two people, two browsers, one conversation: what each sees, hears and keeps."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e import people
from e2e.conftest import PHONE, Visit
from e2e.people import Person
from e2e.watch import Watch

BLURRED = "He wanted me to suck his dick in the car."
BLOCKED = "Selling xans, 5 bucks each, text me."
CRISIS = "I want to kill myself tonight."
LOST_CONNECTION = "ERR_INTERNET_DISCONNECTED"


@dataclass(frozen=True)
class Talk:
    """One person's sight of the conversation."""

    page: Page

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log", name="Messages")

    @property
    def messages(self) -> Locator:
        return self.log.get_by_role("article")

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Write a message")

    @property
    def conversations(self) -> Locator:
        return self.page.get_by_role("navigation", name="Conversations").get_by_role("link")

    @property
    def refusal(self) -> Locator:
        return self.page.locator("form").get_by_role("alert")

    def message(self, seq: int) -> Locator:
        return self.page.locator(f"article#message-{seq}")

    def write(self, text: str) -> None:
        self.box.fill(text)
        self.page.get_by_role("button", name="Send").click()

    def has(self, *texts: str) -> None:
        """These messages, in this order, each once, and no other."""
        expect(self.messages).to_have_count(len(texts))
        expect(self.messages).to_contain_text(list(texts))


def open_talk(page: Page, conversation: str) -> Talk:
    """Open a conversation and wait until its socket stands; without that a test could be too fast for it."""
    with page.expect_websocket() as socket:
        page.goto(f"/messages/{conversation}/")
    if not socket.value.is_closed():
        socket.value.wait_for_event("framereceived")
    return Talk(page)


@pytest.fixture
def both(visit: Visit, patient: Person, therapist: Person, conversation: str) -> tuple[Talk, Talk]:
    """The patient's browser and the therapist's, the same conversation open in each."""
    return open_talk(visit(patient), conversation), open_talk(visit(therapist), conversation)


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
    expect(therapist.message(1)).to_have_accessible_name(re.compile(r"^Maya Torres, \d\d:\d\d$"))
    expect(patient.message(2)).to_have_accessible_name(re.compile(r"^Anna Lindqvist, \d\d:\d\d$"))
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


# The connection ---------------------------------------------------------------------------------------------


def test_nothing_is_lost_or_doubled_without_a_connection(
    both: tuple[Talk, Talk], watch: Watch, patient: Person, therapist: Person, conversation: str
) -> None:
    watch.expect(LOST_CONNECTION)
    here, there = both
    here.write("Before the tunnel.")
    there.has("Before the tunnel.")
    banner = here.page.get_by_role("status").filter(has_text=re.compile("offline|Reconnecting"))
    expect(banner).to_have_count(0)

    here.page.context.set_offline(True)
    expect(banner).to_be_visible()
    here.write("In the tunnel, one.")
    here.write("In the tunnel, two.")
    expect(here.page.get_by_text("Sending").filter(visible=True)).to_have_count(2)
    expect(here.box).to_have_value("")
    there.write("Meanwhile, above.")
    people.send(therapist, conversation, "Still there?")
    expect(there.messages).to_have_count(3)

    here.page.context.set_offline(False)
    expect(banner).to_have_count(0, timeout=15_000)
    said = ["Before", "Meanwhile, above.", "Still there?", "In the tunnel, one.", "In the tunnel, two."]
    for talk in (here, there):
        talk.has(*said)
    for talk in (here, there):
        talk.page.reload()
        talk.has(*said)
    assert len(patient.get(f"/conversations/{conversation}/messages/")["results"]) == len(said)


def test_what_waits_survives_a_reload(both: tuple[Talk, Talk], watch: Watch) -> None:
    watch.expect(LOST_CONNECTION)
    here, there = both
    here.page.context.set_offline(True)
    here.write("Written without a connection.")
    expect(here.page.get_by_text("Sending").filter(visible=True)).to_have_count(1)
    # Leaving the page before the connection is back, as a phone does with a page it has no room for.
    here.page.goto("about:blank")
    here.page.context.set_offline(False)
    here.page.go_back()
    there.has("Written without a connection.")
    here.has("Written without a connection.")
    expect(here.page.get_by_text("Sending").filter(visible=True)).to_have_count(0)


def test_a_draft_is_kept(both: tuple[Talk, Talk], conversation: str) -> None:
    patient, _ = both
    patient.box.fill("I have been meaning to say")
    patient.page.goto("/dashboard/")
    patient.page.goto(f"/messages/{conversation}/")
    expect(patient.box).to_have_value("I have been meaning to say")
    patient.page.reload()
    expect(patient.box).to_have_value("I have been meaning to say")
    # Whoever signs out leaves nothing behind.
    patient.page.get_by_role("complementary", name="Sidebar").locator("summary").click()
    patient.page.get_by_role("button", name="Sign out").click()
    expect(patient.page.get_by_role("heading", level=1)).to_contain_text("A quiet place")
    assert patient.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('bloom.'))") == []


def test_the_end_of_a_session_is_told(
    visit: Visit, watch: Watch, site: str, patient: Person, therapist: Person, conversation: str
) -> None:
    """Signed out elsewhere while a page is open: it says so, and keeps what was being written."""
    watch.expect("401|WebSocket|4401")
    here = open_talk(visit(patient), conversation)
    here.box.fill("I was about to say")
    elsewhere = visit(patient)
    elsewhere.goto("/dashboard/")
    elsewhere.get_by_role("complementary", name="Sidebar").locator("summary").click()
    elsewhere.get_by_role("button", name="Sign out").click()
    expect(here.page.get_by_text("You have been signed out.")).to_be_visible(timeout=15_000)
    expect(here.box).to_have_value("I was about to say")
    expect(here.page.get_by_role("link", name="Sign in again")).to_be_visible()


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


# Finding one's way ------------------------------------------------------------------------------------------


def test_unread_messages_are_counted(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    page = visit(therapist)
    page.goto("/dashboard/")
    room = page.get_by_role("complementary", name="Sidebar").get_by_role("link", name=re.compile("Messages"))
    expect(room).to_have_accessible_name("Messages")
    page.goto("/messages/")
    row = Talk(page).conversations.filter(has_text="Maya Torres")
    expect(row).not_to_contain_text("unread")

    # It counts while one looks.
    people.send(patient, conversation, "One.")
    people.send(patient, conversation, "Two.")
    expect(row).to_contain_text(re.compile(r"2\s+unread"))
    expect(room).to_have_accessible_name(re.compile(r"2\s+unread"))
    row.click()
    talk = Talk(page)
    talk.has("One.", "Two.")
    expect(row).not_to_contain_text("unread")
    expect(room).to_have_accessible_name("Messages")
    page.goto("/dashboard/")
    expect(room).to_have_accessible_name("Messages")


def test_days_are_told_apart(visit: Visit, patient: Person, therapist: Person, conversation: str) -> None:
    people.send(therapist, conversation, "Today.")
    talk = open_talk(visit(patient), conversation)
    expect(talk.log.get_by_role("heading", level=2)).to_have_count(1)
    expect(talk.log.get_by_role("heading", level=2)).to_have_text(
        re.compile(r"^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d{1,2} \w+$")
    )


def test_the_demo_has_days_and_history(visit: Visit, site: str) -> None:
    """The demo's own conversations go back weeks."""
    demo = people.sign_in(site, "patient@bloom.demo")
    conversation = demo.get("/conversations/")["results"][0]["id"]
    talk = open_talk(visit(demo), conversation)
    days = talk.log.get_by_role("heading", level=2)
    texts = days.all_inner_texts()
    assert len(texts) > 1
    assert len(texts) == len(set(texts))


def test_a_long_history_comes_as_one_scrolls(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    for number in range(1, 76):
        people.send(patient, conversation, f"Number {number}.")
    talk = open_talk(visit(patient), conversation)
    expect(talk.messages.last).to_contain_text("Number 75.")
    expect(talk.messages.last).to_be_in_viewport()
    expect(talk.message(1)).to_have_count(0)
    talk.log.focus()
    talk.log.evaluate("log => log.scrollTop = -log.scrollHeight")
    expect(talk.message(1)).to_have_count(1)
    talk.has(*(f"Number {number}." for number in range(1, 76)))
    expect(talk.page.get_by_text("The beginning of your conversation")).to_have_count(1)
    # Something new does not tear one away from what one reads.
    talk.log.evaluate("log => log.scrollTop = -log.scrollHeight")
    people.send(therapist, conversation, "Something new.")
    talk.page.get_by_role("button", name="New messages").click()
    expect(talk.messages.last).to_contain_text("Something new.")
    expect(talk.messages.last).to_be_in_viewport()


def test_by_keyboard_alone(visit: Visit, patient: Person, therapist: Person, conversation: str) -> None:
    people.send(patient, conversation, BLURRED)
    page = visit(therapist)
    page.goto("/messages/")
    talk = Talk(page)

    def tab_to(target: Locator) -> None:
        for _ in range(25):
            page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"The focus never came to {target}.")

    expect(talk.conversations.first).to_be_visible()
    tab_to(talk.conversations.first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Maya Torres")
    show = talk.message(1).get_by_role("button", name="Show it")
    expect(show).to_be_visible()
    tab_to(show)
    page.keyboard.press("Enter")
    expect(talk.message(1)).to_contain_text(BLURRED)
    tab_to(talk.box)
    page.keyboard.type("Thank you for telling me.")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("We take it slowly.")
    page.keyboard.press("Enter")
    expect(talk.message(2).locator("[data-text]")).to_have_text(
        "Thank you for telling me.\nWe take it slowly.", use_inner_text=True
    )
    expect(talk.box).to_be_focused()


def test_a_screen_reader_is_told(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    live = therapist.page.locator("#live[role=status]")
    patient.write("The week was long.")
    expect(live).to_have_text("New message from Maya Torres: The week was long.")
    patient.write(BLURRED)
    expect(live).to_have_text("Maya Torres sent a message that is hidden.")
    expect(patient.page.locator("#live[role=status]")).to_have_text("Sent")


def test_on_a_phone_it_is_one_or_the_other(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    people.send(therapist, conversation, "How was the week?")
    page = visit(patient, width=PHONE)
    page.goto("/messages/")
    talk = Talk(page)
    talk.conversations.first.click()
    talk.has("How was the week?")
    expect(talk.conversations.first).to_be_hidden()
    expect(talk.box).to_be_in_viewport()
    talk.write("Long, and good in the end.")
    expect(talk.messages.last).to_contain_text("Long, and good in the end.")
    expect(talk.messages.last).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="All conversations").click()
    expect(talk.conversations.first).to_be_visible()
    expect(talk.box).to_have_count(0)


def test_without_a_script(
    visit: Visit, watch: Watch, patient: Person, therapist: Person, conversation: str
) -> None:
    """List, thread, sending, a refusal, a reveal, an alert: each by a plain form."""
    watch.expect("^422 /messages/")
    people.send(patient, conversation, BLURRED)
    people.send(patient, conversation, CRISIS)
    page = visit(therapist, script=False)
    page.goto("/messages/")
    talk = Talk(page)
    talk.conversations.first.click()
    talk.message(1).get_by_role("button", name="Show it").click()
    expect(talk.message(1)).to_contain_text(BLURRED)
    page.get_by_role("button", name="I have seen this").click()
    expect(page.get_by_role("button", name="I have seen this")).to_have_count(0)
    talk.write("Thank you for telling me. I am calling you now.")
    expect(talk.messages).to_have_count(3)
    expect(talk.messages.last).to_contain_text("I am calling you now.")
    expect(talk.box).to_have_value("")
    talk.write(BLOCKED)
    expect(talk.refusal).to_contain_text("not sent")
    expect(talk.box).to_have_value(BLOCKED)
    expect(talk.messages).to_have_count(3)
    page.get_by_role("button", name="Mark as read").click()
    expect(page.get_by_role("button", name="Mark as read")).to_have_count(0)
