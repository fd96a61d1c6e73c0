"""Both sides are told of an appointment, in their own time, by the ways that they chose, and their calendars
follow.
"""

import email
import email.policy
from dataclasses import fields
from datetime import timedelta

import pytest
from django.core import mail
from icalendar import Calendar

from accounts import letters
from accounts import selectors as accounts_selectors
from accounts.models import Location, Notice, NoticeChoice, User
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.events import RecordedEvent
from observability import services as observability
from scheduling import notice_kinds, selectors, services
from scheduling.models import Appointment
from scheduling.tests import factories

pytestmark = pytest.mark.django_db
AT = factories.AT


@pytest.fixture
def desk():
    return factories.desk()


def book(desk, *, at=AT, starts_at=factories.START):
    hold = services.hold_place(
        desk.as_patient,
        therapist_id=desk.therapist.id,
        service_id=desk.service.id,
        starts_at=starts_at,
        at=at,
    )
    return services.appointment_book(desk.as_patient, hold.id, reason="I cannot sleep", at=at).appointment


def deliver():
    """What was recorded reaches who listens, and mail leaves."""
    observability.outbox_drain(people.SYSTEM, at=clock.now())
    mail.outbox.clear()
    letters.letters_send(at=clock.now() + timedelta(seconds=1))
    return {sent.to[0]: sent for sent in mail.outbox}


def told(person):
    rows = Notice.objects.unscoped(reason="test").filter(user=person, kind=notice_kinds.APPOINTMENTS)
    return [row.code for row in rows.order_by("created_at", "id")]


def invitation(sent):
    """What a program finds in the mail as it goes over the wire: the method that it names, and the event."""
    message = email.message_from_bytes(sent.message().as_bytes(), policy=email.policy.default)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()][:2] == ["text/plain", "text/html"]
    found = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    if not found:
        return None, None
    (part,) = found
    calendar = Calendar.from_ical(part.get_content())
    assert part["Content-Type"].params["method"] == calendar["METHOD"]
    assert part.get_content_charset() == "utf-8"
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def test_what_is_booked_comes_into_both_calendars(desk):
    made = book(desk)
    sent = deliver()
    assert set(sent) == {desk.patient.email, desk.therapist.email}
    for person, message in sent.items():
        method, event = invitation(message)
        assert (method, str(event["ATTENDEE"])) == ("REQUEST", f"mailto:{person}")
        assert event.decoded("dtstart") == factories.START
        assert str(event["UID"]) == selectors.uid_of(made.id)
    assert told(desk.therapist) == ["booked"]


def test_what_the_reader_did_is_not_in_their_bell(desk):
    book(desk)
    deliver()
    shown = Notice.objects.unscoped(reason="test").filter(in_app=True, kind=notice_kinds.APPOINTMENTS)
    assert [row.user_id for row in shown] == [desk.therapist.id]


def test_a_move_and_a_cancellation_change_the_same_entry(desk):
    made = book(desk)
    first = invitation(deliver()[desk.patient.email])[1]
    later = factories.START + timedelta(hours=2)
    services.appointment_move(desk.as_therapist, made.id, starts_at=later, at=AT)
    method, second = invitation(deliver()[desk.patient.email])
    assert (method, second.decoded("dtstart")) == ("REQUEST", later)
    services.appointment_cancel(desk.as_patient, made.id, at=AT)
    method, last = invitation(deliver()[desk.therapist.email])
    assert (method, last["STATUS"]) == ("CANCEL", "CANCELLED")
    assert first["UID"] == second["UID"] == last["UID"]
    assert first["SEQUENCE"] < second["SEQUENCE"] < last["SEQUENCE"]
    assert set(told(desk.patient)) == {"booked", "moved", "cancelled"}


def test_what_is_only_asked_for_stands_in_no_calendar_until_it_is_confirmed():
    desk = factories.desk(needs_approval=True)
    made = book(desk)
    sent = deliver()
    assert invitation(sent[desk.patient.email]) == (None, None)
    assert "asks you" in sent[desk.therapist.email].subject
    services.appointment_confirm(desk.as_therapist, made.id, at=AT)
    assert invitation(deliver()[desk.patient.email])[0] == "REQUEST"
    assert set(told(desk.patient)) == {"requested", "confirmed"}


def test_a_no_is_told_to_who_asked_alone_and_takes_nothing_out():
    desk = factories.desk(needs_approval=True)
    made = book(desk)
    deliver()
    services.appointment_decline(desk.as_therapist, made.id, at=AT)
    sent = deliver()
    assert set(sent) == {desk.patient.email}
    assert invitation(sent[desk.patient.email]) == (None, None)


def test_what_was_asked_for_anew_and_declined_leaves_both_calendars():
    desk = factories.desk(needs_approval=True)
    made = book(desk)
    services.appointment_confirm(desk.as_therapist, made.id, at=AT)
    deliver()
    later = factories.START + timedelta(days=1)
    services.appointment_move(desk.as_patient, made.id, starts_at=later, at=AT)
    method, event = invitation(deliver()[desk.patient.email])
    assert (method, event["STATUS"]) == ("REQUEST", "TENTATIVE")
    services.appointment_decline(desk.as_therapist, made.id, at=AT)
    sent = deliver()
    assert [invitation(sent[each.email])[0] for each in (desk.patient, desk.therapist)] == ["CANCEL"] * 2


def test_times_are_those_of_the_reader(desk):
    User.objects.filter(id=desk.patient.id).update(time_zone="Asia/Tokyo")
    book(desk)
    sent = deliver()
    assert "Tuesday 10 November, 1:00\xa0AM (Asia/Tokyo)" in sent[desk.patient.email].body
    assert "Asia/Tokyo" not in sent[desk.therapist.email].body


def test_a_mail_says_neither_with_whom_nor_what_for(desk):
    desk.service.name = "Trauma therapy"
    desk.service.save()
    made = book(desk)
    for message in deliver().values():
        whole = message.message().as_string() + message.body + str(invitation(message)[1])
        for word in (desk.patient.name, desk.therapist.name, "Trauma", "sleep"):
            assert word not in whole
    assert made.service_name == "Trauma therapy"


def test_who_wants_no_mail_gets_none(desk):
    NoticeChoice.objects.create(
        user=desk.patient, kind=notice_kinds.APPOINTMENTS, channel="email", is_wanted=False, changed_at=AT
    )
    book(desk)
    assert set(deliver()) == {desk.therapist.email}
    (choice,) = [
        each
        for each in accounts_selectors.notice_choices(people.actor(desk.patient))
        if each.kind == notice_kinds.APPOINTMENTS and each.channel == "email"
    ]
    assert not choice.is_wanted


def test_twice_told_is_once(desk):
    book(desk)
    deliver()
    (recorded,) = people.recorded("scheduling.appointment.booked")
    before = Notice.objects.unscoped(reason="test").count()
    facts = {each.name: getattr(recorded, each.name, None) for each in fields(RecordedEvent)}
    services.appointment_tell(people.SYSTEM, RecordedEvent(**facts | {"at": recorded.recorded_at}))
    assert Notice.objects.unscoped(reason="test").count() == before
    assert deliver() == {}


def test_a_mail_that_comes_late_carries_what_is_so_by_then(desk):
    made = book(desk)
    observability.outbox_drain(people.SYSTEM, at=clock.now())
    services.appointment_cancel(desk.as_patient, made.id, at=AT)
    letters.letters_send(at=clock.now() + timedelta(seconds=1))
    assert {invitation(sent)[0] for sent in mail.outbox} == {"CANCEL"}


def test_only_the_two_get_an_invitation(desk):
    made = book(desk)
    eve = people.patient()
    params = {"appointment": str(made.id)}
    assert selectors.invitation_parts(eve.id, eve.email, "booked", params) == ()


def test_an_address_with_a_line_break_steers_nothing(desk):
    """Nobody can store one by a form; a row that holds one all the same is harmless."""
    place = people.location(desk.therapist, name="Trauma Center")
    Location.objects.unscoped(reason="test").filter(pk=place.id).update(
        line1="1 Main\r\nBcc: eve@evil.example"
    )
    made = factories.appointment(desk, location_id=place.id, mode="in_person")
    (part,) = selectors.invitation_parts(
        desk.patient.id, desk.patient.email, "booked", {"appointment": str(made.id)}
    )
    (event,) = Calendar.from_ical(part.text).walk("VEVENT")
    assert str(event["LOCATION"]).startswith("1 Main Bcc: eve@evil.example")
    assert "Trauma Center" not in part.text
    assert not any(line.startswith("Bcc") for line in part.text.splitlines())


def test_nobody_is_told_of_what_is_gone(desk):
    made = book(desk)
    Appointment.objects.unscoped(reason="test").filter(pk=made.id).delete()
    assert deliver() == {}
