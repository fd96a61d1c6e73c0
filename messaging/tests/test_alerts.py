"""A crisis alert that nobody answers: whom it reaches then, and who looks after the patient."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.core import mail

from accounts import letters
from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.errors import NoticeLocked
from accounts.tests import factories as people
from accounts.types import MembershipRole, RoleName
from bloom.kernel.actor import Via
from bloom.kernel.errors import NotFound
from messaging import cards, selectors, services
from messaging.errors import AlertTaken
from messaging.models import CrisisAlert
from messaging.tests import factories
from messaging.tests.factories import AT, CRISIS, HARMLESS
from messaging.types import AlertReach

pytestmark = pytest.mark.django_db

Notice = apps.get_model("accounts", "Notice")

STEP = settings.CRISIS_WIDENS_AFTER
LATER = AT + STEP
LAST = LATER + STEP


class Practice:
    """A group practice: its owner, a supervisor, a front desk, and a therapist with a patient."""

    def __init__(self):
        self.owner = people.therapist(name="Olive Park")
        self.therapist = people.therapist(name="Tara Lindt")
        self.id = people.practice(self.owner, self.therapist)
        self.memberships = {}
        self.supervisor, self.desk = people.therapist(), people.patient()
        for person, role in (
            (self.supervisor, MembershipRole.SUPERVISOR),
            (self.desk, MembershipRole.FRONT_DESK),
        ):
            self.memberships[person.id] = accounts_services.membership_start(
                people.SYSTEM, self.id, person.id, role, at=AT
            )
        self.patient = people.patient(name="Ines Rivera")
        people.assignment(self.patient, self.therapist, practice_id=self.id)
        self.talk_id = services.conversation_open(
            people.actor(self.patient), self.therapist.id, at=AT
        ).conversation.id

    def as_(self, person, **more):
        return people.actor(person, practice_id=self.id, **more)

    def danger(self, body=CRISIS, at=AT):
        return factories.send(people.actor(self.patient, via=Via.API), self.talk_id, body, at=at)


@pytest.fixture
def house():
    return Practice()


@pytest.fixture
def staff():
    return people.actor(people.support())


def widen(at):
    return services.crisis_alerts_widen(people.SYSTEM, at=at)


def browser(house, person):
    """Signed in, and acting for the practice."""
    client = people.browser(person)
    client.post(f"/practices/{house.id}/use/")
    return client


def alerts():
    return list(CrisisAlert.objects.unscoped(reason="test").order_by("raised_at", "id"))


def told(actor):
    return [each.patient.name for each in selectors.alerts_beyond_list(actor)]


def test_nobody_else_is_told_before_its_time(house, staff):
    house.danger()
    assert widen(LATER - timedelta(seconds=1)) == 0
    for person in (house.owner, house.supervisor, house.desk):
        assert told(house.as_(person)) == []
    assert told(staff) == []


def test_the_practice_is_told_first_and_the_staff_after_as_long_again(house, staff):
    house.danger()
    assert widen(LATER) == 1
    assert told(house.as_(house.owner)) == told(house.as_(house.supervisor)) == ["Ines Rivera"]
    assert told(staff) == told(house.as_(house.desk)) == told(house.as_(house.therapist)) == []
    assert widen(LATER) == 0
    assert widen(LAST) == 1
    assert told(staff) == ["Ines Rivera"]
    assert widen(LAST + 10 * STEP) == 0
    reached = [event.data["reach"] for event in people.recorded("messaging.crisis_alert.widened")]
    assert sorted(reached) == ["practice", "staff"]


def test_a_practice_of_one_is_passed_over(staff):
    talk = factories.talk(people.patient(name="Ines Rivera"))
    factories.send(talk.as_patient, talk.id, CRISIS)
    widen(LATER)
    assert told(staff) == ["Ines Rivera"]
    assert told(talk.as_therapist) == told(talk.as_patient) == []


def test_whoever_works_elsewhere_or_has_left_is_not_told(house):
    stranger = people.therapist()
    house.danger()
    accounts_services.membership_end(house.as_(house.owner), house.memberships[house.supervisor.id], at=AT)
    widen(LATER)
    assert told(people.actor(stranger)) == []
    assert told(people.actor(stranger, practice_id=house.id)) == []
    assert told(house.as_(house.supervisor)) == []


def test_in_another_practice_the_owner_learns_that_one_waits_and_not_whose(house):
    house.danger()
    widen(LATER)
    own_practice = next(
        each.id for each in accounts_selectors.practice_list(people.actor(house.owner)) if each.id != house.id
    )
    own = people.actor(house.owner, practice_id=own_practice)
    assert told(own) == []
    assert [each.id for each in selectors.alerts_beyond_elsewhere(own)] == [house.id]
    assert selectors.alerts_beyond_elsewhere(house.as_(house.owner)) == []
    assert selectors.alerts_beyond_elsewhere(house.as_(house.desk)) == []


def test_a_token_is_told_nothing(house):
    house.danger()
    widen(LATER)
    token = people.actor(house.owner, practice_id=house.id)
    token = type(token)(**{**{name: getattr(token, name) for name in token.__slots__}, "token_id": house.id})
    assert told(token) == []
    assert selectors.alerts_beyond_elsewhere(token) == []


def test_what_the_therapist_answers_goes_no_further(house, staff):
    house.danger()
    widen(LATER)
    therapist = house.as_(house.therapist)
    services.crisis_alert_acknowledge(therapist, alerts()[0].id, at=LATER)
    assert told(house.as_(house.owner)) == []
    assert widen(LAST) == 0
    assert told(staff) == []


def test_whoever_takes_it_is_named_to_the_therapist_and_nobody_else_need(house, staff):
    house.danger()
    house.danger(f"{CRISIS} Tonight.", at=AT + timedelta(minutes=1))
    widen(LATER)
    owner, supervisor = house.as_(house.owner), house.as_(house.supervisor)
    (view,) = selectors.alerts_beyond_list(owner)
    services.crisis_alert_take(owner, view.id, at=LATER)
    services.crisis_alert_take(owner, view.id, at=LATER)
    assert [each.is_own for each in selectors.alerts_beyond_list(owner)] == [True]
    assert told(supervisor) == []
    assert widen(LAST + STEP) == 0
    assert told(staff) == []
    shown = selectors.crisis_alert_list(house.as_(house.therapist))
    assert {each.taken_by.name for each in shown} == {"Olive Park"}
    assert len(people.recorded("messaging.crisis_alert.taken")) == 2
    with pytest.raises(AlertTaken):
        services.crisis_alert_take(supervisor, view.id, at=LATER)


def test_who_was_not_told_takes_nothing(house, staff):
    house.danger()
    alert = alerts()[0].id
    for actor in (house.as_(house.owner), staff, house.as_(house.patient)):
        with pytest.raises(NotFound):
            services.crisis_alert_take(actor, alert, at=AT)
    widen(LATER)
    for actor in (house.as_(house.desk), staff, house.as_(house.therapist), people.actor(house.patient)):
        with pytest.raises(NotFound):
            services.crisis_alert_take(actor, alert, at=AT)


def again(house, sent, words, minute):
    actor, at = people.actor(house.patient), AT + timedelta(minutes=minute)
    services.message_edit(actor, sent.id, f"{CRISIS} {words}", at=at)


def test_new_words_stay_with_whoever_looks_after_them_already(house):
    sent = house.danger()
    widen(LATER)
    services.crisis_alert_take(house.as_(house.owner), alerts()[0].id, at=LATER)
    again(house, sent, "Now.", 5)
    (alert,) = alerts()
    assert (alert.reach, alert.taken_by_id) == (AlertReach.PRACTICE, house.owner.id)
    assert alert.raised_at == AT + timedelta(minutes=5)


def test_new_words_of_danger_go_out_again_to_who_had_answered(house):
    sent = house.danger()
    widen(LATER)
    services.crisis_alert_take(house.as_(house.owner), alerts()[0].id, at=LATER)
    services.crisis_alert_acknowledge(house.as_(house.therapist), alerts()[0].id, at=LATER)
    again(house, sent, "Now.", 5)
    (alert,) = alerts()
    assert (alert.reach, alert.taken_by_id, alert.acknowledged_at) == (AlertReach.THERAPIST, None, None)
    assert alert.reach_due_at == AT + timedelta(minutes=5) + STEP


def test_many_edits_are_one_mail(house):
    sent = house.danger()
    for minute in range(1, 6):
        again(house, sent, str(minute), minute)
    assert [to for to, *_rest in mails()] == [house.therapist.email]


def test_fifty_messages_are_told_once(house):
    for number in range(5):
        house.danger(f"{CRISIS} {number}", at=AT + timedelta(seconds=number))
    assert widen(LATER + timedelta(seconds=9)) == 1
    assert told(house.as_(house.owner)) == ["Ines Rivera"]
    assert len(people.recorded("messaging.crisis_alert.widened")) == 1
    assert {alert.reach for alert in alerts()} == {AlertReach.PRACTICE}


def test_what_means_no_danger_reaches_nobody(house):
    house.danger(HARMLESS)
    assert widen(LAST) == 0


def test_the_card_names_people_and_no_words(house):
    house.danger()
    assert cards.alerts_beyond(house.as_(house.owner), AT) is None
    widen(LATER)
    page = browser(house, house.owner).get("/dashboard/").content.decode()
    assert "Ines Rivera" in page
    assert "Tara Lindt" in page
    assert CRISIS not in page
    answer = browser(house, house.owner).post(f"/messages/alerts/{alerts()[0].id}/take/", follow=True)
    assert "You look after this" in answer.content.decode()


def test_staff_are_shown_it_and_may_take_it(house):
    house.danger()
    widen(LATER)
    widen(LAST)
    client = people.browser(people.person(RoleName.SUPPORT, name="Sol Reyes"))
    assert "Ines Rivera" in client.get("/dashboard/").content.decode()
    client.post(f"/messages/alerts/{alerts()[0].id}/take/")
    shown = selectors.crisis_alert_list(house.as_(house.therapist))
    assert [each.taken_by.name for each in shown] == ["Sol Reyes"]
    therapist = browser(house, house.therapist)
    assert "Sol Reyes looks after this" in therapist.get(f"/messages/{house.talk_id}/").content.decode()


def notices(code):
    rows = Notice.objects.unscoped(reason="test").filter(kind="alerts", code=code)
    return {row.user_id: row.mail_due_at is not None for row in rows.order_by("created_at")}


def mails():
    letters.letters_send(at=LAST)
    return [(each.to[0], each.subject, each.body) for each in mail.outbox]


def test_the_therapist_is_told_at_once_in_the_app_and_by_a_mail_that_says_nothing(house):
    house.danger()
    assert notices("danger") == {house.therapist.id: True}
    ((to, subject, body),) = mails()
    assert (to, subject) == (house.therapist.email, "Please open Bloom now")
    for word in ("Ines", "Rivera", "danger", "kill", "patient", "care"):
        assert word not in body
    page = browser(house, house.therapist).get("/notices/").content.decode()
    assert "Somebody in your care may be in danger" in page


def test_many_messages_are_one_mail_and_later_ones_another(house):
    for minute in range(5):
        house.danger(f"{CRISIS} {minute}", at=AT + timedelta(minutes=minute))
    assert [to for to, *_rest in mails()] == [house.therapist.email]
    house.danger(f"{CRISIS} Still.", at=AT + settings.CRISIS_MAIL_EVERY)
    assert [to for to, *_rest in mails()] == [house.therapist.email] * 2


def test_whoever_is_told_later_is_told_by_mail_too(house):
    house.danger()
    widen(LATER)
    assert notices("unanswered") == {house.owner.id: True, house.supervisor.id: True}
    widen(LAST)
    staff = people.support()
    assert staff.id not in notices("unanswered")


def test_nobody_can_switch_it_off(house):
    with pytest.raises(NoticeLocked):
        accounts_services.notices_choose(people.actor(house.therapist), {("alerts", "email"): False}, at=AT)
