"""Times and appointments by REST: the way of a client, and what it is told when it is wrong."""

from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.money import Money
from scheduling import services
from scheduling.models import Appointment, Service
from scheduling.types import Block, Rules, ServiceFacts

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_desk():
    """A listed therapist who is there at all hours, by the clock of now."""
    therapist, patient = people.therapist(), people.patient()
    people.listing(therapist)
    actor = people.actor(therapist)
    services.availability_set(
        actor,
        time_zone="America/Chicago",
        blocks=[Block(weekday, 0, 1440) for weekday in range(7)],
        rules=Rules(notice_minutes=0),
        version=0,
        at=clock.now(),
    )
    offered = services.service_add(
        actor,
        ServiceFacts(name="45-minute session", duration_minutes=45, price=Money(140_00, "USD")),
        at=clock.now(),
    )
    return therapist, patient, offered


def post(browser, path, body=None):
    return browser.post(f"/api/v1/{path}", body or {}, content_type="application/json")


def test_from_a_slot_to_an_appointment_to_its_end(open_desk):
    therapist, patient, offered = open_desk
    browser, theirs = people.browser(patient), people.browser(therapist)
    day = (clock.now() + timedelta(days=2)).date()
    address = (
        f"/api/v1/therapists/{therapist.id}/slots/?from={day}&to={day + timedelta(days=1)}&tz=America/Chicago"
    )
    slots = browser.get(address).json()["results"]
    # A step of a quarter of an hour, and as many as the day has.
    assert len(slots) in {92, 96, 100}
    assert slots[0]["service"] == str(offered.id)
    assert slots[0]["modes"] == ["in_person", "telehealth"]
    wanted = {"therapist": str(therapist.id), "service": str(offered.id), "starts_at": slots[8]["starts_at"]}
    held = post(browser, "holds/", wanted)
    assert held.status_code == 201
    assert held.json()["mode"] == "telehealth"
    other = people.browser(people.patient())
    refused = post(other, "holds/", wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "slot_taken")
    assert len(refused.json()["alternatives"]) == 3
    assert (
        post(
            other, "holds/", {**wanted, "starts_at": refused.json()["alternatives"][0]["starts_at"]}
        ).status_code
        == 201
    )
    # What another holds, nobody lets go.
    assert other.delete(f"/api/v1/holds/{held.json()['id']}/").status_code == 404
    booked = post(browser, "appointments/", {"hold": held.json()["id"], "reason": "I cannot sleep."})
    assert booked.status_code == 201
    again = post(browser, "appointments/", {"hold": held.json()["id"]})
    assert (again.status_code, again.json()) == (200, booked.json())
    view = booked.json()
    assert view["status"] == "confirmed"
    assert view["price"] == {"amount": 140_00, "currency": "USD"}
    assert view["can"] == ["cancel", "move"]
    place = f"appointments/{view['id']}/"
    assert theirs.get(f"/api/v1/{place}").json()["reason"] == "I cannot sleep."
    listed = browser.get("/api/v1/appointments/", {"from": slots[0]["starts_at"]}).json()
    assert [each["id"] for each in listed["results"]] == [view["id"]]
    moved = post(browser, f"{place}reschedule/", {"starts_at": slots[40]["starts_at"]}).json()
    assert (moved["starts_at"], moved["sequence"]) == (slots[40]["starts_at"], 1)
    assert post(browser, f"{place}no-show/").json()["code"] == "appointment_state"
    called_off = post(browser, f"{place}cancel/").json()
    assert called_off["status"] == "cancelled"
    assert called_off["can"] == []


def test_the_first_free_time_of_those_who_fit(open_desk):
    therapist, patient, _offered = open_desk
    browser = people.browser(patient)
    found = browser.get("/api/v1/slots/?specialty=anxiety&language=en&mode=telehealth&limit=5").json()[
        "results"
    ]
    assert [each["therapist"]["id"] for each in found] == [str(therapist.id)]
    assert browser.get("/api/v1/slots/?specialty=grief").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("from=2026-13-01", "from"),
        ("from=2026-12-01T10:00:00", "from"),
        ("from=2026-12-02&to=2026-12-01", "to"),
        ("from=2026-12-02&to=2027-12-01", "to"),
        ("tz=Mars/Olympus", "tz"),
        ("service=1", "service"),
        # Of all services at once, two weeks.
        ("from=2026-12-01&to=2026-12-16", "service"),
    ],
)
def test_a_range_that_is_none_is_refused_by_its_name(open_desk, query, field):
    therapist, patient, _offered = open_desk
    answer = people.browser(patient).get(f"/api/v1/therapists/{therapist.id}/slots/?{query}")
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_looking_in_a_loop_is_told_to_wait(open_desk, settings):
    therapist, patient, offered = open_desk
    settings.SLOT_LOOKS_PER_MINUTE, settings.RATE_FACTOR = 2, 1
    browser = people.browser(patient)
    assert browser.get("/api/v1/slots/").status_code == 200
    address = f"/api/v1/therapists/{therapist.id}/slots/?from=2026-12-01&to=2027-01-20&service={offered.id}"
    assert browser.get(address).status_code == 200
    for each in (address, "/api/v1/slots/"):
        assert browser.get(each).json()["code"] == "rate_limited"
    assert people.browser(people.patient()).get(address).status_code == 200


@pytest.mark.parametrize("query", ["mode=dream", "specialty=alchemy", "limit=500"])
def test_what_nobody_can_be_found_by_is_refused(open_desk, query):
    assert people.browser(open_desk[1]).get(f"/api/v1/slots/?{query}").status_code == 400


def test_a_week_and_its_days_apart(open_desk):
    therapist, _patient, _offered = open_desk
    browser = people.browser(therapist)
    week = browser.get("/api/v1/availability/").json()
    assert (week["version"], len(week["week"])) == (1, 7)
    assert week["week"][0] == {
        "weekday": 0,
        "from": "00:00",
        "until": "24:00",
        "modes": "both",
        "location": None,
    }
    told = {
        "time_zone": "Europe/Madrid",
        "week": [{"weekday": 4, "from": "22:00", "until": "26:00", "modes": "telehealth"}],
        "daily_limit": 4,
        "version": 1,
    }
    changed = browser.patch("/api/v1/availability/", told, content_type="application/json")
    assert changed.json()["week"][0]["until"] == "26:00"
    stale = browser.patch("/api/v1/availability/", told, content_type="application/json")
    assert (stale.status_code, stale.json()["version"]) == (409, 2)
    day = (clock.now() + timedelta(days=9)).date().isoformat()
    extra = {"kind": "extra", "starts_on": day, "ends_on": day, "from": "09:00", "until": "12:00"}
    added = post(browser, "availability/exceptions/", extra)
    assert added.status_code == 201
    assert browser.get("/api/v1/availability/").json()["exceptions"] == [added.json()]
    assert browser.delete(f"/api/v1/availability/exceptions/{added.json()['id']}/").status_code == 204


def test_a_service_is_added_changed_and_retired(open_desk):
    therapist, patient, offered = open_desk
    browser = people.browser(therapist)
    facts = {"name": "Intake", "duration_minutes": 80, "price": {"amount": 200_00, "currency": "USD"}}
    added = post(browser, "services/", facts)
    assert added.status_code == 201
    taken = post(browser, "services/", facts)
    assert (taken.status_code, taken.json()["code"]) == (409, "service_name_taken")
    address = f"/api/v1/services/{added.json()['id']}/"
    changed = browser.patch(
        address, {**facts, "buffer_after": 10, "version": 1}, content_type="application/json"
    )
    assert changed.json()["buffer_after"] == 10
    shown = people.browser(patient).get(f"/api/v1/services/?therapist={therapist.id}").json()["results"]
    assert {each["id"] for each in shown} == {added.json()["id"], str(offered.id)}
    assert browser.delete(address).status_code == 204
    assert people.browser(patient).get(address).status_code == 404
    assert browser.get("/api/v1/services/?therapist=1").status_code == 400


def test_price_length_and_patient_are_never_the_client_s_to_say(open_desk):
    """What a request names besides is not read."""
    therapist, patient, offered = open_desk
    browser = people.browser(patient)
    start = (clock.now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    crafted = {
        "therapist": str(therapist.id),
        "service": str(offered.id),
        "starts_at": clock.to_wire(start),
        "ends_at": clock.to_wire(start + timedelta(hours=9)),
        "price": {"amount": 1, "currency": "USD"},
        "person": str(therapist.id),
    }
    hold = post(browser, "holds/", crafted).json()
    booked = post(browser, "appointments/", {"hold": hold["id"], "price_minor": 1, "state": "completed"})
    row = Appointment.objects.unscoped(reason="test").get(pk=booked.json()["id"])
    assert (row.price_minor, row.duration_minutes, row.state) == (140_00, 45, "confirmed")
    assert (row.patient_id, row.ends_at) == (patient.id, start + timedelta(minutes=45))
    assert Service.objects.unscoped(reason="test").get().price_minor == 140_00


@pytest.mark.parametrize("word", ["\ud800", "nowhere", 1], ids=ascii)
def test_a_choice_that_is_none_is_told_without_it(open_desk, word):
    """Half of a character can be read from JSON, and no answer can hold it."""
    therapist, patient, offered = open_desk
    wanted = {"therapist": str(therapist.id), "service": str(offered.id), "starts_at": "2100-01-01T00:00:00Z"}
    answer = post(people.browser(patient), "holds/", {**wanted, "mode": word})
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"mode"}
