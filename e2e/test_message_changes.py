"""Two browsers, one conversation: words are changed and taken back, by mouse, by touch and by keyboard."""

from playwright.sync_api import Page, expect

from e2e import axe, people
from e2e.conftest import PHONE, Visit
from e2e.people import Person
from e2e.talks import BLOCKED, BLURRED, Talk, open_talk
from e2e.watch import Watch


def more(talk: Talk, seq: int) -> None:
    talk.message(seq).hover()
    talk.message(seq).get_by_role("link", name="More about this message").click()


def choose(page: Page, name: str) -> None:
    page.get_by_role("menuitem", name=name).click()


def test_an_edit_and_a_deletion_show_on_both_sides(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    patient.write("I slept well.")
    expect(therapist.message(1)).to_contain_text("I slept well.")
    patient.box.fill("A draft that stays")
    more(patient, 1)
    choose(patient.page, "Edit")
    expect(patient.page.get_by_text("Editing your message")).to_be_visible()
    patient.write("I slept badly, in fact.")
    expect(therapist.message(1)).to_contain_text("I slept badly, in fact.")
    expect(therapist.message(1)).to_contain_text("Edited")
    expect(patient.box).to_have_value("A draft that stays")

    more(therapist, 1)
    choose(therapist.page, "What it said before")
    told = therapist.page.get_by_role("dialog", name="What it said")
    expect(told).to_contain_text("I slept well.")
    assert axe.findings(therapist.page) == []
    told.get_by_role("button", name="Close").click()

    more(patient, 1)
    choose(patient.page, "Delete")
    dialog = patient.page.get_by_role("dialog", name="Delete this message?")
    dialog.get_by_role("button", name="Keep it").click()
    expect(patient.message(1)).to_contain_text("I slept badly")
    more(patient, 1)
    choose(patient.page, "Delete")
    dialog.get_by_role("button", name="Delete it").click()
    expect(patient.message(1)).to_contain_text("You deleted this message.")
    expect(therapist.message(1)).to_contain_text("Maya Torres deleted this message.")
    expect(therapist.log).not_to_contain_text("slept")
    expect(therapist.conversations).to_contain_text("A deleted message")
    therapist.page.reload()
    expect(therapist.message(1)).to_contain_text("Maya Torres deleted this message.")


def test_a_refused_edit_keeps_what_was_typed_and_a_painful_one_is_hidden(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    patient.write("Something happened.")
    expect(therapist.message(1)).to_contain_text("Something happened.")
    more(patient, 1)
    choose(patient.page, "Edit")
    patient.write(BLOCKED)
    expect(patient.refusal).to_contain_text("Nobody else has seen it")
    expect(patient.box).to_have_value(BLOCKED)
    expect(therapist.message(1)).to_contain_text("Something happened.")
    patient.write(BLURRED)
    expect(therapist.message(1)).to_contain_text("This message is hidden")
    expect(therapist.log).not_to_contain_text(BLURRED)


def test_all_of_it_by_keyboard(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    patient.write("One.")
    expect(therapist.message(1)).to_contain_text("One.")
    link = patient.message(1).get_by_role("link", name="More about this message")
    link.focus()
    patient.page.keyboard.press("Enter")
    expect(patient.page.get_by_role("menuitem", name="Edit")).to_be_focused()
    assert axe.findings(patient.page) == []
    patient.page.keyboard.press("Escape")
    expect(link).to_be_focused()
    patient.page.keyboard.press("Enter")
    patient.page.keyboard.press("ArrowDown")
    expect(patient.page.get_by_role("menuitem", name="Copy the text")).to_be_focused()
    patient.page.keyboard.press("End")
    expect(patient.page.get_by_role("menuitem", name="Delete")).to_be_focused()
    for _ in range(2):
        patient.page.keyboard.press("ArrowUp")
    expect(patient.page.get_by_role("menuitem", name="Edit")).to_be_focused()
    patient.page.keyboard.press("Enter")
    expect(patient.box).to_be_focused()
    patient.page.keyboard.press("End")
    patient.page.keyboard.type(" And two.")
    patient.page.keyboard.press("Enter")
    expect(therapist.message(1)).to_contain_text("One. And two.")
    expect(patient.box).to_have_value("")


def test_by_touch_on_a_phone(visit: Visit, patient: Person, therapist: Person, conversation: str) -> None:
    people.send(patient, conversation, "I slept well.")
    talk = open_talk(visit(patient, width=PHONE), conversation)
    talk.message(1).get_by_role("link", name="More about this message").click()
    expect(talk.page.get_by_role("menu", name="This message")).to_be_in_viewport(ratio=1)
    talk.page.get_by_role("menuitem", name="Delete").click()
    talk.page.get_by_role("button", name="Delete it").click()
    expect(talk.message(1)).to_contain_text("You deleted this message.")


def test_without_a_script(
    visit: Visit, watch: Watch, patient: Person, therapist: Person, conversation: str
) -> None:
    watch.expect("^422 /messages/")
    people.send(patient, conversation, "I slept well.")
    page = visit(patient, script=False)
    page.goto(f"/messages/{conversation}/")
    page.get_by_role("link", name="More about this message").click()
    page.get_by_label("Say it differently").fill(BLOCKED)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").last).to_contain_text("Nobody else has seen it")
    expect(page.get_by_label("Say it differently")).to_have_value(BLOCKED)
    page.get_by_label("Say it differently").fill("I slept badly.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#message-1")).to_contain_text("I slept badly.")
    page.get_by_role("link", name="More about this message").click()
    page.get_by_role("link", name="What it said before").click()
    expect(page.get_by_role("main")).to_contain_text("I slept well.")
    page.go_back()
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator("#message-1")).to_contain_text("You deleted this message.")


def test_reactions_typing_and_seen_show_on_both_sides(both: tuple[Talk, Talk]) -> None:
    patient, therapist = both
    patient.write("I took the bus alone.")
    expect(therapist.message(1)).to_contain_text("I took the bus alone.")
    # The therapist's page is open and at its end, so it has been read.
    expect(patient.message(1).get_by_text("Seen")).to_be_visible()

    therapist.message(1).get_by_role("link", name="More about this message").focus()
    therapist.page.keyboard.press("Enter")
    expect(therapist.page.get_by_role("menuitem", name="Copy the text")).to_be_focused()
    therapist.page.keyboard.press("Home")
    therapist.page.keyboard.press("ArrowRight")
    expect(therapist.page.get_by_role("menuitemcheckbox", name="Heart")).to_be_focused()
    assert axe.findings(therapist.page) == []
    therapist.page.keyboard.press("Enter")
    mine = therapist.message(1).locator("button.reaction")
    theirs = patient.message(1).locator("button.reaction")
    expect(mine).to_have_attribute("aria-pressed", "true")
    expect(theirs).to_have_text("\u2764\ufe0f 1")
    theirs.click()
    expect(mine).to_have_text("\u2764\ufe0f 2")
    mine.click()
    expect(theirs).to_have_text("\u2764\ufe0f 1")
    patient.page.reload()
    expect(theirs).to_have_attribute("aria-pressed", "true")
    expect(patient.message(1).get_by_text("Seen")).to_be_visible()

    therapist.box.press_sequentially("Well")
    line = patient.page.locator("[data-typing]")
    expect(line).to_contain_text("Anna Lindqvist is typing")
    therapist.write("Well done.")
    expect(line).to_be_hidden()
