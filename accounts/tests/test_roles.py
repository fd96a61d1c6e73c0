"""What roles mean; how they are given and taken."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from accounts import errors, roles, selectors, services
from accounts.models import Role
from accounts.tests import factories as make
from accounts.types import RoleName
from bloom.kernel.errors import FreshFactorNeeded, NotAllowed, NotFound


@pytest.mark.parametrize(
    ("held", "word"),
    [
        ({"patient", "therapist"}, "therapist"),
        ({"admin", "patient"}, "admin"),
        ({"support", "therapist"}, "support"),
        ({"patient"}, "patient"),
        (set(), ""),
    ],
)
def test_role_foremost(held, word):
    assert roles.role_foremost(held) == word


@pytest.mark.parametrize(
    ("held", "permission", "may"),
    [
        ({"admin"}, "accounts.delete_user", True),
        ({"support"}, "accounts.view_user", True),
        ({"support"}, "accounts.change_user", False),
        ({"support"}, "view_reports.delete_user", False),
        ({"therapist"}, "accounts.view_user", False),
        (set(), "accounts.view_user", False),
    ],
)
def test_admin_may(held, permission, may):
    assert roles.admin_may(held, permission) is may


def test_staff_are_support_and_admin_alone():
    assert {role for role in RoleName if roles.is_staff({role})} == {RoleName.SUPPORT, RoleName.ADMIN}


@pytest.mark.django_db
class TestGranting:
    @pytest.mark.parametrize("who", [make.patient, make.therapist, make.support])
    @pytest.mark.parametrize("role", list(RoleName))
    def test_only_admins_give_and_take(self, who, role):
        actor, user = make.actor(who()), make.person(None)
        with pytest.raises(NotAllowed):
            services.role_grant(actor, user.id, role, at=make.AT)
        with pytest.raises(NotAllowed):
            services.role_revoke(actor, user.id, role, at=make.AT)
        with pytest.raises(NotAllowed):
            services.role_grant(actor, actor.user_id, RoleName.ADMIN, at=make.AT)
        assert make.recorded("accounts.role.revoked") == []

    @pytest.mark.parametrize("role", list(RoleName))
    def test_nobody_gives_a_role_to_themselves_an_admin_neither(self, role):
        actor = make.actor(make.admin())
        with pytest.raises(NotAllowed):
            services.role_grant(actor, actor.user_id, role, at=make.AT)
        assert Role.objects.filter(user_id=actor.user_id).count() == 1

    def test_a_factor_that_is_not_fresh_gives_nothing(self):
        admin, user = make.admin(), make.patient()
        make.app(admin)
        stale = make.actor(admin, factor_at=make.AT - timedelta(minutes=11))
        for change in (services.role_grant, services.role_revoke):
            with pytest.raises(FreshFactorNeeded):
                change(stale, user.id, RoleName.SUPPORT, at=make.AT)

    def test_leaves_a_record_of_who_gave_what_to_whom(self):
        admin, user = make.admin(), make.patient()
        before = len(make.recorded("accounts.role.granted"))
        granted = services.role_grant(make.actor(admin), user.id, RoleName.SUPPORT, at=make.AT)
        event = make.recorded("accounts.role.granted")[before]
        assert (event.object_id, event.subject_id, event.actor_user_id) == (granted.id, user.id, admin.id)
        assert event.data == {"role": "support"}
        services.role_revoke(make.actor(admin), user.id, RoleName.SUPPORT, at=make.AT)
        assert len(make.recorded("accounts.role.revoked")) == 1
        assert Role.objects.get(id=granted.id).revoked_at == make.AT

    def test_twice_is_a_conflict_and_what_is_not_held_cannot_be_taken(self):
        actor, user = make.actor(make.admin()), make.patient()
        with pytest.raises(errors.RoleHeld):
            services.role_grant(actor, user.id, RoleName.PATIENT, at=make.AT)
        with pytest.raises(NotFound):
            services.role_revoke(actor, user.id, RoleName.SUPPORT, at=make.AT)

    def test_a_new_therapist_gets_a_practice_once(self):
        actor, user = make.actor(make.admin()), make.patient(name="Ada Lind")
        services.role_grant(actor, user.id, RoleName.THERAPIST, at=make.AT)
        services.role_revoke(actor, user.id, RoleName.THERAPIST, at=make.AT)
        services.role_grant(actor, user.id, RoleName.THERAPIST, at=make.AT)
        practices = selectors.practice_list(make.actor(user))
        assert [practice.name for practice in practices] == ["Ada Lind’s practice"]

    def test_the_last_admin_stays(self):
        admin = make.admin()
        with pytest.raises(errors.LastAdmin):
            services.role_revoke(make.actor(admin), admin.id, RoleName.ADMIN, at=make.AT)
        make.admin()
        services.role_revoke(make.actor(admin), admin.id, RoleName.ADMIN, at=make.AT)


@pytest.mark.django_db(transaction=True)
def test_two_admins_do_not_remove_each_other():
    one, other = make.admin(), make.admin()
    ready, refused = threading.Barrier(2), []

    def remove(actor, user):
        try:
            ready.wait(10)
            services.role_revoke(actor, user.id, RoleName.ADMIN, at=make.AT)
        except errors.LastAdmin as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=remove, args=(make.actor(actor), user))
        for actor, user in [(one, other), (other, one)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(refused) == 1
    assert Role.objects.filter(role=RoleName.ADMIN, revoked_at=None).count() == 1
