"""Appointments that come again: their rules, made, ended and shown."""

import email
import email.policy
import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import Invalid, NotAllowed, NotFound
from bloom.kernel.fees import LateFeeUnseen
from bloom.kernel.money import Money
from scheduling import selectors, services
from scheduling.errors import SeriesConflicts, SeriesStands, SlotTaken
from scheduling.models import Appointment, BusyTime, Claim, DateException, Series
from scheduling.rules import series as rules
from scheduling.selectors import entries
from scheduling.tests import factories
from scheduling.tests.test_telling import deliver, invitation, told
from scheduling.types import (
    AppointmentState,
    Choice,
    Frequency,
    OccurrenceFault,
    Scope,
    SeriesRule,
    Take,
)

pytestmark = pytest.mark.django_db
AT, START = factories.AT, factories.START
WEEK = timedelta(weeks=1)
ZONE = ZoneInfo(factories.ZONE)
WEEKLY = SeriesRule(frequency=Frequency.WEEKLY, count=6)


@pytest.fixture
def desk():
    return factories.desk()


def make(desk, row=None, rule=WEEKLY, **choices):
    row = row or factories.appointment(desk)
    return services.series_make(desk.as_therapist, row.id, rule, choices.get("choices"), at=AT)


def rows(**facts):
    return Appointment.objects.unscoped(reason="test").filter(**facts).order_by("starts_at")


def times(series_id, **facts):
    return list(rows(series_id=series_id, **facts).values_list("starts_at", flat=True))


def local(moment):
    return moment.astimezone(ZONE).strftime("%m-%d %H:%M")


def made_ahead(desk):
    """Six weekly ones that are yet to come by the clock, by which mails go."""
    weeks = (clock.now() - START) // WEEK + 1
    view = make(desk, factories.appointment(desk, START + weeks * WEEK))
    return list(rows(series_id=view.id))


def in_calendar(sent):
    """What a calendar program reads in the mail as it goes over the wire: of each part its method, and of its
    entries their UID and SEQUENCE, and all of it.
    """
    message = email.message_from_bytes(sent.message().as_bytes(), policy=email.policy.default)
    found = []
    for part in message.walk():
        if part.get_content_type() != "text/calendar":
            continue
        calendar = Calendar.from_ical(part.get_content())
        assert part.get_param("method") == calendar["METHOD"]
        events = calendar.walk("VEVENT")
        # One object is of one entry, but where all are published.
        assert len(events) == 1 or calendar["METHOD"] == "PUBLISH"
        found += [(str(calendar["METHOD"]), str(each["UID"]), each["SEQUENCE"], each) for each in events]
    return found


def busy(desk, starts_at, minutes=60):
    return BusyTime.objects.create(
        therapist=desk.therapist,
        source_id=uuid.uuid4(),
        key="other",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        imported_at=AT,
    )


class TestRules:
    @pytest.mark.parametrize(
        ("rule", "first", "third"),
        [
            (SeriesRule(frequency=Frequency.WEEKLY), date(2026, 11, 9), date(2026, 11, 23)),
            (SeriesRule(frequency=Frequency.WEEKLY, interval=2), date(2026, 11, 9), date(2026, 12, 7)),
            (SeriesRule(frequency=Frequency.WEEKLY, interval=4), date(2026, 12, 9), date(2027, 2, 3)),
            # The second Tuesday; the fifth Monday is the last one; leap years and their ends.
            (SeriesRule(frequency=Frequency.MONTHLY), date(2026, 11, 10), date(2027, 1, 12)),
            (SeriesRule(frequency=Frequency.MONTHLY), date(2026, 11, 30), date(2027, 1, 25)),
            (SeriesRule(frequency=Frequency.MONTHLY), date(2027, 12, 29), date(2028, 2, 23)),
        ],
    )
    def test_days(self, rule, first, third):
        text = rules.rule_write(rule, first)
        found = rules.days(text, first, since=first, until=first + timedelta(days=400))
        assert (found[0], found[2]) == (first, third)
        assert rules.rule_read(text) == rule

    def test_ends(self):
        first = date(2026, 11, 9)
        counted = rules.rule_write(SeriesRule(frequency=Frequency.WEEKLY, count=3), first)
        until = SeriesRule(frequency=Frequency.WEEKLY, until=date(2026, 11, 23))
        dated = rules.rule_write(until, first)
        for text in (counted, dated):
            assert len(rules.days(text, first, since=first, until=date(2030, 1, 1))) == 3
            assert not rules.goes_on(text, first, after=date(2026, 11, 23))
        assert rules.rule_read(dated) == until


class TestMaking:
    def test_each_time_is_an_appointment_with_its_own_claims(self, desk):
        view = make(desk)
        assert times(view.id) == [START + number * WEEK for number in range(6)]
        second = rows(series_id=view.id)[1]
        assert (second.state, second.agreed_at, second.mode) == ("confirmed", None, "telehealth")
        assert second.free_cause == "not_chosen"
        assert second.free_cancel_until == second.starts_at
        claims = Claim.objects.unscoped(reason="test").filter(appointment=second)
        assert claims.count() == 10
        assert [each.data["count"] for each in people.recorded("scheduling.series.made")] == [6]

    def test_the_time_on_the_wall_stays_when_the_clock_is_set(self, desk):
        """In Chicago on 8 March 2027, forward; on 7 November, back."""
        first = factories.appointment(desk, datetime(2026, 11, 9, 16, tzinfo=START.tzinfo))
        view = make(desk, first, SeriesRule(frequency=Frequency.WEEKLY))
        found = times(view.id)
        assert {each.astimezone(ZONE).strftime("%H:%M %a") for each in found} == {"10:00 Mon"}
        assert len({each.hour for each in found}) == 2

    def test_one_without_end_is_made_for_half_a_year(self, desk):
        view = make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))
        assert len(times(view.id)) == 27
        assert Series.objects.unscoped(reason="test").get().next_due_at > AT

    def test_what_stands_against_times_is_said_first_and_nothing_made(self, desk):
        factories.appointment(desk, START + WEEK, patient=people.patient())
        busy(desk, START + 2 * WEEK)
        DateException.objects.create(
            calendar=desk.calendar,
            practice_id=desk.practice_id,
            kind="off",
            starts_on=date(2026, 11, 30),
            ends_on=date(2026, 11, 30),
            created_at=AT,
        )
        row = factories.appointment(desk)
        with pytest.raises(SeriesConflicts) as refused:
            make(desk, row)
        found = {each["on"]: (each["fault"], each["nearest"]) for each in refused.value.fields["conflicts"]}
        assert found == {
            "2026-11-16": ("taken", "2026-11-16T15:00:00.000000Z"),
            "2026-11-23": ("taken", "2026-11-23T15:00:00.000000Z"),
            "2026-11-30": ("closed", None),
        }
        assert rows(series__isnull=False).count() == 0
        plan = selectors.series_plan(desk.as_therapist, row.id, WEEKLY, at=AT)
        assert [each.fault for each in plan.conflicts][-1] is OccurrenceFault.CLOSED

    def test_each_is_left_out_or_put_elsewhere_as_chosen(self, desk):
        for number in (1, 2):
            busy(desk, START + number * WEEK)
        elsewhere = START + 2 * WEEK + timedelta(hours=2)
        view = make(
            desk,
            choices={
                date(2026, 11, 16): Choice(take=Take.SKIP),
                date(2026, 11, 23): Choice(take=Take.AT, starts_at=elsewhere),
            },
        )
        assert times(view.id) == [START, elsewhere, *(START + number * WEEK for number in (3, 4, 5))]
        assert view.skipped == (date(2026, 11, 16),)
        assert [each.is_apart for each in view.coming] == [False, True, False, False, False]

    def test_outside_the_hours_is_possible_by_choice(self, desk):
        saturday = factories.appointment(desk, START + timedelta(days=5))
        with pytest.raises(SeriesConflicts):
            make(desk, saturday)
        keep = {date(2026, 11, 14) + number * WEEK: Choice(take=Take.KEEP) for number in range(1, 6)}
        assert len(times(make(desk, saturday, choices=keep).id)) == 6

    def test_the_patients_other_appointments_stand_against_it(self, desk):
        other = factories.desk(patient=desk.patient)
        factories.appointment(desk, START + WEEK + timedelta(minutes=20))
        factories.appointment(other, START + 2 * WEEK)
        with pytest.raises(SeriesConflicts) as refused:
            make(desk)
        # A practice does not learn what the patient has elsewhere.
        assert [each["on"] for each in refused.value.fields["conflicts"]] == ["2026-11-16"]

    @pytest.mark.parametrize(
        ("choice", "error"),
        [
            (Choice(take=Take.KEEP), SeriesConflicts),
            (Choice(take=Take.AT), SeriesConflicts),
            (Choice(take=Take.AT, starts_at=START + WEEK), SlotTaken),
            (Choice(take=Take.AT, starts_at=START + WEEK + timedelta(days=1)), Invalid),
            (Choice(take=Take.AT, starts_at=START + WEEK + timedelta(minutes=63)), Invalid),
        ],
    )
    def test_no_choice_books_twice_or_wherever(self, desk, choice, error):
        busy(desk, START + WEEK)
        with pytest.raises(error):
            make(desk, choices={date(2026, 11, 16): choice})
        assert rows(series__isnull=False).count() == 0
        assert Series.objects.unscoped(reason="test").count() == 0

    def test_both_are_told_once_with_all_of_it_to_take_in(self, desk):
        # What a mail carries is as things stand when it leaves.
        weeks = (clock.now() - START) // WEEK + 1
        make(desk, factories.appointment(desk, START + weeks * WEEK))
        sent = deliver()
        assert told(desk.patient) == ["series_made"]
        (part,) = [
            each
            for each in sent[desk.patient.email].message().walk()
            if each.get_content_type() == "text/calendar"
        ]
        calendar = Calendar.from_ical(part.get_payload(decode=True))
        assert calendar["METHOD"] == "PUBLISH"
        uids = {str(each["UID"]) for each in calendar.walk("VEVENT")}
        assert uids == {selectors.uid_of(each.id) for each in rows()}

    def test_for_the_therapist_of_somebody_in_their_care_alone(self, desk):
        row = factories.appointment(desk)
        for actor, error in (
            (desk.as_patient, NotAllowed),
            (people.actor(people.therapist()), NotFound),
            (people.actor(people.patient()), NotFound),
        ):
            with pytest.raises(error):
                services.series_make(actor, row.id, WEEKLY, at=AT)
        stranger = factories.appointment(desk, START + timedelta(hours=2), patient=people.patient())
        with pytest.raises(SeriesStands):
            make(desk, stranger)

    def test_what_repeats_already_or_is_only_asked_for_does_not(self, desk):
        row = factories.appointment(desk)
        make(desk, row)
        with pytest.raises(SeriesStands):
            make(desk, row)
        asked = factories.appointment(desk, START + timedelta(hours=2), state="requested")
        with pytest.raises(SeriesStands):
            make(desk, asked)

    @pytest.mark.parametrize(
        "facts",
        [
            {"interval": 0},
            {"interval": 13},
            {"count": 1},
            {"count": 1000},
            {"until": date(2026, 11, 10)},
            {"count": 3, "until": date(2027, 1, 1)},
        ],
    )
    def test_rules_that_nobody_means_are_refused(self, desk, facts):
        with pytest.raises(Invalid):
            make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY, **facts))

    def test_a_series_is_not_counted_against_what_the_patient_books(self, desk):
        make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))
        services.hold_place(
            desk.as_patient,
            therapist_id=desk.therapist.id,
            service_id=desk.service.id,
            starts_at=START + timedelta(hours=3),
            at=AT,
        )


class TestEnding:
    def test_this_and_what_follows(self, desk):
        view = make(desk)
        third = rows(series_id=view.id)[2]
        assert services.series_end(desk.as_therapist, third.id, Scope.FOLLOWING, at=AT) == 4
        assert times(view.id, state="confirmed") == [START, START + WEEK]
        assert people.recorded("scheduling.series.ended")[0].data["count"] == 4
        assert not Claim.objects.unscoped(reason="test").filter(appointment=third).exists()

    def test_its_mail_takes_each_that_was_called_off_out_of_both_calendars(self, desk):
        made = made_ahead(desk)
        published = {
            uid: sequence for _method, uid, sequence, _event in in_calendar(deliver()[desk.patient.email])
        }
        third = made[2]
        services.series_end(desk.as_therapist, third.id, Scope.FOLLOWING, at=clock.now())
        sent = deliver()
        for person in (desk.patient, desk.therapist):
            found = in_calendar(sent[person.email])
            assert [uid for _method, uid, _sequence, _event in found] == [
                selectors.uid_of(each.id) for each in made[2:]
            ]
            for method, uid, sequence, event in found:
                assert (method, str(event["STATUS"])) == ("CANCEL", "CANCELLED")
                assert str(event["ATTENDEE"]) == f"mailto:{person.email}"
                assert sequence > published[uid]

    def test_one_that_was_left_of_it_is_cancelled_as_any_other(self, desk):
        made = made_ahead(desk)
        deliver()
        services.series_end(desk.as_therapist, made[5].id, Scope.FOLLOWING, at=clock.now())
        method, event = invitation(deliver()[desk.patient.email])
        assert (method, str(event["UID"])) == ("CANCEL", selectors.uid_of(made[5].id))

    def test_a_mail_carries_so_many_cancellations_and_those_of_the_soonest(self, desk, monkeypatch):
        monkeypatch.setattr(entries, "CANCELS_MOST", 2)
        made = made_ahead(desk)
        deliver()
        services.series_end(desk.as_therapist, made[0].id, Scope.ALL, at=clock.now())
        found = in_calendar(deliver()[desk.patient.email])
        assert [uid for _method, uid, _sequence, _event in found] == [
            selectors.uid_of(each.id) for each in made[:2]
        ]

    def test_all_by_the_patient_and_what_is_late_is_late(self, desk):
        view = make(desk)
        rows(series_id=view.id, series_on=date(2026, 11, 9)).update(late_fee_minor=500)
        soon = START - timedelta(hours=2)
        last = rows(series_id=view.id).last()
        # None of that was shown, or less of it.
        for seen in ([], [Money(499, "USD")], [Money(500, "EUR")]):
            with pytest.raises(LateFeeUnseen) as refused:
                services.series_end(desk.as_patient, last.id, Scope.ALL, fees_seen=seen, at=soon)
            assert refused.value.fields == {"fees": [{"amount": 500, "currency": "USD"}]}
        assert len(times(view.id, state="confirmed")) == 6
        services.series_end(desk.as_patient, last.id, Scope.ALL, fees_seen=[Money(500, "USD")], at=soon)
        states = list(rows(series_id=view.id).values_list("state", "owes_late_fee"))
        assert states == [("late_cancelled", True), *[("cancelled", False)] * 5]
        deliver()
        assert told(desk.therapist)[-1] == "series_ended"

    def test_a_single_one_leaves_the_others_and_is_not_made_again(self, desk):
        view = make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))
        second = rows(series_id=view.id)[1]
        services.appointment_cancel(desk.as_patient, second.id, at=AT)
        services.series_extend(people.SYSTEM, at=AT + timedelta(days=8))
        assert rows(series_id=view.id, series_on=second.series_on).get().state == "cancelled"

    def test_nobody_else_and_nothing_twice(self, desk):
        view = make(desk)
        row = rows(series_id=view.id)[0]
        with pytest.raises(NotFound):
            services.series_end(people.actor(people.patient()), row.id, Scope.ALL, at=AT)
        services.series_end(desk.as_therapist, row.id, Scope.ALL, at=AT)
        with pytest.raises(SeriesStands):
            services.series_end(desk.as_therapist, row.id, Scope.ALL, at=AT)
        alone = factories.appointment(desk, START + timedelta(hours=3))
        with pytest.raises(SeriesStands):
            services.series_end(desk.as_therapist, alone.id, Scope.ALL, at=AT)


def test_it_is_shown_to_the_two(desk):
    view = make(desk)
    row = rows(series_id=view.id)[0]
    for actor in (desk.as_patient, desk.as_therapist):
        seen = selectors.series_of_appointment(actor, row.id, at=AT)
        assert (seen.id, len(seen.coming), seen.is_over) == (view.id, 6, False)
    with pytest.raises(NotFound):
        selectors.series_get(people.actor(people.patient()), view.id, at=AT)
    assert row.state == AppointmentState.CONFIRMED


@pytest.mark.parametrize("way", ["repeat", "series/move"])
def test_a_time_that_is_not_named_is_asked_for_by_rest(desk, way):
    row = factories.appointment(desk)
    if way == "series/move":
        make(desk, row)
    choices = [{"on": "2026-11-16", "take": "at"}]
    body = {"frequency": "weekly", "choices": choices}
    if way == "series/move":
        body = {"starts_at": clock.to_wire(START + WEEK), "scope": "all", "choices": choices}
    answer = people.browser(desk.therapist).post(
        f"/api/v1/appointments/{row.id}/{way}/", body, content_type="application/json"
    )
    assert answer.status_code == 400
    assert "Please say at what time." in str(answer.json()["errors"])
