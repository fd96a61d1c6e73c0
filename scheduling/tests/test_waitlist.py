"""Waiting for a time: the line, the offers, and what becomes of them."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts import services as accounts_services
from accounts.models import Notice, User
from accounts.tests import factories as people
from accounts.types import TermKind
from bloom.kernel import clock
from bloom.kernel.errors import IdempotencyConflict, Invalid, NotAllowed, NotFound
from observability import services as record
from scheduling import errors, selectors, services
from scheduling.models import Claim, WaitlistEntry, WaitlistOffer, WeeklyBlock
from scheduling.rules import waitlist as rules
from scheduling.tests import factories
from scheduling.tests.factories import START
from scheduling.types import DayPart, EntryState, Mode, OfferState, Wishes

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# A Monday morning in Chicago, a week before START.
AT = START - 7 * DAY
ANY = Wishes(time_zone="America/Chicago")
# Mondays at ten is all that there is.
TIGHT = {"slot_minutes": 60, "horizon_days": 10}


@pytest.fixture
def desk():
    """One hour a week: on Monday from ten."""
    made = factories.desk(**TIGHT)
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=made.calendar).delete()
    factories.block(made.calendar, 0, 600, 660)
    people.listing(made.therapist)
    return made


def join(desk, person=None, *, wishes=ANY, at=AT, **kwargs):
    actor = people.actor(person or people.patient())
    kwargs = kwargs or {"service_id": desk.service.id}
    return actor, services.waitlist_join(actor, wishes=wishes, at=at, **kwargs)


def run(at):
    return services.waitlist_run(people.SYSTEM, at=at)


def offers():
    return list(WaitlistOffer.objects.unscoped(reason="test").order_by("offered_at", "expires_at"))


def state(entry):
    return WaitlistEntry.objects.unscoped(reason="test").get(pk=entry.id).state


def accept(actor, offer, at):
    terms = selectors.waitlist_offer(actor, offer.id).terms
    return services.offer_accept(actor, offer.id, terms=terms, at=at)


def test_who_came_first_is_offered_first_and_nobody_else_has_it_meanwhile(desk):
    taken = factories.appointment(desk)
    (first, one), (second, two) = join(desk), join(desk, at=AT + HOUR)
    assert run(AT + 2 * HOUR) == 0
    services.appointment_cancel(desk.as_therapist, taken.id, at=AT + DAY)
    record.outbox_drain(people.SYSTEM, at=clock.now())
    services.waitlist_nudge(people.SYSTEM, therapist_id=desk.therapist.id, at=AT + DAY)
    at = AT + DAY
    assert run(at) == 1
    (offer,) = offers()
    assert (offer.entry_id, offer.starts_at) == (one.id, START)
    assert offer.expires_at == at + 2 * HOUR
    assert state(one) == EntryState.OFFERED
    assert state(two) == EntryState.WAITING
    # To everybody else the time is taken.
    free = selectors.slot_list(second, desk.therapist.id, start=START, end=START + HOUR, at=at)
    assert free == []
    with pytest.raises(errors.SlotTaken):
        services.hold_place(
            second, therapist_id=desk.therapist.id, service_id=desk.service.id, starts_at=START, at=at
        )
    booked = accept(first, offer, at + HOUR)
    assert booked.is_new
    assert booked.appointment.starts_at == START
    assert not accept(first, offer, at + 3 * HOUR).is_new
    assert state(one) == EntryState.BOOKED
    held = Claim.objects.unscoped(reason="test").filter(therapist=desk.therapist)
    assert {row.appointment_id for row in held} == {booked.appointment.id}


def test_an_offer_that_nobody_answers_goes_to_the_next(desk):
    (_first, one), (second, two) = join(desk), join(desk, at=AT + HOUR)
    assert run(AT + 2 * HOUR) == 1
    lapses = offers()[0].expires_at
    # Until the job comes by, nobody slips in between.
    third = people.actor(people.patient())
    assert not selectors.slot_list(third, desk.therapist.id, start=START, end=START + HOUR, at=lapses)
    assert run(lapses) == 1
    late, current = offers()
    assert late.state == OfferState.LAPSED
    assert (current.entry_id, current.state) == (two.id, OfferState.OPEN)
    with pytest.raises(errors.OfferOver):
        accept(people.actor(_first_person(one)), late, lapses + HOUR)
    assert accept(second, current, lapses + timedelta(minutes=5)).is_new
    # The first keeps their place.
    assert state(one) == EntryState.WAITING


def _first_person(entry):
    return User.objects.get(pk=entry.patient.id)


def test_who_does_not_answer_twice_is_asked_before_anything_else_is_kept_for_them(desk):
    factories.block(desk.calendar, 1, 600, 660)
    actor, entry = join(desk)
    run(AT)
    run(offers()[-1].expires_at)
    second = offers()[-1]
    # The same time is not offered to them again.
    assert {row.starts_at for row in offers()} == {START - 6 * DAY, START}
    assert run(second.expires_at) == 0
    assert state(entry) == EntryState.RESTING
    assert run(second.expires_at + DAY) == 0
    services.waitlist_resume(actor, entry.id, at=second.expires_at + DAY)
    assert state(entry) == EntryState.WAITING
    told = list(Notice.objects.unscoped(reason="test").filter(kind="waitlist").order_by("created_at"))
    assert [row.code for row in told] == ["offered", "lapsed", "offered", "resting"]


def test_what_somebody_declines_goes_to_the_next_and_is_not_offered_to_them_again(desk):
    (first, one), (_second, two) = join(desk), join(desk, at=AT + HOUR)
    run(AT + 2 * HOUR)
    services.offer_decline(first, offers()[0].id, at=AT + 3 * HOUR)
    services.offer_decline(first, offers()[0].id, at=AT + 3 * HOUR)
    assert run(AT + 3 * HOUR) == 1
    assert offers()[-1].entry_id == two.id
    assert state(one) == EntryState.WAITING


def test_wishes_are_by_the_clock_of_who_waits(desk):
    # Ten in Chicago is five in the afternoon in Madrid.
    madrid = Wishes(time_zone="Europe/Madrid", parts=frozenset({(0, DayPart.MORNING)}))
    join(desk, wishes=madrid)
    _actor, fits = join(
        desk,
        wishes=Wishes(time_zone="Europe/Madrid", parts=frozenset({(0, DayPart.EVENING)})),
        at=AT + HOUR,
    )
    join(desk, wishes=Wishes(time_zone="America/Chicago", first_on=START.date() + DAY), at=AT + HOUR)
    assert run(AT + 2 * HOUR) == 1
    assert offers()[0].entry_id == fits.id


def test_a_wish_for_a_way_of_meeting(desk):
    desk.service.modes = "telehealth"
    desk.service.save()
    with pytest.raises(Invalid):
        join(desk, wishes=Wishes(time_zone="UTC", mode=Mode.IN_PERSON))
    _actor, entry = join(desk, wishes=Wishes(time_zone="America/Chicago", mode=Mode.TELEHEALTH))
    assert run(AT) == 1
    assert offers()[0].entry_id == entry.id


def test_whoever_fits_what_somebody_looks_for_may_be_offered(desk):
    speciality = next(iter(people.listing_facts()["specialties"]))
    other = "psychosis" if speciality != "psychosis" else "sleep"
    _a, wrong = join(desk, terms={TermKind.SPECIALTY: (other,)})
    _b, right = join(desk, terms={TermKind.SPECIALTY: (speciality,)}, at=AT + HOUR)
    assert run(AT + 2 * HOUR) == 1
    assert offers()[0].entry_id == right.id
    row = WaitlistEntry.objects.unscoped(reason="test").get(pk=right.id)
    # Sealed: what somebody looks for tells of them.
    assert speciality.encode() not in bytes(row.terms)
    assert state(wrong) == EntryState.WAITING


def test_nobody_is_offered_a_time_in_which_they_are_elsewhere(desk):
    person = people.patient()
    elsewhere = factories.desk()
    factories.appointment(elsewhere, patient=person)
    join(desk, person)
    assert run(AT) == 0


def test_what_somebody_holds_is_theirs_first(desk):
    holder = people.actor(people.patient())
    services.hold_place(
        holder, therapist_id=desk.therapist.id, service_id=desk.service.id, starts_at=START, at=AT
    )
    join(desk)
    # Holds run out by the clock of Redis, which is later than the moment of this test.
    assert run(AT) == 0


def test_leaving_frees_what_was_offered(desk):
    (first, one), (_second, two) = join(desk), join(desk, at=AT + HOUR)
    run(AT + 2 * HOUR)
    services.waitlist_leave(first, one.id, at=AT + 3 * HOUR)
    services.waitlist_leave(first, one.id, at=AT + 3 * HOUR)
    services.waitlist_nudge(people.SYSTEM, therapist_id=desk.therapist.id, at=AT + 3 * HOUR)
    assert run(AT + 3 * HOUR) == 1
    assert offers()[-1].entry_id == two.id
    assert state(one) == EntryState.LEFT


def test_where_one_stands(desk):
    (first, one), (second, two), (third, three) = (
        join(desk),
        join(desk, at=AT + HOUR),
        join(desk, at=AT + 2 * HOUR),
    )
    assert [selectors.waitlist_own(actor)[0].ahead for actor in (first, second, third)] == [0, 1, 2]
    services.waitlist_leave(first, one.id, at=AT + 3 * HOUR)
    assert selectors.waitlist_own(third)[0].ahead == 1
    line = selectors.waitlist_line(desk.as_therapist)
    assert [row.id for row in line] == [two.id, three.id]
    assert [row.ahead for row in line] == [0, 1]
    with pytest.raises(NotAllowed):
        selectors.waitlist_line(first)


def test_terms_that_changed_are_shown_before_anybody_says_yes(desk):
    actor, _entry = join(desk)
    run(AT)
    offer = offers()[0]
    terms = selectors.waitlist_offer(actor, offer.id).terms
    desk.service.version += 1
    desk.service.price_minor = 99_900
    desk.service.save()
    with pytest.raises(errors.TermsChanged):
        services.offer_accept(actor, offer.id, terms=terms, at=AT + HOUR)
    assert accept(actor, offer, AT + HOUR).appointment.price.amount == 99_900


def test_hours_that_went_take_the_offer_back_and_leave_the_place(desk):
    actor, entry = join(desk)
    run(AT)
    offer = offers()[0]
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=desk.calendar).delete()
    with pytest.raises(errors.SlotNotOffered):
        accept(actor, offer, AT + HOUR)
    assert offers()[0].state == OfferState.WITHDRAWN
    assert state(entry) == EntryState.WAITING


def test_a_line_ends_with_its_last_day_and_with_what_is_waited_for(desk):
    _actor, entry = join(desk, wishes=Wishes(time_zone="UTC", last_on=AT.date()))
    assert run(AT + DAY) == 0
    assert state(entry) == EntryState.ENDED
    _actor, other = join(desk, at=AT + DAY)
    desk.service.retired_at = AT + DAY
    desk.service.save()
    run(AT + DAY + HOUR)
    assert state(other) == EntryState.ENDED


def test_who_closes_their_account_waits_no_more(desk):
    person = people.patient()
    _actor, entry = join(desk, person)
    run(AT)
    accounts_services.account_close(people.actor(person), at=clock.now())
    record.outbox_drain(people.SYSTEM, at=clock.now())
    assert state(entry) == EntryState.LEFT
    assert not Claim.objects.unscoped(reason="test").exists()


def test_a_mail_says_neither_with_whom_nor_what_for(desk, mailoutbox):
    join(desk)
    run(AT)
    people.letters_send(clock.now())
    (mail,) = [each for each in mailoutbox if "time is kept" in each.subject]
    assert desk.therapist.name not in mail.subject + mail.body
    assert desk.service.name not in mail.body


# Until when one may answer ----------------------------------------------------------------------------------

CHICAGO = ZoneInfo("America/Chicago")
TWO = 2 * HOUR


def local(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute), CHICAGO).astimezone(UTC)


@pytest.mark.parametrize(
    ("asked", "starts", "until"),
    [
        # By day: two hours.
        ((3, 10), (9, 10), (3, 12)),
        # Near: half of what is left.
        ((3, 10), (3, 12), (3, 11)),
        # Too near to be asked at all.
        ((3, 10), (3, 10, 20), None),
        # At night the clock stands still until eight.
        ((3, 23), (9, 10), (4, 10)),
        ((3, 3), (9, 10), (3, 10)),
        ((3, 20, 40), (9, 10), (4, 8, 40)),
        # Not longer than half a day.
        ((3, 20), (9, 10), (4, 8)),
        # A session early in the morning is for who is awake.
        ((3, 23), (4, 8), None),
    ],
)
def test_until_when_one_may_answer(asked, starts, until):
    def moment(given):
        day, *clock_ = given
        return local(date(2026, 11, day), *clock_)

    found = rules.answer_until(moment(asked), moment(starts), time_zone="America/Chicago", answer=TWO)
    assert found == (moment(until) if until else None)


def test_parts_of_a_week_are_kept_whole():
    every = {(day, part) for day in range(7) for part in DayPart}
    assert rules.parts_unpack(rules.parts_pack(every)) == every
    assert rules.parts_pack(every) == rules.PARTS_ALL
    some = {(0, DayPart.MORNING), (6, DayPart.EVENING)}
    assert rules.parts_unpack(rules.parts_pack(some)) == some


def test_a_token_of_a_practice_waits_and_answers_there_alone(desk):
    """What its person waits for elsewhere, and at no practice, is not for it."""
    person = people.patient()
    actor, there = join(desk, person)
    _actor, anywhere = join(desk, person, terms={TermKind.LANGUAGE: ("es",)})
    run(AT)
    (offer,) = offers()
    elsewhere = people.practice_of(people.therapist())
    token = replace(people.actor(person, practice_id=elsewhere), token_id=uuid.uuid4())
    assert selectors.waitlist_own(token) == []
    for entry in (there, anywhere):
        with pytest.raises(NotFound):
            selectors.waitlist_get(token, entry.id)
        with pytest.raises(NotFound):
            services.waitlist_leave(token, entry.id, at=AT)
    for answer in (
        lambda: selectors.waitlist_offer(token, offer.id),
        lambda: services.offer_accept(token, offer.id, terms="", at=AT),
        lambda: services.offer_decline(token, offer.id, at=AT),
    ):
        with pytest.raises(NotFound):
            answer()
    for wanted in ({"service_id": desk.service.id}, {"terms": {TermKind.LANGUAGE: ("en",)}}):
        with pytest.raises(NotAllowed):
            services.waitlist_join(token, wishes=ANY, at=AT, **wanted)
    here = replace(people.actor(person, practice_id=desk.practice_id), token_id=uuid.uuid4())
    assert [each.id for each in selectors.waitlist_own(here)] == [there.id]
    assert {each.id for each in selectors.waitlist_own(actor)} == {there.id, anywhere.id}
    assert offers()[0].state == OfferState.OPEN


def test_nobody_can_take_the_id_that_an_offer_becomes_an_appointment_by(desk):
    actor, _entry = join(desk)
    run(AT)
    (offer,) = offers()
    services.appointment_book_for(
        desk.as_therapist, desk.patient.id, desk.service.id, starts_at=START + DAY, key=offer.id, at=AT
    )
    assert accept(actor, offer, AT + HOUR).is_new


def test_an_offer_whose_id_is_an_appointment_already_is_a_refusal(desk):
    actor, _entry = join(desk)
    run(AT)
    (offer,) = offers()
    row = factories.appointment(desk, START + DAY)
    type(row).objects.unscoped(reason="test").filter(pk=row.id).update(hold_id=offer.id)
    with pytest.raises(IdempotencyConflict):
        accept(actor, offer, AT + HOUR)
    assert offers()[0].state == OfferState.OPEN
