"""Nobody owes what they were not shown, at whichever door they decide."""

from datetime import timedelta

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.fees import LateFeeUnseen
from bloom.kernel.money import Money
from scheduling import errors, selectors, services
from scheduling.models import Appointment, WeeklyBlock
from scheduling.tests import factories
from scheduling.types import AppointmentState, Frequency, Scope, SeriesRule

pytestmark = pytest.mark.django_db
AT, START = factories.AT, factories.START
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FEE = 75_00
JSON = {"content_type": "application/json"}


@pytest.fixture
def desk():
    """Open around the clock, a day free to call off, then $75."""
    made = factories.desk(time_zone="UTC", late_fee_minor=FEE)
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=made.calendar).delete()
    for weekday in range(7):
        factories.block(made.calendar, weekday, 0, 1440)
    return made


def given(desk, starts_at=START, **facts):
    return factories.appointment(desk, starts_at, late_fee_minor=FEE, **facts)


def unbound(desk, starts_at=START, **facts):
    return given(desk, starts_at, agreed_at=None, free_cancel_until=starts_at, **facts)


def now(row):
    return Appointment.objects.unscoped(reason="test").get(pk=row.id)


def soon(**ahead):
    return (clock.now() + timedelta(**ahead)).replace(minute=0, second=0, microsecond=0)


def text(answer):
    return answer.content.decode()


class TestMoving:
    def test_without_a_yes_a_patient_stays_as_free_as_they_were(self, desk):
        row = unbound(desk)
        moved = services.appointment_move(
            desk.as_patient, row.id, starts_at=START - 3 * HOUR, at=START - 5 * HOUR
        )
        assert (moved.agreed_at, moved.free_cancel_until) == (None, START - 3 * HOUR)
        off = services.appointment_cancel(desk.as_patient, row.id, at=START - 4 * HOUR)
        assert (off.state, off.owes_late_fee) == (AppointmentState.CANCELLED, False)

    def test_with_it_they_are_bound_to_what_was_shown(self, desk):
        row = unbound(desk)
        wanted, at = START - 3 * HOUR, START - 5 * HOUR
        terms = selectors.move_terms(desk.as_patient, row.id, wanted, at=at)
        assert (terms.free_cancel_until, terms.late_fee) == (wanted - DAY, Money(FEE, "USD"))
        moved = services.appointment_move(desk.as_patient, row.id, starts_at=wanted, agreed=True, at=at)
        assert (moved.agreed_at, moved.free_cancel_until) == (at, wanted - DAY)
        with pytest.raises(LateFeeUnseen):
            services.appointment_cancel(desk.as_patient, row.id, at=at)

    def test_what_binds_them_moves_with_a_yes_alone(self, desk):
        row, at = given(desk), START - 2 * DAY
        with pytest.raises(errors.TermsUnseen) as refused:
            services.appointment_move(desk.as_patient, row.id, starts_at=START - DAY - HOUR, at=at)
        assert refused.value.fields == {
            "free_cancel_until": clock.to_wire(START - 2 * DAY - HOUR),
            "late_fee": {"amount": FEE, "currency": "USD"},
        }
        assert (now(row).starts_at, now(row).agreed_at) == (START, AT)

    def test_a_therapists_yes_binds_nobody(self, desk):
        row = given(desk)
        moved = services.appointment_move(
            desk.as_therapist, row.id, starts_at=START + HOUR, agreed=True, at=AT
        )
        assert (moved.agreed_at, moved.free_cancel_until) == (None, START + HOUR)

    def test_the_page_shows_what_the_chosen_time_costs_before_it_is_theirs(self, desk):
        row = unbound(desk, soon(days=5))
        browser, address = people.browser(desk.patient), f"/appointments/{row.id}/move/"
        wanted = clock.to_wire(soon(hours=6))
        shown = browser.post(address, {"starts_at": wanted})
        assert shown.status_code == 200
        for said in (
            "$150",
            "if you cancel, or do not come, $75 is due",
            "Now it is free to cancel until it begins",
        ):
            assert said in text(shown), said
        assert now(row).sequence == row.sequence
        assert browser.post(address, {"starts_at": wanted, "agreed": "yes"}).status_code == 302
        assert now(row).agreed_at is not None
        # Its therapist is asked as well, and binds nobody by their yes.
        theirs = people.browser(desk.therapist)
        asked = {"starts_at": clock.to_wire(soon(days=2))}
        assert "if you cancel, or do not come" not in text(theirs.post(address, asked))
        assert theirs.post(address, asked | {"agreed": "yes"}).status_code == 302
        assert now(row).agreed_at is None

    def test_rest_asks_for_the_same_yes(self, desk):
        row, browser = given(desk, soon(days=5)), people.browser(desk.patient)
        address, wanted = f"/api/v1/appointments/{row.id}/reschedule/", clock.to_wire(soon(days=3))
        refused = browser.post(address, {"starts_at": wanted}, **JSON)
        assert (refused.status_code, refused.json()["code"]) == (409, "terms_unseen")
        assert refused.json()["late_fee"] == {"amount": FEE, "currency": "USD"}
        for said in ("yes", 1, None):
            assert browser.post(address, {"starts_at": wanted, "agreed": said}, **JSON).status_code == 400
        moved = browser.post(address, {"starts_at": wanted, "agreed": True}, **JSON)
        assert moved.status_code == 200
        assert moved.json()["agreed_at"]


class TestCancelling:
    def test_a_page_that_said_nothing_is_owed_costs_nothing(self, desk):
        row = given(desk, soon(days=1, hours=3))
        browser, address = people.browser(desk.patient), f"/appointments/{row.id}/cancel/"
        page = text(browser.get(address))
        assert "Nothing is owed" in page
        assert "fees_seen" not in page
        Appointment.objects.unscoped(reason="test").filter(pk=row.id).update(
            free_cancel_until=clock.now() - HOUR
        )
        for seen in ({}, {"fees_seen": ""}, {"fees_seen": "7499 USD"}, {"fees_seen": "seen"}):
            refused = browser.post(address, seen)
            assert refused.status_code == 409
        assert "Nothing was cancelled" in text(refused)
        assert "Cancel, and owe $75" in text(refused)
        assert 'name="fees_seen" value="7500 USD"' in text(refused)
        assert now(row).state == AppointmentState.CONFIRMED
        assert browser.post(address, {"fees_seen": "7500 USD"}).status_code == 302
        assert (now(row).state, now(row).owes_late_fee) == (AppointmentState.LATE_CANCELLED, True)

    def test_rest_names_the_fee_and_takes_it_as_seen(self, desk):
        row, browser = given(desk, soon(hours=5)), people.browser(desk.patient)
        address = f"/api/v1/appointments/{row.id}/"
        fee = {"amount": FEE, "currency": "USD"}
        assert browser.get(address).json()["cancel_fee"] == fee
        assert people.browser(desk.therapist).get(address).json()["cancel_fee"] is None
        refused = browser.post(f"{address}cancel/", **JSON)
        assert (refused.status_code, refused.json()["code"]) == (409, "late_fee_unseen")
        assert refused.json()["fees"] == [fee]
        done = browser.post(f"{address}cancel/", {"fees_seen": [fee]}, **JSON)
        assert (done.status_code, done.json()["status"]) == (200, "late_cancelled")

    def test_who_owes_nothing_is_asked_nothing(self, desk):
        first, second = given(desk, soon(hours=5)), given(desk, soon(days=3))
        for person, row in ((desk.therapist, first), (desk.patient, second)):
            answer = people.browser(person).post(f"/api/v1/appointments/{row.id}/cancel/", **JSON)
            assert answer.json()["status"] == "cancelled"


class TestEndingASeries:
    @pytest.fixture
    def series(self, desk):
        """Four weeks, of which the first is free, the second and third are late, the fourth is not."""
        row = unbound(desk, soon(days=1))
        services.series_make(
            desk.as_therapist, row.id, SeriesRule(frequency=Frequency.WEEKLY, count=4), at=clock.now()
        )
        rows = list(Appointment.objects.unscoped(reason="test").order_by("starts_at"))
        for each in rows[1:3]:
            each.agreed_at, each.free_cancel_until = AT, clock.now() - HOUR
            each.save()
        return rows

    def test_each_way_says_what_it_costs_and_takes_no_less(self, desk, series):
        browser, address = people.browser(desk.patient), f"/appointments/{series[2].id}/series/end/"
        page = text(browser.get(address))
        assert "For one of them it is too late to be free: you owe $75." in page
        assert "For 2 of them it is too late to be free: you owe $150." in page
        assert 'name="fees_seen_following" value="7500 USD"' in page
        assert 'name="fees_seen_all" value="15000 USD"' in page
        refused = browser.post(address, {"scope": "all", "fees_seen_all": "7500 USD"})
        assert refused.status_code == 409
        assert "To cancel costs something by now" in text(refused)
        assert {now(each).state for each in series} == {"confirmed"}
        assert "you owe" not in text(people.browser(desk.therapist).get(address))
        assert browser.post(address, {"scope": "all", "fees_seen_all": "15000 USD"}).status_code == 302
        assert [now(each).owes_late_fee for each in series] == [False, True, True, False]

    def test_the_first_may_be_free_where_the_next_is_not(self, desk, series):
        found = selectors.series_ending(desk.as_patient, series[0].id, Scope.FOLLOWING, at=clock.now())
        assert (found.count, found.late, found.fees) == (4, 2, (Money(150_00, "USD"),))
        browser = people.browser(desk.patient)
        address = f"/api/v1/appointments/{series[0].id}/series/end/"
        refused = browser.post(address, {"scope": "following"}, **JSON)
        assert refused.json()["fees"] == [{"amount": 150_00, "currency": "USD"}]
        done = browser.post(address, {"scope": "following", "fees_seen": refused.json()["fees"]}, **JSON)
        assert done.json() == {"cancelled": 4}


def test_whoever_books_for_nobody_calls_off_and_moves_nothing(desk):
    worker = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, worker.id, MembershipRole.BILLER, at=AT
    )
    row = given(desk, soon(days=2))
    browser = people.browser(worker, practice_id=desk.practice_id)
    for page in ("cancel", "move"):
        address = f"/appointments/{row.id}/{page}/"
        assert browser.get(address).status_code in {403, 404}
        assert browser.post(address, {"starts_at": clock.to_wire(soon(days=3))}).status_code in {403, 404}
    assert now(row).state == AppointmentState.CONFIRMED


def test_looking_for_times_by_page_is_counted_as_by_rest(desk, settings):
    row = given(desk, soon(days=2))
    settings.SLOT_LOOKS_PER_MINUTE, settings.RATE_FACTOR = 3, 1
    browser = people.browser(desk.patient)
    pages = (f"/book/{desk.therapist.id}/", f"/appointments/{row.id}/move/")
    assert [browser.get(page).status_code for page in pages] == [200, 200]
    assert browser.get("/api/v1/slots/").status_code == 200
    assert [browser.get(page).status_code for page in pages] == [429, 429]


class TestHorizon:
    FAR = (732 * DAY, 170 * 365 * DAY)

    def test_a_therapist_books_and_moves_two_years_ahead_and_no_further(self, desk):
        row = given(desk)
        for far in self.FAR:
            starts_at = AT.replace(minute=0, second=0, microsecond=0) + far
            with pytest.raises(errors.SlotNotOffered) as booked:
                services.appointment_book_for(
                    desk.as_therapist,
                    desk.patient.id,
                    desk.service.id,
                    starts_at=starts_at,
                    key=row.id,
                    at=AT,
                )
            with pytest.raises(errors.SlotNotOffered):
                services.appointment_move(desk.as_therapist, row.id, starts_at=starts_at, at=AT)
            assert booked.value.fields["reason"] == "too_far"
        near = START + 700 * DAY
        assert services.appointment_move(desk.as_therapist, row.id, starts_at=near, at=AT).starts_at == near

    @pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "9999-11-15", "2199-12-30", "2198-12-30"])
    def test_a_series_moves_to_no_year_that_nobody_means(self, desk, day):
        row = unbound(desk, soon(days=1))
        rule = SeriesRule(frequency=Frequency.WEEKLY, count=3)
        made = services.series_make(desk.as_therapist, row.id, rule, at=clock.now())
        page = people.browser(desk.therapist).post(
            f"/appointments/{row.id}/series/move/", {"day": day, "time": "10:00", "scope": "all"}
        )
        assert page.status_code in (200, 409)
        assert selectors.series_get(desk.as_therapist, made.id, at=clock.now()) == made

    @pytest.mark.parametrize("year", ["0001", "2150", "9999"])
    def test_a_choice_of_another_year_is_none(self, desk, year):
        row = unbound(desk, soon(days=1))
        taken = given(desk, row.starts_at + 7 * DAY, patient=people.patient())
        on = taken.starts_at.date().isoformat()
        form = {"every": "weekly:1", "ends": "count", "count": "3", f"on-{on}": f"at:{year}-12-01T00:00:00Z"}
        page = people.browser(desk.therapist).post(f"/appointments/{row.id}/repeat/", form)
        assert page.status_code in (200, 409)
        assert now(row).series_id is None


class TestWhyItIsFree:
    """One reason and not a choice of them: the page says the one that holds."""

    NOT_CHOSEN = "because you did not choose this time yourself."
    ANSWERED_LATE = "because your request was answered late."
    NOT_AGREED = "because you have not said yes to a fee for this time."

    def said(self, desk, row):
        seen = text(people.browser(desk.patient).get(f"/appointments/{row.id}/"))
        reasons = (self.NOT_CHOSEN, self.ANSWERED_LATE, self.NOT_AGREED)
        return [each for each in reasons if each in seen]

    def test_what_the_therapist_moved(self, desk):
        row = given(desk, soon(days=3))
        assert self.said(desk, row) == []
        services.appointment_move(desk.as_therapist, row.id, starts_at=soon(days=4), at=clock.now())
        assert self.said(desk, row) == [self.NOT_CHOSEN]

    def test_what_was_answered_late(self, desk):
        at = clock.now()
        row = given(
            desk, soon(hours=5), state="requested", agreed_at=at - 2 * DAY, free_cancel_until=at - HOUR
        )
        services.appointment_confirm(desk.as_therapist, row.id, at=at)
        assert self.said(desk, row) == [self.ANSWERED_LATE]
        services.appointment_move(desk.as_therapist, row.id, starts_at=soon(days=2), at=at)
        assert self.said(desk, row) == [self.NOT_CHOSEN]

    def test_what_the_patient_moved_without_a_yes_to_its_cost_and_with_it(self, desk):
        row = given(desk, soon(days=3))
        services.appointment_move(desk.as_therapist, row.id, starts_at=soon(days=4), at=clock.now())
        services.appointment_move(desk.as_patient, row.id, starts_at=soon(days=5), at=clock.now())
        assert self.said(desk, row) == [self.NOT_AGREED]
        services.appointment_move(
            desk.as_patient, row.id, starts_at=soon(days=6), agreed=True, at=clock.now()
        )
        assert self.said(desk, row) == []
        assert now(row).free_cause == ""

    def test_where_the_reason_was_not_kept_none_is_said(self, desk):
        row = unbound(desk, soon(days=3))
        assert self.said(desk, row) == []
        assert "Free until it begins." in text(people.browser(desk.patient).get(f"/appointments/{row.id}/"))
