"""The copy of one's own data holds one's appointments."""

import io
import json
import zipfile

import pytest

from accounts.exports import zip_write
from accounts.tests import factories as people
from accounts.types import TermKind
from scheduling import selectors, services
from scheduling.tests import factories, video
from scheduling.tests.factories import AT, START
from scheduling.tests.steps import DAY, HOUR, book
from scheduling.types import DayPart, Mode, Wishes

pytestmark = pytest.mark.django_db


def rows(actor, name="appointments"):
    (part,) = [each for each in selectors.export_parts(actor) if each.name == name]
    return list(part.rows())


def test_each_of_the_two_gets_what_they_see():
    desk = factories.desk()
    view = book(desk, reason="I cannot sleep.")
    services.appointment_change(desk.as_therapist, view.id, note="Ask about work.", at=AT)
    called_off = book(desk, START + DAY)
    services.appointment_cancel(desk.as_patient, called_off.id, at=AT + HOUR)
    own, gone = rows(desk.as_patient)
    assert (own["begins"], own["ends"]) == (view.starts_at, view.ends_at)
    assert (own["reason"], own["note"], own["state"]) == ("I cannot sleep.", None, "confirmed")
    assert own["price"] == {"amount": 150_00, "currency": "USD"}
    assert (gone["state"], gone["cancelled"]) == ("cancelled", AT + HOUR)
    theirs = rows(desk.as_therapist)
    assert [each["note"] for each in theirs] == ["Ask about work.", None]
    assert rows(people.actor(people.patient())) == []


def test_it_is_in_the_copy_by_words_too():
    desk = factories.desk()
    book(desk, reason="I cannot sleep.")
    out = io.BytesIO()
    zip_write(out, desk.as_patient, name="Noor", zone=factories.UTC, at=AT)
    with zipfile.ZipFile(out) as archive:
        (row,) = json.loads(archive.read("appointments.json"))
        page = archive.read("index.html").decode()
    assert row["state"] == "confirmed"
    for said in (
        "I cannot sleep.",
        "150.00 USD",
        "By video",
        "Confirmed",
        "9 November 2026, 4:00\N{NO-BREAK SPACE}PM",
    ):
        assert said in page


def test_what_was_said_before_a_session_by_video_is_its_patient_s():
    desk = factories.desk()
    video.ready(desk, video.room_of(desk))
    (given,) = rows(desk.as_patient, "video_consents")
    assert (given["words"], given["withdrawn"]) == (video.CONSENT_VERSION, None)
    (told,) = rows(desk.as_patient, "video_places")
    assert told["address"] == video.ARRIVAL.address
    for name in ("video_consents", "video_places", "waitlist", "reminders", "calendar_feed"):
        assert rows(desk.as_therapist, name) == []


def test_where_one_waits_when_one_is_reminded_and_the_feed_are_in_it():
    desk = factories.desk()
    wishes = Wishes(
        time_zone="Europe/Berlin",
        parts=frozenset({(0, DayPart.MORNING), (4, DayPart.EVENING)}),
        mode=Mode.IN_PERSON,
    )
    terms = {TermKind.SPECIALTY: ("anxiety",)}
    entry = services.waitlist_join(desk.as_patient, wishes=wishes, terms=terms, at=AT)
    services.waitlist_leave(desk.as_patient, entry.id, at=AT + HOUR)
    services.waitlist_join(desk.as_patient, wishes=Wishes(time_zone="UTC"), service_id=desk.service.id, at=AT)
    services.reminders_choose(desk.as_patient, [60, 120], at=AT)
    services.feed_make(desk.as_patient, at=AT)
    own, other = sorted(rows(desk.as_patient, "waitlist"), key=lambda row: row["state"])
    assert (own["looks_for"], own["how"], own["state"]) == ({"specialty": ["anxiety"]}, "in_person", "left")
    assert own["could_come"] == [[0, "morning"], [4, "evening"]]
    assert (other["therapist"], other["what"]) == (desk.therapist.name, desk.service.name)
    assert rows(desk.as_patient, "reminders") == [{"minutes_before": [60, 120]}]
    assert rows(desk.as_patient, "calendar_feed") == [{"made": AT, "read": None}]
    page = copy_of(desk.as_patient)
    for said in ("Monday morning, Friday evening", "Anxiety", "In person", "60, 120", "Europe/Berlin"):
        assert said in page


def copy_of(actor):
    out = io.BytesIO()
    zip_write(out, actor, name="Noor", zone=factories.UTC, at=AT)
    with zipfile.ZipFile(out) as archive:
        return archive.read("index.html").decode()
