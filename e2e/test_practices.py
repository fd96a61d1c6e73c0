"""A colleague is asked by mail, signs up, joins, becomes owner; the first owner goes. And two practices."""

import pytest
from playwright.sync_api import Page, expect

from e2e import people
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.people import Person
from e2e.watch import Watch


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
    colleague.goto(people.invitation_for(therapist.http, email, "asked to be an owner"))
    colleague.get_by_role("button", name="Yes, I will be an owner").click()
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


# Kept where a page that loads anew still finds it.
_KEEP_CLOSE_CODE = """
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("close", (event) => sessionStorage.setItem("closed", String(event.code)));
  }
};
"""


def test_an_open_page_of_the_other_practice_stops_and_loses_nothing(
    visit: Visit, site: str, watch: Watch, admin: Person, therapist: Person, patient: Person
) -> None:
    people.assign(admin, patient, therapist)
    conversation = people.conversation(patient, therapist)
    other = people.sign_up(site, "therapist", "Grace Walker")
    link = people.invite(other, therapist.email, "clinician")
    watch.expect(f"404 .*/messages/{conversation}/")
    page = visit(therapist)
    page.goto(link)
    page.get_by_role("button", name="Yes, I join").click()
    page.goto("/settings/practices/")
    page.get_by_role("button", name="Work here").click()
    talk = page.context.new_page()
    talk.add_init_script(_KEEP_CLOSE_CODE)
    talk.goto(f"{site}/messages/{conversation}/")
    talk.get_by_role("textbox", name="Write a message").fill("A thought that I keep")
    page.goto("/settings/practices/")
    page.get_by_role("button", name="Work here").click()
    expect(talk.get_by_text("where you also work. Change to it?")).to_be_visible()
    expect(
        talk.get_by_role("main").get_by_text("You are working in Grace Walker’s practice now")
    ).to_be_visible()
    assert talk.evaluate("sessionStorage.getItem('closed')") == "4409"
    expect(talk.get_by_text(patient.name)).to_have_count(0)

    people.send(patient, conversation, "Good morning.")
    page.goto("/dashboard/")
    waits = page.locator("[data-elsewhere]").first
    expect(waits).to_contain_text("A message waits there")
    expect(page.get_by_role("main").get_by_text(patient.name)).to_have_count(0)
    talk.get_by_role("button", name="Work here now").click()
    expect(talk.get_by_role("log").get_by_text("Good morning.")).to_be_visible()
    # What was typed stays where it was typed, and was sent by nobody meanwhile.
    expect(talk.get_by_role("textbox", name="Write a message")).to_have_value("A thought that I keep")
    sent = patient.get(f"/conversations/{conversation}/messages/")["results"]
    assert [each["body"] for each in sent] == ["Good morning."]


def test_a_page_that_was_open_when_one_joined_says_where_one_is_now(
    visit: Visit, site: str, watch: Watch, admin: Person, therapist: Person, patient: Person
) -> None:
    """The session has another key since then; that is no signing out."""
    people.assign(admin, patient, therapist)
    conversation = people.conversation(patient, therapist)
    link = people.invite(people.sign_up(site, "therapist", "Grace Walker"), therapist.email, "clinician")
    watch.expect(f"404 .*/messages/{conversation}/")
    watch.expect("net::ERR_FAILED")
    page = visit(therapist)
    talk = page.context.new_page()
    talk.goto(f"{site}/messages/{conversation}/")
    talk.get_by_role("textbox", name="Write a message").fill("A thought that I keep")
    page.goto(link)
    page.get_by_role("button", name="Yes, I join").click()
    expect(
        talk.get_by_role("main").get_by_text("You are working in Grace Walker’s practice now")
    ).to_be_visible()
    talk.get_by_role("button", name="Work here now").click()
    expect(talk.get_by_role("textbox", name="Write a message")).to_have_value("A thought that I keep")


@pytest.mark.parametrize(
    ("width", "script"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "bare phone"]
)
def test_an_owner_tells_where_the_practice_is_and_who_it_is_to_payers(
    visit: Visit, therapist: Person, width: int, script: bool
) -> None:
    page = visit(therapist, width=width, script=script)
    page.goto("/practices/")
    page.get_by_role("link", name="Add a location").click()
    page.get_by_label("Name of the location").fill("Downtown")
    page.get_by_label("Street and number").fill("120 Elm Street")
    page.get_by_label("City").fill("Chicago")
    page.get_by_label("State").select_option("IL")
    page.get_by_label("ZIP code").fill("606")
    page.get_by_label("Telephone").fill("312 555 0142")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("This is not a ZIP code").last).to_be_visible()
    expect(page.get_by_label("City")).to_have_value("Chicago")
    page.get_by_label("ZIP code").fill("60601")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator("[data-location]")).to_contain_text("(312) 555-0142")

    page.get_by_role("link", name="Billing", exact=True).last.click()
    page.get_by_role("link", name="Fill it in").click()
    page.get_by_label("Legal name").fill("Elm Street Therapy LLC")
    page.get_by_label("NPI").fill("1234567890")
    page.get_by_label("Kind of tax number").select_option("ein")
    page.get_by_label("Tax number", exact=True).fill("36-4871259")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This is not an NPI").last).to_be_visible()
    page.get_by_label("NPI").fill("1234567893")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("ends in 1259")).to_be_visible()
    expect(page.get_by_text("the billing address")).to_be_visible()
    page.get_by_role("link", name="Show all of it").click()
    page.get_by_role("button", name="Show it").click()
    expect(page.locator("[data-tax-number]")).to_have_text("36-4871259")
    page.get_by_role("link", name="Put it away").click()
    expect(page.get_by_text("36-4871259")).to_have_count(0)

    page.get_by_role("link", name="Locations", exact=True).click()
    page.get_by_role("link", name="Change Downtown").click()
    page.get_by_role("button", name="Retire this location").click()
    page.get_by_role("link", name="Open again Downtown").click()
    page.get_by_role("button", name="Open it again").click()
    expect(page.get_by_role("link", name="Change Downtown")).to_be_visible()
