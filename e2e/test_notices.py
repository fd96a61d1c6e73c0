"""Being told: the bell, what it leads to, and the way from there."""

import re

from playwright.sync_api import Page, expect

from e2e import axe, people
from e2e.conftest import PHONE, Visit
from e2e.people import Person


def bell(page: Page) -> str:
    """What the bell that one sees says."""
    return page.get_by_role("link", name=re.compile("^Notifications")).locator("visible=true").inner_text()


def offered(site: str, admin: Person, therapist: Person) -> Person:
    """A patient whom staff would bring to this therapist."""
    patient = people.sign_up(site, "patient", "Maya Torres")
    admin.post("/connections/", patient=patient.id, therapist=therapist.id, message="")
    return patient


def test_the_bell_counts_and_what_it_tells_is_followed(
    visit: Visit, site: str, admin: Person, therapist: Person
) -> None:
    patient = offered(site, admin, therapist)
    page = visit(patient, width=PHONE)
    page.goto("/dashboard/")
    assert bell(page).split() == ["Notifications", "1", "unread"]
    page.get_by_role("link", name="Notifications 1 unread").locator("visible=true").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Notifications")
    page.get_by_role("button", name="A proposal for care waits for your answer").click()
    expect(page).to_have_url(re.compile("/connections/[0-9a-f-]+/$"))
    assert bell(page).split() == ["Notifications"]
    page.goto("/notices/")
    expect(page.locator("[data-notice=read]")).to_have_count(1)
    expect(page.get_by_text("New", exact=True)).to_have_count(0)


def test_all_are_read_at_once_without_a_script(
    visit: Visit, site: str, admin: Person, therapist: Person
) -> None:
    patient = offered(site, admin, therapist)
    page = visit(patient, script=False)
    page.goto("/notices/")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator("[data-notice=unread]")).to_have_count(0)
    expect(page.locator("[data-notice=read]")).to_have_count(1)


def test_where_a_socket_is_open_the_bell_rings_by_itself(
    visit: Visit, site: str, admin: Person, therapist: Person
) -> None:
    patient = people.sign_up(site, "patient", "Maya Torres")
    page = visit(patient)
    page.goto("/messages/")
    assert bell(page).split() == ["Notifications"]
    admin.post("/connections/", patient=patient.id, therapist=therapist.id, message="")
    expect(page.get_by_role("link", name="Notifications 1 unread").locator("visible=true")).to_be_visible()


def test_what_this_device_shows_is_chosen_in_the_settings(
    visit: Visit, admin: Person, patient: Person
) -> None:
    page = visit(patient)
    page.context.grant_permissions(["notifications"])
    page.goto("/settings/notifications/")
    card = page.get_by_role("region", name="On this device")
    choice = card.get_by_role("switch", name="Desktop notifications")
    expect(choice).not_to_be_checked()
    expect(card.get_by_role("status")).to_have_text("This device shows nothing when a message comes.")
    assert axe.findings(page) == []
    choice.check()
    expect(card.get_by_role("status")).to_contain_text("shows when a message comes")
    # The button beside the conversations is the same choice.
    page.goto("/messages/")
    button = page.get_by_role("button", name="Desktop notifications on this device")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    page.goto("/settings/notifications/")
    expect(choice).not_to_be_checked()

    page = visit(patient)
    page.context.grant_permissions([])
    page.goto("/settings/notifications/")
    expect(page.get_by_role("region", name="On this device").get_by_role("status")).to_contain_text(
        "does not let Bloom"
    )
    expect(page.get_by_role("switch", name="Desktop notifications")).to_be_disabled()
    # Who writes to nobody is asked nothing.
    staff = visit(admin)
    staff.goto("/settings/notifications/")
    expect(staff.get_by_role("region", name="On this device")).to_have_count(0)
