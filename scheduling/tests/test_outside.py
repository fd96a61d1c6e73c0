"""When a therapist is busy elsewhere, of calendars that are read over HTTP, or sent as a file."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import RoleName
from bloom.kernel import clock
from bloom.kernel.errors import Invalid, NotAllowed, NotFound, RateLimited
from observability import services as record
from scheduling import selectors, services
from scheduling.errors import OutsideFull, SlotTaken
from scheduling.integrations.outside import http
from scheduling.integrations.outside.fake import EMPTY
from scheduling.models import BusyTime, OutsideCalendar
from scheduling.rules import outside as rules
from scheduling.services import outside_reading
from scheduling.tests import factories
from scheduling.types import OUTSIDE_MOST, OutsideFault

pytestmark = pytest.mark.django_db
# The Monday after next, at 10:00 in Chicago or 11:00.
START = (clock.now() + timedelta(days=14 - clock.now().weekday())).replace(
    hour=16, minute=0, second=0, microsecond=0
)


@pytest.fixture(autouse=True)
def private(settings):
    settings.WEBHOOKS_PRIVATE = True


@pytest.fixture
def desk():
    return factories.desk()


def entry(*lines, starts=START, minutes=60, uid="1"):
    ends = starts + timedelta(minutes=minutes)
    held = [
        f"UID:{uid}",
        f"DTSTART:{starts:%Y%m%dT%H%M%SZ}",
        f"DTEND:{ends:%Y%m%dT%H%M%SZ}",
        "SUMMARY:Dentist with Dr. Secret",
        *lines,
    ]
    return "\r\n".join(["BEGIN:VEVENT", *held, "END:VEVENT"])


def bare(*lines):
    return "\r\n".join(["BEGIN:VEVENT", "UID:x", *lines, "END:VEVENT"])


def ics(*entries):
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN"]
    return "\r\n".join([*head, *entries, "END:VCALENDAR", ""]).encode()


def add(desk, calendars, raw=None, path="/mine.ics", name="Private"):
    if raw is not None:
        calendars.held[path] = raw
    return services.outside_add(desk.as_therapist, name, f"{calendars.url}{path}", at=clock.now())


def run(**later):
    return services.outside_read(people.SYSTEM, at=clock.now() + timedelta(**later))


def times(desk):
    rows = BusyTime.objects.unscoped(reason="test").filter(therapist=desk.therapist)
    return list(rows.order_by("starts_at").values_list("starts_at", "ends_at"))


def view(desk):
    (found,) = selectors.outside_list(desk.as_therapist)
    return found


def hour(starts):
    return (starts, starts + timedelta(hours=1))


class TestReading:
    def test_times_are_kept_and_nobody_books_them(self, calendars, desk):
        add(desk, calendars, ics(entry()))
        assert view(desk).read_at is None
        assert run() == 1
        assert times(desk) == [hour(START)]
        asked = {"start": START - timedelta(hours=1), "end": START + timedelta(hours=2), "at": clock.now()}
        found = selectors.slot_list(desk.as_patient, desk.therapist.id, service_id=desk.service.id, **asked)
        assert found
        over = START + timedelta(hours=1)
        assert not [slot for slot in found if slot.starts_at < over and slot.ends_at > START]

    def test_nothing_but_times_is_kept(self, calendars, desk):
        add(desk, calendars, ics(entry("LOCATION:Secret Street", "ATTENDEE:mailto:eve@example.org")))
        run()
        (row,) = BusyTime.objects.unscoped(reason="test").values()
        assert "Secret" not in str(row)
        assert row["key"] == "busy"
        secret = OutsideCalendar.objects.unscoped(reason="test").get()
        assert b"mine.ics" not in bytes(secret.url)
        assert secret.host == "127.0.0.1"

    def test_what_comes_again_is_worked_out_with_its_exceptions(self, calendars, desk):
        week = timedelta(weeks=1)
        moved = START + week + timedelta(hours=3)
        add(
            desk,
            calendars,
            ics(
                entry("RRULE:FREQ=WEEKLY;COUNT=4", f"EXDATE:{START + 2 * week:%Y%m%dT%H%M%SZ}"),
                entry(f"RECURRENCE-ID:{START + week:%Y%m%dT%H%M%SZ}", starts=moved),
            ),
        )
        run()
        assert times(desk) == [hour(START), hour(moved), hour(START + 3 * week)]

    def test_it_keeps_its_time_on_the_wall_by_the_zone_that_it_names(self, calendars, desk):
        berlin = ZoneInfo("Europe/Berlin")
        day = (clock.now() + timedelta(days=2)).date()
        calendars.held["/mine.ics"] = ics(
            bare(
                f"DTSTART;TZID=Europe/Berlin:{day:%Y%m%d}T090000",
                f"DTEND;TZID=Europe/Berlin:{day:%Y%m%d}T100000",
                "RRULE:FREQ=WEEKLY;COUNT=52",
            )
        )
        add(desk, calendars)
        run()
        # A year of weeks goes over both changes of the clock.
        wanted = [datetime.combine(day + timedelta(weeks=week), time(9), tzinfo=berlin) for week in range(52)]
        assert len({each.utcoffset() for each in wanted}) == 2
        assert times(desk) == [hour(each.astimezone(UTC)) for each in wanted]

    def test_days_and_times_without_a_zone_are_by_the_therapists_clock(self, calendars, desk):
        day = START.date()
        add(
            desk,
            calendars,
            ics(
                bare(f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}")
            ),
        )
        run()
        ((starts_at, ends_at),) = times(desk)
        assert ends_at - starts_at == timedelta(days=1)
        assert starts_at.hour in (5, 6)

    def test_free_called_off_and_empty_entries_are_not_busy(self, calendars, desk):
        add(
            desk,
            calendars,
            ics(
                entry("TRANSP:TRANSPARENT"),
                entry("STATUS:CANCELLED", uid="2"),
                entry(minutes=0, uid="3"),
                entry(starts=START - timedelta(days=60), uid="4"),
                entry(starts=START + timedelta(days=900), uid="5"),
            ),
        )
        run()
        assert times(desk) == []
        assert view(desk).fault is None

    def test_what_overlaps_is_one_stretch(self, calendars, desk):
        add(desk, calendars, ics(entry(), entry(starts=START + timedelta(minutes=30), uid="2")))
        run()
        assert times(desk) == [(START, START + timedelta(minutes=90))]

    def test_it_is_read_again_and_what_has_gone_is_free(self, calendars, desk):
        add(desk, calendars, ics(entry()))
        run()
        calendars.held["/mine.ics"] = EMPTY
        assert run() == 0
        assert run(minutes=31) == 1
        assert times(desk) == []
        calendars.held["/mine.ics"] = ics(entry())
        services.outside_again(desk.as_therapist, view(desk).id, at=clock.now())
        assert run() == 1
        assert times(desk) == [hour(START)]

    def test_what_bloom_has_put_there_itself_is_not_in_its_own_way(self, calendars, desk):
        """A calendar that takes Bloom's invitations has them, as they were when it was read."""
        row = factories.appointment(desk, START)
        invited = entry(uid=selectors.uid_of(row.id), minutes=50)
        elsewhere = START + timedelta(hours=4)
        add(desk, calendars, ics(invited, entry(starts=elsewhere, uid="2@elsewhere.example")))
        assert run() == 1
        assert times(desk) == [hour(elsewhere)]
        later = START + timedelta(minutes=15)
        moved = services.appointment_move(desk.as_therapist, row.id, starts_at=later, at=clock.now())
        assert moved.starts_at == later

    def test_where_they_are_somebodys_patient_they_are_busy_though_bloom_put_it_there(self, calendars, desk):
        accounts_services.role_grant(people.SYSTEM, desk.therapist.id, "patient", at=people.AT)
        other = factories.desk(patient=desk.therapist)
        theirs, off = (factories.appointment(other, START + timedelta(hours=each)) for each in (0, 2))
        services.appointment_cancel(other.as_therapist, off.id, at=clock.now())
        given = factories.appointment(desk, START + timedelta(hours=4))
        add(
            desk,
            calendars,
            ics(*(entry(uid=selectors.uid_of(row.id), starts=row.starts_at) for row in (theirs, off, given))),
        )
        assert run() == 1
        assert times(desk) == [hour(START)]
        with pytest.raises(SlotTaken):
            services.appointment_move(desk.as_therapist, given.id, starts_at=START, at=clock.now())

    def test_a_redirect_is_followed(self, calendars, desk):
        calendars.held["/mine.ics"] = ics(entry())
        add(desk, calendars, path="/to/mine.ics")
        assert run() == 1


class TestLengths:
    """RFC 5545, 3.3.6: days are those of the clock on the wall, hours are hours. In Chicago the night of 13
    March 2027 has one less.
    """

    @pytest.mark.parametrize(
        ("lines", "ends"),
        [
            (["DURATION:PT10H"], [datetime(2027, 3, 14, 14)]),
            (["DURATION:P1D"], [datetime(2027, 3, 15, 3)]),
            (["DURATION:P1DT2H"], [datetime(2027, 3, 15, 5)]),
            (
                ["DURATION:PT10H", "RRULE:FREQ=DAILY;COUNT=2"],
                [datetime(2027, 3, 14, 14), datetime(2027, 3, 15, 13)],
            ),
        ],
    )
    def test_over_a_night_on_which_the_clock_is_set(self, lines, ends):
        raw = ics(bare("DTSTART;TZID=America/Chicago:20270313T220000", *lines))
        found = rules.busy_read(
            raw,
            zone=ZoneInfo("America/Chicago"),
            start=datetime(2027, 3, 1, tzinfo=UTC),
            end=datetime(2027, 4, 1, tzinfo=UTC),
        )
        assert [each[1] for each in found] == [each.replace(tzinfo=UTC) for each in ends]


class TestFaults:
    def test_where_nobody_could_look_nothing_is_said_of_it(self, calendars, desk, monkeypatch):
        add(desk, calendars, ics(entry()))
        monkeypatch.setattr(outside_reading.sys, "executable", "/bin/false")
        assert run() == 0
        assert view(desk).fault is None
        monkeypatch.undo()
        assert run(minutes=6) == 1

    @pytest.mark.parametrize(
        ("kind", "fault"),
        [
            ("error", OutsideFault.REFUSED),
            ("garbage", OutsideFault.GARBLED),
            ("down", OutsideFault.GARBLED),
        ],
    )
    def test_what_was_read_before_holds_and_it_is_tried_again(self, calendars, desk, kind, fault):
        add(desk, calendars, ics(entry()))
        run()
        calendars.fault_set(kind)
        assert run(minutes=31) == 0
        assert view(desk).fault in (fault, OutsideFault.UNREACHABLE)
        assert times(desk) == [hour(START)]
        assert run(minutes=34) == 0
        assert run(minutes=40) == 1
        assert view(desk).fault is None

    def test_nothing_there(self, calendars, desk):
        add(desk, calendars)
        assert run() == 0
        assert view(desk).fault is OutsideFault.MISSING

    def test_a_slow_one_is_given_up(self, calendars, desk, monkeypatch):
        monkeypatch.setattr(http, "DEADLINE", 0.3)
        add(desk, calendars, ics(entry()))
        calendars.fault_set("slow", seconds=1.5)
        assert run() == 0
        assert view(desk).fault is OutsideFault.LATE

    def test_one_that_fails_keeps_no_other_waiting(self, calendars, desk):
        add(desk, calendars, path="/gone.ics")
        add(desk, calendars, ics(entry()), name="Other")
        assert run() == 1
        assert times(desk) == [hour(START)]


class TestHaving:
    def test_one_that_is_removed_stands_against_nothing(self, calendars, desk):
        added = add(desk, calendars, ics(entry()))
        run()
        services.outside_remove(desk.as_therapist, added.id, at=clock.now())
        assert times(desk) == []
        assert run(hours=1) == 0
        assert [len(people.recorded(f"scheduling.outside.{each}")) for each in ("added", "removed")] == [1, 1]

    def test_of_whoever_is_no_therapist_any_more_nothing_stays(self, calendars, desk):
        add(desk, calendars, ics(entry()))
        run()
        assert services.outside_over(people.SYSTEM, person_id=desk.therapist.id, at=clock.now()) == 0
        as_admin = people.actor(people.admin(), factor_at=clock.now())
        accounts_services.role_revoke(as_admin, desk.therapist.id, RoleName.THERAPIST, at=clock.now())
        record.outbox_drain(people.SYSTEM, at=clock.now())
        assert times(desk) == []
        assert not OutsideCalendar.objects.unscoped(reason="test").exists()

    def test_of_whoever_is_suspended_nothing_is_read(self, calendars, desk):
        add(desk, calendars, ics(entry()))
        desk.therapist.is_active = False
        desk.therapist.save(update_fields=["is_active"])
        assert run() == 0
        assert calendars.asked == []

    def test_for_its_therapist_alone(self, calendars, desk):
        added = add(desk, calendars, ics(entry()))
        other = people.actor(people.therapist())
        for deed in (services.outside_remove, services.outside_again):
            with pytest.raises(NotFound):
                deed(other, added.id, at=clock.now())
        assert selectors.outside_list(other) == []
        with pytest.raises(NotAllowed):
            services.outside_add(desk.as_patient, "Mine", "https://example.org/a.ics", at=clock.now())

    def test_so_many_and_no_more(self, calendars, desk):
        for number in range(OUTSIDE_MOST):
            add(desk, calendars, name=f"Number {number}")
        with pytest.raises(OutsideFull):
            add(desk, calendars, name="One more")

    def test_not_added_without_end(self, calendars, desk, settings):
        settings.OUTSIDE_CHANGES_PER_HOUR = 1
        add(desk, calendars)
        with pytest.raises(RateLimited):
            add(desk, calendars)

    @pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b"])
    def test_a_name_is_a_name(self, calendars, desk, name):
        with pytest.raises(Invalid) as refused:
            add(desk, calendars, name=name)
        assert "name" in refused.value.errors

    def test_webcal_is_https(self, desk):
        added = services.outside_add(
            desk.as_therapist, "Mine", "webcal://calendar.example.org/a.ics", at=clock.now()
        )
        assert added.host == "calendar.example.org"
