"""Sessions and tokens: what a credential stands for, and that it stops when it should."""

from datetime import timedelta
from uuid import UUID

import pytest

from accounts import selectors, services, sessions
from accounts.models import ApiToken, Membership, Role, Session
from accounts.tests import factories as make
from accounts.types import RoleName
from bloom.kernel import clock
from bloom.kernel.actor import Via
from bloom.kernel.errors import Invalid, NotAllowed, NotFound
from observability.models import Event

pytestmark = pytest.mark.django_db


def token(user, *scopes, days=30, at=None):
    return services.token_issue(
        make.SYSTEM, user.id, "test", scopes or ("conversations:write",), days, at=at or clock.now()
    )


class TestSession:
    def test_the_table_does_not_hold_the_cookie(self):
        key = make.session_key(make.patient())
        row = Session.objects.get()
        assert key not in row.session_key
        assert row.session_key == sessions.session_id(key)

    def test_names_its_person_and_practice(self):
        user = make.therapist()
        authority = selectors.authority_for_session(make.session_key(user))
        assert authority is not None
        assert authority.user_id == user.id
        assert authority.roles == {"therapist"}
        assert authority.practice_id == make.practice_of(user)
        assert authority.scopes is None
        assert authority.token_id is None

    def test_an_unknown_cookie_is_nobody(self):
        assert selectors.authority_for_session("x" * 32) is None

    def test_the_hashed_name_is_not_a_cookie(self):
        key = make.session_key(make.patient())
        assert selectors.authority_for_session(sessions.session_id(key)) is None

    def test_a_changed_password_ends_it_even_unannounced(self):
        user = make.patient()
        key = make.session_key(user)
        user.set_password("another password entirely")
        user.save()
        assert selectors.authority_for_session(key) is None

    def test_is_over_once_ended(self):
        user = make.patient()
        authority = selectors.authority_for_session(make.session_key(user))
        services.session_end(make.actor(user), UUID(authority.session_id), at=make.AT)
        assert selectors.authority_current(authority) is None

    def test_one_cannot_end_anothers(self):
        user, other = make.patient(), make.patient()
        authority = selectors.authority_for_session(make.session_key(user))
        with pytest.raises(NotFound):
            services.session_end(make.actor(other), UUID(authority.session_id), at=make.AT)
        assert selectors.authority_current(authority) == authority

    def test_is_over_once_expired(self):
        authority = selectors.authority_for_session(make.session_key(make.patient()))
        Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
        assert selectors.authority_current(authority) is None

    def test_is_over_for_an_inactive_person(self):
        user = make.patient()
        authority = selectors.authority_for_session(make.session_key(user))
        user.is_active = False
        user.save()
        assert selectors.authority_current(authority) is None

    def test_follows_roles_and_memberships(self):
        user = make.therapist()
        authority = selectors.authority_for_session(make.session_key(user))
        other = make.person(None)
        practice_id = make.practice(other, user)
        # By the table alone: the services would also end the session.
        Role.objects.filter(user=user).update(role=RoleName.SUPPORT)
        now = selectors.authority_current(authority)
        assert now.roles == {"support"}
        assert now.practice_id == authority.practice_id != practice_id

    def test_loses_a_practice_that_the_person_left(self):
        owner, user = make.therapist(), make.person(None)
        practice_id = make.practice(owner, user)
        authority = selectors.authority_for_session(make.session_key(user))
        assert authority.practice_id == practice_id
        member = Membership.objects.unscoped(reason="test").get(user=user)
        services.membership_end(make.actor(owner, practice_id=practice_id), member.id, at=clock.now())
        assert selectors.authority_current(authority).practice_id is None

    def test_a_changed_password_ends_the_others_and_keeps_this_one(self):
        user = make.patient()
        kept, lost = (selectors.authority_for_session(make.session_key(user)) for _ in range(2))
        services.password_changed(make.actor(user), user.id, keep_session=kept.session_id, at=make.AT)
        assert selectors.authorities_current([kept, lost]) == [kept, None]

    def test_many_are_checked_in_two_queries(self, django_assert_num_queries):
        people = [make.patient() for _ in range(5)]
        authorities = [selectors.authority_for_session(make.session_key(user)) for user in people]
        authorities += [selectors.authority_for_token(token(user).raw) for user in people]
        with django_assert_num_queries(2):
            assert selectors.authorities_current(authorities) == authorities
        with django_assert_num_queries(1):
            selectors.authority_current(authorities[0])


class TestToken:
    def test_stands_for_its_person_with_its_scopes(self):
        user = make.therapist()
        issued = token(user, "conversations:write", "profile:read")
        authority = selectors.authority_for_token(issued.raw)
        assert authority.user_id == user.id
        assert authority.token_id == issued.id
        assert authority.scopes == {"conversations:write", "profile:read"}
        assert authority.practice_id == make.practice_of(user)
        assert authority.session_id is None

    def test_is_over_once_its_person_has_left_its_practice(self):
        owner, user = make.therapist(), make.person(None)
        practice_id = make.practice(owner, user)
        raw = token(user).raw
        authority = selectors.authority_for_token(raw)
        assert authority.practice_id == practice_id
        member = Membership.objects.unscoped(reason="test").get(user=user)
        services.membership_end(make.actor(owner, practice_id=practice_id), member.id, at=clock.now())
        assert selectors.authority_for_token(raw) is None
        assert selectors.authority_current(authority) is None

    def test_is_kept_as_a_hash_only(self):
        issued = token(make.patient())
        row = ApiToken.objects.unscoped(reason="test").get()
        assert issued.raw.endswith("_" + issued.raw.split("_", 2)[2])
        assert issued.raw.split("_", 2)[2].encode() not in bytes(row.hash)
        assert len(bytes(row.hash)) == 32

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda raw: raw[:-1] + ("A" if raw[-1] != "A" else "B"),
            lambda raw: raw.replace("blm_", "blm-"),
            lambda raw: raw.upper(),
            lambda raw: raw + " ",
            lambda raw: raw[4:],
            lambda raw: "",
            lambda raw: "blm_" + "\u0661" * 12 + "_" + "a" * 43,
        ],
    )
    def test_anything_else_is_nobody(self, spoil):
        raw = token(make.patient()).raw
        assert selectors.authority_for_token(spoil(raw)) is None

    def test_expires(self):
        issued = token(make.patient(), days=1, at=clock.now() - timedelta(days=1, seconds=1))
        assert selectors.authority_for_token(issued.raw) is None

    def test_is_over_once_revoked_and_twice_is_once(self):
        user = make.patient()
        issued = token(user)
        authority = selectors.authority_for_token(issued.raw)
        services.token_revoke(make.actor(user), issued.id, at=make.AT)
        services.token_revoke(make.actor(user), issued.id, at=make.AT)
        assert selectors.authority_current(authority) is None
        assert selectors.authority_for_token(issued.raw) is None

    def test_only_its_person_and_admins_revoke(self):
        issued = token(make.patient())
        with pytest.raises(NotFound):
            services.token_revoke(make.actor(make.support()), issued.id, at=make.AT)
        services.token_revoke(make.actor(make.admin()), issued.id, at=make.AT)

    def test_a_token_makes_no_tokens(self):
        user = make.patient()
        bearer = selectors.authority_for_token(token(user, "profile:write").raw).actor(via=Via.API)
        with pytest.raises(NotAllowed):
            services.token_issue(bearer, user.id, "more", ["conversations:write"], 1, at=make.AT)

    def test_nobody_makes_one_for_another(self):
        with pytest.raises(NotAllowed):
            services.token_issue(
                make.actor(make.admin()), make.patient().id, "x", ["profile:read"], 1, at=make.AT
            )

    @pytest.mark.parametrize(
        ("scopes", "days"), [([], 1), (["admin:all"], 1), (["profile:read"], 0), (["profile:read"], 367)]
    )
    def test_refuses_nonsense(self, scopes, days):
        user = make.patient()
        with pytest.raises(Invalid):
            services.token_issue(make.actor(user), user.id, "x", scopes, days, at=make.AT)

    def test_each_use_is_recorded_and_the_last_one_noted_once_in_a_while(self):
        user = make.patient()
        raw = token(user).raw
        first = selectors.authority_for_token(raw)
        services.token_used(first.actor(via=Via.API), first, at=clock.now())
        again = selectors.authority_for_token(raw)
        assert again.last_used_at is not None
        services.token_used(again.actor(via=Via.API), again, at=clock.now())
        assert selectors.authority_for_token(raw).last_used_at == again.last_used_at
        uses = Event.objects.unscoped(reason="test").filter(name="accounts.token.used")
        assert uses.count() == 2
