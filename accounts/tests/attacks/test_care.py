"""Attacks on how care begins and ends: to get at somebody without their yes, or at others' words."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import errors, selectors, services
from accounts.models import Assignment, Proposal
from accounts.tests import factories as make
from accounts.types import ProposalState
from bloom.kernel import clock
from bloom.kernel.errors import Invalid, NotAllowed, NotFound, RateLimited

pytestmark = pytest.mark.django_db
# Pages and addresses read the clock, and a request lapses.
NOW = clock.now()
LATER = NOW + timedelta(hours=1)
JSON = {"content_type": "application/json"}
SECRET = "I have not told my husband."


def listed(**facts):
    therapist = make.therapist(**facts)
    make.practice_list_publicly(make.practice_of(therapist))
    return therapist


def asked(message=SECRET):
    """A patient, their therapist to be, and the request that waits."""
    patient, therapist = make.patient(), listed()
    return patient, therapist, make.request(patient, therapist, message, at=NOW)


def state_of(proposal_id):
    return Proposal.objects.unscoped(reason="test").get(id=proposal_id).state


def cares():
    return Assignment.objects.unscoped(reason="test").count()


def refusals():
    return make.recorded("observability.access.refused")


@pytest.mark.parametrize("who", ["patient", "therapist"])
def test_asking_in_somebody_elses_name(who):
    """ASVS 5.0 8.2.2: whose request it is comes from the session, never from what was sent."""
    victim, therapist, attacker = make.patient(), listed(), getattr(make, who)()
    body = {"patient": str(victim.id), "therapist": str(therapist.id), "message": "Call me."}
    answer = make.browser(attacker).post("/api/v1/connections/", body, **JSON)
    assert answer.status_code in {403, 404}
    page = make.browser(attacker).post(
        f"/connections/ask/{therapist.id}/", {"message": "", "patient": str(victim.id)}
    )
    assert page.status_code in {302, 403}
    assert not Proposal.objects.unscoped(reason="test").filter(patient=victim).exists()
    assert mail.outbox == [] or {to for sent in mail.outbox for to in sent.to} == {therapist.email}


def test_accepting_ones_own_request():
    """ASVS 5.0 8.3.1: who asks does not answer; the server decides the steps, whatever a page shows."""
    patient, _therapist, request = asked()
    answer = make.browser(patient).post(
        f"/connections/{request.id}/answer/", {"answer": "accept", "message": ""}
    )
    assert answer.status_code == 403
    rest = make.browser(patient).post(f"/api/v1/connections/{request.id}/accept/", {}, **JSON)
    assert rest.status_code == 403
    assert (state_of(request.id), cares()) == (ProposalState.WITH_THERAPIST, 0)


def test_answering_before_it_is_ones_turn():
    """ASVS 5.0 2.3.1: a transfer goes its steps in order; the new therapist cannot take the patient's yes."""
    patient, therapist, other = make.patient(), make.therapist(), listed()
    care = make.assignment(patient, therapist)
    moved = services.proposal_transfer(make.actor(therapist), care.id, other.id, "", at=LATER)
    with pytest.raises(NotFound):
        services.proposal_accept(make.actor(other), moved.id, at=LATER)
    with pytest.raises(NotAllowed):
        services.proposal_accept(make.actor(therapist), moved.id, at=LATER)
    assert state_of(moved.id) == ProposalState.WITH_PATIENT


def test_accepting_after_it_was_withdrawn():
    """ASVS 5.0 2.3.1: what was taken back is over, also for a page that was opened before."""
    patient, therapist, request = asked()
    services.proposal_withdraw(make.actor(patient), request.id, at=LATER)
    with pytest.raises(errors.ProposalOver):
        services.proposal_accept(make.actor(therapist), request.id, at=LATER)
    with pytest.raises(errors.ProposalOver):
        services.proposal_decline(make.actor(therapist), request.id, SECRET, at=LATER)
    assert (state_of(request.id), cares()) == (ProposalState.WITHDRAWN, 0)


def test_ids_of_another_practice():
    """ASVS 5.0 8.2.2: an id that one got hold of opens nothing, and says no more than one that is none."""
    _patient, _therapist, request = asked()
    cared_for, carer = make.patient(), make.therapist()
    care = make.assignment(cared_for, carer)
    for stranger in (make.patient(), make.therapist()):
        client = make.browser(stranger)
        for real, none in (
            (f"/connections/{request.id}/", f"/connections/{uuid4()}/"),
            (f"/care/{care.id}/", f"/care/{uuid4()}/"),
            (f"/care/{care.id}/end/", f"/care/{uuid4()}/end/"),
            (f"/care/{care.id}/transfer/", f"/care/{uuid4()}/transfer/"),
            (f"/api/v1/connections/{request.id}/", f"/api/v1/connections/{uuid4()}/"),
        ):
            assert client.get(real).status_code == client.get(none).status_code == 404, real
        for step in ("answer", "withdraw"):
            sent = client.post(f"/connections/{request.id}/{step}/", {"answer": "accept", "message": ""})
            assert sent.status_code == 404
        assert client.post(f"/care/{care.id}/end/", {"reason": ""}).status_code == 404
    assert selectors.assignment_is_active(make.actor(cared_for), cared_for.id, carer.id)
    assert state_of(request.id) == ProposalState.WITH_THERAPIST


def test_asking_at_a_practice_where_the_therapist_does_not_work():
    """ASVS 5.0 8.2.2: a practice that was slipped into the form gets no patient, and its owner sees none."""
    patient, therapist, owner = make.patient(), listed(), listed()
    with pytest.raises(Invalid):
        services.proposal_request(
            make.actor(patient), therapist.id, SECRET, practice_id=make.practice_of(owner), at=LATER
        )
    assert selectors.proposal_list(make.actor(owner)).items == []


def test_taking_back_a_patient_who_left():
    """ASVS 5.0 8.3.1: care that its patient ended begins again with the patient's yes, and not without."""
    patient, therapist = make.patient(), make.therapist()
    care = make.assignment(patient, therapist)
    services.assignment_end(make.actor(patient), care.id, "", at=LATER)
    practice_id = make.practice_of(therapist)
    with pytest.raises(errors.CareEndedByOther):
        services.assignment_start(
            make.actor(therapist), patient.id, therapist.id, practice_id, "Again", at=LATER
        )
    body = {"patient": str(patient.id), "therapist": str(therapist.id), "how": "start", "message": ""}
    assert make.browser(therapist).post("/care/new/", body).status_code == 403
    assert not selectors.assignment_is_active(make.actor(patient), patient.id, therapist.id)


def test_asking_again_and_again():
    """ASVS 5.0 2.4.1: few requests wait at once, few are made in a day, and a no holds for a while."""
    patient, therapist, request = asked()
    actor = make.actor(patient)
    with pytest.raises(errors.ProposalOpen):
        services.proposal_request(actor, therapist.id, SECRET, at=LATER)
    services.proposal_decline(make.actor(therapist), request.id, at=LATER)
    with pytest.raises(errors.AskedRecently):
        services.proposal_request(actor, therapist.id, SECRET, at=LATER)

    def ask_and_take_back():
        for _ in range(50):
            made = services.proposal_request(actor, listed().id, "", at=LATER)
            services.proposal_withdraw(actor, made.id, at=LATER)

    with pytest.raises(RateLimited):
        ask_and_take_back()
    assert Proposal.objects.unscoped(reason="test").filter(patient=patient).count() < 20


@pytest.mark.parametrize("who", ["support", "admin", "owner"])
def test_reading_why_somebody_seeks_help(who):
    """ASVS 5.0 8.2.3: whoever arranges care sees that somebody asked; the words are for the two."""
    patient, owner = make.patient(), listed()
    therapist = make.therapist()
    practice_id = make.practice(owner, therapist, is_listed=True)
    request = services.proposal_request(
        make.actor(patient), therapist.id, SECRET, practice_id=practice_id, at=LATER
    )
    user = owner if who == "owner" else getattr(make, who)()
    actor = make.actor(user, practice_id=practice_id) if who == "owner" else make.actor(user)
    seen = selectors.proposal_get(actor, request.id)
    assert (seen.message, seen.answer) == (None, None)
    services.proposal_accept(make.actor(therapist, practice_id=practice_id), request.id, SECRET, at=LATER)
    assert selectors.proposal_get(actor, request.id).answer is None
    client = make.browser(user)
    for path in (
        f"/connections/{request.id}/",
        f"/api/v1/connections/{request.id}/",
        "/care/",
        "/api/v1/connections/",
    ):
        assert SECRET not in client.get(path).content.decode(), path


def test_support_reads_no_reasons():
    """ASVS 5.0 8.2.3: why care began and ended is health information, and support sees neither."""
    patient, therapist = make.patient(), make.therapist()
    care = make.assignment(patient, therapist, at=NOW, reason=SECRET)
    services.assignment_end(make.actor(patient), care.id, SECRET, at=LATER)
    client = make.browser(make.support())
    for path in (f"/care/{care.id}/", "/care/?show=before", f"/api/v1/assignments/{care.id}/"):
        assert SECRET not in client.get(path).content.decode(), path


def test_mail_gives_nothing_away():
    """ASVS 5.0 14.2.1: a mailbox that others read learns of no name, no word and no practice."""
    patient, therapist = make.patient(name="Esra Demir"), listed(name="Anna Lindqvist")
    client = make.browser(patient)
    client.post(f"/connections/ask/{therapist.id}/", {"message": SECRET})
    (request,) = selectors.proposals_own(make.actor(patient))
    make.browser(therapist).post(
        f"/connections/{request.id}/answer/", {"answer": "decline", "message": "No room for grief."}
    )
    assert [sent.to for sent in mail.outbox] == [[therapist.email], [patient.email]]
    for sent in mail.outbox:
        html = str(sent.alternatives[0][0])
        for word in (SECRET, "Esra", "Demir", "Anna", "Lindqvist", "grief", "therap", request.practice.name):
            assert word not in sent.subject + sent.body + html, word


def test_a_forged_submit():
    """ASVS 5.0 3.5.1: a page elsewhere cannot make a signed-in therapist accept."""
    _patient, therapist, request = asked()
    client = Client(enforce_csrf_checks=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(therapist)
    sent = client.post(f"/connections/{request.id}/answer/", {"answer": "accept", "message": ""})
    assert sent.status_code == 403
    assert client.get(f"/connections/{request.id}/answer/?answer=accept").status_code == 405
    assert state_of(request.id) == ProposalState.WITH_THERAPIST


def test_words_that_would_be_a_script():
    """ASVS 5.0 1.2.1: what a stranger writes is shown as text."""
    _patient, therapist, request = asked("<script>alert(1)</script><img src=x onerror=alert(1)>")
    page = make.browser(therapist).get(f"/connections/{request.id}/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<img src=x" not in page
    assert "<script>alert(1)" not in page


def test_every_refusal_is_on_record():
    """ASVS 5.0 16.3.2: who tries what is not theirs leaves a trace that names it."""
    _patient, _therapist, request = asked()
    stranger = make.therapist()
    before = len(refusals())
    make.browser(stranger).post(f"/connections/{request.id}/answer/", {"answer": "accept", "message": ""})
    assert len(refusals()) == before + 1
    assert refusals()[-1].object_id == request.id
