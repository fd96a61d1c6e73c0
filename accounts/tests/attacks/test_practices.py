"""What members, strangers and staff might try with a practice."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from accounts import errors, selectors, services
from accounts.models import Invitation, Membership, User
from accounts.tests import factories as make
from accounts.tests.attacks import practising
from accounts.tests.attacks.practising import join
from accounts.types import MembershipRole, RoleName
from bloom.kernel import clock
from bloom.kernel.errors import FreshFactorNeeded, NotAllowed, NotFound

pytestmark = pytest.mark.django_db

no_limits = practising.no_limits
owner = practising.owner


def test_a_member_does_not_raise_themselves(owner):
    """ASVS 5.0 8.3.1: the form of a clinician's own page is not theirs to send."""
    user = make.therapist()
    join(owner, user)
    practice_id = make.practice_of(owner)
    client = make.browser(user)
    client.post(f"/practices/{practice_id}/use/")
    for path, data in (
        (f"people/{user.id}/", {"role": "owner"}),
        (f"people/{user.id}/", {"role": "supervisor"}),
        (f"people/{owner.id}/remove/", {}),
        ("invite/", {"email": "friend@example.org", "role": "owner"}),
        ("", {"name": "Mine now"}),
    ):
        assert client.post(f"/practices/{practice_id}/{path}", data).status_code == 403, path
    rows = Membership.objects.unscoped(reason="test").filter(practice_id=practice_id, ended_at=None)
    assert set(rows.values_list("role", flat=True)) == {"owner", "clinician"}
    assert not Invitation.objects.unscoped(reason="test").filter(closed_at=None).exists()


@pytest.mark.parametrize("is_held", [True, False])
def test_a_session_that_was_left_open_brings_nobody_in_and_changes_nobody(owner, is_held, settings):
    """ASVS 5.0 7.5.1: roles are given and taken by whoever has just shown that it is they: by their factor,
    or, who has none, by what they sign in with.
    """
    settings.MFA_POLICY = {**settings.MFA_POLICY, "therapist": "optional", "practice": "optional"}
    user = make.therapist()
    join(owner, user)
    sent, at = make.invitation(owner, "waiting@example.org"), clock.now()
    if is_held:
        make.app(owner)
    early, house = at - timedelta(minutes=11), make.practice_of(owner)
    stale = replace(make.actor(owner, factor_at=early), session_id="a" * 32, shown_at=early)
    fresh = replace(stale, factor_at=at, shown_at=at)
    deeds = [
        lambda actor: services.invitation_send(actor, house, "x@example.org", MembershipRole.BILLER, at=at),
        lambda actor: services.invitation_resend(actor, sent.id, at=at),
        lambda actor: services.member_change(actor, house, user.id, MembershipRole.SUPERVISOR, at=at),
        lambda actor: services.member_remove(actor, house, user.id, at=at),
    ]
    for deed in deeds:
        with pytest.raises(FreshFactorNeeded):
            deed(stale)
    for deed in deeds:
        deed(fresh)
    # Whoever wants to go may.
    join(owner, user)
    leaving = replace(make.actor(user, practice_id=house), session_id="b" * 32)
    services.member_remove(leaving, house, user.id, at=clock.now())


@pytest.mark.parametrize("role", ["admin", "OWNER", "", "owner\x00", "x" * 10_000])
def test_a_role_that_there_is_not_is_none(owner, role):
    """ASVS 5.0 2.2.1: roles come from a list."""
    user = make.therapist()
    join(owner, user)
    client = make.browser(owner)
    page = client.post(f"/practices/{make.practice_of(owner)}/people/{user.id}/", {"role": role})
    assert page.status_code == 200
    assert page.context["form"].errors


def test_an_invitation_of_one_practice_is_not_answered_for_in_another(owner):
    """ASVS 5.0 8.2.2: ids of a practice that is not one's own lead nowhere."""
    other = make.therapist()
    sent = make.invitation(owner, "someone@example.org")
    for change in (services.invitation_withdraw, services.invitation_resend):
        with pytest.raises(NotFound):
            change(make.actor(other), sent.id, at=clock.now())
    client = make.browser(other)
    own = make.practice_of(other)
    for step in ("resend", "withdraw"):
        answer = client.post(f"/practices/{own}/invitations/{sent.id}/{step}/")
        assert answer.status_code == 404
    assert client.get(f"/practices/{make.practice_of(owner)}/people/").status_code == 404


def test_an_owner_of_one_practice_is_nobody_in_the_other(owner):
    """ASVS 5.0 8.4.1: rights hold in the practice that a session acts for, and nowhere else."""
    other = make.therapist()
    join(owner, other)
    there = make.practice_of(owner)
    acting = make.actor(other, practice_id=there)
    with pytest.raises(NotAllowed):
        services.practice_rename(acting, there, "Mine", at=clock.now())
    with pytest.raises(NotFound):
        services.practice_rename(
            make.actor(owner, practice_id=there), make.practice_of(other), "X", at=clock.now()
        )


def test_a_session_does_not_choose_a_practice_of_others(owner):
    """ASVS 5.0 8.2.2: only where one works."""
    stranger = make.therapist()
    client = make.browser(stranger)
    assert client.post(f"/practices/{make.practice_of(owner)}/use/").status_code == 404
    assert client.post(f"/practices/{uuid.uuid4()}/use/").status_code == 404


def test_choosing_a_practice_leads_to_no_other_site(owner):
    """ASVS 5.0 1.2.2: no open redirect."""
    client = make.browser(owner)
    for back in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = client.post(f"/practices/{make.practice_of(owner)}/use/", {"next": back})
        assert answer["Location"] == "/dashboard/"


def test_whoever_was_taken_out_sees_nothing_in_the_session_that_is_open(owner):
    """ASVS 5.0 7.4.2: it takes effect at once, in sessions and for tokens."""
    user = make.therapist()
    join(owner, user)
    there = make.practice_of(owner)
    client = make.browser(user)
    client.post(f"/practices/{there}/use/")
    assert client.get(f"/practices/{there}/people/").status_code == 200
    at = clock.now()
    acting = make.actor(user, practice_id=there, factor_at=at)
    token = services.token_issue(acting, user.id, "x", ["people:read"], 1, at=at)
    assert selectors.authority_for_token(token.raw) is not None
    services.member_remove(make.actor(owner), there, user.id, at=clock.now())
    assert client.get(f"/practices/{there}/people/").status_code == 404
    assert owner.name not in client.get("/dashboard/").content.decode()
    assert selectors.authority_for_token(token.raw) is None


@pytest.mark.parametrize(
    "name", ["", " ", "Elm\u202eteertS", "a\x00b", "x" * 151, "\u200b", "Elm\u2066Street"]
)
def test_a_practice_s_name_hides_nothing(owner, name):
    """ASVS 5.0 1.1.1: no control characters, overrides, blanks, or floods in what others read."""
    client = make.browser(owner)
    page = client.post(f"/practices/{make.practice_of(owner)}/", {"name": name})
    assert page.status_code == 200
    assert page.context["form"].errors["name"]


def test_a_practice_s_name_is_text_in_pages_and_mails(owner, mailoutbox):
    """ASVS 5.0 1.2.1: output is encoded."""
    client = make.browser(owner)
    practice_id = make.practice_of(owner)
    client.post(f"/practices/{practice_id}/", {"name": "<script>alert(1)</script> & Co"})
    page = client.post(
        f"/practices/{practice_id}/invite/", {"email": "new@example.org", "role": "biller"}, follow=True
    )
    assert "<script>alert(1)" not in page.content.decode()
    (mail,) = mailoutbox
    assert mail.to == ["new@example.org"]
    assert "<script>alert(1)" not in mail.alternatives[0][0]
    assert "\n" not in mail.subject


def test_an_admin_does_not_make_themselves_a_therapist(owner):
    """ASVS 5.0 8.3.1: nobody gives a role to themselves, an admin neither."""
    admin = make.admin()
    with pytest.raises(NotAllowed):
        services.role_grant(make.actor(admin), admin.id, RoleName.THERAPIST, at=make.AT)


def test_platform_staff_make_no_owners(owner):
    """ASVS 5.0 8.3.1: an admin of the platform does not hand over other people's practices."""
    staff = make.actor(make.admin())
    with pytest.raises(NotAllowed):
        services.invitation_send(
            staff, make.practice_of(owner), "new@example.org", MembershipRole.OWNER, at=make.AT
        )


def test_leaving_a_practice_to_an_owner_who_is_going():
    """ASVS 5.0 2.3.2: an owner whose account is being closed is no owner who remains, by any way out."""
    going, last = make.therapist(), make.therapist()
    practice_id = make.practice(going)
    services.membership_start(make.SYSTEM, practice_id, last.id, MembershipRole.OWNER, at=make.AT)
    User.objects.filter(id=going.id).update(closing_at=make.AT + timedelta(days=30))
    actor = make.actor(last, practice_id=practice_id)
    rows = Membership.objects.unscoped(reason="test").filter(practice_id=practice_id)
    with pytest.raises(errors.LastOwner):
        services.membership_end(actor, rows.get(user=last).id, at=clock.now())
    with pytest.raises(errors.LastOwner):
        services.member_remove(actor, practice_id, last.id, at=clock.now())
    services.membership_end(actor, rows.get(user=going).id, at=clock.now())
