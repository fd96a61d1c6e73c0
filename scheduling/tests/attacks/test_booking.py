"""Somebody books what is not for them, more than is theirs, or at moments that are none."""

from datetime import timedelta

import pytest

from accounts.errors import NotAccepting
from accounts.models import Listing
from accounts.tests import factories as people
from bloom.kernel.actor import Via
from bloom.kernel.errors import NotAllowed, RateLimited
from scheduling import errors, selectors, services
from scheduling.models import Appointment, Service
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.types import AHEAD_MOST, AHEAD_WITH_ONE_MOST, Mode

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def desk():
    return factories.desk()


def hold(desk, starts_at=START, *, actor=None):
    return services.hold_place(
        actor or desk.as_patient,
        therapist_id=desk.therapist.id,
        service_id=desk.service.id,
        starts_at=starts_at,
        at=AT,
    )


def book(desk, starts_at=START, *, actor=None):
    held = hold(desk, starts_at, actor=actor)
    return services.appointment_book(actor or desk.as_patient, held.id, at=AT).appointment


def test_one_patient_does_not_take_a_whole_calendar(desk):
    """ASVS 5 V2.3.2: so many appointments ahead and no more, behind the lock and before it."""
    last_held = hold(desk, START + 6 * HOUR)
    booked = [factories.appointment(desk, START + number * DAY) for number in range(AHEAD_WITH_ONE_MOST)]
    for attempt in (
        lambda: services.appointment_book(desk.as_patient, last_held.id, at=AT),
        lambda: hold(desk, START + 7 * HOUR),
    ):
        with pytest.raises(errors.AppointmentsFull) as refused:
            attempt()
        assert refused.value.fields == {"most": AHEAD_WITH_ONE_MOST}
        assert str(AHEAD_WITH_ONE_MOST) in str(refused.value.detail)
    # Another patient books on, and so does this one once a time is given back.
    people.listing(desk.therapist)
    book(desk, START + 4 * HOUR, actor=people.actor(people.patient(), via=Via.API))
    services.appointment_cancel(desk.as_patient, booked[0].id, at=AT)
    assert book(desk, START + 2 * HOUR).starts_at == START + 2 * HOUR


def test_nor_every_therapists(desk):
    """ASVS 5 V2.3.2: so many in all."""
    for number in range(AHEAD_MOST):
        if number % (AHEAD_WITH_ONE_MOST - 1) == 0:
            other = factories.desk(patient=desk.patient)
        factories.appointment(other, START + number * DAY)
    with pytest.raises(errors.AppointmentsFull) as refused:
        hold(desk, START + 2 * HOUR)
    assert refused.value.fields == {"most": AHEAD_MOST}


def test_booking_moving_and_calling_off_in_a_loop_is_told_to_wait(desk, settings):
    """ASVS 5 V2.4.1: they are counted together, so that going round gains nothing."""
    settings.APPOINTMENT_CHANGES_PER_HOUR, settings.RATE_FACTOR = 3, 1
    view = book(desk)
    services.appointment_move(desk.as_patient, view.id, starts_at=START + HOUR, at=AT)
    services.appointment_cancel(desk.as_patient, view.id, at=AT)
    held = hold(desk)
    for attempt in (
        lambda: services.appointment_book(desk.as_patient, held.id, at=AT),
        lambda: services.appointment_move(desk.as_patient, view.id, starts_at=START, at=AT),
        lambda: services.appointment_cancel(desk.as_patient, view.id, at=AT),
    ):
        with pytest.raises(RateLimited):
            attempt()
    # Who reads again what became of a hold books nothing.
    assert selectors.appointment_get(desk.as_patient, view.id, at=AT).sequence == 2


def test_who_takes_no_new_patients_is_not_booked_by_a_stranger(desk):
    """ASVS 5 V8.2.1: nor with a hold from before."""
    people.listing(desk.therapist)
    stranger = people.actor(people.patient(), via=Via.API)
    held = hold(desk, actor=stranger)
    Listing.objects.unscoped(reason="test").update(accepts_new=False)
    for attempt in (
        lambda: services.appointment_book(stranger, held.id, at=AT),
        lambda: hold(desk, START + HOUR, actor=stranger),
    ):
        with pytest.raises(NotAccepting):
            attempt()
    assert selectors.service_list(stranger, desk.therapist.id) == []
    assert selectors.slot_firsts(people.SYSTEM, [desk.therapist.id], at=AT) == {}
    services.hold_release(stranger, held.id)
    # Who is in their care books as ever.
    assert book(desk).starts_at == START


def test_a_therapist_learns_nothing_of_what_a_patient_does_elsewhere(desk):
    """ASVS 5 V8.2.2: a refusal would say when the patient is with somebody else."""
    elsewhere = factories.desk(patient=desk.patient)
    factories.appointment(elsewhere, START + 3 * HOUR)
    view = book(desk)
    with pytest.raises(errors.AppointmentOverlaps):
        services.appointment_move(desk.as_patient, view.id, starts_at=START + 3 * HOUR, at=AT)
    moved = services.appointment_move(desk.as_therapist, view.id, starts_at=START + 3 * HOUR, at=AT)
    assert moved.starts_at == START + 3 * HOUR


def test_nobody_moves_to_a_time_that_another_makes_up_their_mind_about(desk):
    """ASVS 5 V2.3.4: what is held is held against moves, too."""
    people.listing(desk.therapist)
    view = book(desk)
    hold(desk, START + 2 * HOUR, actor=people.actor(people.patient(), via=Via.API))
    with pytest.raises(errors.SlotTaken) as refused:
        services.appointment_move(desk.as_patient, view.id, starts_at=START + 2 * HOUR, at=AT)
    assert refused.value.fields["alternatives"]
    # Their own hold stands in nobody's way, and their therapist sees what is booked alone.
    hold(desk, START + 4 * HOUR)
    services.appointment_move(desk.as_patient, view.id, starts_at=START + 4 * HOUR, at=AT)
    services.appointment_move(desk.as_therapist, view.id, starts_at=START + 2 * HOUR, at=AT)


@pytest.mark.parametrize("party", ["patient", "therapist"])
def test_nobody_meets_in_a_way_that_was_never_offered(desk, party):
    """ASVS 5 V2.2.1: what was agreed stays possible, and nothing else."""
    view = book(desk)
    Service.objects.unscoped(reason="test").update(modes="telehealth")
    actor = desk.as_patient if party == "patient" else desk.as_therapist
    with pytest.raises(errors.SlotNotOffered) as refused:
        services.appointment_move(actor, view.id, starts_at=START + HOUR, mode=Mode.IN_PERSON, at=AT)
    assert refused.value.fields["reason"] == "mode"
    assert services.appointment_move(actor, view.id, starts_at=START + HOUR, at=AT).starts_at == START + HOUR


def test_the_desk_writes_nothing_to_an_appointment_not_even_nothing(desk):
    """ASVS 5 V8.2.1: who may write neither field may not touch it."""
    from accounts import services as accounts_services
    from accounts.types import MembershipRole

    view = book(desk)
    clerk = people.person()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, clerk.id, MembershipRole.FRONT_DESK, at=AT
    )
    with pytest.raises(NotAllowed):
        services.appointment_change(people.actor(clerk, practice_id=desk.practice_id), view.id, at=AT)
    before = Appointment.objects.unscoped(reason="test").get(pk=view.id).changed_at
    services.appointment_change(desk.as_patient, view.id, at=AT + DAY)
    assert Appointment.objects.unscoped(reason="test").get(pk=view.id).changed_at == before
    assert people.recorded("scheduling.appointment.noted") == []


FAR = ("0001-01-01T00:00:00Z", "1999-12-31T23:55:00Z", "2200-01-01T00:00:00Z", "9999-12-31T23:55:00Z")


@pytest.mark.parametrize("moment", FAR)
def test_moments_that_nobody_can_mean_are_refused(desk, moment):
    """ASVS 5 V2.2.1: the first and last years overflow where zones are added."""
    view = factories.appointment(desk, factories.weekday_ahead())
    browser = people.browser(desk.patient)
    rest = {"content_type": "application/json"}
    hold_body = {"therapist": str(desk.therapist.id), "service": str(desk.service.id), "starts_at": moment}
    for answer in (
        browser.post("/api/v1/holds/", hold_body, **rest),
        browser.post(f"/api/v1/appointments/{view.id}/reschedule/", {"starts_at": moment}, **rest),
        browser.get("/api/v1/appointments/", {"from": moment}),
        browser.get("/api/v1/appointments/", {"to": moment}),
        browser.get(f"/api/v1/therapists/{desk.therapist.id}/slots/", {"from": moment}),
        browser.get(
            f"/api/v1/therapists/{desk.therapist.id}/slots/", {"from": moment[:10], "tz": "America/Chicago"}
        ),
    ):
        assert answer.status_code == 400, answer.content
    for address in (f"/book/{desk.therapist.id}/hold/", f"/appointments/{view.id}/move/"):
        answer = browser.post(address, hold_body)
        assert answer.status_code == 302
        assert answer["Location"] == address.replace("hold/", "")
    for address in (f"/book/{desk.therapist.id}/", f"/appointments/{view.id}/move/"):
        asked = {"service": str(desk.service.id), "day": moment[:10]}
        assert browser.get(address, asked).status_code == 200
    assert Appointment.objects.unscoped(reason="test").get().starts_at == view.starts_at
