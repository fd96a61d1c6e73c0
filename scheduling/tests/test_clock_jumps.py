"""From looking to the session, over the days on which clocks are set, and the end of a year: a therapist in
Chicago, and a patient in Madrid, whose clocks are set on other days.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from accounts.tests import factories as people
from bloom.kernel import clock
from observability import services as record
from scheduling import selectors, services
from scheduling.models import Appointment, Claim, Reminder, WaitlistOffer, WeeklyBlock
from scheduling.telehealth import selectors as telehealth
from scheduling.tests import factories
from scheduling.tests.forgetting import holds_flush
from scheduling.types import AppointmentState, Frequency, Scope, SeriesRule, Wishes

pytestmark = pytest.mark.django_db
CHICAGO, MADRID = ZoneInfo("America/Chicago"), ZoneInfo("Europe/Madrid")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def desk():
    holds_flush()
    patient = people.patient()
    patient.time_zone = MADRID.key
    patient.save()
    made = factories.desk(patient=patient, slot_minutes=60, late_fee_minor=5_000)
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=made.calendar).delete()
    for weekday in range(7):
        factories.block(made.calendar, weekday, 540, 720)
    return made


def in_chicago(day, hour, minute=0, fold=0):
    return datetime.combine(day, time(hour, minute), CHICAGO).replace(fold=fold).astimezone(UTC)


def look(desk, day, *, at, days=1):
    start = in_chicago(day, 0)
    return selectors.slot_list(
        desk.as_patient,
        desk.therapist.id,
        start=start,
        end=in_chicago(day + days * DAY, 0),
        at=at,
        service_id=desk.service.id,
    )


def book(desk, starts_at, *, at):
    held = services.hold_place(
        desk.as_patient,
        therapist_id=desk.therapist.id,
        service_id=desk.service.id,
        starts_at=starts_at,
        at=at,
    )
    return services.appointment_book(desk.as_patient, held.id, at=at).appointment


def follow(at):
    record.outbox_drain(people.SYSTEM, at=clock.now())


def claimed(appointment_id):
    rows = Claim.objects.unscoped(reason="test").filter(appointment_id=appointment_id)
    return sorted(rows.values_list("quantum", flat=True))


# The day on which a clock is set, and how many hours Madrid is ahead of Chicago on the day before and then.
JUMPS = [
    pytest.param(date(2026, 10, 25), 7, 6, id="Madrid is set back"),
    pytest.param(date(2026, 11, 1), 6, 7, id="Chicago is set back"),
    pytest.param(date(2027, 3, 14), 7, 6, id="Chicago is set forward"),
    pytest.param(date(2027, 3, 28), 6, 7, id="Madrid is set forward"),
    pytest.param(date(2027, 1, 1), 7, 7, id="a year ends"),
]


@pytest.mark.parametrize(("day", "before", "after"), JUMPS)
def test_from_looking_to_the_session(desk, day, before, after, mailoutbox):
    at = in_chicago(day - 3 * DAY, 12)
    desk.service.created_at = at
    # Looking: nine, ten and eleven by the therapist's clock, on either side, and as the patient's clock says.
    for on, apart in ((day - DAY, before), (day, after)):
        found = look(desk, on, at=at)
        assert [each.starts_at.astimezone(CHICAGO).hour for each in found] == [9, 10, 11]
        assert [each.starts_at.astimezone(MADRID).hour for each in found] == [
            9 + apart,
            10 + apart,
            11 + apart,
        ]
        assert {each.starts_at.astimezone(CHICAGO).date() for each in found} == {on}
    # Holding and booking: what was looked at is what is booked, and nobody else's.
    starts_at = look(desk, day, at=at)[0].starts_at
    booked = book(desk, starts_at, at=at)
    assert booked.starts_at == starts_at == in_chicago(day, 9)
    assert booked.ends_at - booked.starts_at == timedelta(minutes=50)
    assert len(claimed(booked.id)) == 10
    assert starts_at not in [each.starts_at for each in look(desk, day, at=at)]
    # Free until a day before, by time that passes.
    assert booked.free_cancel_until == starts_at - DAY
    # Reminding: a day and two hours before by time that passes, in the words of the patient's clock.
    services.reminders_follow(people.SYSTEM, booked.id, at=at)
    dues = Reminder.objects.unscoped(reason="test").filter(appointment_id=booked.id, due_at__isnull=False)
    assert sorted(dues.values_list("due_at", flat=True)) == [starts_at - DAY, starts_at - 2 * HOUR]
    assert services.reminders_run(people.SYSTEM, at=starts_at - DAY - timedelta(seconds=1)) == 0
    assert services.reminders_run(people.SYSTEM, at=starts_at - DAY) == 1
    people.letters_send(clock.now() + 400 * DAY)
    (mail,) = [each for each in mailoutbox if "reminder" in each.subject]
    assert f"{9 + after - 12}:00\N{NO-BREAK SPACE}PM (Europe/Madrid)" in mail.body
    # Moving, to the other side of the change and back: the hour on the wall is that of the other day.
    moved_at = starts_at - 30 * HOUR
    earlier = in_chicago(day - DAY, 11)
    moved = services.appointment_move(desk.as_patient, booked.id, starts_at=earlier, agreed=True, at=moved_at)
    assert moved.starts_at.astimezone(CHICAGO).hour == 11
    assert claimed(booked.id)[0] * 300 == earlier.timestamp()
    assert starts_at in [each.starts_at for each in look(desk, day, at=moved_at)]
    services.reminders_follow(people.SYSTEM, booked.id, at=moved_at)
    left = Reminder.objects.unscoped(reason="test").filter(appointment_id=booked.id, due_at__isnull=False)
    assert {each.starts_at for each in left} == {earlier}
    # And in the end it took place.
    services.appointments_settle(people.SYSTEM, at=moved.ends_at)
    shown = selectors.appointment_get(desk.as_patient, booked.id, at=moved.ends_at)
    assert shown.state is AppointmentState.COMPLETED


def told_calendar(text):
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    return event["DTSTART"].dt, event["DTEND"].dt


@pytest.mark.parametrize(("day", "before", "after"), JUMPS)
def test_what_other_calendars_and_the_room_say(desk, day, before, after):
    """An invitation, the feed and the room mean the moment that was booked, whoever reads them where."""
    at = in_chicago(day - 2 * DAY, 12)
    booked = book(desk, in_chicago(day, 9), at=at)
    params = {"appointment": str(booked.id)}
    for person in (desk.patient, desk.therapist):
        (part,) = selectors.invitation_parts(person.pk, person.email, "booked", params)
        assert told_calendar(part.text) == (booked.starts_at, booked.ends_at)
        secret = services.feed_make(people.actor(person), at=at)
        assert told_calendar(services.feed_read(people.actor(person), secret, at=at).text) == (
            booked.starts_at,
            booked.ends_at,
        )
    # In Madrid the clock shows so many hours more on this day, whatever it was the day before.
    assert booked.starts_at.astimezone(MADRID).hour == 9 + after
    # The room opens a quarter of an hour before, and closes an hour after, by time that passes.
    second = timedelta(seconds=1)
    opens, closes = booked.starts_at - HOUR / 4, booked.ends_at + HOUR
    for moment, is_open in ((opens - second, False), (opens, True), (closes - second, True), (closes, False)):
        room = telehealth.room_of(desk.as_patient, booked.id, at=moment)
        assert (room.is_open, room.opens_at, room.closes_at) == (is_open, opens, closes)


@pytest.mark.parametrize(
    ("day", "starts_at", "opens_at"),
    [
        # At three, an hour and a second after one has ended: the room opens at a quarter to two.
        (date(2027, 3, 14), (3, 0, 0), (1, 45, 0)),
        # The second time that the clock shows one: at a quarter to two of the first.
        (date(2026, 11, 1), (1, 0, 1), (1, 45, 0)),
        (date(2026, 11, 1), (2, 0, 0), (1, 45, 1)),
        (date(2027, 1, 1), (0, 0, 0), (23, 45, 0)),
    ],
)
def test_a_room_that_opens_before_the_clock_is_set(desk, day, starts_at, opens_at):
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=desk.calendar).delete()
    factories.block(desk.calendar, day.weekday(), 0, 300)
    booked = book(desk, in_chicago(day, *starts_at), at=in_chicago(day - 3 * DAY, 12))
    opens = telehealth.room_of(desk.as_patient, booked.id, at=booked.starts_at).opens_at
    assert booked.starts_at - opens == HOUR / 4
    shown = opens.astimezone(CHICAGO)
    assert (shown.hour, shown.minute, shown.fold) == opens_at


@pytest.mark.parametrize(("day", "before", "after"), JUMPS)
def test_a_series_stays_at_its_time_on_the_wall(desk, day, before, after):
    at = in_chicago(day - 10 * DAY, 12)
    first = factories.appointment(desk, in_chicago(day - 7 * DAY, 9), agreed_at=at)
    rule = SeriesRule(frequency=Frequency.WEEKLY, count=3)
    view = services.series_make(desk.as_therapist, first.id, rule, None, at=at)
    rows = Appointment.objects.unscoped(reason="test").order_by("starts_at")
    made = list(rows.filter(series_id=view.id))
    assert [each.starts_at for each in made] == [in_chicago(day + week * 7 * DAY, 9) for week in (-1, 0, 1)]
    assert all(len(claimed(each.id)) == 10 for each in made)
    # What is moved together stays together: an hour later on each of these walls.
    moved = services.series_move(
        desk.as_therapist, first.id, starts_at=in_chicago(day - 7 * DAY, 10), scope=Scope.ALL, at=at
    )
    times = [each.starts_at for each in rows.filter(series_id=moved.id)]
    assert times == [in_chicago(day + week * 7 * DAY, 10) for week in (-1, 0, 1)]
    # And what other calendars read of it.
    secret = services.feed_make(desk.as_patient, at=at)
    read = Calendar.from_ical(services.feed_read(desk.as_patient, secret, at=at).text)
    assert sorted(event["DTSTART"].dt for event in read.walk("VEVENT")) == times


@pytest.mark.parametrize(("day", "before", "after"), JUMPS)
def test_an_offer_of_the_waitlist(desk, day, before, after):
    """A time on that day is offered the day before, for two hours in which its person is awake."""
    people.listing(desk.therapist)
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=desk.calendar).delete()
    factories.block(desk.calendar, day.weekday(), 540, 600)
    desk.calendar.horizon_days = 5
    desk.calendar.save()
    starts_at = in_chicago(day, 9)
    taken = factories.appointment(desk, starts_at)
    waiting = people.actor(people.patient())
    joined = in_chicago(day - 2 * DAY, 9)
    services.waitlist_join(
        waiting, service_id=desk.service.id, wishes=Wishes(time_zone=MADRID.key), at=joined
    )
    assert services.waitlist_run(people.SYSTEM, at=joined + HOUR) == 0
    # Half an hour before it gets late in Madrid: what is left of the two hours follows in the morning.
    at = datetime.combine(day - DAY, time(20, 30), MADRID).astimezone(UTC)
    services.appointment_cancel(desk.as_therapist, taken.id, at=at)
    services.waitlist_nudge(people.SYSTEM, therapist_id=desk.therapist.id, at=at)
    assert services.waitlist_run(people.SYSTEM, at=at) == 1
    offer = WaitlistOffer.objects.unscoped(reason="test").get()
    assert offer.starts_at == starts_at
    # Twelve hours by time that passes are the most, so that a night that has one less ends later on the wall.
    morning = datetime.combine(day, time(9, 30), MADRID).astimezone(UTC)
    assert offer.expires_at == min(morning, at + 12 * HOUR)
    assert starts_at not in [each.starts_at for each in look(desk, day, at=at)]
    terms = selectors.waitlist_offer(waiting, offer.id).terms
    services.offer_accept(waiting, offer.id, terms=terms, at=offer.expires_at - timedelta(minutes=1))
    (booked,) = Appointment.objects.unscoped(reason="test").filter(state="confirmed")
    assert (booked.starts_at, len(claimed(booked.id))) == (starts_at, 10)


def test_the_night_in_which_an_hour_comes_twice_has_one_more(desk):
    """From midnight to four, when the clock of Chicago shows one twice."""
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=desk.calendar).delete()
    factories.block(desk.calendar, 6, 0, 240)
    at = in_chicago(date(2026, 10, 29), 12)
    found = [each.starts_at for each in look(desk, date(2026, 11, 1), at=at)]
    assert len(found) == 5
    assert [moment.astimezone(CHICAGO).hour for moment in found] == [0, 1, 1, 2, 3]
    # The two that a clock calls alike are two times, and both can be had.
    first, second = (book(desk, moment, at=at) for moment in found[1:3])
    assert second.starts_at - first.starts_at == HOUR
    assert not set(claimed(first.id)) & set(claimed(second.id))


def test_the_night_in_which_an_hour_is_left_out_has_one_less(desk):
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=desk.calendar).delete()
    factories.block(desk.calendar, 6, 0, 240)
    at = in_chicago(date(2027, 3, 11), 12)
    found = [each.starts_at for each in look(desk, date(2027, 3, 14), at=at)]
    assert [moment.astimezone(CHICAGO).hour for moment in found] == [0, 1, 3]
    assert book(desk, found[-1], at=at).starts_at == in_chicago(date(2027, 3, 14), 3)


def test_a_session_over_midnight_of_the_last_day_of_the_year(desk):
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=desk.calendar).delete()
    desk.calendar.daily_limit, desk.calendar.slot_minutes = 1, 30
    desk.calendar.save()
    # From Thursday at ten in the evening until two; 31 December 2026 is a Thursday.
    factories.block(desk.calendar, 3, 22 * 60, 26 * 60)
    last = date(2026, 12, 31)
    at = in_chicago(last - 3 * DAY, 12)
    starts_at = in_chicago(last, 23, 30)
    booked = book(desk, starts_at, at=at)
    assert booked.starts_at.astimezone(CHICAGO).year == 2026
    assert booked.ends_at.astimezone(CHICAGO).year == booked.starts_at.astimezone(MADRID).year == 2027
    # The last day has its one session; the first of the new year has still its own.
    left = [each.starts_at for each in look(desk, last, at=at, days=2)]
    assert {moment.astimezone(CHICAGO).date() for moment in left} == {last + DAY}
    services.reminders_follow(people.SYSTEM, booked.id, at=at)
    assert services.reminders_run(people.SYSTEM, at=starts_at - DAY) == 1
    moved = services.appointment_move(
        desk.as_patient,
        booked.id,
        starts_at=in_chicago(last + DAY, 0, 30),
        agreed=True,
        at=starts_at - 2 * DAY,
    )
    assert moved.starts_at.astimezone(CHICAGO).date() == last + DAY
