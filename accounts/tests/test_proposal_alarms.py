"""Somebody asks for care, and says with it that they may be in danger."""

import pytest
from django.apps import apps

from accounts import services
from accounts.models import Membership, Notice, Role
from accounts.tests import factories as make
from accounts.types import MembershipRole
from bloom.kernel import clock, registry
from observability import services as record

pytestmark = pytest.mark.django_db
CRISIS = "I can't do this any more. I want to kill myself tonight."
CRISIS_WORDS = "I want to kill myself tonight."
OTHERS_WORDS = f"You told us: {CRISIS_WORDS}"
HELP, FIRST = "You do not have to carry this alone", "Please read this first"


@pytest.fixture
def pair():
    therapist = make.therapist()
    make.listing(therapist)
    return make.patient(), therapist


def ask(patient, therapist, message):
    answer = make.browser(patient).post(
        f"/connections/ask/{therapist.id}/",
        {"message": message, "practice": str(make.practice_of(therapist))},
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return answer["Location"]


def alerts():
    record.outbox_drain(make.SYSTEM, at=clock.now())
    rows = apps.get_model("messaging", "CrisisAlert").objects
    return list(rows.unscoped(reason="test").filter(acknowledged_at=None))


def words(user, address):
    return make.browser(user).get(address).content.decode()


def test_the_writer_is_shown_help_at_once_and_the_therapist_what_to_read_first(pair):
    patient, therapist = pair
    address = ask(patient, therapist, CRISIS)
    own, theirs = words(patient, address), words(therapist, address)
    assert HELP in own
    assert 'href="tel:988"' in own
    assert FIRST not in own
    assert FIRST in theirs
    assert HELP not in theirs
    assert FIRST in words(therapist, "/connections/")
    assert FIRST not in words(patient, "/connections/")
    (event,) = make.recorded("accounts.proposal.alarmed")
    assert "kill" not in str(vars(event))
    assert make.browser(therapist).get("/api/v1/connections/").json()["results"][0]["alarms"] is True


def test_nothing_is_said_of_ordinary_words(pair):
    patient, therapist = pair
    address = ask(patient, therapist, "I sleep badly since the move.")
    for user in pair:
        assert HELP not in words(user, address)
        assert FIRST not in words(user, address) + words(user, "/connections/")
    assert make.recorded("accounts.proposal.alarmed") == []


def test_an_answer_is_read_in_the_same_way():
    patient, therapist = make.patient(), make.therapist()
    offer = services.proposal_offer(
        make.actor(make.admin()), patient.id, therapist.id, make.practice_of(therapist), "", at=clock.now()
    )
    address = f"/connections/{offer.id}/"
    make.browser(patient).post(f"{address}answer/", {"answer": "decline", "message": CRISIS})
    assert HELP in words(patient, address)
    (event,) = make.recorded("accounts.proposal.alarmed")
    assert event.subject_id == patient.id


def test_who_arranges_care_reads_neither_words_nor_mark(pair):
    patient, therapist = pair
    address = ask(patient, therapist, CRISIS)
    page = words(make.admin(), address)
    assert FIRST not in page
    assert "kill myself" not in page


def test_a_request_goes_through_though_nobody_can_judge_it(pair, monkeypatch):
    """What people ask is never lost or refused because moderation fails."""

    def fails(text):
        raise RuntimeError("no rules")

    monkeypatch.setattr(registry.alarm, "_items", {"broken": (1, fails)})
    patient, therapist = pair
    assert HELP not in words(patient, ask(patient, therapist, CRISIS))


def test_a_dangerous_request_is_the_first_card_of_the_therapists_today(pair):
    patient, therapist = pair
    ask(make.patient(name="Omar Haddad"), therapist, "Good day.")
    before = words(therapist, "/dashboard/")
    assert FIRST not in before
    assert "Omar Haddad" in before
    address = ask(patient, therapist, CRISIS)
    (alert,) = alerts()
    page = words(therapist, "/dashboard/")
    assert page.index('data-card="crisis_alerts"') == page.index("data-card=")
    assert page.count(f'href="{address}"') == 1
    assert page.count(f'href="/messages/alerts/{alert.id}/"') == 1
    # Whoever may be in danger stands before who has waited longer, here and among the connections.
    for each in (page[page.index('data-card="people"') :], words(therapist, "/connections/")):
        assert each.index(patient.name) < each.index("Omar Haddad")
    assert FIRST not in words(patient, "/dashboard/")


def test_what_a_patient_writes_with_a_yes_is_judged_too(pair):
    patient, therapist = pair
    care = make.assignment(patient, make.therapist())
    proposed = services.proposal_transfer(
        make.actor(care.therapist), care.id, therapist.id, "She has room.", at=clock.now()
    )
    address = f"/connections/{proposed.id}/"
    make.browser(patient).post(f"{address}answer/", {"answer": "accept", "message": CRISIS})
    assert HELP in words(patient, address)
    assert FIRST in words(therapist, address)
    (alert,) = alerts()
    assert (alert.therapist_id, alert.patient_id) == (therapist.id, patient.id)
    assert CRISIS_WORDS in words(therapist, f"/messages/alerts/{alert.id}/")
    assert len(make.recorded("accounts.proposal.alarmed")) == 1


@pytest.mark.parametrize("end", ["withdraw", "decline", "close"])
def test_the_alert_stays_when_the_request_does_not(pair, end):
    patient, therapist = pair
    address = ask(patient, therapist, CRISIS)
    if end == "withdraw":
        make.browser(patient).post(f"{address}withdraw/")
    elif end == "decline":
        make.browser(therapist).post(f"{address}answer/", {"answer": "decline"})
    else:
        services.account_close(make.actor(patient), at=clock.now())
    (alert,) = alerts()
    page = words(therapist, "/dashboard/")
    assert page.index('data-card="crisis_alerts"') == page.index("data-card=")
    assert CRISIS_WORDS in words(therapist, f"/messages/alerts/{alert.id}/")
    if end != "close":
        assert make.browser(patient).get(f"/messages/alerts/{alert.id}/").status_code == 404
    make.browser(therapist).post(f"/messages/alerts/{alert.id}/seen/")
    assert 'data-card="crisis_alerts"' not in words(therapist, "/dashboard/")


def test_who_cares_for_a_patient_is_alerted_to_a_no_to_a_transfer_that_means_danger():
    """The therapist whom others had in mind learns of nothing, as of every no."""
    patient, therapist, carer = make.patient(), make.therapist(), make.therapist()
    make.listing(therapist)
    care = make.assignment(patient, carer)
    proposed = services.proposal_transfer(make.actor(carer), care.id, therapist.id, CRISIS, at=clock.now())
    # What a therapist writes is not a patient's.
    assert alerts() == []
    services.proposal_decline(make.actor(patient), proposed.id, CRISIS, at=clock.now())
    (alert,) = alerts()
    assert alert.therapist_id == carer.id
    assert CRISIS_WORDS in words(carer, f"/messages/alerts/{alert.id}/")


@pytest.mark.parametrize("by", ["platform", "practice"])
def test_who_made_an_offer_is_alerted_to_a_no_that_means_danger_and_reads_no_words(by):
    patient, therapist, owner = make.patient(), make.therapist(), make.therapist(name="Owner")
    practice_id = make.practice(owner, therapist)
    # The practice knows its patient.
    make.assignment(patient, owner, practice_id=practice_id)
    maker, acts_for = (make.admin(), {}) if by == "platform" else (owner, {"practice_id": practice_id})
    offer = services.proposal_offer(
        make.actor(maker, **acts_for), patient.id, therapist.id, practice_id, "", at=clock.now()
    )
    services.proposal_decline(make.actor(patient), offer.id, CRISIS, at=clock.now())
    (alert,) = alerts()
    assert (alert.therapist_id, alert.patient_id) == (maker.id, patient.id)
    assert alert.practice_id == acts_for.get("practice_id")
    browser = make.browser(maker, **acts_for)
    home = browser.get("/dashboard/").content.decode()
    assert home.index('data-card="crisis_alerts"') == home.index("data-card=")
    page = browser.get(f"/messages/alerts/{alert.id}/").content.decode()
    assert patient.name in page
    assert "You cannot see the words here" in page
    assert "kill myself" not in home + page
    notices = Notice.objects.unscoped(reason="test").filter(kind="alerts")
    assert [(each.user_id, each.code) for each in notices] == [(maker.id, "danger_declined")]
    # Nobody learns of a no that is not theirs to know of.
    assert 'data-card="crisis_alerts"' not in words(therapist, "/dashboard/")
    assert make.browser(therapist).get(f"/messages/alerts/{alert.id}/").status_code == 404
    browser.post(f"/messages/alerts/{alert.id}/seen/")
    assert alerts() == []


def test_what_others_wrote_is_not_shown_as_the_patients_words():
    """Neither what an offer said, nor what a therapist answers."""
    patient, therapist, carer = make.patient(), make.therapist(), make.therapist()
    practice_id = make.practice_of(therapist)
    offer = services.proposal_offer(
        make.actor(make.admin()), patient.id, therapist.id, practice_id, OTHERS_WORDS, at=clock.now()
    )
    assert offer.message_alarms
    assert alerts() == []
    services.proposal_accept(make.actor(patient), offer.id, CRISIS, at=clock.now())
    (alert,) = alerts()
    address = f"/messages/alerts/{alert.id}/"
    assert CRISIS_WORDS in words(therapist, address)
    assert "You told us" not in words(therapist, address)
    services.proposal_accept(make.actor(therapist), offer.id, OTHERS_WORDS, at=clock.now())
    assert CRISIS_WORDS in words(therapist, address)
    assert "You told us" not in words(therapist, address)
    # Who proposed it, and reads the patient's no.
    care = make.assignment(patient, carer)
    other = make.therapist()
    make.listing(other)
    proposed = services.proposal_transfer(make.actor(carer), care.id, other.id, OTHERS_WORDS, at=clock.now())
    services.proposal_decline(make.actor(patient), proposed.id, CRISIS, at=clock.now())
    alert = next(each for each in alerts() if each.therapist_id == carer.id)
    page = words(carer, f"/messages/alerts/{alert.id}/")
    assert CRISIS_WORDS in page
    assert "You told us" not in page


@pytest.mark.parametrize(
    ("now", "is_told"),
    [(None, False), (MembershipRole.BILLER, False), (MembershipRole.SUPERVISOR, True)],
    ids=["left", "biller", "supervisor"],
)
def test_who_may_do_nothing_in_the_practice_any_more_is_alerted_to_no_no(now, is_told):
    patient, therapist, owner, other = make.patient(), make.therapist(), make.therapist(), make.therapist()
    practice_id = make.practice(owner, therapist)
    services.membership_start(make.SYSTEM, practice_id, other.id, MembershipRole.SUPERVISOR, at=make.AT)
    make.assignment(patient, other, practice_id=practice_id)
    offer = services.proposal_offer(
        make.actor(owner, practice_id=practice_id), patient.id, therapist.id, practice_id, "", at=clock.now()
    )
    held = Membership.objects.unscoped(reason="test").filter(user=owner, practice_id=practice_id)
    if now is None:
        held.update(ended_at=clock.now())
    else:
        held.update(role=now)
    services.proposal_decline(make.actor(patient), offer.id, CRISIS, at=clock.now())
    (alert,) = alerts()
    assert (alert.therapist_id, alert.practice_id) == (owner.id if is_told else other.id, practice_id)
    if not is_told:
        for acts_for in (make.practice_of(owner), practice_id):
            browser = make.browser(owner, practice_id=acts_for)
            assert 'data-card="crisis_alerts"' not in browser.get("/dashboard/").content.decode()
            assert browser.get(f"/messages/alerts/{alert.id}/").status_code == 404


@pytest.mark.parametrize("is_staffed", [True, False])
def test_a_no_to_who_is_no_staff_any_more_goes_to_who_is(is_staffed):
    """Never to the therapist who was offered, though they alone answer for their practice."""
    patient, therapist, maker = make.patient(), make.therapist(), make.admin()
    offer = services.proposal_offer(
        make.actor(maker), patient.id, therapist.id, make.practice_of(therapist), "", at=clock.now()
    )
    Role.objects.filter(user=maker).update(revoked_at=clock.now())
    staff = [make.support()] if is_staffed else []
    services.proposal_decline(make.actor(patient), offer.id, CRISIS, at=clock.now())
    assert [(each.therapist_id, each.practice_id) for each in alerts()] == [(each.id, None) for each in staff]


def test_an_ordinary_no_to_an_offer_alerts_nobody():
    patient, therapist = make.patient(), make.therapist()
    offer = services.proposal_offer(
        make.actor(make.admin()), patient.id, therapist.id, make.practice_of(therapist), "", at=clock.now()
    )
    services.proposal_decline(make.actor(patient), offer.id, "I have found somebody.", at=clock.now())
    assert alerts() == []
