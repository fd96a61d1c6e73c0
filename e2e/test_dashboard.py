"""The first page leads a new patient to a therapist, a new therapist to a patient, staff to what waits."""

import os
import re

from playwright.sync_api import Page, expect

from e2e import people
from e2e.conftest import Visit
from e2e.people import Person
from e2e.test_directory import fill_listing, letters, npi, until


def state(page: Page, step: str, state: str) -> None:
    expect(page.locator(f'[data-step="{step}"]')).to_have_attribute("data-state", state)


def authenticator(page: Page) -> None:
    """A device with a fingerprint reader, as far as the browser knows."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_a_new_patients_list_ticks_itself(visit: Visit, site: str, therapist: Person, admin: Person) -> None:
    patient = people.sign_up(site, "patient", "Ines New")
    page = visit(patient)
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="Your way to a therapist")).to_be_visible()
    state(page, "email", "done")
    state(page, "passkey", "open")
    state(page, "ask", "open")

    patient.http.patch(
        "/api/v1/me/",
        json={"time_zone": "America/Chicago"},
        headers={"X-CSRFToken": patient.http.cookies.get("bloom_csrf") or ""},
    ).raise_for_status()
    page.reload()
    state(page, "profile", "done")
    state(page, "passkey", "next")

    authenticator(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    page.goto("/dashboard/")
    state(page, "passkey", "done")
    state(page, "ask", "next")

    page.locator('[data-step="ask"]').get_by_role("link", name="Find a therapist").click()
    expect(page).to_have_url(f"{site}/therapists/")
    people.assign(admin, patient, therapist)
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="Your way to a therapist")).to_have_count(0)
    # Their therapist stands there instead, and can be written to.
    page.locator('[data-card="people"]').get_by_role("button", name="Write").click()
    expect(page).to_have_url(re.compile("/messages/"))


def test_a_new_therapists_list_ticks_itself(visit: Visit, site: str, patient: Person, admin: Person) -> None:
    number, last = npi(), letters()
    therapist = people.sign_up(site, "therapist", f"Grace {last}, LCSW")
    told = {
        "npi": number,
        "first_name": "Grace",
        "last_name": last,
        "taxonomies": [{"code": "1041C0700X", "state": "IL", "license": "149012345"}],
    }
    sandbox = people.client(os.environ["BLOOM_SANDBOX_URL"])
    sandbox.post("/nppes/_people", json=told).raise_for_status()
    page = visit(therapist)
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="Your way to the first patient")).to_be_visible()
    state(page, "factor", "done")
    state(page, "listing", "next")

    page.locator('[data-step="listing"]').get_by_role("link").click()
    fill_listing(page, number)
    page.get_by_role("button", name="Send it to be checked").click()
    until(page, "Verified: patients can find you")
    page.goto("/dashboard/")
    state(page, "listing", "done")
    state(page, "check", "done")

    people.assign(admin, patient, therapist)
    page.reload()
    state(page, "patient", "done")
    expect(page.locator('[data-card="people"]').get_by_role("link", name=patient.name)).to_be_visible()


def test_it_can_be_put_away_without_a_script(visit: Visit, site: str) -> None:
    page = visit(people.sign_up(site, "patient", "Omar New"), script=False)
    page.goto("/dashboard/")
    page.get_by_role("button", name="Put this away").click()
    expect(page).to_have_url(f"{site}/dashboard/")
    expect(page.locator('[data-card="first_steps"]')).to_have_count(0)


def test_staff_are_led_to_what_waits(visit: Visit, admin: Person) -> None:
    page = visit(admin)
    page.goto("/dashboard/")
    page.get_by_role("link", name="Therapists to verify").click()
    expect(page.get_by_text("Daniel Abrams, LCSW")).to_be_visible()
