"""The messages page itself: what waits, by keyboard, by ear, on a phone, without a script."""

import re

from playwright.sync_api import Locator, Route, expect

from e2e import people
from e2e.conftest import PHONE, Visit
from e2e.people import Person
from e2e.talks import BLOCKED, BLURRED, CRISIS, Talk, open_talk
from e2e.watch import Watch


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


def test_what_comes_before_the_page_listens_is_counted(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    """Between the page's making and the opening of its socket nobody tells it of anything."""
    page = visit(therapist)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/js/messaging*.js", hold)
    page.goto("/messages/", wait_until="commit")
    row = Talk(page).conversations.filter(has_text="Maya Torres")
    expect(row).to_be_visible()
    expect(row).not_to_contain_text("unread")
    people.send(patient, conversation, "One.")
    for route in held:
        route.continue_()
    expect(row).to_contain_text(re.compile(r"1\s+unread"))


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


def test_an_address_is_a_link_and_nothing_is_fetched_for_it(
    both: tuple[Talk, Talk],
) -> None:
    here, there = both
    text = "Look: https://example.org/a?b=1, and https://аррӏе.com/ and javascript:alert(1)"
    here.write(text)
    for talk in (here, there):
        links = talk.message(1).locator("[data-text]").get_by_role("link")
        expect(links).to_have_count(2)
        expect(links.first).to_have_attribute("href", "https://example.org/a?b=1")
        expect(links.first).to_have_attribute("rel", "noopener noreferrer nofollow")
        expect(links.first).to_have_attribute("target", "_blank")
        # Letters that are taken for others are shown beside as what they are.
        expect(links.last).to_have_accessible_name("https://аррӏе.com/ (xn--80ak6aa92e.com)")
        talk.page.reload()
        expect(links).to_have_count(2)
        expect(talk.message(1).locator("[data-text]")).to_have_text(text)


def test_the_title_counts_what_is_unread(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    page = visit(therapist)
    page.goto("/messages/")
    people.send(patient, conversation, "One.")
    expect(page).to_have_title(re.compile(r"^\(1\) Messages"))
    Talk(page).conversations.first.click()
    expect(page).to_have_title(re.compile("^Maya Torres"))


def test_a_notification_says_nothing_and_is_a_choice(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    page = visit(therapist)
    page.add_init_script(
        """window.rung = [];
        window.Notification = class {
          static permission = "default";
          static async requestPermission() { return (this.permission = "granted"); }
          constructor(title, options) { window.rung.push([title, options.body ?? ""]); }
        };
        document.hasFocus = () => false;"""
    )
    talk = open_talk(page, conversation)
    row = talk.conversations.first
    people.send(patient, conversation, "The week was long.")
    expect(row).to_contain_text(re.compile(r"1\s+unread"))
    assert page.evaluate("window.rung") == []
    choice = page.get_by_role("button", name="Desktop notifications on this device")
    choice.click()
    expect(choice).to_have_attribute("aria-pressed", "true")
    people.send(patient, conversation, "And good.")
    expect(row).to_contain_text(re.compile(r"2\s+unread"))
    assert page.evaluate("window.rung") == [["New message in Bloom", ""]]
    # What is muted makes no sign.
    therapist.patch(f"/conversations/{conversation}/", muted=True)
    people.send(patient, conversation, "Really.")
    expect(row).to_contain_text(re.compile(r"3\s+unread"))
    assert len(page.evaluate("window.rung")) == 1


def test_on_a_phone_all_can_be_touched_and_seen(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    people.send(therapist, conversation, "How was the week?")
    open_talk(visit(therapist), conversation)
    talk = open_talk(visit(patient, width=PHONE), conversation)
    expect(talk.page.locator(".thread-top")).to_contain_text("Here now")
    expect(talk.page.locator(".thread-top [data-presence-word]").last).to_be_in_viewport(ratio=1)
    message = patient.get(f"/conversations/{conversation}/messages/")["results"][-1]["id"]
    therapist.post(f"/messages/{message}/reactions/", emoji="🌱", on=True)
    expect(talk.page.get_by_role("button", name="🌱 1")).to_be_visible()
    small = talk.page.locator("#messages").evaluate(
        """page => [...page.querySelectorAll("a, button, summary")]
          .filter((each) => each.checkVisibility() && !each.closest("p.composer-hint, .sr-only"))
          .map((each) => [each.textContent.trim() || each.ariaLabel, each.getBoundingClientRect()])
          .filter(([, { width, height }]) => width > 0 && (width < 44 || height < 44))
          .map(([name, { width, height }]) => `${name} ${width}x${height}`)"""
    )
    assert small == []
    assert talk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert talk.page.evaluate("getComputedStyle(document.documentElement).overscrollBehaviorY") == "none"


def test_what_comes_together_is_read_out_as_a_number(both: tuple[Talk, Talk]) -> None:
    here, there = both
    for number in range(1, 5):
        here.write(f"Thought {number}.")
    there.has(*(f"Thought {number}." for number in range(1, 5)))
    expect(there.page.locator("#live[role=status]")).to_have_text(re.compile(r"from Maya Torres"))
    # One's own words are not read out, here or on another device.
    expect(here.page.locator("#live[role=status]")).to_have_text("Sent")
