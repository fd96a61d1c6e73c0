"""A patient writes with all who care for them, and one of them leaves."""

import time

from playwright.sync_api import expect

from e2e import people
from e2e.conftest import PHONE, Visit
from e2e.people import Person
from e2e.talks import open_talk

WITHIN_SECONDS = 20


def team_of(person: Person) -> str:
    """The id of the care team's conversation; its care is followed by a job."""
    end = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < end:
        for each in person.get("/conversations/")["results"]:
            if each["kind"] == "team":
                return str(each["id"])
        time.sleep(0.2)
    raise AssertionError("There is no care team's conversation.")


def test_three_write_in_one_place_and_who_leaves_keeps_what_was(
    visit: Visit, site: str, admin: Person, patient: Person, therapist: Person
) -> None:
    colleague = people.sign_up(site, "therapist", "Grace Walker")
    # Asked before joining gives their browser another session.
    ids = {therapist.name: therapist.id, colleague.name: colleague.id}
    joining = visit(colleague, width=PHONE)
    joining.goto(people.invite(therapist, colleague.email, "clinician"))
    joining.get_by_role("button", name="Yes, I join").click()
    practice = therapist.get("/me/")["practice"]
    cares = {
        name: admin.post("/assignments/", patient=patient.id, therapist=id_, practice=practice)["id"]
        for name, id_ in ids.items()
    }
    team = team_of(patient)

    mine, grace = open_talk(visit(patient), team), open_talk(joining, team)
    expect(mine.page.get_by_role("heading", name="Your care team")).to_be_visible()
    expect(mine.page.locator(".thread-top")).to_contain_text("Grace Walker")
    expect(mine.page.get_by_text("Whoever joins the care team later can read it")).to_be_visible()
    expect(grace.page.get_by_role("heading", name="Maya Torres and care team")).to_be_visible()
    mine.write("I told you both different things about the pills.")
    expect(grace.message(1)).to_contain_text("Maya Torres")
    people.send(therapist, team, "Then we talk about it here, all three of us.")
    expect(mine.message(2).get_by_text("Anna Lindqvist")).to_be_visible()
    grace.write("Good that you say so.")
    expect(mine.message(3).get_by_text("Grace Walker")).to_be_visible()

    admin.post(f"/assignments/{cares['Grace Walker']}/end/", reason="Moved away")
    expect(grace.page.get_by_text("You can no longer write here.")).to_be_visible()
    expect(mine.page.get_by_text("Your care team is one person now")).to_be_visible()
    grace.page.reload()
    expect(grace.message(3)).to_contain_text("Good that you say so.")
    expect(grace.page.get_by_label("Write a message")).to_have_count(0)
