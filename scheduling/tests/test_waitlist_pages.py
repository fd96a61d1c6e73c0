"""The pages and the REST of who waits."""

import re
from datetime import timedelta

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from scheduling import services
from scheduling.models import Appointment, WaitlistEntry, WaitlistOffer, WeeklyBlock
from scheduling.tests import factories
from scheduling.types import EntryState, Mode, OfferState, Wishes

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk():
    """One hour a day."""
    made = factories.desk(slot_minutes=60, time_zone="UTC")
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=made.calendar).delete()
    for weekday in range(7):
        factories.block(made.calendar, weekday, 900, 960)
    return made


@pytest.fixture
def patient(desk):
    return people.browser(desk.patient)


def offer(desk):
    services.waitlist_join(
        desk.as_patient, wishes=Wishes(time_zone="UTC"), service_id=desk.service.id, at=clock.now()
    )
    assert services.waitlist_run(people.SYSTEM, at=clock.now()) == 1
    return WaitlistOffer.objects.unscoped(reason="test").get()


def test_from_the_page_of_times_into_the_line_and_out_again(desk, patient):
    page = patient.get(f"/book/{desk.therapist.id}/?service={desk.service.id}").content.decode()
    assert f"/waitlist/join/?service={desk.service.id}" in page
    page = patient.get(f"/waitlist/join/?service={desk.service.id}").content.decode()
    assert desk.therapist.name in page
    answer = patient.post(
        "/waitlist/join/",
        {
            "service": desk.service.id,
            "parts": ["0-morning", "4-evening"],
            "first_on": "",
            "mode": "telehealth",
        },
        follow=True,
    )
    text = answer.content.decode()
    assert "Nobody who waits came before you" in text
    assert "Monday (morning), Friday (evening)" in text
    row = WaitlistEntry.objects.unscoped(reason="test").get()
    page = patient.get(f"/book/{desk.therapist.id}/?service={desk.service.id}").content.decode()
    assert "You are waiting for a time with this therapist" in page
    patient.post(f"/waitlist/{row.id}/leave/", follow=True)
    assert "You are not waiting for a time" in patient.get("/waitlist/").content.decode()


def test_what_was_told_stays_when_something_is_wrong(desk, patient):
    answer = patient.post(
        "/waitlist/join/",
        {"service": desk.service.id, "parts": ["2-evening"], "last_on": "2020-01-01", "mode": "telehealth"},
    )
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "Please choose a day within the next year" in text
    assert 'value="2-evening" checked' in text
    assert "2020-01-01" in text
    patient.post("/waitlist/join/", {"service": desk.service.id})
    again = patient.post("/waitlist/join/", {"service": desk.service.id})
    assert "You are waiting for this already" in again.content.decode()


def test_a_search_of_the_directory_comes_along_and_back(patient):
    sent = patient.post("/therapists/", {"specialty": ["anxiety", "nothing"], "language": "es", "q": "x"})
    page = patient.get(sent["Location"].replace("/therapists/", "/waitlist/join/")).content.decode()
    assert "Anxiety" in page
    assert 'name="language" value="es"' in page
    assert 'value="nothing"' not in page
    # Where the form is refused, its page still is that of the search.
    assert re.search(r'action="/waitlist/join/\?search=[\w-]+"', page)
    back = re.search(r'href="(/therapists/[^"]+)">Choose other filters', page)[1]
    assert "anxiety" not in back
    assert 'value="anxiety" checked' in patient.get(back).content.decode()
    text = patient.post(
        "/waitlist/join/", {"specialty": "anxiety", "language": "es"}, follow=True
    ).content.decode()
    assert "Whoever fits" in text
    assert "Anxiety" in text


def test_an_address_of_before_leads_to_one_that_tells_nothing(desk, patient):
    sent = patient.get("/waitlist/join/?specialty=anxiety&specialty=nothing")
    assert sent["Location"].startswith("/waitlist/join/?search=")
    assert 'name="specialty" value="anxiety"' in patient.get(sent["Location"]).content.decode()
    assert patient.get("/waitlist/join/?specialty=nothing")["Location"] == "/waitlist/join/"
    # Beside a service, which tells nothing, the rest is left out.
    service = f"/waitlist/join/?service={desk.service.id}"
    assert patient.get(f"{service}&specialty=anxiety")["Location"] == service


def test_an_offer_is_taken_on_its_page(desk, patient):
    made = offer(desk)
    assert "A time is kept for you" in patient.get("/waitlist/").content.decode()
    page = patient.get(f"/waitlist/offers/{made.id}/").content.decode()
    assert "Take this time" in page
    assert "data-countdown" in page
    answer = patient.post(f"/waitlist/offers/{made.id}/", {"terms": "1.0"}, follow=True)
    row = Appointment.objects.unscoped(reason="test").get()
    assert answer.redirect_chain[-1][0] == f"/appointments/{row.id}/"
    # Whoever follows the link of the mail later is led to what it became.
    assert (
        patient.get(f"/waitlist/offers/{made.id}/", follow=True).redirect_chain[-1][0].endswith(f"{row.id}/")
    )


def test_an_offer_is_passed_on_and_an_old_link_says_so(desk, patient):
    made = offer(desk)
    patient.post(f"/waitlist/offers/{made.id}/decline/", follow=True)
    page = patient.get(f"/waitlist/offers/{made.id}/").content.decode()
    assert "You passed this time on" in page
    assert "Take this time" not in page
    late = patient.post(f"/waitlist/offers/{made.id}/", {"terms": "1.0"})
    assert late.status_code == 409
    assert "This offer is over" in late.content.decode()


def test_who_rests_comes_back(desk, patient):
    made = offer(desk)
    WaitlistEntry.objects.unscoped(reason="test").update(state=EntryState.RESTING.value)
    WaitlistOffer.objects.unscoped(reason="test").update(state=OfferState.LAPSED.value, closed_at=clock.now())
    assert "Are you still waiting?" in patient.get("/waitlist/").content.decode()
    text = patient.post(f"/waitlist/{made.entry_id}/resume/", follow=True).content.decode()
    assert "You have kept your place" in text


def test_the_therapist_and_the_desk_see_who_waits_and_a_biller_does_not(desk):
    services.waitlist_join(
        desk.as_patient, wishes=Wishes(time_zone="UTC"), service_id=desk.service.id, at=clock.now()
    )
    for role, sees in ((MembershipRole.FRONT_DESK, True), (MembershipRole.BILLER, False)):
        person = people.person(None)
        accounts_services.membership_start(people.SYSTEM, desk.practice_id, person.id, role, at=clock.now())
        answer = people.browser(person, practice_id=desk.practice_id).get("/schedule/waitlist/")
        assert answer.status_code == (200 if sees else 403)
        if sees:
            assert desk.patient.name in answer.content.decode()
    page = people.browser(desk.therapist).get("/schedule/waitlist/").content.decode()
    assert desk.patient.name in page


def test_by_rest(desk):
    token = accounts_services.token_issue(
        people.SYSTEM, desk.patient.id, "test", ["scheduling:write"], 1, at=clock.now()
    ).raw
    browser = people.browser(people.patient())

    def ask(method, path, body=None):
        return getattr(browser, method)(
            f"/api/v1/waitlist/{path}",
            body,
            content_type="application/json",
            headers={"authorization": f"Bearer {token}"},
        )

    joined = ask(
        "post", "", {"service": str(desk.service.id), "parts": [{"weekday": 0, "part": "afternoon"}]}
    )
    assert joined.status_code == 201, joined.content
    entry = joined.json()
    assert (entry["ahead"], entry["status"], entry["offer"]) == (0, "waiting", None)
    assert services.waitlist_run(people.SYSTEM, at=clock.now()) == 1
    shown = ask("get", f"{entry['id']}/").json()
    made = shown["offer"]
    assert shown["status"] == "offered"
    booked = ask("post", f"offers/{made['id']}/accept/", {"terms": made["terms"]})
    assert booked.status_code == 201, booked.content
    assert booked.json()["starts_at"] == made["starts_at"]
    assert ask("post", f"offers/{made['id']}/accept/", {"terms": made["terms"]}).status_code == 200
    assert ask("get", "").json()["results"] == []
    assert ask("post", f"offers/{made['id']}/decline/").status_code == 409


def test_who_looks_for_nothing_is_led_to_the_filters_first(patient):
    page = patient.get("/waitlist/join/").content.decode()
    assert "Choose first what you look for" in page
    assert 'name="parts"' not in page
    answer = patient.post("/waitlist/join/", {"parts": ["0-morning"]})
    assert answer.status_code == 400
    assert "Please choose first what you look for" in answer.content.decode()
    assert not WaitlistEntry.objects.unscoped(reason="test").exists()


def test_who_would_come_either_way_chooses_the_way_with_the_offer(desk, patient):
    people.location(desk.therapist, name="Third Ward", line1="221 East Buffalo Street")
    made = offer(desk)
    assert made.mode == "in_person"
    page = patient.get(f"/waitlist/offers/{made.id}/").content.decode()
    assert "221 East Buffalo Street" in page
    assert re.search(r'name="mode" value="in_person"[^>]*checked', page)
    assert 'name="mode" value="telehealth"' in page
    patient.post(f"/waitlist/offers/{made.id}/", {"terms": "1.0", "mode": "telehealth"})
    row = Appointment.objects.unscoped(reason="test").get()
    assert (row.mode, row.location_id) == ("telehealth", None)


def test_an_offer_is_taken_as_it_is_offered_unless_told(desk, patient):
    place = people.location(desk.therapist, name="Third Ward", line1="221 East Buffalo Street")
    made = offer(desk)
    taken = patient.post(
        f"/api/v1/waitlist/offers/{made.id}/accept/", {"terms": "1.0"}, content_type="application/json"
    )
    assert taken.status_code == 201
    assert (taken.json()["mode"], taken.json()["location"]["id"]) == ("in_person", str(place.id))


def test_a_way_that_the_time_has_not_takes_nothing(desk, patient):
    """Neither where the hours have none, nor where one was wished for."""
    services.waitlist_join(
        desk.as_patient,
        wishes=Wishes(time_zone="UTC", mode=Mode.TELEHEALTH),
        service_id=desk.service.id,
        at=clock.now(),
    )
    assert services.waitlist_run(people.SYSTEM, at=clock.now()) == 1
    made = WaitlistOffer.objects.unscoped(reason="test").get()
    page = patient.get(f"/waitlist/offers/{made.id}/").content.decode()
    assert 'name="mode"' not in page
    refused = patient.post(
        f"/api/v1/waitlist/offers/{made.id}/accept/",
        {"terms": "1.0", "mode": "in_person"},
        content_type="application/json",
    )
    assert refused.status_code == 400
    assert "mode" in refused.json()["errors"]
    assert (
        patient.post(f"/waitlist/offers/{made.id}/", {"terms": "1.0", "mode": "in_person"}).status_code == 409
    )
    made.refresh_from_db()
    assert made.state == OfferState.OPEN


def test_an_offer_says_by_whose_clock_it_is(desk, patient):
    desk.patient.time_zone = "America/New_York"
    desk.patient.save()
    made = offer(desk)
    assert "(America/New_York), with" in patient.get("/waitlist/").content.decode()
    page = patient.get(f"/waitlist/offers/{made.id}/").content.decode()
    assert page.count("(America/New_York)") == 2
