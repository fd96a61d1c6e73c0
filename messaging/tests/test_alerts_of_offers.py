"""A no to an offer of care may mean danger: who is alerted to it, who is told next, and who never is."""

import uuid
from dataclasses import replace

import pytest
from django.apps import apps
from django.conf import settings

from accounts import services as accounts_services
from accounts.models import Membership
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.errors import NotFound
from messaging import selectors, services
from messaging.models import CrisisAlert
from messaging.tests.factories import CRISIS
from messaging.types import AlertKind, AlertReach
from observability import services as record

pytestmark = pytest.mark.django_db

Notice = apps.get_model("accounts", "Notice")
CARD = 'data-card="crisis_alerts"'


def declined(maker, patient, therapist, practice_id):
    """The alert of a no to what this person has offered."""
    offer = accounts_services.proposal_offer(maker, patient.id, therapist.id, practice_id, "", at=clock.now())
    accounts_services.proposal_decline(people.actor(patient), offer.id, CRISIS, at=clock.now())
    record.outbox_drain(people.SYSTEM, at=clock.now())
    return CrisisAlert.objects.unscoped(reason="test").get()


def works_in(person, practice_id, role):
    accounts_services.membership_start(people.SYSTEM, practice_id, person.id, role, at=people.AT)


def test_staff_who_also_work_in_a_practice_see_what_is_the_platforms_whichever_they_act_for():
    patient, therapist, admin = people.patient(name="Ines Rivera"), people.therapist(), people.admin()
    elsewhere = people.practice_of(people.therapist())
    works_in(admin, elsewhere, MembershipRole.FRONT_DESK)
    actor = people.actor(admin)
    assert actor.practice_id == elsewhere
    alert = declined(actor, patient, therapist, people.practice_of(therapist))
    assert (alert.therapist_id, alert.practice_id) == (admin.id, None)
    browser = people.browser(admin)
    address = f"/messages/alerts/{alert.id}/"
    home = browser.get("/dashboard/").content.decode()
    assert CARD in home
    assert f'href="{address}"' in home
    assert "Ines Rivera" in browser.get(address).content.decode()
    # Not by a token, and not once they are no staff any more.
    for other in (
        replace(actor, token_id=uuid.uuid4(), session_id=None),
        replace(actor, roles=frozenset()),
        replace(actor, roles=frozenset(), practice_id=None),
    ):
        assert selectors.crisis_alert_total(other) == 0
        with pytest.raises(NotFound):
            selectors.crisis_alert_words(other, alert.id, at=clock.now())
    browser.post(f"{address}seen/")
    assert CARD not in browser.get("/dashboard/").content.decode()


class House:
    """A practice whose owner offers a patient the care of one of its supervisors; another is there, too."""

    def __init__(self):
        self.owner, self.offered, self.other = (people.therapist() for _ in range(3))
        self.patient = people.patient(name="Ines Rivera")
        self.id = people.practice(self.owner)
        for person in (self.offered, self.other):
            works_in(person, self.id, MembershipRole.SUPERVISOR)
        people.assignment(self.patient, self.owner, practice_id=self.id)
        self.alert = declined(self.as_(self.owner), self.patient, self.offered, self.id)

    def as_(self, person):
        return people.actor(person, practice_id=self.id)

    def at_home(self, person):
        """The same person, who acts for a practice of their own now."""
        works = Membership.objects.unscoped(reason="test").filter(user=person).exclude(practice_id=self.id)
        return people.actor(person, practice_id=works.get().practice_id)


@pytest.fixture
def house():
    return House()


def widen(alert, steps=1):
    """Nobody has answered for so long. Who was told last."""
    for step in range(1, steps + 1):
        services.crisis_alerts_widen(people.SYSTEM, at=alert.raised_at + step * settings.CRISIS_WIDENS_AFTER)
    alert = CrisisAlert.objects.unscoped(reason="test").get(pk=alert.pk)
    found = Notice.objects.unscoped(reason="test").filter(kind="alerts", code="unanswered")
    return AlertReach(alert.reach), set(found.values_list("user_id", flat=True))


def beyond(actor):
    return [each.id for each in selectors.alerts_beyond_list(actor)]


def test_the_therapist_to_whom_it_was_a_no_learns_nothing_in_the_practice(house):
    assert widen(house.alert) == (AlertReach.PRACTICE, {house.other.id})
    assert beyond(house.as_(house.other)) == [house.alert.id]
    assert beyond(house.as_(house.offered)) == []
    assert selectors.alerts_beyond_elsewhere(house.at_home(house.offered)) == []
    assert [each.id for each in selectors.alerts_beyond_elsewhere(house.at_home(house.other))] == [house.id]
    page = people.browser(house.offered, practice_id=house.id).get("/dashboard/").content.decode()
    assert 'data-card="alerts_beyond"' not in page
    with pytest.raises(NotFound):
        services.crisis_alert_take(house.as_(house.offered), house.alert.id, at=clock.now())
    services.crisis_alert_take(house.as_(house.other), house.alert.id, at=clock.now())


def test_nor_among_the_staff_of_the_platform(house):
    accounts_services.role_grant(people.SYSTEM, house.offered.id, "support", at=people.AT)
    staff = people.support()
    reach, told = widen(house.alert, steps=2)
    assert reach is AlertReach.STAFF
    assert staff.id in told
    assert house.offered.id not in told
    assert beyond(people.actor(staff)) == [house.alert.id]
    for actor in (house.as_(house.offered), people.actor(house.offered)):
        assert beyond(actor) == []
        with pytest.raises(NotFound):
            services.crisis_alert_take(actor, house.alert.id, at=clock.now())


def alert_known(house, *, at):
    """Words that the patient wrote for an appointment: of those the owner may know."""
    services.crisis_alert_raise(
        people.SYSTEM,
        AlertKind.APPOINTMENT,
        uuid.uuid4(),
        patient_id=house.patient.id,
        therapist_id=house.owner.id,
        practice_id=house.id,
        at=at,
    )


def test_a_practice_where_nobody_else_answers_is_passed_over(house):
    memberships = apps.get_model("accounts", "Membership").objects.unscoped(reason="test")
    memberships.filter(user=house.other, practice_id=house.id).update(ended_at=clock.now())
    assert widen(house.alert)[0] is AlertReach.STAFF


def test_what_they_may_know_of_the_patient_is_answered_apart(house):
    alert_known(house, at=house.alert.raised_at)
    reach, told = widen(house.alert)
    assert told == {house.other.id, house.offered.id}
    (known,) = beyond(house.as_(house.offered))
    assert known != house.alert.id
    assert set(beyond(house.as_(house.other))) == {known, house.alert.id}
    services.crisis_alert_take(house.as_(house.offered), known, at=clock.now())
    assert beyond(house.as_(house.other)) == [house.alert.id]
    assert (reach, widen(house.alert, steps=2)[0]) == (AlertReach.PRACTICE, AlertReach.STAFF)


def test_nor_does_who_was_to_take_over_learn_of_a_no_to_a_transfer(house):
    patient = people.patient()
    care = people.assignment(patient, house.owner, practice_id=house.id)
    proposed = accounts_services.proposal_transfer(
        house.as_(house.owner), care.id, house.offered.id, "", at=clock.now()
    )
    accounts_services.proposal_decline(people.actor(patient), proposed.id, CRISIS, at=clock.now())
    record.outbox_drain(people.SYSTEM, at=clock.now())
    alert = CrisisAlert.objects.unscoped(reason="test").get(about_id=proposed.id)
    assert (alert.therapist_id, alert.about_kind) == (house.owner.id, AlertKind.REQUEST)
    assert widen(alert)[1] == {house.other.id}
    assert alert.id in beyond(house.as_(house.other))
    assert beyond(house.as_(house.offered)) == []


READ, SEE = "Please read them, and reach out today", "Please see that somebody reaches them today."


def test_who_can_read_no_words_is_not_asked_to_read_them(house):
    browser = people.browser(house.owner, practice_id=house.id)
    home = browser.get("/dashboard/").content.decode()
    for text in (SEE, "See who"):
        assert text in home
    for text in (READ, "Read now"):
        assert text not in home
    page = browser.get(f"/messages/alerts/{house.alert.id}/").content.decode()
    assert SEE in page
    assert "With their no to an offer of care." in page
    for text in ("What they wrote", "Please read this first", "With a request"):
        assert text not in page
    # Beside one that is theirs to read, each row says what it asks for.
    alert_known(house, at=clock.now())
    home = browser.get("/dashboard/").content.decode()
    for text in (READ, SEE, "Read now", "See who"):
        assert home.count(text) == 1
