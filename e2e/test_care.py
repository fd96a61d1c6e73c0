"""How care begins and ends between two people, each in a browser of their own."""

import re

from playwright.sync_api import Page, expect

from e2e import people
from e2e.conftest import PHONE, Visit
from e2e.listings import be_listed, letters
from e2e.people import Person
from e2e.talks import conversation_over
from e2e.watch import Watch


def ask(page: Page, therapist: Person, words: str) -> None:
    """From the therapist's page to the request that waits."""
    page.goto(f"/therapists/{therapist.id}/")
    page.get_by_role("link", name="Ask to connect").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Ask {therapist.name} to connect")
    page.get_by_label("What brings you").fill(words)
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_text("Your request is on its way.").first).to_be_visible()


def open_request(page: Page, patient: Person) -> None:
    page.goto("/connections/")
    page.get_by_role("link", name=re.compile(patient.name)).first.click()


def listed(visit: Visit, site: str) -> tuple[Person, Page]:
    """A therapist whom patients find, and their browser."""
    last = letters()
    therapist = people.sign_up(site, "therapist", f"Grace {last}")
    page = visit(therapist)
    be_listed(page, "Grace", last)
    return therapist, page


def test_asked_accepted_written_and_ended(visit: Visit, site: str, patient: Person) -> None:
    therapist, own = listed(visit, site)
    looking = visit(patient, width=PHONE)
    ask(looking, therapist, "I have not slept for weeks.")
    people.mail_for(people.client(site), therapist.email, "Something in Bloom waits for your answer")

    open_request(own, patient)
    expect(own.get_by_text("I have not slept for weeks.")).to_be_visible()
    own.get_by_label("A few words").fill("Thank you for writing. Thursday at five?")
    own.get_by_role("button", name="Accept").click()
    expect(own.get_by_text("Accepted. You can write to each other now.").first).to_be_visible()
    people.mail_for(people.client(site), patient.email, "There is news for you in Bloom")

    # Both write, each from their own page of it.
    looking.reload()
    expect(looking.get_by_text("Thank you for writing. Thursday at five?")).to_be_visible()
    looking.get_by_role("main").get_by_role("button", name="Write").click()
    looking.get_by_role("textbox", name="Write a message").fill("Thursday is good.")
    looking.get_by_role("button", name="Send").click()
    expect(looking.get_by_role("log").get_by_text("Thursday is good.")).to_be_visible()
    own.get_by_role("main").get_by_role("button", name="Write").click()
    expect(own.get_by_role("log").get_by_text("Thursday is good.")).to_be_visible()
    own.get_by_role("textbox", name="Write a message").fill("See you then.")
    own.get_by_role("button", name="Send").click()
    expect(looking.get_by_role("log").get_by_text("See you then.")).to_be_visible()

    # Its end says what ends and what stays, and leaves the conversation to be read.
    talk = looking.url
    looking.goto("/connections/")
    looking.get_by_role("main").get_by_role("link", name=therapist.name, exact=True).first.click()
    looking.get_by_role("link", name="End this care").click()
    ending = looking.get_by_role("dialog", name="End this care?")
    ending.get_by_label("Reason").fill("I am moving to Oslo.")
    ending.get_by_role("button", name="End the care").click()
    expect(looking.get_by_text("This care has ended. What you wrote stays.").first).to_be_visible()
    expect(looking.get_by_text("I am moving to Oslo.")).to_be_visible()
    conversation_over(patient, talk)
    looking.goto(talk)
    expect(looking.get_by_role("log").get_by_text("See you then.")).to_be_visible()
    expect(looking.get_by_role("textbox", name="Write a message")).to_have_count(0)


def test_declined_kindly_and_without_a_script(visit: Visit, site: str, patient: Person) -> None:
    therapist, _page = listed(visit, site)
    looking, own = visit(patient, script=False), visit(therapist, script=False)
    ask(looking, therapist, "For the two of us.")
    open_request(own, patient)
    own.get_by_label("A few words").fill("I have no room before spring. I am sorry.")
    own.get_by_role("button", name="Decline").click()
    expect(own.get_by_text("Declined. They will be told.").first).to_be_visible()
    looking.reload()
    expect(looking.get_by_text("I have no room before spring. I am sorry.")).to_be_visible()
    expect(looking.get_by_text("This says nothing about you")).to_be_visible()
    expect(looking.get_by_role("main").get_by_role("button", name="Write")).to_have_count(0)


def test_taken_back_before_it_is_answered(visit: Visit, watch: Watch, site: str, patient: Person) -> None:
    watch.expect("^409 ")
    therapist, own = listed(visit, site)
    looking = visit(patient)
    ask(looking, therapist, "")
    open_request(own, patient)
    looking.get_by_role("button", name="Withdraw").click()
    expect(looking.get_by_text("Withdrawn.").first).to_be_visible()
    # Whoever had it open is told kindly, and nothing begins.
    own.get_by_role("button", name="Accept").click()
    expect(own.get_by_role("alert").first).to_be_visible()
    expect(own.get_by_role("main").get_by_role("button", name="Write")).to_have_count(0)
