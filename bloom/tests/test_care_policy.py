"""What ends with care and what stays: the document is the table's, and each row is so."""

from pathlib import Path

import pytest
from django.conf import settings

from accounts import rules, selectors, services
from accounts.errors import CareEndedByOther
from accounts.rules import CareFate, CareParty, CareSubject
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel.errors import NotFound
from messaging import selectors as messaging_selectors
from messaging import services as messaging_services
from messaging.errors import ConversationReadOnly
from messaging.tests import factories
from messaging.types import ConversationKind
from observability.models import Event

AT = factories.AT


def test_the_document_is_written_from_the_table():
    kept = (Path(settings.BASE_DIR) / "docs/care-policy.md").read_text()
    assert kept == rules.care_policy_page(), "bin/manage care_policy > docs/care-policy.md"


def test_every_subject_has_one_row_with_a_word_for_everybody():
    assert [rule.subject for rule in rules.CARE_POLICY] == list(
        dict.fromkeys(rule.subject for rule in rules.CARE_POLICY)
    )
    assert {rule.subject for rule in rules.CARE_POLICY} == set(CareSubject)
    for rule in rules.CARE_POLICY:
        assert set(rule.fate) == set(CareParty)
        assert bool(rule.long) == (CareFate.STAYS in rule.fate.values()) or rule.subject == "finding"


class Ended:
    """Care that its therapist has ended, of a practice that somebody else owns."""

    def __init__(self) -> None:
        self.owner, self.therapist = people.therapist(), people.person(None)
        services.role_grant(people.SYSTEM, self.therapist.id, "therapist", at=AT)
        self.practice_id = people.practice(self.owner, self.therapist)
        self.patient = people.patient()
        self.care = people.assignment(
            self.patient, self.therapist, practice_id=self.practice_id, reason="Panic attacks."
        )
        self.actors = {
            CareParty.PATIENT: people.actor(self.patient),
            CareParty.THERAPIST: people.actor(self.therapist, practice_id=self.practice_id),
            CareParty.PRACTICE: people.actor(self.owner, practice_id=self.practice_id),
        }
        opened = messaging_services.conversation_open(
            self.actors[CareParty.PATIENT], self.therapist.id, at=AT
        )
        self.conversation_id = opened.conversation.id
        factories.send(self.actors[CareParty.PATIENT], self.conversation_id, factories.CRISIS)
        colleague = people.therapist()
        services.membership_start(
            people.SYSTEM, self.practice_id, colleague.id, MembershipRole.CLINICIAN, at=AT
        )
        people.assignment(self.patient, colleague, practice_id=self.practice_id)
        self.follow()
        self.team_id = next(
            each.id
            for each in messaging_selectors.conversation_list(self.actors[CareParty.PATIENT]).items
            if each.kind is ConversationKind.TEAM
        )
        factories.send(self.actors[CareParty.PATIENT], self.team_id, "To both of you.")

    def end(self) -> None:
        services.assignment_end(self.actors[CareParty.THERAPIST], self.care.id, "Moved.", at=AT)
        self.follow()

    def follow(self) -> None:
        messaging_services.conversation_follow(
            people.SYSTEM,
            patient_id=self.patient.id,
            therapist_id=self.therapist.id,
            practice_id=self.practice_id,
            at=AT,
        )


def writing(ended, party):
    try:
        factories.send(ended.actors[party], ended.conversation_id)
    except (ConversationReadOnly, NotFound):
        return False
    return True


def conversation(ended, party):
    try:
        page = messaging_selectors.message_list(ended.actors[party], ended.conversation_id)
    except NotFound:
        return False
    return bool(page.items)


def team(ended, party):
    try:
        page = messaging_selectors.message_list(ended.actors[party], ended.team_id)
    except NotFound:
        return False
    return [each.body for each in page.items] == ["To both of you."]


def alerts(ended, party):
    found = messaging_selectors.crisis_alert_list(ended.actors[party], conversation_id=ended.conversation_id)
    return bool(found)


def finding(ended, party):
    other = ended.patient if party is not CareParty.PATIENT else ended.therapist
    try:
        selectors.person_get(ended.actors[party], other.id)
    except NotFound:
        return False
    return True


def history(ended, party):
    try:
        selectors.assignment_get(ended.actors[party], ended.care.id)
    except NotFound:
        return False
    return True


def reasons(ended, party):
    return selectors.assignment_get(ended.actors[party], ended.care.id).reason == "Panic attacks."


def record(ended, party):
    return Event.objects.unscoped(reason="test").filter(object_id=ended.care.id).exists()


CHECKS = {
    CareSubject.WRITING: writing,
    CareSubject.CONVERSATION: conversation,
    CareSubject.TEAM: team,
    CareSubject.ALERTS: alerts,
    CareSubject.FINDING: finding,
    CareSubject.HISTORY: history,
    CareSubject.REASONS: reasons,
    CareSubject.RECORD: record,
}


@pytest.mark.django_db
@pytest.mark.parametrize("party", list(CareParty))
@pytest.mark.parametrize("subject", list(CHECKS))
def test_each_row_is_so(subject, party):
    ended = Ended()
    before = CHECKS[subject](ended, party)
    ended.end()
    after = CHECKS[subject](ended, party)
    fate = rules.care_rule(subject).fate[party]
    assert (before, after) == {
        CareFate.ENDS: (True, False),
        CareFate.STAYS: (True, True),
        CareFate.NEVER: (False, False),
    }[fate]
    assert rules.care_stays(subject, party) == after


@pytest.mark.django_db
def test_a_transfer_that_waits_goes_on():
    ended, other = Ended(), people.therapist()
    people.practice_list_publicly(people.practice_of(other))
    proposed = services.proposal_transfer(
        ended.actors[CareParty.THERAPIST], ended.care.id, other.id, "", at=AT
    )
    ended.end()
    services.proposal_accept(ended.actors[CareParty.PATIENT], proposed.id, at=AT)
    services.proposal_accept(people.actor(other), proposed.id, at=AT)
    assert selectors.assignment_is_active(people.SYSTEM, ended.patient.id, other.id)


@pytest.mark.django_db
@pytest.mark.parametrize("party", [CareParty.PATIENT, CareParty.THERAPIST])
def test_coming_back(party):
    """A patient asks again whoever ended it; the therapist alone begins it again only if they ended it."""
    therapist, patient = people.therapist(), people.patient()
    care = people.assignment(patient, therapist)
    people.practice_list_publicly(people.practice_of(therapist))
    as_patient, as_therapist = people.actor(patient), people.actor(therapist)
    actors = {CareParty.PATIENT: as_patient, CareParty.THERAPIST: as_therapist}
    services.assignment_end(actors[party], care.id, "", at=AT)

    def begin():
        return services.assignment_start(as_therapist, patient.id, therapist.id, None, "", at=AT)

    if party is CareParty.PATIENT:
        with pytest.raises(CareEndedByOther):
            begin()
        asked = services.proposal_request(as_patient, therapist.id, "", at=AT)
        assert services.proposal_accept(as_therapist, asked.id, at=AT).assignment_id
    else:
        assert begin().is_active


def test_the_checks_leave_out_only_what_is_tested_by_itself():
    assert set(CareSubject) - set(CHECKS) == {CareSubject.TRANSFER, CareSubject.RETURN}
