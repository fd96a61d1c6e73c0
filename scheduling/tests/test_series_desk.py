"""The practice's desk lets an appointment come again, for a colleague."""

from datetime import date, timedelta

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel.actor import Via
from bloom.kernel.errors import NotAllowed, NotFound
from scheduling import selectors, services
from scheduling.errors import SeriesConflicts, SeriesStands, SlotNotOffered
from scheduling.models import Appointment, Series
from scheduling.tests import factories
from scheduling.tests.test_booking_for import desk_of
from scheduling.tests.test_telling import deliver, told
from scheduling.types import Choice, Frequency, SeriesRule, Take

pytestmark = pytest.mark.django_db
AT, START = factories.AT, factories.START
WEEK = timedelta(weeks=1)
WEEKLY = SeriesRule(frequency=Frequency.WEEKLY, count=4)


@pytest.fixture
def desk():
    return factories.desk()


def make(actor, row, **choices):
    return services.series_make(actor, row.id, WEEKLY, choices.get("choices"), at=AT)


def made():
    return Appointment.objects.unscoped(reason="test").filter(series__isnull=False).order_by("starts_at")


def test_it_makes_one_and_both_people_are_told(desk):
    front = desk_of(desk)
    view = make(front, factories.appointment(desk))
    assert [row.starts_at for row in made()] == [START + number * WEEK for number in range(4)]
    second = made()[1]
    assert (second.booked_by_id, second.agreed_at) == (front.user_id, None)
    assert people.recorded("scheduling.series.made")[0].actor_user_id == front.user_id
    assert len(selectors.series_get(front, view.id, at=AT).coming) == 4
    deliver()
    assert told(desk.patient) == told(desk.therapist) == ["series_made"]


def test_it_keeps_to_the_hours_whatever_was_chosen(desk):
    """A therapist chooses to work then all the same; the desk does not for them."""
    saturday = factories.appointment(desk, START + timedelta(days=5))
    on = [date(2026, 11, 14) + number * WEEK for number in range(1, 4)]
    keep = {day: Choice(take=Take.KEEP) for day in on}
    front = desk_of(desk)
    with pytest.raises(SeriesConflicts) as refused:
        make(front, saturday, choices=keep)
    assert [each["fault"] for each in refused.value.fields["conflicts"]] == ["closed"] * 3
    chosen = {
        day: Choice(take=Take.AT, starts_at=START + timedelta(days=5, hours=1) + WEEK) for day in on[:1]
    }
    with pytest.raises(SlotNotOffered):
        make(front, saturday, choices={**{day: Choice(take=Take.SKIP) for day in on}, **chosen})
    assert made().count() == Series.objects.unscoped(reason="test").count() == 0
    make(desk.as_therapist, saturday, choices=keep)
    assert made().count() == 4


def test_a_day_that_is_full_is_full_for_the_desk_alone():
    desk = factories.desk(daily_limit=1)
    factories.appointment(desk, START + WEEK + timedelta(hours=3), patient=people.patient())
    row = factories.appointment(desk)
    with pytest.raises(SeriesConflicts) as refused:
        make(desk_of(desk), row)
    found = [(each["on"], each["fault"], each["nearest"]) for each in refused.value.fields["conflicts"]]
    assert found == [("2026-11-16", "day_full", None)]
    make(desk.as_therapist, row)
    assert made().count() == 4


def test_what_somebody_holds_is_taken(desk):
    people.listing(desk.therapist)
    services.hold_place(
        people.actor(people.patient(), via=Via.API),
        therapist_id=desk.therapist.id,
        service_id=desk.service.id,
        starts_at=START + WEEK,
        at=AT,
    )
    with pytest.raises(SeriesConflicts) as refused:
        make(desk_of(desk), factories.appointment(desk))
    assert [each["fault"] for each in refused.value.fields["conflicts"]] == ["taken"]


def test_a_role_that_books_for_nobody_and_another_practice_make_none(desk):
    row = factories.appointment(desk)
    biller = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, biller.id, MembershipRole.BILLER, at=AT
    )
    with pytest.raises((NotAllowed, NotFound)):
        make(people.actor(biller, via=Via.API, practice_id=desk.practice_id), row)
    with pytest.raises(NotFound):
        make(desk_of(factories.desk()), row)
    with pytest.raises(NotAllowed):
        make(desk.as_patient, row)
    assert made().count() == 0


def test_only_for_who_is_in_the_therapists_care(desk):
    with pytest.raises(SeriesStands):
        make(desk_of(desk), factories.appointment(desk, patient=people.patient()))


def test_on_the_page_and_by_rest(desk):
    person = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, person.id, MembershipRole.FRONT_DESK, at=AT
    )
    browser = people.browser(person)
    starts_at = factories.weekday_ahead()
    row = factories.appointment(desk, starts_at)
    page = browser.get(f"/appointments/{row.id}/").content.decode()
    assert f"/appointments/{row.id}/repeat/" in page
    asked = {"every": "weekly:1", "ends": "count", "count": "3"}
    factories.appointment(desk, starts_at + WEEK, patient=people.patient())
    refused = browser.post(f"/appointments/{row.id}/repeat/", asked)
    assert refused.status_code == 409
    words = refused.content.decode()
    assert "Something else stands there." in words
    assert "At this time all the same" not in words
    on = (starts_at + WEEK).date().isoformat()
    assert browser.post(f"/appointments/{row.id}/repeat/", {**asked, f"on-{on}": "skip"}).status_code == 302
    assert made().count() == 2
    other = factories.appointment(desk, starts_at + timedelta(hours=2))
    answer = browser.post(
        f"/api/v1/appointments/{other.id}/repeat/",
        {"frequency": "weekly", "count": 2},
        content_type="application/json",
    )
    assert (answer.status_code, len(answer.json()["coming"])) == (201, 2)
