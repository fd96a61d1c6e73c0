"""A practice with an owner and members, for tests of its places."""

import pytest

from accounts import services
from accounts.models import Location
from accounts.tests import factories as make
from accounts.types import MembershipRole
from bloom.kernel import clock

AT = make.AT
ROLES = [
    MembershipRole.CLINICIAN,
    MembershipRole.SUPERVISOR,
    MembershipRole.BILLER,
    MembershipRole.FRONT_DESK,
]
FORM = {**make.LOCATION, "version": "0"}
BILLING_FORM = {**make.BILLING, "version": "0"}


@pytest.fixture
def owner(db):
    return make.therapist(name="Ada Lind")


def member(owner, role, **facts):
    user = make.therapist(**facts)
    sent = make.invitation(owner, user.email, role)
    services.invitation_accept(make.actor(user), sent.secret, at=clock.now())
    return user


def acting(user, owner, **more):
    return make.actor(user, practice_id=make.practice_of(owner), **more)


def locations(owner):
    return Location.objects.unscoped(reason="test").filter(practice_id=make.practice_of(owner))
