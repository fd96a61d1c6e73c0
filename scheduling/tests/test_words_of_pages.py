"""What the pages of appointments say: one thing once, and what is so."""

import re
from datetime import date, timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock, vault
from bloom.kernel.errors import Invalid
from scheduling import services
from scheduling.errors import SlotNotOffered, SlotTaken
from scheduling.models import Appointment, Meeting
from scheduling.rules import series as rules
from scheduling.telehealth.services.running import join_place
from scheduling.tests import factories
from scheduling.tests.test_booking_for import desk_of
from scheduling.types import Frequency, Mode, Scope, SeriesRule

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def desk():
    return factories.desk()


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def page(person, row, more=""):
    return text(people.browser(person).get(f"/appointments/{row.id}/{more}"))


def zoomed(row):
    """It has a link at Zoom."""
    meeting = Meeting(
        practice_id=row.practice_id,
        appointment=row,
        vendor="zoom",
        state="there",
        vendor_id="1",
        held_starts_at=row.starts_at,
        created_at=clock.now(),
        changed_at=clock.now(),
    )
    meeting.join_url = vault.seal(row.patient_id, "https://zoom.example/j/1", join_place(meeting.id))
    meeting.save(force_insert=True)
    return row


def soon(**facts):
    return clock.now().replace(second=0, microsecond=0) + timedelta(**facts)


class TestVideo:
    def test_what_took_place_is_not_begun_again(self, desk):
        row = factories.appointment(desk, soon(minutes=-70), state="completed")
        for person in (desk.patient, desk.therapist):
            seen = page(person, row)
            assert "the video session" not in seen
            assert "Go back in" in seen

    def test_a_vendors_way_in_opens_when_blooms_does(self, desk):
        row = zoomed(factories.appointment(desk, soon(days=3)))
        for person in (desk.patient, desk.therapist):
            seen = page(person, row)
            assert "the video session" not in seen
            assert "You meet in Zoom. The way in opens on" in seen
        Appointment.objects.unscoped(reason="test").filter(pk=row.id).update(
            starts_at=soon(minutes=10), ends_at=soon(minutes=60)
        )
        assert "Join the video session" in page(desk.patient, row)
        assert "Start the video session" in page(desk.therapist, row)

    def test_who_looks_on_reads_one_sentence(self, desk):
        row = factories.appointment(desk, soon(days=3))
        someone = desk_of(desk)
        onlooker = people.User.objects.get(pk=someone.user_id)
        plain = page(onlooker, row)
        both = page(onlooker, zoomed(row))
        for seen in (plain, both):
            assert seen.count("for the two people of this appointment alone") == 1


class TestFees:
    def test_without_a_fee_one_sentence_says_so(self, desk):
        hold = services.hold_place(
            desk.as_patient,
            therapist_id=desk.therapist.id,
            service_id=desk.service.id,
            starts_at=factories.weekday_ahead(),
            at=clock.now(),
        )
        seen = text(people.browser(desk.patient).get(f"/holds/{hold.id}/"))
        assert "There is no fee, but please tell us as early as you can." in seen
        assert "Free until" not in seen

    @pytest.mark.parametrize(
        ("booked", "agreed", "title", "words"),
        [
            (-9 * DAY, -9 * DAY, "It was free to cancel until a while ago", "as agreed when you booked"),
            (-HOUR, -HOUR, "It was too late to be free when you booked", "as agreed when you booked"),
            (
                -9 * DAY,
                -HOUR,
                "It was too late to be free when you moved it",
                "as agreed when you moved it to this time",
            ),
            (
                -9 * DAY,
                -8 * DAY,
                "It was free to cancel until a while ago",
                "as agreed when you moved it to this time",
            ),
        ],
    )
    def test_what_was_agreed_is_said_as_it_was(self, desk, booked, agreed, title, words):
        now = clock.now()
        row = factories.appointment(
            desk,
            soon(hours=10),
            late_fee_minor=75_00,
            free_cancel_until=soon(hours=10) - DAY,
            agreed_at=now + agreed,
        )
        Appointment.objects.unscoped(reason="test").filter(pk=row.id).update(created_at=now + booked)
        seen = page(desk.patient, row, "cancel/")
        assert title in seen
        assert words in seen


class TestSeries:
    def test_an_end_is_bound_as_the_count_is(self, desk):
        row = factories.appointment(desk, factories.weekday_ahead())
        rule = SeriesRule(frequency=Frequency.WEEKLY, until=date(2099, 1, 1))
        with pytest.raises(Invalid) as refused:
            services.series_make(desk.as_therapist, row.id, rule, at=clock.now())
        assert "At most 104 appointments repeat" in str(refused.value.errors["until"])
        # The last day that it names is one that can be.
        first = row.starts_at.date()
        last = first + timedelta(weeks=103)
        assert rules.last_of(SeriesRule(frequency=Frequency.WEEKLY, count=104), first) == last

    def test_the_last_day_may_be_that_of_the_104th(self, desk):
        row = factories.appointment(desk, factories.weekday_ahead())
        until = row.starts_at.date() + timedelta(weeks=103)
        made = services.series_make(
            desk.as_therapist,
            row.id,
            SeriesRule(frequency=Frequency.WEEKLY, until=until),
            at=clock.now(),
        )
        assert made.goes_on

    def test_of_the_last_one_there_are_not_several(self, desk):
        row = factories.appointment(desk, factories.weekday_ahead())
        rule = SeriesRule(frequency=Frequency.WEEKLY, count=2)
        made = services.series_make(desk.as_therapist, row.id, rule, at=clock.now())
        assert "Cancel several" in page(desk.therapist, row)
        services.appointment_cancel(desk.as_therapist, made.coming[1].appointment_id, at=clock.now())
        seen = page(desk.therapist, row)
        assert "It repeats" in seen
        assert "several" not in seen

    def test_a_series_without_an_end_can_be_ended_whatever_is_left(self, desk):
        row = factories.appointment(desk, factories.weekday_ahead())
        rule = SeriesRule(frequency=Frequency.WEEKLY)
        made = services.series_make(desk.as_therapist, row.id, rule, at=clock.now())
        rest = [each.appointment_id for each in made.coming if each.appointment_id != row.id]
        Appointment.objects.unscoped(reason="test").filter(series_id=made.id).exclude(pk=row.id).update(
            state="cancelled", cancelled_at=clock.now()
        )
        assert rest
        assert "Cancel several" in page(desk.therapist, row)

    def test_a_sentence_ends_where_its_words_do(self, desk):
        row = factories.appointment(desk, factories.weekday_ahead())
        until = row.starts_at.date() + timedelta(weeks=2)
        services.series_make(
            desk.as_therapist,
            row.id,
            SeriesRule(frequency=Frequency.WEEKLY, until=until),
            at=clock.now(),
        )
        services.series_end(desk.as_therapist, row.id, Scope.FOLLOWING, at=clock.now())
        assert " ." not in re.sub("<[^>]+>", "", page(desk.therapist, row).partition("It repeats")[2][:400])

    def test_a_day_that_is_over_is_called_so(self, desk):
        row = factories.appointment(desk, factories.weekday_ahead())
        rule = SeriesRule(frequency=Frequency.WEEKLY, count=3)
        services.series_make(desk.as_therapist, row.id, rule, at=clock.now())
        with pytest.raises(SlotNotOffered) as refused:
            services.series_move(
                desk.as_therapist,
                row.id,
                starts_at=soon(days=-3).replace(minute=0),
                scope=Scope.FOLLOWING,
                at=clock.now(),
            )
        assert "This time is over" in str(refused.value.detail)
        assert refused.value.fields["reason"] == "too_soon"


def test_a_therapist_reads_that_the_time_is_their_own_already(desk):
    starts_at = factories.weekday_ahead()
    factories.appointment(desk, starts_at, patient=people.patient())
    row = factories.appointment(desk, starts_at + 2 * HOUR)
    for act in (
        lambda: services.appointment_move(desk.as_therapist, row.id, starts_at=starts_at, at=clock.now()),
        lambda: services.appointment_book_for(
            desk.as_therapist,
            desk.patient.id,
            desk.service.id,
            starts_at=starts_at,
            mode=Mode.TELEHEALTH,
            key=row.id,
            at=clock.now(),
        ),
    ):
        with pytest.raises(SlotTaken) as refused:
            act()
        assert "in your calendar" in str(refused.value.detail)
        assert refused.value.code == "slot_taken"


def test_where_nobody_fits_one_can_wait_from_here(desk):
    browser = people.browser(desk.patient)
    sent = browser.post("/book/", {"specialty": "anxiety", "mode": "telehealth"})
    seen = text(browser.get(sent["Location"]))
    waits = re.search(r'href="(/waitlist/join/\?search=[^"]+)"', seen)[1]
    assert 'name="specialty" value="anxiety"' in text(browser.get(waits.replace("&amp;", "&")))
    # By how one meets alone nobody waits for whoever fits.
    sent = browser.post("/book/", {"mode": "telehealth"})
    assert "/waitlist/join/" not in text(browser.get(sent["Location"]))


class TestWhoCalledItOff:
    def test_each_reads_by_whom_it_was(self, desk):
        for actor, mine, of_patient, of_therapist in (
            (desk.as_patient, desk.patient, "You cancelled", desk.patient.name),
            (desk.as_therapist, desk.therapist, desk.therapist.name, "You cancelled"),
            (desk_of(desk), None, "Your therapist’s practice cancelled", "The practice cancelled"),
        ):
            row = factories.appointment(desk, soon(days=5), is_claimed=False)
            assert "cancelled this appointment" not in page(desk.patient, row)
            services.appointment_cancel(actor, row.id, at=clock.now())
            for person, said in ((desk.patient, of_patient), (desk.therapist, of_therapist)):
                seen = re.sub("[\u2066-\u2069]", "", page(person, row))
                words = said if "cancelled" in said else f"{said} cancelled"
                assert f"{words} this appointment" in seen, (mine, said)
                assert "Nothing is owed for it." in seen

    def test_what_bloom_called_off_was_nobody(self, desk):
        row = factories.appointment(
            desk, soon(days=5), state="cancelled", cancelled_at=clock.now(), cancel_cause="unanswered"
        )
        assert "cancelled this appointment" not in page(desk.patient, row)


class TestNobodyCame:
    def test_it_is_asked_first_with_what_is_owed_by_it(self, desk):
        row = factories.appointment(desk, soon(hours=-2), late_fee_minor=75_00, is_claimed=False)
        address = f"/appointments/{row.id}/no-show/"
        assert f'action="{address}"' not in page(desk.therapist, row)
        asked = page(desk.therapist, row, "no-show/")
        for said in ("Did nobody come?", "owes $75", "Nobody came, $75 is due", desk.patient.name):
            assert said in asked, said
        kept = Appointment.objects.unscoped(reason="test").filter(pk=row.id)
        assert kept.get().state == "confirmed"
        assert people.browser(desk.therapist).post(address).status_code == 302
        assert (kept.get().state, kept.get().owes_late_fee) == ("no_show", True)
        assert people.browser(desk.patient).get(address).status_code == 409

    def test_where_nothing_was_agreed_nothing_is_said_to_be_owed(self, desk):
        row = factories.appointment(
            desk, soon(hours=-2), late_fee_minor=75_00, agreed_at=None, is_claimed=False
        )
        asked = page(desk.therapist, row, "no-show/")
        assert "Nothing is owed for it." in asked
        assert "$75" not in asked
