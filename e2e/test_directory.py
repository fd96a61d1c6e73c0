"""How a therapist comes into the directory, and how a patient finds them."""

import re

from playwright.sync_api import Page, expect

from e2e import people
from e2e.conftest import Visit
from e2e.listings import be_listed, fill_listing, letters, npi, until
from e2e.people import Person


def search(page: Page, name: str) -> None:
    page.goto("/therapists/")
    page.get_by_label("Search for").fill(name)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name=f"Remove the filter “{name}”")).to_be_visible()


def test_from_sign_up_to_being_found_and_hiding(
    visit: Visit, site: str, patient: Person, admin: Person
) -> None:
    name = f"Hannah {letters()}"
    therapist = people.sign_up(site, "therapist", name)
    own = visit(therapist)
    own.goto("/dashboard/")
    expect(own.get_by_text("Tell patients how you work")).to_be_visible()
    own.get_by_role("link", name="Begin").click()

    # What is wrong is said at its place, and what was typed stays.
    number = npi()
    fill_listing(own, "1234567890")
    own.get_by_role("button", name="Send it to be checked").click()
    expect(own.get_by_text("This is not an NPI.").last).to_be_visible()
    expect(own.get_by_label("Number").first).to_have_value("149.012345")
    own.get_by_label("NPI").fill(number)
    own.get_by_role("button", name="Send it to be checked").click()
    expect(own.get_by_text("We are checking your license").first).to_be_visible()

    looking = visit(patient)
    search(looking, name)
    expect(looking.get_by_role("link", name=name, exact=True)).to_have_count(0)

    # The registry does not know them: an admin looks at both sides and accepts.
    staff = visit(admin)
    staff.goto(f"/admin/accounts/listing/?q={number}")
    until(staff, "The registry does not know this NPI.")
    staff.locator("input[name=_selected_action]").first.check()
    staff.locator("select[name=action]").first.select_option("listing_accept")
    staff.locator("button[name=index], button[title]").first.click()
    expect(staff.get_by_text("149.012345")).to_be_visible()
    staff.get_by_role("button", name="Accept, and tell them").click()
    expect(staff.get_by_text("Decided, and the therapist is told.")).to_be_visible()
    people.mail_for(people.client(site), therapist.email, "You are verified")

    search(looking, name)
    looking.locator("details.directory-filters").evaluate("node => node.open = true")
    looking.get_by_role("group", name="What it is about").get_by_label("Grief and loss").check()
    grief = looking.get_by_role("link", name="Remove the filter Grief and loss")
    expect(grief).to_be_visible()
    # No address tells what somebody looks for.
    expect(looking).to_have_url(re.compile(r"/therapists/\?search=[\w-]+$"))
    looking.get_by_role("link", name=name, exact=True).first.click()
    expect(looking.get_by_role("heading", level=1)).to_have_text(name)
    expect(looking.get_by_text("149.012345")).to_be_visible()
    # The way back leads to the same filters.
    looking.go_back()
    expect(grief).to_be_visible()
    # And the one before it to the search that was before, which is a whole page.
    looking.go_back()
    expect(grief).to_have_count(0)
    expect(looking.get_by_label("Search for")).to_have_value(name)
    looking.keyboard.press("Control+k")
    expect(looking.get_by_role("combobox", name="Go to")).to_be_focused()
    looking.keyboard.press("Escape")
    looking.go_forward()
    grief.click()
    expect(looking.get_by_role("link", name=f"Remove the filter “{name}”")).to_be_visible()
    expect(grief).to_have_count(0)
    looking.get_by_role("link", name=f"Remove the filter “{name}”").click()
    expect(looking).to_have_url(re.compile(r"/therapists/$"))

    own.goto("/settings/listing/")
    own.get_by_role("button", name="Hide me").click()
    expect(own.get_by_text("Verified, and hidden")).to_be_visible()
    search(looking, name)
    expect(looking.get_by_role("link", name=name, exact=True)).to_have_count(0)


def test_the_registry_confirms_who_matches(visit: Visit, site: str) -> None:
    last = letters()
    page = visit(people.sign_up(site, "therapist", f"Grace {last}, LCSW"))
    be_listed(page, "Grace", last)


def test_without_a_script(visit: Visit, patient: Person) -> None:
    page = visit(patient, script=False)
    page.goto("/therapists/")
    page.get_by_label("Grief and loss").check()
    page.locator("summary", has_text="Language").click()
    page.get_by_label("Japanese").check()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="Nobody fits all of that")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/therapists/\?search=[\w-]+$"))
    page.reload()
    page.get_by_role("link", name=re.compile("without Japanese")).click()
    expect(page.get_by_role("link", name="Grace Adeyemi, LCSW")).to_be_visible()
    page.get_by_role("link", name="Wait for a time").click()
    expect(page.get_by_role("main").get_by_text("Grief and loss")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/waitlist/join/\?search=[\w-]+$"))
    page.get_by_role("link", name="Choose other filters").click()
    expect(page.get_by_role("link", name="Remove the filter Grief and loss")).to_be_visible()

    page.goto("/book/")
    page.get_by_label("What it is about").select_option("Grief and loss")
    page.get_by_role("button", name="Show times").click()
    expect(page).to_have_url(re.compile(r"/book/\?search=[\w-]+$"))
    expect(page.get_by_label("What it is about")).to_have_value("grief")
    page.get_by_role("link", name="Clear all").first.click()
    expect(page).to_have_url(re.compile(r"/book/$"))
    # An address of before leads here still, and on to one that tells nothing.
    page.goto("/therapists/?specialty=grief&language=ja")
    expect(page).to_have_url(re.compile(r"/therapists/\?search=[\w-]+$"))
