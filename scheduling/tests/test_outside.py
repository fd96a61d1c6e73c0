"""When a therapist is busy elsewhere, of calendars that are read over HTTP, or sent as a file."""

import uuid
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import RoleName
from bloom.kernel import clock
from bloom.kernel.errors import Invalid, NotAllowed, NotFound, RateLimited
from bloom.kernel.sandbox import serving
from observability import services as record
from scheduling import selectors, services
from scheduling.errors import OutsideFull, SlotTaken
from scheduling.integrations.outside import http
from scheduling.integrations.outside.fake import EMPTY, CalendarsFake
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
def fake():
    made = CalendarsFake()
    with serving(made):
        yield made


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


def add(desk, fake, raw=None, path="/mine.ics", name="Private"):
    if raw is not None:
        fake.held[path] = raw
    return services.outside_add(desk.as_therapist, name, f"{fake.url}{path}", at=clock.now())


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
    def test_times_are_kept_and_nobody_books_them(self, fake, desk):
        add(desk, fake, ics(entry()))
        assert view(desk).read_at is None
        assert run() == 1
        assert times(desk) == [hour(START)]
        asked = {"start": START - timedelta(hours=1), "end": START + timedelta(hours=2), "at": clock.now()}
        found = selectors.slot_list(desk.as_patient, desk.therapist.id, service_id=desk.service.id, **asked)
        assert found
        over = START + timedelta(hours=1)
        assert not [slot for slot in found if slot.starts_at < over and slot.ends_at > START]

    def test_nothing_but_times_is_kept(self, fake, desk):
        add(desk, fake, ics(entry("LOCATION:Secret Street", "ATTENDEE:mailto:eve@example.org")))
        run()
        (row,) = BusyTime.objects.unscoped(reason="test").values()
        assert "Secret" not in str(row)
        assert row["key"] == "busy"
        secret = OutsideCalendar.objects.unscoped(reason="test").get()
        assert b"mine.ics" not in bytes(secret.url)
        assert secret.host == "127.0.0.1"

    def test_what_comes_again_is_worked_out_with_its_exceptions(self, fake, desk):
        week = timedelta(weeks=1)
        moved = START + week + timedelta(hours=3)
        add(
            desk,
            fake,
            ics(
                entry("RRULE:FREQ=WEEKLY;COUNT=4", f"EXDATE:{START + 2 * week:%Y%m%dT%H%M%SZ}"),
                entry(f"RECURRENCE-ID:{START + week:%Y%m%dT%H%M%SZ}", starts=moved),
            ),
        )
        run()
        assert times(desk) == [hour(START), hour(moved), hour(START + 3 * week)]

    def test_it_keeps_its_time_on_the_wall_by_the_zone_that_it_names(self, fake, desk):
        berlin = ZoneInfo("Europe/Berlin")
        day = (clock.now() + timedelta(days=2)).date()
        fake.held["/mine.ics"] = ics(
            bare(
                f"DTSTART;TZID=Europe/Berlin:{day:%Y%m%d}T090000",
                f"DTEND;TZID=Europe/Berlin:{day:%Y%m%d}T100000",
                "RRULE:FREQ=WEEKLY;COUNT=52",
            )
        )
        add(desk, fake)
        run()
        # A year of weeks goes over both changes of the clock.
        wanted = [datetime.combine(day + timedelta(weeks=week), time(9), tzinfo=berlin) for week in range(52)]
        assert len({each.utcoffset() for each in wanted}) == 2
        assert times(desk) == [hour(each.astimezone(UTC)) for each in wanted]

    def test_days_and_times_without_a_zone_are_by_the_therapists_clock(self, fake, desk):
        day = START.date()
        add(
            desk,
            fake,
            ics(
                bare(f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}")
            ),
        )
        run()
        ((starts_at, ends_at),) = times(desk)
        assert ends_at - starts_at == timedelta(days=1)
        assert starts_at.hour in (5, 6)

    def test_free_called_off_and_empty_entries_are_not_busy(self, fake, desk):
        add(
            desk,
            fake,
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

    def test_what_overlaps_is_one_stretch(self, fake, desk):
        add(desk, fake, ics(entry(), entry(starts=START + timedelta(minutes=30), uid="2")))
        run()
        assert times(desk) == [(START, START + timedelta(minutes=90))]

    def test_it_is_read_again_and_what_has_gone_is_free(self, fake, desk):
        add(desk, fake, ics(entry()))
        run()
        fake.held["/mine.ics"] = EMPTY
        assert run() == 0
        assert run(minutes=31) == 1
        assert times(desk) == []
        fake.held["/mine.ics"] = ics(entry())
        services.outside_again(desk.as_therapist, view(desk).id, at=clock.now())
        assert run() == 1
        assert times(desk) == [hour(START)]

    def test_what_bloom_has_put_there_itself_is_not_in_its_own_way(self, fake, desk):
        """A calendar that takes Bloom's invitations has them, as they were when it was read."""
        row = factories.appointment(desk, START)
        invited = entry(uid=selectors.uid_of(row.id), minutes=50)
        elsewhere = START + timedelta(hours=4)
        add(desk, fake, ics(invited, entry(starts=elsewhere, uid="2@elsewhere.example")))
        assert run() == 1
        assert times(desk) == [hour(elsewhere)]
        later = START + timedelta(minutes=15)
        moved = services.appointment_move(desk.as_therapist, row.id, starts_at=later, at=clock.now())
        assert moved.starts_at == later

    def test_where_they_are_somebodys_patient_they_are_busy_though_bloom_put_it_there(self, fake, desk):
        accounts_services.role_grant(people.SYSTEM, desk.therapist.id, "patient", at=people.AT)
        other = factories.desk(patient=desk.therapist)
        theirs, off = (factories.appointment(other, START + timedelta(hours=each)) for each in (0, 2))
        services.appointment_cancel(other.as_therapist, off.id, at=clock.now())
        given = factories.appointment(desk, START + timedelta(hours=4))
        add(
            desk,
            fake,
            ics(*(entry(uid=selectors.uid_of(row.id), starts=row.starts_at) for row in (theirs, off, given))),
        )
        assert run() == 1
        assert times(desk) == [hour(START)]
        with pytest.raises(SlotTaken):
            services.appointment_move(desk.as_therapist, given.id, starts_at=START, at=clock.now())

    def test_a_redirect_is_followed(self, fake, desk):
        fake.held["/mine.ics"] = ics(entry())
        add(desk, fake, path="/to/mine.ics")
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
    def test_where_nobody_could_look_nothing_is_said_of_it(self, fake, desk, monkeypatch):
        add(desk, fake, ics(entry()))
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
    def test_what_was_read_before_holds_and_it_is_tried_again(self, fake, desk, kind, fault):
        add(desk, fake, ics(entry()))
        run()
        fake.fault_set(kind)
        assert run(minutes=31) == 0
        assert view(desk).fault in (fault, OutsideFault.UNREACHABLE)
        assert times(desk) == [hour(START)]
        assert run(minutes=34) == 0
        assert run(minutes=40) == 1
        assert view(desk).fault is None

    def test_nothing_there(self, fake, desk):
        add(desk, fake)
        assert run() == 0
        assert view(desk).fault is OutsideFault.MISSING

    def test_a_slow_one_is_given_up(self, fake, desk, monkeypatch):
        monkeypatch.setattr(http, "DEADLINE", 0.3)
        add(desk, fake, ics(entry()))
        fake.fault_set("slow", seconds=1.5)
        assert run() == 0
        assert view(desk).fault is OutsideFault.LATE

    def test_one_that_fails_keeps_no_other_waiting(self, fake, desk):
        add(desk, fake, path="/gone.ics")
        add(desk, fake, ics(entry()), name="Other")
        assert run() == 1
        assert times(desk) == [hour(START)]


class TestHaving:
    def test_one_that_is_removed_stands_against_nothing(self, fake, desk):
        added = add(desk, fake, ics(entry()))
        run()
        services.outside_remove(desk.as_therapist, added.id, at=clock.now())
        assert times(desk) == []
        assert run(hours=1) == 0
        assert [len(people.recorded(f"scheduling.outside.{each}")) for each in ("added", "removed")] == [1, 1]

    def test_of_whoever_is_no_therapist_any_more_nothing_stays(self, fake, desk):
        add(desk, fake, ics(entry()))
        run()
        assert services.outside_over(people.SYSTEM, person_id=desk.therapist.id, at=clock.now()) == 0
        as_admin = people.actor(people.admin(), factor_at=clock.now())
        accounts_services.role_revoke(as_admin, desk.therapist.id, RoleName.THERAPIST, at=clock.now())
        record.outbox_drain(people.SYSTEM, at=clock.now())
        assert times(desk) == []
        assert not OutsideCalendar.objects.unscoped(reason="test").exists()

    def test_of_whoever_is_suspended_nothing_is_read(self, fake, desk):
        add(desk, fake, ics(entry()))
        desk.therapist.is_active = False
        desk.therapist.save(update_fields=["is_active"])
        assert run() == 0
        assert fake.asked == []

    def test_for_its_therapist_alone(self, fake, desk):
        added = add(desk, fake, ics(entry()))
        other = people.actor(people.therapist())
        for deed in (services.outside_remove, services.outside_again):
            with pytest.raises(NotFound):
                deed(other, added.id, at=clock.now())
        assert selectors.outside_list(other) == []
        with pytest.raises(NotAllowed):
            services.outside_add(desk.as_patient, "Mine", "https://example.org/a.ics", at=clock.now())

    def test_so_many_and_no_more(self, fake, desk):
        for number in range(OUTSIDE_MOST):
            add(desk, fake, name=f"Number {number}")
        with pytest.raises(OutsideFull):
            add(desk, fake, name="One more")

    def test_not_added_without_end(self, fake, desk, settings):
        settings.OUTSIDE_CHANGES_PER_HOUR = 1
        add(desk, fake)
        with pytest.raises(RateLimited):
            add(desk, fake)

    @pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b"])
    def test_a_name_is_a_name(self, fake, desk, name):
        with pytest.raises(Invalid) as refused:
            add(desk, fake, name=name)
        assert "name" in refused.value.errors

    def test_webcal_is_https(self, desk):
        added = services.outside_add(
            desk.as_therapist, "Mine", "webcal://calendar.example.org/a.ics", at=clock.now()
        )
        assert added.host == "calendar.example.org"


class TestPage:
    URL = "/settings/calendar/"

    def test_a_therapist_adds_one_reads_it_again_and_removes_it(self, fake, desk):
        fake.held["/mine.ics"] = ics(entry())
        client = people.browser(desk.therapist)
        page = client.post(
            f"{self.URL}outside/", {"name": "Family", "url": f"{fake.url}/mine.ics"}, follow=True
        ).content.decode()
        assert "not read yet" in page
        assert "mine.ics" not in page
        run()
        page = client.get(self.URL).content.decode()
        assert "one busy time" in page
        again = f"{self.URL}outside/{view(desk).id}/again/"
        assert "within a minute" in client.post(again, follow=True).content.decode()
        client.post(f"{self.URL}outside/{view(desk).id}/remove/")
        assert selectors.outside_list(desk.as_therapist) == []

    def test_a_file_is_read_once_by_the_job_and_is_gone_then(self, desk):
        client = people.browser(desk.therapist)
        sent = {"name": "Old", "file": SimpleUploadedFile("mine.ics", ics(entry()))}
        page = client.post(f"{self.URL}outside/file/", sent, follow=True).content.decode()
        assert "From a file" in page
        assert "not read yet" in page
        assert "hx-trigger" in page[page.index("outside-rows") : page.index("From a file")]
        assert times(desk) == []
        row = OutsideCalendar.objects.unscoped(reason="test").get()
        assert b"BEGIN:VCALENDAR" not in bytes(row.file)
        assert run() == 1
        assert times(desk) == [hour(START)]
        row.refresh_from_db()
        assert (row.file, row.next_due_at) == (None, None)
        page = client.get(self.URL).content.decode()
        assert "one busy time" in page
        assert "hx-trigger" not in page[page.index("outside-rows") : page.index("From a file")]
        assert run(days=1) == 0

    @pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff\xfe\x00"])
    def test_what_is_no_calendar_is_said_and_what_was_typed_stays(self, desk, raw):
        client = people.browser(desk.therapist)
        answer = client.post(
            f"{self.URL}outside/file/", {"name": "Old one", "file": SimpleUploadedFile("a.ics", raw)}
        )
        assert answer.status_code == 400
        assert "This is no calendar" in answer.content.decode()
        assert 'value="Old one"' in answer.content.decode()
        assert selectors.outside_list(desk.as_therapist) == []

    @pytest.mark.parametrize("raw", [b"BEGIN:VCALENDAR", EMPTY[:-20]])
    def test_what_turns_out_to_be_none_is_said_there_and_not_tried_again(self, desk, raw):
        client = people.browser(desk.therapist)
        sent = {"name": "Old one", "file": SimpleUploadedFile("a.ics", raw)}
        assert client.post(f"{self.URL}outside/file/", sent).status_code == 302
        assert run() == 0
        assert "This is no whole calendar." in client.get(self.URL).content.decode()
        row = OutsideCalendar.objects.unscoped(reason="test").get()
        assert (row.file, row.next_due_at) == (None, None)

    def test_times_of_no_calendar_and_times_that_are_over_are_swept(self, fake, desk):
        add(desk, fake, ics(entry()))
        assert run() == 1
        (mine,) = times(desk)
        for source_id in (uuid.uuid4(), view(desk).id):
            over = START - timedelta(days=40) if source_id == view(desk).id else START
            BusyTime.objects.create(
                therapist=desk.therapist,
                source_id=source_id,
                key="left",
                starts_at=over,
                ends_at=over + timedelta(minutes=5),
                imported_at=START,
            )
        with pytest.raises(NotAllowed):
            services.outside_sweep(desk.as_therapist, at=clock.now())
        assert services.outside_sweep(people.SYSTEM, at=START - timedelta(days=7)) == 2
        assert times(desk) == [mine]

    def test_an_address_that_is_none_is_said_and_stays(self, desk):
        client = people.browser(desk.therapist)
        answer = client.post(f"{self.URL}outside/", {"name": "Family", "url": "my calendar"})
        assert answer.status_code == 400
        assert "https:// or webcal://" in answer.content.decode()
        assert 'value="my calendar"' in answer.content.decode()

    def test_patients_are_not_asked(self, desk):
        client = people.browser(desk.patient)
        assert "Times from other calendars" not in client.get(self.URL).content.decode()
        assert client.post(f"{self.URL}outside/", {"name": "a", "url": "b"}).status_code == 403

    def test_each_fault_has_words(self, fake, desk):
        add(desk, fake)
        client = people.browser(desk.therapist)
        for fault in OutsideFault:
            OutsideCalendar.objects.unscoped(reason="test").update(fault=fault.value)
            assert "Could not be read" in client.get(self.URL).content.decode()
