"""From "I need help" to face to face and to the end of it: a new patient, a therapist, two browsers with
cameras, real mail, and the jobs that run by themselves.
"""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from icalendar import Calendar, Component
from playwright.sync_api import Page, expect

from e2e import axe, bookings, people
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.listings import be_listed, letters
from e2e.people import PASSWORD, Person
from e2e.rooms import agree, moves
from e2e.test_care import ask, open_request
from e2e.test_people import fill_sign_up

# The room opens a quarter of an hour before; who is reminded half an hour before has time to come.
_LEAD = 30
# The time that is booked begins up to five minutes later than could be, and the job comes by twice a minute.
_REMINDED_WITHIN = 6 * 60
_WALK = os.environ.get("BLOOM_E2E_WALK", "")
_REMINDER = re.compile(r"(/reminders/\S+)")


def test_from_finding_a_therapist_to_a_session_that_took_place(
    site: str, visit: Visit, seated: Visit
) -> None:
    last = letters()
    therapist = people.sign_up(site, "therapist", f"Grace {last}, LCSW")
    be_listed(visit(therapist), "Grace", last)
    bookings.hours_open_now(therapist, notice_minutes=_LEAD)

    page = seated(width=PHONE)
    patient = _sign_up(page, site)
    page.goto("/settings/reminders/")
    page.locator(f"#lead-{_LEAD}").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.").first).to_be_visible()

    appointment = _book_first(page, therapist)
    starts_at = _starts_at(patient, appointment)
    method, invitation = people.mail_calendar(patient.http, patient.email, "Your appointment is booked")
    booked = _only(invitation)
    assert (method, str(invitation["METHOD"])) == ("REQUEST", "REQUEST")
    assert booked.decoded("DTSTART") == starts_at
    # Whoever sees the calendar over somebody's shoulder learns nothing of why, or with whom.
    assert last not in str(booked)

    # They write to each other only once both have said yes to it.
    ask(page, therapist, "I have not slept for weeks.")
    own = seated(therapist)
    own.goto("/dashboard/")
    open_request(own, patient)
    own.get_by_role("button", name="Accept").click()
    expect(own.get_by_text("Accepted. You can write to each other now.").first).to_be_visible()

    told = people.mail_for(
        patient.http, patient.email, "A reminder of your appointment", within=_REMINDED_WITHIN
    )
    assert starts_at - timedelta(minutes=_LEAD) <= datetime.now(UTC)
    link = _REMINDER.search(told)
    assert link, told
    page.goto(link[1])
    look(page, "reminder")
    page.get_by_role("button", name="I’ll be there").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Good: you will be there")
    own.goto(f"/appointments/{appointment}/")
    expect(own.get_by_text("Will be there", exact=True)).to_be_visible()

    # The hour before has become free, and the therapist asks them in sooner.
    sooner = starts_at - timedelta(minutes=_LEAD - 10)
    therapist.post(f"/appointments/{appointment}/reschedule/", starts_at=sooner.isoformat())
    method, invitation = people.mail_calendar(patient.http, patient.email, "Your appointment has moved")
    moved = _only(invitation)
    assert method == "REQUEST"
    assert moved["UID"] == booked["UID"]
    assert int(str(moved["SEQUENCE"])) > int(str(booked["SEQUENCE"]))
    assert moved.decoded("DTSTART") == sooner

    _wait_outside(page)
    _see_each_other(page, own, patient)
    _write_to_each_other(page, own)
    _leave_and_come_back(page, own)
    _end(page, own)
    _note(page, own, appointment)


def _sign_up(page: Page, site: str) -> Person:
    """Somebody who has come to the first page and has an account when they leave it."""
    email = people.new_email()
    page.goto("/")
    look(page, "landing")
    page.get_by_role("link", name="Create an account").first.click()
    fill_sign_up(page, role="A patient", name="Noor Haddad", email=email, password=PASSWORD, again=PASSWORD)
    look(page, "sign-up")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    person = Person(site, email, "Noor Haddad", http=people.client(site))
    look(page, "code")
    page.get_by_label("Code from the mail").fill(people.code_for(person))
    page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(re.compile(r"/dashboard/$"))
    look(page, "home-new")
    for cookie in page.context.cookies():
        person.http.cookies.set(cookie["name"], cookie["value"])
    return person


def _book_first(page: Page, therapist: Person) -> str:
    """From the directory to the first time by video that this therapist has. The id of the appointment."""
    page.goto("/dashboard/")
    page.get_by_role("main").get_by_role("link", name="Find a therapist").first.click()
    look(page, "directory")
    page.get_by_label("Search for").fill(therapist.name.partition(",")[0])
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=therapist.name, exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(therapist.name)
    look(page, "therapist")
    page.get_by_role("link", name=re.compile("Book a time|Look for a time")).first.click()
    page.get_by_role("link", name="By video").click()
    look(page, "times")
    page.locator(".booking-slot").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your time")
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^(10:00|9:[0-5]\d)$"))
    expect(page.get_by_role("main")).to_contain_text("$150")
    look(page, "confirm")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("main").get_by_text("Confirmed", exact=True)).to_be_visible()
    look(page, "booked")
    return page.url.rstrip("/").rpartition("/")[2]


def _wait_outside(page: Page) -> None:
    """The patient's way from their first page to the waiting room."""
    page.goto("/dashboard/")
    look(page, "home-soon")
    page.get_by_role("main").get_by_role("link", name=re.compile("^Join")).first.click()
    look(page, "consent")
    agree(page)
    for device in ("camera", "microphone"):
        expect(page.locator(f'[data-test="{device}"]')).to_have_attribute("data-state", "good")
    assert moves(page, '[data-of="check"] [data-self]')
    look(page, "devices")
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_role("heading", name="Your therapist will let you in")).to_be_visible()
    look(page, "waiting")


def _see_each_other(page: Page, own: Page, patient: Person) -> None:
    """The therapist comes from their list of today and lets them in; both see the other move."""
    own.goto("/dashboard/")
    look(own, "today")
    own.get_by_role("link", name=re.compile("^Start.*the session with Noor Haddad")).click()
    own.get_by_role("button", name="Start the session").click()
    expect(own.get_by_text(f"{patient.name} is in the waiting room.").first).to_be_visible()
    look(own, "knock")
    own.get_by_role("button", name="Let them in").click()
    for each in (page, own):
        expect(each.locator("[data-absent]")).to_be_hidden(timeout=30_000)
        assert moves(each, "[data-remote]")
    own.get_by_text("Where they are").click()
    expect(own.get_by_text("120 Elm Street, Chicago, Illinois")).to_be_visible()
    look(page, "call")
    look(own, "call-host")


def _write_to_each_other(page: Page, own: Page) -> None:
    """A message each way beside the video; what comes while nobody looks is marked."""
    for writer, reader, words in (
        (page, own, "I can see you, and hear nothing."),
        (own, page, "Then turn up your sound."),
    ):
        if writer.locator("[data-chat]").is_hidden():
            expect(reader.locator("[data-chat-new]")).to_be_hidden()
            writer.keyboard.press("Alt+KeyC")
        writer.get_by_label("Write a message").fill(words)
        writer.keyboard.press("Enter")
        expect(writer.locator("[data-messages] li[data-own]").get_by_text(words)).to_be_visible()
        if reader.locator("[data-chat]").is_hidden():
            expect(reader.locator("[data-chat-new]")).to_be_visible()
            reader.keyboard.press("Alt+KeyC")
        expect(reader.locator("[data-messages] li:not([data-own])").get_by_text(words)).to_be_visible()
    look(page, "call-chat")
    look(own, "call-chat-host")
    for each in (page, own):
        each.get_by_role("button", name="Close messages").click()
        assert moves(each, "[data-remote]")


def _leave_and_come_back(page: Page, own: Page) -> None:
    """The patient leaves, which the therapist sees, and is let in again without knocking."""
    page.get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_role("heading", name="You have left the session")).to_be_visible()
    look(page, "left")
    expect(own.locator("[data-absent-said]")).to_contain_text("Noor Haddad is not here at the moment.")
    assert own.evaluate("document.querySelector('[data-remote]').srcObject") is None
    page.get_by_role("button", name="Go back in").click()
    for each in (page, own):
        expect(each.locator("[data-absent]")).to_be_hidden(timeout=30_000)
        assert moves(each, "[data-remote]")


def _end(page: Page, own: Page) -> None:
    """The therapist ends it for both: neither is seen or heard any more, and each page says so."""
    own.get_by_role("button", name="End", exact=True).click()
    look(own, "end")
    own.get_by_role("button", name="End for both").click()
    for each in (page, own):
        expect(each.get_by_role("heading", name="The session has ended")).to_be_visible()
        assert each.evaluate("document.querySelector('[data-remote]').srcObject") is None
    look(page, "over")


def _note(page: Page, own: Page, appointment: str) -> None:
    """The therapist notes that it took place; both see it, and when it began and ended."""
    own.get_by_role("link", name="To the appointment", exact=True).click()
    look(own, "afterwards-host")
    own.get_by_role("button", name="It took place").click()
    for each in (own, page):
        each.goto(f"/appointments/{appointment}/")
        main = each.get_by_role("main")
        expect(main.get_by_text("Took place", exact=True)).to_be_visible()
        expect(main.get_by_text(re.compile("^Began "))).to_be_visible()
        expect(main.get_by_text(re.compile("^Ended "))).to_be_visible()
    look(page, "afterwards")


def _starts_at(person: Person, appointment: str) -> datetime:
    return datetime.fromisoformat(person.get(f"/appointments/{appointment}/")["starts_at"])


def _only(calendar: Calendar) -> Component:
    (event,) = calendar.walk("VEVENT")
    return event


def look(page: Page, step: str) -> None:
    """axe finds nothing on this step; with BLOOM_E2E_WALK, a folder, its pictures are kept there: as wide as
    the browser is and the other way, by day and by night.
    """
    assert not (found := axe.findings(page)), f"{step}:\n" + "\n".join(found)
    if not _WALK:
        return
    size = page.viewport_size
    assert size
    for width, height in ((DESKTOP, 900), (PHONE, 740)):
        page.set_viewport_size({"width": width, "height": height})
        for light in ("light", "dark"):
            page.emulate_media(color_scheme=light)
            page.screenshot(path=Path(_WALK) / f"{step}-{width}-{light}.png", full_page=True)
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="light")
