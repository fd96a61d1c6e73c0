"""A colleague is asked by mail, signs up, joins, becomes owner; the first owner goes. And two practices."""

import pytest
from playwright.sync_api import Page, expect

from e2e import people
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.people import Person


def fill_sign_up(page: Page, name: str, password: str = people.PASSWORD) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password (again)").fill(password)
    page.get_by_role("button", name="Create account").click()


def confirm(page: Page, anybody: Person, email: str) -> None:
    """Type the code from the mail."""
    found = people._CODE.search(people.mail_for(anybody.http, email))
    assert found
    page.get_by_label("Code from the mail").fill(found[1])
    page.get_by_role("button", name="Confirm").click()


@pytest.mark.parametrize(
    ("width", "script"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "bare phone"]
)
def test_from_an_invitation_to_the_ownership(
    visit: Visit, site: str, therapist: Person, width: int, script: bool
) -> None:
    owner = visit(therapist, width=width, script=script)
    owner.goto("/settings/practices/")
    owner.get_by_role("link", name="Open").click()
    owner.get_by_label("Name", exact=True).fill("Elm Street Therapy")
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_role("heading", name="Elm Street Therapy")).to_be_visible()
    owner.get_by_role("link", name="People", exact=True).click()
    email = people.new_email()
    owner.get_by_label("Email address").fill(email)
    owner.get_by_role("button", name="Send the invitation").click()
    expect(owner.locator(f'[data-invitation="{email}"]')).to_be_visible()

    colleague = visit(width=width, script=script)
    colleague.goto(people.invitation_for(therapist.http, email))
    expect(colleague.get_by_role("heading", name="Work at Elm Street Therapy")).to_be_visible()
    colleague.get_by_role("link", name="Create an account").click()
    expect(colleague.get_by_label("Email")).to_have_value(email)
    expect(colleague.get_by_text("I am here as")).to_have_count(0)
    fill_sign_up(colleague, "Noor Haddad")
    confirm(colleague, therapist, email)
    # A therapist owes a second factor, and comes back to the invitation once it is there.
    colleague.get_by_role("link", name="Use an authenticator app").click()
    secret = (colleague.locator("[data-secret]").text_content() or "").replace(" ", "")
    colleague.get_by_label("Code that the app shows").fill(people.app_code(secret))
    colleague.get_by_role("button", name="Add the app").click()
    colleague.get_by_role("link", name="I have kept them").click()
    colleague.get_by_role("button", name="Yes, I join").click()
    expect(colleague.get_by_role("heading", name="Elm Street Therapy")).to_be_visible()
    assert "Noor Haddad has joined" in people.mail_for(therapist.http, therapist.email, "has joined")

    owner.goto(owner.url)
    owner.get_by_role("link", name="Change Noor Haddad").click()
    owner.get_by_label("Role").select_option("owner")
    owner.get_by_role("button", name="Save").click()
    expect(owner.locator(f'[data-invitation="{email}"]')).to_be_visible()
    colleague.goto(people.invitation_for(therapist.http, email))
    colleague.get_by_role("button", name="Yes, I join").click()
    expect(colleague.get_by_text("Owner")).to_be_visible()

    owner.get_by_role("link", name="Leave").click()
    owner.get_by_role("button", name="Leave").click()
    # Who works nowhere else has a practice of their own again.
    expect(owner.get_by_role("main").get_by_text("Anna Lindqvist’s practice").first).to_be_visible()
    colleague.get_by_role("link", name="People", exact=True).click()
    expect(colleague.locator("[data-member]")).to_have_count(1)


def test_the_front_desk_needs_no_role_and_the_link_helps_nobody_else(
    visit: Visit, therapist: Person, patient: Person
) -> None:
    email = people.new_email()
    link = people.invite(therapist, email)
    other = visit(patient)
    other.goto(link)
    expect(other.get_by_text("This invitation is for somebody else")).to_be_visible()
    expect(other.get_by_role("button", name="Yes, I join")).to_have_count(0)

    page = visit()
    page.goto(link)
    page.get_by_role("link", name="Create an account").click()
    fill_sign_up(page, "Sam Okafor")
    confirm(page, therapist, email)
    page.get_by_role("button", name="Yes, I join").click()
    # Whoever works in a practice owes a second factor.
    expect(page.get_by_role("link", name="Use an authenticator app")).to_be_visible()
    page.goto("/practices/")
    expect(page.get_by_role("link", name="Use an authenticator app")).to_be_visible()


def test_somebody_who_works_in_two_sees_one_at_a_time(visit: Visit, site: str, therapist: Person) -> None:
    other = people.sign_up(site, "therapist", "Grace Walker")
    link = people.invite(other, therapist.email, "clinician")
    page = visit(therapist, width=PHONE)
    page.goto(link)
    page.get_by_role("button", name="Yes, I join").click()
    expect(page.locator("[data-practice-here]")).to_have_text("Grace Walker’s practice")
    page.goto("/settings/practices/")
    page.get_by_role("button", name="Work here").click()
    expect(page.locator("[data-practice-here]")).to_have_text("Anna Lindqvist’s practice")
    page.goto(f"/practices/{other.get('/me/')['practice']}/people/")
    expect(page.get_by_text("You are working in Anna Lindqvist’s practice now")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Owner")).to_have_count(0)
    page.get_by_role("button", name="Work here now").click()
    expect(page.locator("[data-member]")).to_have_count(2)
