"""A therapist sets a whole week by keyboard alone, in few key presses."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Dialog, Page, expect

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


# Tuesday, eight to four, as half hours from six on.
_TUESDAY, _EIGHT, _FOUR = 1, 4, 20


def open_cells(page: Page, column: int) -> list[int]:
    found = page.locator(f'[data-cell][data-column="{column}"][aria-selected="true"]').all()
    return [int(each.get_attribute("data-cell") or "") for each in found]


def middle(page: Page, column: int, cell: int) -> tuple[float, float]:
    box = page.locator(f'[data-cell="{cell}"][data-column="{column}"]').bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def painter(page: Page) -> Page:
    page.goto("/schedule/availability/")
    expect(page.get_by_role("grid")).to_be_visible()
    page.get_by_role("grid").evaluate("grid => window.scrollTo(0, grid.getBoundingClientRect().top - 200)")
    return page


def stroke(page: Page, begins: tuple[int, int], ends: tuple[int, int], *, beyond: int = 0) -> None:
    """A drag that is over before the browser was told of most of it."""
    page.mouse.move(*middle(page, *begins))
    page.mouse.down()
    x, y = middle(page, *ends)
    page.mouse.move(x, y + beyond)
    page.mouse.up()


def test_a_quick_stroke_paints_all_that_it_crosses(visit: Visit, therapist: Person) -> None:
    page = painter(visit(therapist))
    page.set_viewport_size({"width": DESKTOP, "height": 1400})
    stroke(page, (_TUESDAY, _EIGHT), (_TUESDAY, _FOUR))
    assert open_cells(page, _TUESDAY) == list(range(_EIGHT, _FOUR + 1))
    # Out of the week below: up to its edge.
    stroke(page, (3, 25), (3, 31), beyond=120)
    assert open_cells(page, 3) == list(range(25, 32))
    # Across five days.
    stroke(page, (0, 2), (4, 2))
    assert [2 in open_cells(page, column) for column in range(7)] == [True] * 5 + [False] * 2
    # On what is open it paints on, and a click on what is so already empties it.
    stroke(page, (_TUESDAY, _FOUR), (_TUESDAY, _FOUR + 3))
    assert open_cells(page, _TUESDAY) == [2, *range(_EIGHT, _FOUR + 4)]
    page.mouse.click(*middle(page, _TUESDAY, 2))
    assert open_cells(page, _TUESDAY) == list(range(_EIGHT, _FOUR + 4))


def test_a_quick_stroke_of_a_finger_paints_all_that_it_crosses(visit: Visit, therapist: Person) -> None:
    page = painter(visit(therapist, width=PHONE))
    finger = page.context.new_cdp_session(page)
    x, y = middle(page, _TUESDAY, _EIGHT)
    below = middle(page, _TUESDAY, _EIGHT + 12)[1]
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": below}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert open_cells(page, _TUESDAY) == list(range(_EIGHT, _EIGHT + 13))


def test_a_fifth_stretch_of_a_day_is_refused_in_words_and_wholly(visit: Visit, therapist: Person) -> None:
    page = painter(visit(therapist))
    for cell in (0, 2, 4, 6):
        page.mouse.click(*middle(page, _TUESDAY, cell))
    status = page.locator("[data-painter-status]")
    expect(status).to_have_text("")
    stroke(page, (_TUESDAY, 10), (_TUESDAY, 13))
    expect(status).to_contain_text("Tuesday has 4 stretches of hours")
    expect(status).to_have_attribute("role", "status")
    assert open_cells(page, _TUESDAY) == [0, 2, 4, 6]
    # Up to what is open it is one stretch more of nothing, and painted whole.
    stroke(page, (_TUESDAY, 10), (_TUESDAY, 7))
    expect(status).to_have_text("")
    assert open_cells(page, _TUESDAY) == [0, 2, 4, 6, 7, 8, 9, 10]
    # To erase the middle of one would make five of four.
    page.get_by_label("Erase").check()
    stroke(page, (_TUESDAY, 8), (_TUESDAY, 8))
    expect(status).to_contain_text("Tuesday has 4 stretches of hours")
    assert open_cells(page, _TUESDAY) == [0, 2, 4, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_how_one_meets_is_painted(visit: Visit, therapist: Person, width: int) -> None:
    page = painter(visit(therapist, width=width))
    tools = page.get_by_role("group", name="Paint")
    names = ["Either", "By video", "In person", "Erase"]
    expect(tools.get_by_role("radio")).to_have_count(len(names))
    if width == PHONE:
        for each in tools.locator("label").all():
            box = each.bounding_box()
            assert box is not None
            assert box["height"] >= 44
    expect(page.locator("#painter-keys")).to_be_visible(visible=width == DESKTOP)
    stroke(page, (_TUESDAY, 6), (_TUESDAY, 13))
    tools.get_by_label("In person").check()
    stroke(page, (_TUESDAY, 8), (_TUESDAY, 9))
    tools.get_by_label("By video").check()
    stroke(page, (_TUESDAY, 12), (_TUESDAY, 15))
    tools.get_by_label("Erase").check()
    stroke(page, (_TUESDAY, 14), (_TUESDAY, 16))
    cell = page.locator(f'[data-cell="8"][data-column="{_TUESDAY}"]')
    expect(cell).to_have_attribute("aria-label", re.compile("open, In person$"))
    # The sample beside the words looks as what it paints.
    sample = tools.locator("label", has_text="In person").locator(".painter-sample")
    look = "node => getComputedStyle(node).backgroundImage"
    assert cell.evaluate(look) == sample.evaluate(look) != "none"
    assert not (found := axe.findings(page)), "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Save your hours").click()
    expect(page.get_by_text(re.compile("saved", re.IGNORECASE)).first).to_be_visible()
    told = therapist.get("/availability/")["week"]
    assert [(each["from"], each["until"], each["modes"]) for each in told] == [
        ("09:00", "10:00", "both"),
        ("10:00", "11:00", "in_person"),
        ("11:00", "12:00", "both"),
        ("12:00", "13:00", "telehealth"),
    ]


def test_what_is_not_saved_outlives_days_apart_and_is_asked_about(visit: Visit, therapist: Person) -> None:
    page = painter(visit(therapist))
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.mouse.click(*middle(page, 0, 6))
    page.get_by_role("button", name="Save your hours").click()
    expect(page.get_by_text(re.compile("saved", re.IGNORECASE)).first).to_be_visible()
    stroke(painter(page), (_TUESDAY, _EIGHT), (_TUESDAY, _FOUR))
    page.get_by_label("Sessions a day at most").fill("6")
    notice = page.get_by_text("Your week is not saved yet")
    expect(notice).to_be_hidden()

    page.get_by_label("First day").fill((date.today() + timedelta(days=20)).isoformat())
    page.get_by_role("button", name="Add these days").click()
    expect(page.get_by_role("button", name="Remove")).to_be_visible()
    expect(notice).to_be_visible()
    assert open_cells(page, _TUESDAY) == list(range(_EIGHT, _FOUR + 1))
    # A form that is refused brings the page anew, too.
    page.get_by_label("First day").fill("2020-01-01")
    page.get_by_role("button", name="Add these days").click()
    expect(page.locator("main").get_by_role("alert")).to_be_visible()
    assert open_cells(page, _TUESDAY) == list(range(_EIGHT, _FOUR + 1))
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)
    assert open_cells(page, _TUESDAY) == list(range(_EIGHT, _FOUR + 1))
    expect(page.get_by_label("Sessions a day at most")).to_have_value("6")
    assert asked == []

    page.get_by_role("link", name="What you offer").click()
    expect(page.get_by_role("heading", name="What you offer")).to_be_visible()
    assert asked == ["beforeunload"]
    # Who left after all finds what is saved.
    painter(page)
    assert open_cells(page, _TUESDAY) == []
    stroke(page, (_TUESDAY, _EIGHT), (_TUESDAY, _FOUR))
    page.get_by_role("button", name="Save your hours").click()
    expect(page.get_by_text("Saved. Patients can book").first).to_be_visible()
    assert asked == ["beforeunload"]
    assert [each["weekday"] for each in therapist.get("/availability/")["week"]] == [0, 1]


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_a_row_that_was_refused_stands_as_the_others_do(visit: Visit, therapist: Person, width: int) -> None:
    page = visit(therapist, width=width)
    page.goto("/schedule/availability/")
    page.get_by_text("The same week in times").click()
    monday = page.get_by_role("group", name="Monday")
    monday.get_by_label("from").first.fill("09:00")
    page.get_by_role("button", name="Save your hours").click()
    refused = page.get_by_role("link", name="Monday, until: From when, and until when?")
    refused.click()
    expect(monday.get_by_label("until").first).to_be_focused()
    error = monday.locator(".error")
    expect(error).to_be_visible()

    def box(of: str, row: int) -> tuple[float, float]:
        found = monday.locator(of).nth(row).bounding_box()
        assert found is not None
        return round(found["x"]), round(found["width"])

    for field in ('[name^="day0_from"]', '[name^="day0_until"]', '[name^="day0_way"]'):
        assert box(field, 0) == box(field, 1), field
    card = page.locator(".card", has=monday).bounding_box()
    assert card is not None
    x, wide = box('[name^="day0_way"]', 0)
    assert x + wide <= card["x"] + card["width"] - 8
    red = error.evaluate("node => getComputedStyle(node).color")
    assert red != page.locator("h1").evaluate("node => getComputedStyle(node).color")
    assert not (found := axe.findings(page)), "\n".join(found)
