"""A therapist sets a whole week by keyboard alone, in few key presses."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e import axe
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.people import Person

# Two stretches a day with an hour for lunch, Wednesday off, and Thursday evening in person.
WEEK = [
    (0, "09:00", "12:00", "both"),
    (0, "13:00", "17:00", "both"),
    (1, "09:00", "12:00", "both"),
    (1, "13:00", "17:00", "both"),
    (3, "09:00", "12:00", "both"),
    (3, "13:00", "17:00", "both"),
    (3, "18:00", "20:00", "in_person"),
    (4, "09:00", "12:00", "both"),
    (4, "13:00", "17:00", "both"),
]
# From the top of the page to the week that is saved: a minute at one key a second.
KEYS_MOST = 60
# Whether the middle of what has the focus is in the window, and under nothing else.
_SEEN = """() => {
  const focused = document.activeElement;
  const { x, y, width, height } = focused.getBoundingClientRect();
  const seen = document.elementFromPoint(x + width / 2, y + height / 2);
  return focused === document.body || focused.contains(seen);
}"""


class Keys:
    """Presses keys, and counts them. Where they lead is always to be seen, and under no bar of the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def press(self, key: str, times: int = 1) -> None:
        for _turn in range(times):
            self.page.keyboard.press(key)
            self.pressed += 1
            # Enter may lead to another page.
            assert key == "Enter" or self.page.evaluate(_SEEN), f"{key} leads out of sight."

    def tab_to(self, what: str) -> None:
        """Tab until this has the focus."""
        for _turn in range(40):
            if self.page.evaluate("wanted => document.activeElement?.matches(wanted) ?? false", what):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not lead to {what}.")


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_a_week_is_set_by_keyboard_in_few_presses(visit: Visit, therapist: Person, width: int) -> None:
    page = visit(therapist, width=width)
    page.goto("/schedule/availability/")
    expect(page.get_by_role("grid")).to_be_visible()
    keys = Keys(page)
    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    keys.press("Enter")
    keys.tab_to("[role=gridcell]")
    expect(page.locator(":focus")).to_have_attribute("aria-label", re.compile(r"^Monday 9:00.AM, closed$"))

    # Monday: nine to twelve, an hour for lunch, one to five.
    keys.press("Space")
    keys.press("Shift+ArrowDown", 5)
    keys.press("ArrowDown", 3)
    keys.press("Space")
    keys.press("Shift+ArrowDown", 7)
    # The same until Friday; Wednesday off.
    keys.press("c", 4)
    keys.press("ArrowLeft", 2)
    keys.press("Delete")
    # Thursday evening, in person.
    keys.press("ArrowRight")
    keys.press("ArrowDown", 3)
    keys.press("Space")
    keys.press("Shift+ArrowDown", 3)
    while not re.search("In person$", page.locator(":focus").get_attribute("aria-label") or ""):
        keys.press("h")
        assert keys.pressed < KEYS_MOST
    assert not (found := axe.findings(page)), "\n".join(found)
    # All seven days beside each other, on a phone too.
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    keys.tab_to("main form button[type=submit]")
    keys.press("Enter")
    expect(page.get_by_text(re.compile("saved", re.IGNORECASE)).first).to_be_visible()

    told = therapist.get("/availability/")["week"]
    assert sorted((each["weekday"], each["from"], each["until"], each["modes"]) for each in told) == WEEK
    assert keys.pressed <= KEYS_MOST, keys.pressed


def test_a_day_is_copied_by_mouse_and_typed_times_show_one_row_more(visit: Visit, therapist: Person) -> None:
    page = visit(therapist, width=PHONE)
    page.goto("/schedule/availability/")
    page.get_by_text("The same week in times").click()
    monday = page.get_by_role("group", name="Monday")
    expect(monday.get_by_label("from")).to_have_count(4)
    expect(monday.get_by_label("from").filter(visible=True)).to_have_count(1)
    monday.get_by_label("from").first.fill("10:00")
    monday.get_by_label("until").first.fill("14:00")
    page.get_by_role("group", name="Tuesday").get_by_label("from").first.focus()
    expect(monday.get_by_label("from").filter(visible=True)).to_have_count(2)
    monday.get_by_role("button", name="Copy Monday to all weekdays").click()
    expect(page.get_by_role("group", name="Friday").get_by_label("until").first).to_have_value("14:00")
    expect(page.get_by_role("group", name="Saturday").get_by_label("until").first).to_have_value("")
    assert not (found := axe.findings(page)), "\n".join(found)
    page.get_by_role("button", name="Save your hours").click()
    expect(page.get_by_text(re.compile("saved", re.IGNORECASE)).first).to_be_visible()
    assert [each["weekday"] for each in therapist.get("/availability/")["week"]] == [0, 1, 2, 3, 4]
