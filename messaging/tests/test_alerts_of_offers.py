"""A no to an offer of care may mean danger: who is alerted to it, who is told next, and who never is."""

import uuid
from dataclasses import replace

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.errors import NotFound
from messaging import selectors
from messaging.models import CrisisAlert
from messaging.tests.factories import CRISIS
from observability import services as record

pytestmark = pytest.mark.django_db

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
