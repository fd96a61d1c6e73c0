"""Invitations that are forwarded, guessed, replayed or bent."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client

from accounts import errors, services
from accounts.models import Membership, Role, User
from accounts.tests import factories as make
from accounts.tests.attacks import practising
from accounts.tests.attacks.practising import FRONT_DESK, SIGN_UP, join, members
from bloom.kernel import clock
from bloom.kernel.errors import Invalid

pytestmark = pytest.mark.django_db

no_limits = practising.no_limits
owner = practising.owner


def test_a_forwarded_invitation_does_nothing_for_whoever_got_it(owner):
    """ASVS 5.0 8.2.2: a link is good for the invited address alone, and says so kindly."""
    stranger = make.therapist()
    sent = make.invitation(owner, "someone@example.org")
    client = make.browser(stranger)
    page = client.get(f"/invitations/{sent.secret}/")
    assert "for somebody else" in page.content.decode()
    assert "someone@example.org" not in page.content.decode()
    answer = client.post(f"/invitations/{sent.secret}/accept/")
    assert answer.status_code == 403
    assert members(owner) == {owner.id}
    (refused,) = make.recorded("observability.access.refused")
    assert (refused.object_id, refused.actor_user_id) == (sent.id, stranger.id)


def test_reading_a_link_accepts_nothing(owner):
    """ASVS 5.0 3.5.3: mail scanners and previews open links; only a press changes something."""
    user = make.therapist()
    sent = make.invitation(owner, user.email)
    client = make.browser(user)
    client.get(f"/invitations/{sent.secret}/")
    assert client.get(f"/invitations/{sent.secret}/accept/").status_code == 405
    assert members(owner) == {owner.id}


def test_a_press_from_another_site_accepts_nothing(owner):
    """ASVS 5.0 3.5.1: the answer carries our own token."""
    user = make.therapist()
    sent = make.invitation(owner, user.email)
    client = Client(enforce_csrf_checks=True)
    client.cookies[django_settings.SESSION_COOKIE_NAME] = make.session_key(user)
    assert client.post(f"/invitations/{sent.secret}/accept/").status_code == 403
    assert members(owner) == {owner.id}


def test_a_used_link_is_used_up(owner):
    """ASVS 5.0 6.5.1: single use; also for who was taken out afterwards."""
    user = make.therapist()
    sent = make.invitation(owner, user.email)
    at = clock.now()
    services.invitation_accept(make.actor(user), sent.secret, at=at)
    services.member_remove(make.actor(owner), make.practice_of(owner), user.id, at=at)
    with pytest.raises(errors.InvitationOver):
        services.invitation_accept(make.actor(user), sent.secret, at=at)
    assert members(owner) == {owner.id}


def removed(owner, person, house):
    services.member_remove(make.actor(owner), house, person.id, at=clock.now())


def gone(owner, person, house):
    services.member_remove(make.actor(person, practice_id=house), house, person.id, at=clock.now())


def given_less(owner, person, house):
    services.member_change(make.actor(owner), house, person.id, FRONT_DESK, at=clock.now())


@pytest.mark.parametrize("parted", [removed, gone, given_less])
def test_who_was_asked_to_be_an_owner_and_then_taken_out_is_none(owner, parted):
    """ASVS 5.0 8.3.2: a right that was offered goes with what it was offered to."""
    colleague, house = make.therapist(), make.practice_of(owner)
    join(owner, colleague)
    sent = services.owner_ask(make.actor(owner), house, colleague.id, at=clock.now())
    before = members(owner) - {colleague.id}
    parted(owner, colleague, house)
    answer = make.browser(colleague, factor=True).post(f"/invitations/{sent.secret}/accept/", follow=True)
    assert "was taken back" in answer.content.decode()
    with pytest.raises(errors.InvitationOver):
        services.invitation_accept(make.actor(colleague), sent.secret, at=clock.now())
    rows = Membership.objects.unscoped(reason="test").filter(practice_id=house, ended_at=None, role="owner")
    assert set(rows.values_list("user_id", flat=True)) == {owner.id}
    assert members(owner) - {colleague.id} == before
    assert make.recorded("accounts.invitation.withdrawn")[-1].object_id == sent.id


def test_a_link_that_is_seven_days_old_opens_nothing(owner):
    """ASVS 5.0 6.5.5: it ends by itself."""
    user = make.therapist()
    sent = make.invitation(owner, user.email, at=clock.now() - timedelta(days=7))
    assert "too old" in make.browser(user).get(f"/invitations/{sent.secret}/").content.decode()
    with pytest.raises(errors.InvitationOver):
        services.invitation_accept(make.actor(user), sent.secret, at=clock.now())


@pytest.mark.parametrize("secret", ["x", "A" * 43, "a" * 5000, "-"])
def test_a_guessed_link_is_no_link(owner, secret):
    """ASVS 5.0 6.5.3: links hold 256 random bits; whatever else is not found."""
    make.invitation(owner, "someone@example.org")
    assert make.browser(make.therapist()).get(f"/invitations/{secret}/").status_code == 404


def test_an_invitation_does_not_tell_who_has_an_account(owner):
    """ASVS 5.0 6.3.8: the owner reads the same, whether the address is known or not."""
    known = make.patient(email="known-somebody@example.org")
    client = make.browser(owner)
    address = f"/practices/{make.practice_of(owner)}/invite/"
    pages = []
    for email in (known.email, "not-a-somebody@example.org"):
        answer = client.post(address, {"email": email, "role": "front_desk"}, follow=True)
        pages.append(answer.content.decode())
        assert "We have written to" in pages[-1]
    assert [page.count("data-invitation") for page in pages] == [1, 2]
    assert "known-somebody" in pages[0]
    assert known.name not in pages[0]


def test_a_tampered_form_signs_nobody_up_with_another_role_or_address(owner):
    """ASVS 5.0 8.2.1: what an invitation grants stands in our table, not in the form."""
    sent = make.invitation(owner, "sam@example.org", FRONT_DESK)
    Client().post(
        "/accounts/signup/",
        {
            **SIGN_UP,
            "next": f"/invitations/{sent.secret}/",
            "email": "another@example.org",
            "role": "admin",
            "is_staff": "1",
        },
    )
    user = User.objects.get(email="sam@example.org")
    assert not User.objects.filter(email="another@example.org").exists()
    assert not Role.objects.filter(user=user).exists()


def test_without_an_invitation_nobody_signs_up_without_a_role(owner):
    """ASVS 5.0 2.3.1: the step that makes it possible cannot be left out."""
    sent = make.invitation(owner, "sam@example.org", FRONT_DESK)
    for email, secret in (("other@example.org", sent.secret), ("sam@example.org", None)):
        with pytest.raises(Invalid):
            services.user_sign_up(
                make.SYSTEM,
                email=email,
                name="Sam",
                password_hash="x",
                role=None,
                invitation=secret,
                at=clock.now(),
            )
    page = Client().post(
        "/accounts/signup/", {**SIGN_UP, "email": "a@example.org", "next": "/invitations/AAAA/"}
    )
    assert "role" in page.context["form"].errors


@pytest.mark.parametrize("name", ["Locked. Unlock at evil.example/unlock", "https://evil", "www.evil"])
def test_sending_a_link_of_one_s_own_in_bloom_s_name(owner, name):
    """ASVS 5.0 1.1.2: no name that mail carries to strangers holds a web address."""
    for named in (
        lambda: services.practice_rename(make.actor(owner), make.practice_of(owner), name, at=clock.now()),
        lambda: services.name_check(name),
    ):
        with pytest.raises(Invalid):
            named()


def test_writing_the_subject_of_bloom_s_mail(owner):
    """ASVS 5.0 1.1.2: the subject is Bloom's own words; a practice's name stands where one reads whose."""
    services.practice_rename(
        make.actor(owner), make.practice_of(owner), "Your account is locked", at=clock.now()
    )
    client = make.browser(owner, factor=True)
    client.post(
        f"/practices/{make.practice_of(owner)}/invite/", {"email": "anybody@example.net", "role": "biller"}
    )
    (sent,) = mail.outbox
    assert sent.to == ["anybody@example.net"]
    assert "locked" not in sent.subject
    assert "at Your account is locked" in "".join(c for c in sent.body if c.isprintable())
