"""People who want what is kept for others, or more than one person gets."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.tests import factories as people
from accounts.types import TermKind
from bloom.kernel import clock
from bloom.kernel.errors import DomainError, Invalid, NotAllowed, NotFound, RateLimited
from scheduling import errors, selectors, services
from scheduling.models import Appointment, Claim, WaitlistEntry, WaitlistOffer, WeeklyBlock
from scheduling.services import waitlist_runs
from scheduling.tests import factories
from scheduling.tests.factories import START
from scheduling.tests.forgetting import holds_flush
from scheduling.types import WAITING_MOST, EntryState, OfferState, Wishes

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AT = START - 7 * DAY
ANY = Wishes(time_zone="America/Chicago")
SPANISH = {TermKind.LANGUAGE: ("es",)}


@pytest.fixture
def desk():
    """One hour a week: on Monday from ten."""
    made = factories.desk(slot_minutes=60, horizon_days=10)
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=made.calendar).delete()
    factories.block(made.calendar, 0, 600, 660)
    people.listing(made.therapist)
    return made


def join(desk, *, at=AT, wishes=ANY):
    actor = people.actor(people.patient())
    return actor, services.waitlist_join(actor, wishes=wishes, service_id=desk.service.id, at=at)


def offered(desk):
    actor, entry = join(desk)
    assert services.waitlist_run(people.SYSTEM, at=AT) == 1
    offer = WaitlistOffer.objects.unscoped(reason="test").get(entry_id=entry.id)
    return actor, entry, offer


def test_a_strangers_place_and_offer_are_not_there(desk):
    """ASVS 5 V8.2.2."""
    _owner, entry, offer = offered(desk)
    for stranger in (people.actor(people.patient()), people.actor(people.therapist())):
        for ask in (
            lambda who: selectors.waitlist_get(who, entry.id),
            lambda who: selectors.waitlist_offer(who, offer.id),
            lambda who: services.waitlist_leave(who, entry.id, at=AT),
            lambda who: services.waitlist_resume(who, entry.id, at=AT),
            lambda who: services.offer_accept(who, offer.id, terms="1.0", at=AT),
            lambda who: services.offer_decline(who, offer.id, at=AT),
        ):
            with pytest.raises(NotFound):
                ask(stranger)
    assert WaitlistOffer.objects.unscoped(reason="test").get().state == OfferState.OPEN


def test_the_therapist_who_sees_an_offer_cannot_answer_for_the_patient(desk):
    """ASVS 5 V8.2.1."""
    _owner, entry, offer = offered(desk)
    terms = selectors.waitlist_offer(desk.as_therapist, offer.id).terms
    for ask in (
        lambda: services.offer_accept(desk.as_therapist, offer.id, terms=terms, at=AT),
        lambda: services.offer_decline(desk.as_therapist, offer.id, at=AT),
        lambda: services.waitlist_leave(desk.as_therapist, entry.id, at=AT),
    ):
        with pytest.raises(NotAllowed):
            ask()
    assert not Appointment.objects.unscoped(reason="test").exists()


def test_what_is_kept_for_one_nobody_else_books_by_a_hold_from_before(desk):
    """ASVS 5 V2.3.4: a hold that stood before the offer, brought along after it."""
    other = people.actor(people.patient())
    held = services.hold_place(
        other, therapist_id=desk.therapist.id, service_id=desk.service.id, starts_at=START, at=AT
    )
    # Redis forgets the hold for whoever offers, and knows it again for whoever books.
    owner, entry = join(desk)
    from scheduling import holds

    holds_flush()
    assert services.waitlist_run(people.SYSTEM, at=AT) == 1
    holds.hold_place(held, _offer_of(desk))
    with pytest.raises(errors.SlotTaken):
        services.appointment_book(other, held.id, at=AT)
    offer = WaitlistOffer.objects.unscoped(reason="test").get(entry_id=entry.id)
    terms = selectors.waitlist_offer(owner, offer.id).terms
    assert services.offer_accept(owner, offer.id, terms=terms, at=AT + HOUR).is_new


def _offer_of(desk):
    from scheduling import present

    return present.offer_of(desk.service)


def test_an_expired_offer_is_over_before_anybody_has_come_by(desk):
    """ASVS 5 V2.3.1."""
    owner, _entry, offer = offered(desk)
    terms = selectors.waitlist_offer(owner, offer.id).terms
    with pytest.raises(errors.OfferOver):
        services.offer_accept(owner, offer.id, terms=terms, at=offer.expires_at)
    with pytest.raises(errors.OfferOver):
        services.offer_accept(owner, offer.id, terms=terms, at=offer.expires_at + DAY)
    assert not Appointment.objects.unscoped(reason="test").exists()


def test_a_declined_offer_is_not_accepted_after_all(desk):
    """ASVS 5 V2.3.1."""
    owner, _entry, offer = offered(desk)
    terms = selectors.waitlist_offer(owner, offer.id).terms
    services.offer_decline(owner, offer.id, at=AT)
    with pytest.raises(errors.OfferOver):
        services.offer_accept(owner, offer.id, terms=terms, at=AT)
    assert not Claim.objects.unscoped(reason="test").exists()


@pytest.mark.parametrize("terms", ["", "1", "1.", "1.0.0", "-1.0", "9.9", "²." + "1" * 40, "x" * 31])
def test_crafted_terms_book_nothing(desk, terms):
    """ASVS 5 V2.2.1."""
    owner, _entry, offer = offered(desk)
    with pytest.raises(errors.TermsChanged):
        services.offer_accept(owner, offer.id, terms=terms, at=AT)
    assert WaitlistOffer.objects.unscoped(reason="test").get().state == OfferState.OPEN


def test_one_person_does_not_fill_the_lines(desk, settings):
    """ASVS 5 V2.3.2."""
    settings.RATE_FACTOR = 1000
    actor = people.actor(people.patient())
    for _ in range(WAITING_MOST):
        services.waitlist_join(actor, wishes=ANY, terms=SPANISH, at=AT)
    with pytest.raises(errors.WaitlistFull):
        services.waitlist_join(actor, wishes=ANY, terms=SPANISH, at=AT)
    other = people.actor(people.patient())
    services.waitlist_join(other, wishes=ANY, service_id=desk.service.id, at=AT)
    with pytest.raises(errors.AlreadyWaiting):
        services.waitlist_join(other, wishes=ANY, service_id=desk.service.id, at=AT)


def test_a_flood_of_joins_is_slowed_down(settings):
    """ASVS 5 V2.4.1."""
    settings.RATE_FACTOR = 1
    settings.WAITLIST_JOINS_PER_HOUR = 3
    actor = people.actor(people.patient())
    with pytest.raises(RateLimited):
        for _ in range(5):
            entry = services.waitlist_join(actor, wishes=ANY, terms=SPANISH, at=AT)
            services.waitlist_leave(actor, entry.id, at=AT)


def test_who_is_no_patient_or_may_not_book_it_does_not_wait_for_it(desk):
    """ASVS 5 V8.2.1."""
    for who in (people.actor(people.therapist()), desk.as_therapist):
        with pytest.raises(NotAllowed):
            services.waitlist_join(who, wishes=ANY, service_id=desk.service.id, at=AT)
    unlisted = factories.desk()
    with pytest.raises(NotFound):
        services.waitlist_join(
            people.actor(people.patient()), wishes=ANY, service_id=unlisted.service.id, at=AT
        )
    desk.service.who_may_book = "existing"
    desk.service.save()
    with pytest.raises(errors.ServiceNotForYou):
        join(desk)


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(time_zone="Moon/Base"),
        Wishes(time_zone="UTC", last_on=AT.date() - DAY),
        Wishes(time_zone="UTC", first_on=AT.date() + 9 * DAY, last_on=AT.date() + 8 * DAY),
        Wishes(time_zone="UTC", first_on=AT.date() + 4000 * DAY),
        Wishes(time_zone="UTC", last_on=AT.date() + 4000 * DAY),
    ],
    ids=["no zone", "over", "backwards", "far first", "far last"],
)
def test_crafted_wishes_are_refused(desk, wishes):
    """ASVS 5 V2.2.1."""
    with pytest.raises(Invalid):
        join(desk, wishes=wishes)


@pytest.mark.parametrize(
    "terms",
    [
        {TermKind.SPECIALTY: ("nothing",)},
        {TermKind.MODALITY: ("cbt",)},
        {TermKind.STATE: ("IL", "X")},
        {TermKind.STATE: ("AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE")},
    ],
    ids=["unknown", "another kind", "no state", "too many"],
)
def test_crafted_terms_of_a_search_are_refused(terms):
    """ASVS 5 V2.2.1."""
    with pytest.raises(Invalid):
        services.waitlist_join(people.actor(people.patient()), wishes=ANY, terms=terms, at=AT)


@pytest.mark.parametrize(
    "body",
    [
        {"parts": [{"weekday": 7, "part": "morning"}]},
        {"parts": [{"weekday": "0", "part": "morning"}]},
        {"parts": [{"weekday": 0, "part": "night"}]},
        {"parts": [{"weekday": 0, "part": "morning"}] * 200},
        {"parts": "all"},
        {"first_on": "9999-12-31"},
        {"last_on": "0001-01-01"},
        {"time_zone": "../../etc/passwd"},
        {"mode": "phone"},
        {"service": "'; DROP TABLE"},
        {"terms": {"specialty": ["anxiety' OR 1=1"]}},
        {"terms": {"diagnosis": ["F41.1"]}},
        {"terms": []},
    ],
)
def test_crafted_requests_are_told_what_is_wrong(body):
    """ASVS 5 V2.2.1."""
    browser = people.browser(people.patient())
    from accounts import services as accounts_services

    token = accounts_services.token_issue(
        people.SYSTEM, people.patient().id, "test", ["scheduling:write"], 1, at=clock.now()
    )
    answer = browser.post(
        "/api/v1/waitlist/",
        body,
        content_type="application/json",
        headers={"authorization": f"Bearer {token.raw}"},
    )
    assert answer.status_code == 400, answer.content
    assert not WaitlistEntry.objects.unscoped(reason="test").exists()


def test_the_page_of_an_offer_does_nothing_when_it_is_read(desk):
    """ASVS 5 V3.5.3."""
    owner, _entry, offer = offered(desk)
    from accounts.models import User

    browser = people.browser(User.objects.get(pk=owner.user_id))
    for _ in range(3):
        browser.get(f"/waitlist/offers/{offer.id}/")
        browser.head(f"/waitlist/offers/{offer.id}/")
        assert browser.get(f"/waitlist/offers/{offer.id}/decline/").status_code == 405
    assert WaitlistOffer.objects.unscoped(reason="test").get().state == OfferState.OPEN


def test_the_desk_reads_who_waits_and_not_what_they_look_for(desk):
    """ASVS 5 V8.2.3."""
    seeker = people.actor(people.patient())
    services.waitlist_join(seeker, wishes=ANY, terms={TermKind.SPECIALTY: ("anxiety",)}, at=AT)
    join(desk)
    line = selectors.waitlist_line(desk.as_therapist)
    assert len(line) == 1
    assert line[0].terms == {}


def test_the_database_keeps_one_open_offer_a_place_and_one_place_a_service(desk):
    """ASVS 5 V2.3.4."""
    _owner, entry, offer = offered(desk)
    row = WaitlistEntry.objects.unscoped(reason="test").get(pk=entry.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        offer.id = uuid4()
        offer._state.adding = True
        offer.save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.id = uuid4()
        row._state.adding = True
        row.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_and_many_who_book_directly_leave_one_time_to_one(settings):
    """ASVS 5 V2.3.4: the time is offered or booked, never both, and never offered twice."""
    settings.RATE_FACTOR = 1000
    holds_flush()
    made = factories.desk(slot_minutes=60, horizon_days=10)
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=made.calendar).delete()
    factories.block(made.calendar, 0, 600, 660)
    people.listing(made.therapist)
    for number in range(3):
        join(made, at=AT + number * HOUR)
    actors = [people.actor(people.patient()) for _ in range(4)]
    at, ready = AT + 4 * HOUR, threading.Barrier(7)

    def sweep(_number):
        try:
            ready.wait(60)
            # Without the turn that lets one run at a time: rows alone prove it.
            return waitlist_runs._run(people.SYSTEM, at=at)
        finally:
            connection.close()

    def book(actor):
        try:
            ready.wait(60)
            held = services.hold_place(
                actor, therapist_id=made.therapist.id, service_id=made.service.id, starts_at=START, at=at
            )
            services.appointment_book(actor, held.id, at=at)
        except DomainError as refusal:
            return refusal.code
        else:
            return "booked"
        finally:
            connection.close()

    with ThreadPoolExecutor(7) as pool:
        sweeps = [pool.submit(sweep, number) for number in range(3)]
        booked = [pool.submit(book, actor) for actor in actors]
        offers = sum(each.result(120) for each in sweeps)
        answers = [each.result(120) for each in booked]
    rows = Appointment.objects.unscoped(reason="test").count()
    opened = WaitlistOffer.objects.unscoped(reason="test").filter(state=OfferState.OPEN.value).count()
    assert answers.count("booked") == rows
    assert offers == opened
    assert rows + opened == 1
    assert set(answers) <= {"booked", "slot_taken", "slot_not_offered", "hold_gone"}, answers
    waiting = WaitlistEntry.objects.unscoped(reason="test").filter(state=EntryState.WAITING.value)
    assert waiting.count() == 3 - opened
