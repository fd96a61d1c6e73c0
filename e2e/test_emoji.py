"""One picker of emoji, for what is written and for reactions: by mouse, by touch and by keyboard."""

import re

from playwright.sync_api import Locator, Page, expect

from e2e import axe, people
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.people import Person
from e2e.talks import Talk, open_talk
from e2e.watch import Watch


def picker(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Choose an emoji")


def cell(page: Page, name: str) -> Locator:
    return picker(page).get_by_role("gridcell", name=name, exact=True)


def opened(talk: Talk) -> Page:
    talk.page.get_by_role("button", name="Emoji", exact=True).click()
    expect(cell(talk.page, "grinning face")).to_be_visible()
    return talk.page


def test_by_keyboard_at_the_caret(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    page = patient.page
    patient.box.fill("Good morning, Anna")
    patient.box.press("Home")
    for _ in "Good morning":
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+;")
    search = picker(page).get_by_role("searchbox", name="Find an emoji")
    expect(search).to_be_focused()
    expect(cell(page, "grinning face")).to_be_visible()
    assert axe.findings(page) == []

    page.keyboard.press("ArrowDown")
    expect(cell(page, "grinning face")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cell(page, "grinning face with big eyes")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(cell(page, "grinning face with big eyes")).to_be_focused()
    page.keyboard.press("PageDown")
    expect(cell(page, "waving hand")).to_be_focused()
    # There is one stop for the Tab key in the grid.
    expect(picker(page).locator('[role="gridcell"][tabindex="0"]')).to_have_count(1)

    # Whoever types searches.
    page.keyboard.type("seedl")
    expect(search).to_be_focused()
    expect(search).to_have_value("seedl")
    expect(picker(page).get_by_role("gridcell")).to_have_count(1)
    expect(picker(page).get_by_role("status")).to_have_text("1 found")
    assert axe.findings(page) == []
    page.keyboard.press("Enter")
    expect(picker(page)).to_be_hidden()
    expect(patient.box).to_be_focused()
    expect(patient.box).to_have_value("Good morning\U0001f331, Anna")
    page.keyboard.type("\U0001f338")
    page.keyboard.press("Enter")
    expect(therapist.message(1)).to_contain_text("Good morning\U0001f331\U0001f338, Anna")


def test_escape_gives_the_focus_back(both: tuple[Talk, Talk]) -> None:
    talk, _other = both
    talk.box.fill("Half a word")
    talk.page.keyboard.press("Control+;")
    expect(picker(talk.page).get_by_role("searchbox")).to_be_focused()
    talk.page.keyboard.press("Escape")
    expect(picker(talk.page)).to_be_hidden()
    expect(talk.box).to_be_focused()
    expect(talk.box).to_have_value("Half a word")
    button = talk.page.get_by_role("button", name="Emoji", exact=True)
    button.focus()
    talk.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    talk.page.keyboard.type("zzzz")
    expect(picker(talk.page).get_by_role("status")).to_have_text("No emoji is called that")
    talk.page.keyboard.press("Enter")
    expect(picker(talk.page)).to_be_visible()
    talk.page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_the_same_one_reacts_and_remembers(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    patient.write("I slept well.")
    expect(therapist.message(1)).to_contain_text("I slept well.")
    page = therapist.page
    page.get_by_role("link", name="More about this message").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    more = page.get_by_role("menuitem", name="Another emoji")
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    expect(picker(page).get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("sunflower")
    expect(cell(page, "sunflower")).to_be_visible()
    page.keyboard.press("Enter")
    expect(patient.message(1).locator("button.reaction")).to_have_text("\U0001f33b 1")
    expect(page.get_by_role("link", name="More about this message")).to_be_focused()

    # It is remembered, for what is written, too, and for a later visit.
    page.reload()
    opened(therapist)
    recent = picker(page).get_by_role("rowgroup", name="Used last")
    expect(recent.get_by_role("gridcell")).to_have_text(["\U0001f33b"])
    picker(page).get_by_role("button", name="Flags").click()
    expect(picker(page).get_by_role("rowgroup", name="Flags").get_by_role("gridcell").first).to_be_focused()
    page.keyboard.press("Escape")
    # Chosen once more it is taken back.
    therapist.message(1).get_by_role("link", name="More about this message").click()
    more.click()
    expect(cell(page, "sunflower").first).to_be_visible()
    cell(page, "sunflower").first.click()
    expect(patient.message(1).locator("button.reaction")).to_have_count(0)


def test_on_a_phone(visit: Visit, patient: Person, therapist: Person, conversation: str) -> None:
    people.send(therapist, conversation, "Good morning.")
    for dark in (False, True):
        talk = open_talk(visit(patient, width=PHONE, dark=dark), conversation)
        page = opened(talk)
        # No keyboard covers half of it before somebody asks for it.
        expect(cell(page, "grinning face").first).to_be_focused()
        expect(picker(page)).to_be_in_viewport(ratio=1)
        box = cell(page, "grinning face").bounding_box()
        assert box is not None
        assert box["width"] >= 44, box
        assert box["height"] >= 44, box
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE
        assert axe.findings(page) == []
        cell(page, "grinning face").tap()
        expect(talk.box).to_have_value("\U0001f600")
        talk.box.fill("")


def test_it_is_loaded_when_it_is_asked_for_and_says_when_it_cannot(
    visit: Visit, watch: Watch, patient: Person, therapist: Person, conversation: str
) -> None:
    watch.expect("^503 /static/emoji/")
    page = visit(patient, width=DESKTOP)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    talk = open_talk(page, conversation)
    data = re.compile(r"/static/emoji/en(\.\w+)?\.json$")
    assert not [each for each in asked if data.search(each)]
    page.route(data, lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="Emoji", exact=True).click()
    expect(picker(page).get_by_role("alert")).to_contain_text("could not be loaded")
    page.keyboard.press("Escape")
    page.unroute(data)
    opened(talk)
    expect(picker(page).get_by_role("alert")).to_be_hidden()
