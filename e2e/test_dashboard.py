"""The first page leads a new patient to a therapist, a new therapist to a patient, staff to what waits."""

import re

from playwright.sync_api import Page, expect

from e2e import people
from e2e.conftest import PHONE, Visit
from e2e.listings import be_listed, letters
from e2e.people import Person
from e2e.test_factors import Authenticator, add_passkey


def step(page: Page, name: str, state: str) -> None:
    """A step of the list is `done`, `next` or `open`."""
    expect(page.locator(f'[data-step="{name}"]')).to_have_attribute("data-state", state)


def test_a_new_patients_list_ticks_itself(visit: Visit, site: str, therapist: Person, admin: Person) -> None:
    patient = people.sign_up(site, "patient", "Ines New")
    assert patient.id  # asked for now: a new passkey gives the browser a new session
    page = visit(patient, width=PHONE)
    Authenticator(page)
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="Your way to a therapist")).to_be_visible()
    step(page, "email", "done")
    step(page, "passkey", "open")
    step(page, "ask", "open")

    page.locator('[data-step="profile"]').get_by_role("link").click()
    page.get_by_label("Time zone").select_option("America/Chicago")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.goto("/dashboard/")
    step(page, "profile", "done")
    step(page, "passkey", "next")

    add_passkey(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    page.get_by_role("link", name="I have kept them").click()
    page.goto("/dashboard/")
    step(page, "passkey", "done")
    step(page, "ask", "next")

    page.locator('[data-step="ask"]').get_by_role("link", name="Find a therapist").click()
    expect(page).to_have_url(f"{site}/therapists/")
    people.assign(admin, patient, therapist)
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="Your way to a therapist")).to_have_count(0)
    page.locator('[data-card="people"]').get_by_role("button", name="Write").click()
    expect(page).to_have_url(re.compile("/messages/"))


def test_a_new_therapists_list_ticks_itself(visit: Visit, site: str, patient: Person, admin: Person) -> None:
    last = letters()
    therapist = people.sign_up(site, "therapist", f"Grace {last}, LCSW")
    page = visit(therapist)
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="Your way to the first patient")).to_be_visible()
    step(page, "factor", "done")
    step(page, "listing", "next")

    be_listed(page, "Grace", last)
    page.goto("/dashboard/")
    step(page, "listing", "done")
    step(page, "check", "done")

    people.assign(admin, patient, therapist)
    page.reload()
    step(page, "patient", "done")
    expect(page.locator('[data-card="people"]').get_by_role("link", name=patient.name)).to_be_visible()


def test_it_can_be_put_away_without_a_script(visit: Visit, site: str) -> None:
    page = visit(people.sign_up(site, "patient", "Omar New"), script=False)
    page.goto("/dashboard/")
    page.get_by_role("button", name="Put this away").click()
    expect(page).to_have_url(f"{site}/dashboard/")
    expect(page.locator('[data-card="first_steps"]')).to_have_count(0)


def test_staff_are_led_to_what_waits(visit: Visit, site: str, admin: Person) -> None:
    asking = people.sign_up(site, "therapist", f"Waits {letters()}")
    page = visit(asking)
    page.goto("/dashboard/")
    staff = visit(admin)
    staff.goto("/dashboard/")
    staff.get_by_role("link", name="Therapists to verify").click()
    expect(staff.get_by_role("heading", level=1)).to_be_visible()
    expect(staff).to_have_url(re.compile("/admin/accounts/listing/"))
