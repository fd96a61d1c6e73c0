"""A token that was issued for one practice: what it reaches of its person's as a patient of another."""

import uuid
from dataclasses import replace

import pytest
from django.test import Client

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed, NotFound
from scheduling import selectors, services
from scheduling.models import Arrival, Reminder, ReminderChoice, RoomEvent, TelehealthConsent
from scheduling.telehealth import services as telehealth
from scheduling.telehealth.types import Happening
from scheduling.tests import factories, video
from scheduling.tests.test_reminders import agreed, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def both():
    """Somebody who works in one practice, and is a patient in another."""
    person = people.therapist()
    accounts_services.role_grant(people.SYSTEM, person.id, "patient", at=people.AT)
    return factories.desk(patient=person)


def token(person, practice_id):
    return replace(people.actor(person, practice_id=practice_id), token_id=uuid.uuid4(), session_id=None)


def test_by_rest_it_neither_reads_nor_chooses_when_they_are_reminded(both):
    row = agreed(both)
    noted = waiting(row)
    assert noted
    issued = accounts_services.token_issue(
        people.SYSTEM,
        both.patient.id,
        "A program",
        ["scheduling:read", "scheduling:write"],
        30,
        at=clock.now(),
    )
    program = Client(headers={"Authorization": f"Bearer {issued.raw}"})
    assert program.get("/api/v1/appointments/").json()["results"] == []
    address = "/api/v1/me/reminders/"
    assert program.get(address).status_code == 403
    refused = program.put(address, {"leads": []}, content_type="application/json")
    assert refused.status_code == 403
    assert waiting(row) == noted
    # They themselves do, whichever practice they act for.
    own = people.browser(both.patient)
    assert own.put(address, {"leads": [60]}, content_type="application/json").json() == {"leads": [60]}


def test_a_token_of_no_practice_is_its_persons_in_all(both):
    wide = token(people.patient(), None)
    assert services.reminders_choose(wide, [60], at=clock.now()) == selectors.reminder_leads(wide) == (60,)


def test_of_rooms_and_reminders_it_sees_those_of_its_practice_alone(both):
    agreed(both)
    services.reminders_choose(people.actor(both.patient), [60], at=clock.now())
    row = video.room_of(both)
    video.ready(both, row)
    RoomEvent.objects.create(
        practice_id=both.practice_id,
        appointment=row,
        happening=Happening.STARTED.value,
        session="s",
        happened_at=clock.now(),
    )
    kinds = (Reminder, TelehealthConsent, Arrival, RoomEvent)
    elsewhere = token(both.patient, people.practice_of(both.patient))
    here = token(both.patient, both.practice_id)
    for kind in kinds:
        assert not kind.objects.visible_to(elsewhere).exists(), kind
        assert kind.objects.visible_to(here).exists(), kind
        assert kind.objects.visible_to(people.actor(both.patient)).exists(), kind
    assert not ReminderChoice.objects.visible_to(here).exists()
    with pytest.raises(NotFound):
        telehealth.room_join(elsewhere, row.id, device=uuid.uuid4(), socket_id="s", at=clock.now())
    consent = TelehealthConsent.objects.unscoped(reason="test").get()
    with pytest.raises(NotFound):
        telehealth.consent_withdraw(elsewhere, consent.id, at=clock.now())
    with pytest.raises(NotAllowed):
        services.reminders_choose(elsewhere, [], at=clock.now())
