"""Messages that somebody planned who is not their author: they do not go once they were thrown out."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from messaging import selectors, services
from messaging.tests import factories
from messaging.tests.factories import AT
from messaging.tests.plans import DUE, bodies, browser, plan, row_of, sweep, told
from messaging.types import ScheduledState, StopReason

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)


def signed_in(user, actor):
    """The same person in a browser that they, or somebody else, are signed in with."""
    before = set(people.sessions_of(user))
    people.session_key(user)
    (session_id,) = set(people.sessions_of(user)) - before
    return replace(actor, session_id=session_id)


def own_id(actor):
    return UUID(actor.session_id)


def with_token(user, actor):
    issued = accounts_services.token_issue(
        people.SYSTEM, user.id, "Program", ["conversations:write"], 365, at=AT
    )
    return replace(actor, token_id=issued.id)


def reset(user, *others):
    accounts_services.password_reset(people.SYSTEM, user.id, at=LATER)


def changed(user, thief, owner):
    accounts_services.password_changed(owner, user.id, keep_session=owner.session_id, at=LATER)


def others_ended(user, thief, owner):
    accounts_services.sessions_end_others(owner, at=LATER)


def reset_after_it_ran_out(user, thief, owner):
    accounts_services.session_expire(thief, thief.session_id, at=clock.now() + timedelta(days=400))
    reset(user)


@pytest.mark.parametrize("rescue", [reset, changed, others_ended, reset_after_it_ran_out])
def test_what_a_stolen_session_planned_does_not_go_after_its_owner_threw_it_out(rescue):
    talk = factories.talk()
    thief, owner = (signed_in(talk.patient, talk.as_patient) for _ in range(2))
    planned = plan(thief, talk, "Send me money.")
    rescue(talk.patient, thief, owner)
    assert sweep() == 0
    assert bodies(talk) == []
    assert (row_of(planned).reason, told(talk.patient)) == (StopReason.REVOKED, ["stopped"])
    assert "send it again" in browser(talk.patient).get(f"/messages/{talk.id}/").content.decode()
    # If it was theirs after all, they send it again.
    anew = signed_in(talk.patient, talk.as_patient)
    services.scheduled_change(anew, planned.id, due_at=DUE + timedelta(days=1), at=DUE)
    assert sweep(DUE + timedelta(days=1)) == 1


@pytest.mark.parametrize(
    "rescue",
    [
        reset,
        lambda user, thief, owner: accounts_services.token_revoke(owner, thief.token_id, at=LATER),
        lambda user, thief, owner: accounts_services.password_changed(
            owner, user.id, keep_session=owner.session_id, at=LATER
        ),
    ],
)
def test_what_a_stolen_token_planned_does_not_go_either(rescue):
    talk = factories.talk()
    thief = with_token(talk.therapist, talk.as_therapist)
    planned = plan(thief, talk)
    rescue(talk.therapist, thief, signed_in(talk.therapist, talk.as_therapist))
    assert sweep() == 0
    assert row_of(planned).reason == StopReason.REVOKED


def test_whoever_changed_it_last_answers_for_it():
    talk = factories.talk()
    thief, owner = (signed_in(talk.patient, talk.as_patient) for _ in range(2))
    stolen, seen = plan(owner, talk, "Mine."), plan(thief, talk, "Odd.")
    services.scheduled_change(thief, stolen.id, body="Not mine.", at=AT)
    services.scheduled_change(owner, seen.id, body="Mine now.", at=AT)
    others_ended(talk.patient, thief, owner)
    assert sweep() == 1
    assert bodies(talk) == ["Mine now."]
    assert row_of(stolen).reason == StopReason.REVOKED


@pytest.mark.parametrize(
    "end",
    [
        lambda user, own, other: None,
        lambda user, own, other: accounts_services.session_end(own, own_id(own), at=LATER),
        lambda user, own, other: accounts_services.session_expire(
            own, own.session_id, at=clock.now() + timedelta(days=400)
        ),
        lambda user, own, other: accounts_services.password_changed(
            own, user.id, keep_session=own.session_id, at=LATER
        ),
        lambda user, own, other: accounts_services.session_end(own, own_id(other), at=LATER),
    ],
    ids=["nothing", "signed out", "ran out", "changed the password", "ended another"],
)
def test_what_ends_by_itself_or_by_its_own_hand_stops_nothing(end):
    talk = factories.talk()
    own, other = (signed_in(talk.patient, talk.as_patient) for _ in range(2))
    planned = plan(own, talk)
    end(talk.patient, own, other)
    assert sweep() == 1
    assert row_of(planned).state == ScheduledState.SENT
    (audited,) = factories.audit_rows(talk.id)
    assert (audited.session_id, audited.token_id, audited.via) == (own.session_id, None, "job")


def test_a_token_that_runs_out_or_that_its_owner_keeps_stops_nothing():
    talk = factories.talk()
    program = with_token(talk.therapist, talk.as_therapist)
    owner = signed_in(talk.therapist, talk.as_therapist)
    plan(program, talk, due_at=DUE)
    accounts_services.password_changed(
        owner, talk.therapist.id, keep_session=owner.session_id, keep_tokens=True, at=LATER
    )
    assert sweep(DUE + timedelta(days=364)) == 1
    (audited,) = factories.audit_rows(talk.id)
    assert (audited.session_id, audited.token_id) == ("", program.token_id)


def test_what_was_planned_before_plans_kept_it_stops_at_a_new_password_alone():
    talk = factories.talk()
    first = plan(talk.as_patient, talk)
    assert sweep() == 1
    assert selectors.scheduled_get(talk.as_patient, first.id).state is ScheduledState.SENT
    second = plan(talk.as_patient, talk, due_at=DUE + timedelta(days=1), at=AT)
    reset(talk.patient)
    assert sweep(DUE + timedelta(days=1)) == 0
    assert row_of(second).reason == StopReason.REVOKED
