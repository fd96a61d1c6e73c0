from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import errors, selectors, services, tasks
from accounts.models import Assignment, Membership, Role, User
from accounts.tests import factories as make
from accounts.types import MembershipRole
from bloom.kernel import clock
from messaging import selectors as messaging_selectors
from messaging.tests import factories as talks
from observability import services as record
from observability.models import Event
from scheduling import selectors as scheduling_selectors
from scheduling.tests import factories as times

pytestmark = pytest.mark.django_db

CLOSE = "/settings/close/"


def sign_in(user, password=make.PASSWORD) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": password})
    return client


def closing(user):
    services.account_close(make.actor(user), at=clock.now())
    return sign_in(user)


def overdue(user):
    User.objects.filter(id=user.id).update(closing_at=clock.now())
    return services.accounts_close_due(make.SYSTEM, at=clock.now())


def names(user) -> list[str]:
    told = Event.objects.unscoped(reason="test").filter(subject_id=user.id)
    return list(told.order_by("at").values_list("name", flat=True))


def test_the_page_says_what_ends_and_asks_twice():
    user = make.patient()
    client = sign_in(user)
    page = client.post(CLOSE)
    assert "Please read what ends" in page.content.decode()
    assert User.objects.get(id=user.id).closing_at is None
    page = client.post(CLOSE, {"understood": "on"}, follow=True)
    assert "Your account closes on" in page.content.decode()
    assert client.get("/api/v1/me/").status_code == 401
    assert mail.outbox[-1].subject == "Your account will be closed"


def test_at_once_care_sessions_and_tokens_end_and_nobody_finds_them():
    talk = talks.talk()
    elsewhere = sign_in(talk.patient)
    raw = services.token_issue(make.SYSTEM, talk.patient.id, "x", ["profile:read"], 5, at=clock.now()).raw
    services.account_close(make.actor(talk.patient), at=clock.now())
    assert elsewhere.get("/api/v1/me/").status_code == 401
    assert selectors.authority_for_token(raw) is None
    assert not Assignment.objects.unscoped(reason="test").filter(ended_at=None).exists()
    found = selectors.people_list(make.actor(make.support()))
    assert talk.patient.id not in {person.id for person in found.items}


@pytest.mark.parametrize("path", ["/dashboard/", "/messages/", "/settings/profile/", "/settings/sessions/"])
def test_meanwhile_signing_in_leads_to_the_way_back_and_nowhere_else(path):
    client = closing(make.patient())
    page = client.get(path, follow=True)
    if page.status_code == 404:
        return
    assert page.redirect_chain[-1][0] == "/closing/"
    assert "Keep my account" in page.content.decode()
    assert client.get("/api/v1/me/").status_code == 401


def test_the_socket_s_authority_is_nobody_s():
    user = make.patient()
    services.account_close(make.actor(user), at=clock.now())
    assert selectors.authority_for_session(make.session_key(user)) is None


def test_who_comes_back_keeps_the_account():
    user = make.patient()
    client = closing(user)
    page = client.post("/closing/keep/", follow=True)
    assert page.status_code == 200
    assert client.get("/api/v1/me/").status_code == 200
    assert names(user)[-1] != "accounts.account.closed"
    assert "accounts.account.kept" in names(user)
    assert services.accounts_close_due(make.SYSTEM, at=clock.now() + timedelta(days=365)) == []


def test_a_copy_of_the_data_may_still_be_fetched():
    client = closing(make.patient())
    page = client.get("/settings/data/")
    assert "Make a copy" in page.content.decode()


def test_who_needs_a_factor_shows_it_before_the_way_back():
    user = make.therapist()
    make.app(user)
    services.account_close(make.actor(user, factor_at=clock.now()), at=clock.now())
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(user, factor=False)
    assert client.get("/closing/", follow=True).redirect_chain[-1][0].startswith("/accounts/again/")
    assert User.objects.get(id=user.id).closing_at is not None
    client.post("/closing/keep/")
    assert User.objects.get(id=user.id).closing_at is not None


def test_after_its_days_it_is_closed_for_good():
    user = make.patient(email="maya@example.org", name="Maya Torres")
    make.app(user)
    services.account_close(make.actor(user, factor_at=clock.now()), at=clock.now())
    assert services.accounts_close_due(make.SYSTEM, at=clock.now() + timedelta(days=29)) == []
    assert overdue(user) == [("maya@example.org", "en")]
    gone = User.objects.get(id=user.id)
    assert (gone.is_active, gone.name) == (False, "Somebody who left")
    assert "maya" not in gone.email
    assert not gone.has_usable_password()
    assert not EmailAddress.objects.filter(user=user).exists()
    assert not Authenticator.objects.filter(user=user).exists()
    assert not Role.objects.filter(user=user, revoked_at=None).exists()
    assert names(user)[-1] == "accounts.account.closed"
    assert overdue(user) == []
    services.factors_compare(make.SYSTEM, at=clock.now())
    make.patient(email="maya@example.org")


def test_what_belongs_to_somebody_s_record_stays():
    talk = talks.talk()
    talks.send(talk.as_patient, talk.id, "I slept well.")
    name = talk.patient.name
    services.account_close(make.actor(talk.patient), at=clock.now())
    record.outbox_drain(make.SYSTEM, at=clock.now())
    overdue(talk.patient)
    page = messaging_selectors.message_list(talk.as_therapist, talk.id)
    assert [(each.sender.name, each.body) for each in page.items] == [(name, "I slept well.")]
    assert messaging_selectors.conversation_get(talk.as_therapist, talk.id).read_only


def test_who_had_an_appointment_without_being_in_care_is_named_in_it_still():
    """As who booked from the directory, called off late, and owes what was agreed."""
    desk = times.desk()
    guest = make.patient(name="Nora Quist")
    held = times.appointment(desk, clock.now() - timedelta(days=2), patient=guest)
    services.account_close(make.actor(guest), at=clock.now())
    record.outbox_drain(make.SYSTEM, at=clock.now())
    overdue(guest)
    shown = scheduling_selectors.appointment_get(desk.as_therapist, held.id, at=clock.now())
    assert shown.patient.name == "Nora Quist"
    told = Event.objects.unscoped(reason="test").get(subject_id=guest.id, name="accounts.account.closed")
    assert told.data["is_named"] is True


def test_the_job_tells_them_a_last_time():
    user = make.patient(email="maya@example.org")
    closing(user)
    mail.outbox.clear()
    User.objects.filter(id=user.id).update(closing_at=clock.now())
    tasks.accounts_close()
    assert [(each.to, each.subject) for each in mail.outbox] == [
        (["maya@example.org"], "Your account is closed")
    ]


def test_a_therapist_hands_their_patients_on_first():
    talk = talks.talk()
    with pytest.raises(errors.PatientsInCare):
        services.account_close(talk.as_therapist, at=clock.now())


def test_an_owner_hands_their_practice_on_first():
    owner = make.therapist()
    make.practice(owner, make.therapist())
    with pytest.raises(errors.PracticeNeedsOwner):
        services.account_close(make.actor(owner), at=clock.now())


def test_two_owners_do_not_leave_a_practice_alone():
    owner, other, member = make.therapist(), make.therapist(), make.therapist()
    practice_id = make.practice(owner, member)
    services.membership_start(make.SYSTEM, practice_id, other.id, MembershipRole.OWNER, at=make.AT)
    services.account_close(make.actor(owner), at=clock.now())
    with pytest.raises(errors.PracticeNeedsOwner):
        services.account_close(make.actor(other), at=clock.now())
    # The one who stayed goes by another door: then the first does not go either, until that is arranged.
    rows = Membership.objects.unscoped(reason="test").filter(user_id=other.id, practice_id=practice_id)
    rows.update(ended_at=clock.now())
    assert overdue(owner) == []
    assert User.objects.get(id=owner.id).closed_at is None
    services.membership_start(make.SYSTEM, practice_id, member.id, MembershipRole.OWNER, at=make.AT)
    assert len(overdue(owner)) == 1


def test_the_last_admin_stays():
    admin = make.admin()
    with pytest.raises(errors.LastAdmin):
        services.account_close(make.actor(admin), at=clock.now())
    other = make.admin()
    services.account_close(make.actor(other), at=clock.now())
    with pytest.raises(errors.LastAdmin):
        services.account_close(make.actor(admin), at=clock.now())
