"""What every page promises: it says what it is, fits a phone, needs no script, and keeps the chosen light."""

import re
from collections import defaultdict

import pytest
from playwright.sync_api import Page, expect

from e2e import people
from e2e.addresses import PAGES, Address, Who
from e2e.cast import Cast
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.people import PASSWORD, Person
from e2e.watch import Watch

BY_VISITOR: dict[Who, list[Address]] = defaultdict(list)
for each in PAGES:
    BY_VISITOR[each.who].append(each)

# How far what is on a page reaches beyond its right edge, and the first things that do.
_OVERFLOW = """
() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  return [...document.body.querySelectorAll("*")]
    .filter((element) => element.getBoundingClientRect().right > edge + 0.5)
    .slice(0, 5).map((element) => element.outerHTML.slice(0, 120));
}
"""


# What is pressed and smaller than a thumb (44 px): how large it is, and what stands on it.
_SMALL = """
() => [...document.querySelectorAll("a.btn, a.menu-item, button, summary, select")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((element) => !element.closest(".sr-only, pre") && !element.matches(".sr-only"))
  .map((element) => [element.getBoundingClientRect(), element])
  .filter(([box]) => box.width > 0 && box.height < 43.5)
  .map(([box, element]) => `${Math.round(box.height)} px: ${element.outerHTML.slice(0, 160)}`)
"""


@pytest.mark.parametrize("who", BY_VISITOR)
def test_each_page_says_what_it_is(visit: Visit, watch: Watch, company: Cast, who: Who) -> None:
    """One title, one main part, one first heading, a description of the language; and no fault behind it."""
    watch.expect("^(403|404) ")
    page = visit(company.everybody.get(who))
    for address in BY_VISITOR[who]:
        answer = page.goto(company.path(address))
        assert answer
        assert answer.status == address.status, address
        expect(page).to_have_title(re.compile(r"\bBloom\b"))
        expect(page.get_by_role("main")).to_have_count(1)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert page.locator("html").get_attribute("lang") == "en", address


@pytest.mark.parametrize("who", BY_VISITOR)
def test_a_page_fits_a_phone_and_a_thumb(visit: Visit, watch: Watch, company: Cast, who: Who) -> None:
    watch.expect("^(403|404) ")
    page = visit(company.everybody.get(who), width=PHONE)
    wide, small = {}, {}
    for address in BY_VISITOR[who]:
        page.goto(company.path(address))
        if found := page.evaluate(_OVERFLOW):
            wide[str(address)] = found
        # The admin's pages are its own, and the style guide shows every size.
        if not address.path.startswith(("/admin/", "/styleguide/")) and (found := page.evaluate(_SMALL)):
            small[str(address)] = found
    assert wide == {}
    assert small == {}


def test_the_landing_page(visit: Visit) -> None:
    page = visit()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("A quiet place for your whole practice")
    expect(page.get_by_role("list").get_by_role("heading", level=3)).to_have_count(3)
    page.get_by_role("link", name="More help lines").click()
    line = page.get_by_role("dialog", name="Help right now").get_by_role("link", name=re.compile("988"))
    expect(line).to_be_visible()
    expect(line).to_have_attribute("href", "tel:988")
    page.keyboard.press("Escape")
    expect(line).to_have_count(0)
    page.get_by_role("navigation", name="Start").get_by_role("link", name="Sign in").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_whoever_is_signed_in_goes_on_to_the_first_page(visit: Visit, patient: Person) -> None:
    page = visit(patient)
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/dashboard/$"))
    page.goto("/accounts/login/")
    expect(page).to_have_url(re.compile(r"/dashboard/$"))


@pytest.mark.parametrize(
    ("who", "cards"),
    [
        ("new patient", ["No conversations yet", "No appointment to come", "Nobody yet"]),
        ("new therapist", ["No conversations yet", "No appointment to come", "No patients yet"]),
    ],
)
def test_a_first_page_with_nothing_on_it_says_what_will_be(
    visit: Visit, company: Cast, who: Who, cards: list[str]
) -> None:
    page = visit(company.everybody[who])
    page.goto("/dashboard/")
    expect(page.get_by_role("main").get_by_role("heading", level=3)).to_have_text(cards)


def test_the_first_page_of_a_patient(visit: Visit, company: Cast) -> None:
    page = visit(company.everybody["patient"])
    page.goto("/dashboard/")
    main = page.get_by_role("main")
    expect(main.get_by_role("region", name="Your care")).to_contain_text("Anna Lindqvist")
    expect(
        main.get_by_role("region", name="Messages").get_by_role("link", name=re.compile("Anna"))
    ).to_be_visible()
    expect(main.get_by_text("If it gets too heavy")).to_be_visible()
    main.get_by_role("link", name="All help lines").click()
    expect(page.get_by_role("dialog").get_by_role("heading", name="Help right now")).to_be_visible()


def test_the_first_page_of_a_therapist_begins_with_who_may_be_in_danger(visit: Visit, company: Cast) -> None:
    page = visit(company.everybody["therapist"])
    page.goto("/dashboard/")
    first = page.get_by_role("main").get_by_role("region").first
    expect(first.get_by_role("heading", level=2)).to_have_text("Please look at this first")
    expect(first).to_contain_text("Maya Torres")
    unread = (
        page.get_by_role("main")
        .get_by_role("region", name="Messages")
        .get_by_role("link", name=re.compile("Maya"))
    )
    expect(unread).to_contain_text("unread")


def test_patients(visit: Visit, company: Cast) -> None:
    page = visit(company.everybody["therapist"])
    page.goto("/patients/")
    rows = page.get_by_role("main").get_by_role("listitem")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Maya Torres")
    page.get_by_role("link", name="Before").click()
    expect(rows).to_contain_text("عبد الرحمن بن محمد الفهيم")
    expect(rows).to_contain_text("In your care from")


def test_a_patient_is_told_kindly_that_a_page_is_not_theirs(
    visit: Visit, watch: Watch, patient: Person
) -> None:
    watch.expect("^403 /patients/")
    page = visit(patient)
    page.goto("/patients/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("No patients yet")).to_have_count(0)
    page.get_by_role("link", name="To the first page", exact=True).click()
    expect(page).to_have_url(re.compile(r"/dashboard/$"))


def test_a_page_that_is_not_there(visit: Visit, watch: Watch) -> None:
    watch.expect("^404 /nothing-here/")
    page = visit()
    answer = page.goto("/nothing-here/")
    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("This page is not here")
    # The number finds the request in the logs, and nothing else is told.
    expect(page.locator("code")).to_have_text(re.compile("^[0-9a-f-]{36}$"))
    assert answer.headers["x-request-id"] == page.locator("code").inner_text()


def test_the_admin_opens_through_blooms_own_door(
    visit: Visit, watch: Watch, admin: Person, patient: Person
) -> None:
    watch.expect("^403 /admin/")
    page = visit()
    page.goto("/admin/")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome back")
    page.get_by_label("Email").fill(admin.email)
    page.get_by_label("Password", exact=True).fill(admin.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/admin/$"))
    expect(page.get_by_role("link", name="Bloom").first).to_be_visible()
    # Bloom's evergreen, not the library's purple.
    colour = page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--color-primary-600')"
    )
    assert "purple" not in colour
    assert colour.strip().startswith("oklch"), colour

    stranger = visit(patient)
    answer = stranger.goto("/admin/")
    assert answer
    assert answer.status == 403


# The light --------------------------------------------------------------------------------------------------


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_chosen_light_stays_and_nothing_flashes(visit: Visit, patient: Person) -> None:
    page = visit(patient)
    page.goto("/dashboard/")
    body = page.locator("body")
    light = background(page)
    page.emulate_media(color_scheme="dark")
    expect(body).not_to_have_css("background-color", light)
    dark = background(page)
    page.emulate_media(color_scheme="light")
    page.get_by_role("complementary", name="Sidebar").locator("summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_class("dark")
    expect(body).to_have_css("background-color", dark)
    expect(page.get_by_role("button", name="Dark", include_hidden=True).first).to_have_attribute(
        "aria-pressed", "true"
    )

    # From now on no script has a part in it: the first byte says it.
    page.add_init_script(
        """new MutationObserver(() => document.documentElement.dataset.flashed = "yes")
           .observe(document, { attributes: true, attributeFilter: ["class"], subtree: true });"""
    )
    for path in ("/dashboard/", "/help/", "/messages/"):
        answer = page.goto(path)
        assert answer
        assert re.search(r'<html[^>]* class="dark"', answer.text())
        expect(page.locator("html")).not_to_have_attribute("data-flashed", "yes")
        assert background(page) == dark

    # Another machine is not concerned; this one goes back to what the machine says.
    page.goto("/dashboard/")
    page.get_by_role("complementary", name="Sidebar").locator("summary").click()
    page.get_by_role("button", name="As on this device").click()
    expect(page.locator("html")).to_have_class("system")
    expect(body).to_have_css("background-color", light)
    page.emulate_media(color_scheme="dark")
    expect(body).to_have_css("background-color", dark)


# The keyboard -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/dashboard/", "/patients/", "/messages/"])
def test_the_first_tab_skips_to_the_content(visit: Visit, company: Cast, path: str) -> None:
    page = visit(None if path in {"/", "/accounts/login/"} else company.everybody["therapist"])
    page.goto(path)
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).not_to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_palette(visit: Visit, therapist: Person) -> None:
    page = visit(therapist)
    page.goto("/dashboard/")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Go to")
    expect(box).to_be_focused()
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("pat")
    expect(options).to_have_text([re.compile("Patients")])
    page.keyboard.type("x")
    expect(page.get_by_text("No page is called that, and nobody")).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()

    page.get_by_role("button", name="Go to").click()
    expect(box).to_have_value("")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/help/$"))


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_palette_finds_people(
    visit: Visit, admin: Person, therapist: Person, patient: Person, width: int
) -> None:
    people.assign(admin, patient, therapist)
    page = visit(therapist, width=width)
    page.goto("/dashboard/")
    page.get_by_role("button", name="Go to").click()
    box = page.get_by_role("combobox", name="Go to")
    box.fill(patient.name)
    found = page.get_by_role("group", name="People").get_by_role("option")
    expect(found).to_contain_text([patient.name])
    expect(found.first).to_contain_text("In your care")
    expect(found.first).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("status").filter(has_text="Found: 1")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=patient.name)).to_be_visible()


def test_a_menu_by_keyboard(visit: Visit, patient: Person) -> None:
    page = visit(patient)
    page.goto("/dashboard/")
    opener = page.get_by_role("complementary", name="Sidebar").locator("summary")
    opener.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="As on this device")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Sign out")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


# Without a script -------------------------------------------------------------------------------------------


def test_without_a_script(visit: Visit, patient: Person) -> None:
    """Signing in, the first page, the light, help, signing out."""
    page = visit(script=False)
    page.goto("/dashboard/")
    expect(page.get_by_role("button", name="Show password")).to_have_count(0)
    page.get_by_label("Email").fill(patient.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Maya Torres")
    # What needs a script does not pretend to be there.
    expect(page.get_by_role("button", name="Go to")).to_have_count(0)

    sidebar = page.get_by_role("complementary", name="Sidebar")
    sidebar.locator("summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page).to_have_url(re.compile(r"/dashboard/$"))
    expect(page.locator("html")).to_have_class("dark")

    sidebar.get_by_role("link", name="Help right now").click()
    expect(page).to_have_url(re.compile(r"/help/$"))
    expect(page.get_by_role("link", name=re.compile("988"))).to_be_visible()
    page.go_back()
    sidebar.locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("A quiet place for your whole practice")


def test_a_stale_form_is_explained(visit: Visit, watch: Watch) -> None:
    watch.expect("^403 /accounts/login/")
    page = visit()
    page.goto("/accounts/login/")
    page.context.clear_cookies()
    page.get_by_label("Email").fill("somebody@example.org")
    page.get_by_label("Password", exact=True).fill("something")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("CSRF")
