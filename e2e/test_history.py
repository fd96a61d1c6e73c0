"""The past of a conversation, back by keyboard, by day, to where reading stopped, however long it is."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e import people
from e2e.conftest import Visit
from e2e.people import Person
from e2e.talks import Talk, open_talk

ROOT = Path(__file__).parents[1]
# So long a past takes a minute to make: the tests do with less unless they are told otherwise.
LONG = int(os.environ.get("BLOOM_E2E_LONG", "2000"))
MOST = 300


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


@pytest.fixture(scope="session")
def long(site: str, admin: Person) -> tuple[Person, str]:
    """Somebody whose conversation goes back two years and more."""
    patient = people.sign_up(site, "patient", "Maya Torres")
    therapist = people.sign_up(site, "therapist", "Anna Lindqvist")
    people.assign(admin, patient, therapist)
    conversation = people.conversation(patient, therapist)
    command = [sys.executable, str(ROOT / "manage.py"), "seed_history", conversation, str(LONG)]
    subprocess.run(command, check=True, capture_output=True)
    return patient, conversation


def seqs(talk: Talk) -> list[int]:
    """The numbers of the messages on the page."""
    found: list[int] = talk.messages.evaluate_all("all => all.map((each) => Number(each.dataset.seq))")
    return found


def in_sight(talk: Talk) -> tuple[int, float]:
    """The first message in sight and how far below the edge it stands."""
    seq, top = talk.log.evaluate(
        """log => {
          const edge = log.getBoundingClientRect().top;
          const isInSight = (each) => each.getBoundingClientRect().bottom > edge;
          const first = [...log.querySelectorAll("article")].find(isInSight);
          return [Number(first.dataset.seq), first.getBoundingClientRect().top - edge];
        }"""
    )
    return seq, top


def whole(numbers: list[int]) -> bool:
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_page_stays_small_however_far_one_reads(visit: Visit, long: tuple[Person, str]) -> None:
    patient, conversation = long
    talk = open_talk(visit(patient), conversation)
    assert seqs(talk) == list(range(LONG - 49, LONG + 1))
    expect(talk.messages.last).to_be_in_viewport()
    expect(talk.messages.last).to_have_attribute("aria-posinset", str(LONG))
    expect(talk.messages.last).to_have_attribute("aria-setsize", str(LONG))
    talk.log.focus()
    # Far up by keyboard: the page stays small, whole, and never jumps.
    for _ in range(60):
        talk.page.keyboard.press("PageUp")
        talk.page.wait_for_timeout(60)
        numbers = seqs(talk)
        assert whole(numbers)
        assert len(numbers) <= MOST
    assert seqs(talk)[0] < LONG - MOST
    assert seqs(talk)[-1] < LONG
    expect(talk.log).to_be_focused()
    # And down again, through what had left the page.
    for _ in range(75):
        talk.page.keyboard.press("PageDown")
        talk.page.wait_for_timeout(60)
        assert whole(seqs(talk))
    expect(talk.message(LONG)).to_be_in_viewport()


def test_to_the_beginning_and_back_by_keyboard(visit: Visit, long: tuple[Person, str]) -> None:
    patient, conversation = long
    talk = open_talk(visit(patient), conversation)
    talk.log.focus()
    talk.page.keyboard.press("Home")
    expect(talk.message(1)).to_be_in_viewport()
    expect(talk.page.get_by_text("The beginning of your conversation")).to_be_visible()
    expect(talk.log).to_be_focused()
    talk.page.keyboard.press("End")
    expect(talk.message(LONG)).to_be_in_viewport()
    expect(talk.log).to_be_focused()


def test_what_one_reads_stays_where_it_is(visit: Visit, long: tuple[Person, str]) -> None:
    """While older messages come in above, and newer ones go away below."""
    patient, conversation = long
    talk = open_talk(visit(patient), conversation)
    talk.log.focus()
    with talk.page.expect_response(lambda answer: "before_seq" in answer.url):
        talk.log.evaluate("log => log.scrollTop = -(log.scrollHeight - log.clientHeight - 300)")
        talk.page.wait_for_timeout(20)
        before = in_sight(talk)
    expect(talk.message(LONG - 99)).to_have_count(1)
    seq, top = in_sight(talk)
    assert seq == before[0]
    assert abs(top - before[1]) <= 1


def test_the_focus_outlives_its_message(visit: Visit, long: tuple[Person, str]) -> None:
    patient, conversation = long
    talk = open_talk(visit(patient), conversation)
    talk.message(LONG).get_by_role("link", name="More about this message").focus()
    for _ in range(8):
        talk.log.evaluate("log => log.scrollTop = -log.scrollHeight")
        talk.page.wait_for_timeout(400)
    expect(talk.message(LONG)).to_have_count(0)
    expect(talk.log).to_be_focused()


def test_a_day_is_found(visit: Visit, long: tuple[Person, str]) -> None:
    patient, conversation = long
    talk = open_talk(visit(patient), conversation)
    day = datetime.now(UTC).date() - timedelta(days=20)
    talk.page.locator("summary", has_text="This conversation").click()
    talk.page.get_by_role("button", name="Go to a day").click()
    talk.page.locator("#message-day-on").fill(day.isoformat())
    talk.page.get_by_role("button", name="Go there").click()
    first = talk.log.locator(f"h2[data-day='{day.isoformat()}'] + article")
    expect(first).to_be_in_viewport()
    expect(first).to_be_focused()
    assert len(seqs(talk)) <= MOST
    talk.page.get_by_role("button", name="Newest").click()
    expect(talk.message(LONG)).to_be_in_viewport()


def test_reading_goes_on_where_it_stopped(
    visit: Visit, patient: Person, therapist: Person, conversation: str
) -> None:
    people.send(therapist, conversation, "How was the week?")
    people.send(patient, conversation, "Long.")
    for number in range(1, 71):
        people.send(patient, conversation, f"Thought {number}.")
    talk = open_talk(visit(therapist), conversation)
    expect(talk.log.get_by_text("New messages", exact=True)).to_be_in_viewport()
    expect(talk.message(1)).to_be_in_viewport()
    jump = talk.page.get_by_role("button", name="New messages")
    expect(jump).to_contain_text("71")
    assert therapist.get(f"/conversations/{conversation}/")["unread"] == 71
    jump.click()
    expect(talk.message(72)).to_be_in_viewport()
    expect(jump).to_be_hidden()
    expect(talk.conversations.first).not_to_contain_text("unread")
    # What is written now stands below, also for who reads further up.
    talk.log.evaluate("log => log.scrollTop = -log.scrollHeight")
    talk.write("Thank you for all of this.")
    expect(talk.message(73)).to_be_in_viewport()
    expect(talk.log.get_by_text("New messages", exact=True)).to_have_count(0)
