"""Who works where, and what a practice cannot do without."""

import pytest

from accounts import errors, services
from accounts.models import Membership
from accounts.tests import factories as make
from accounts.types import MembershipRole
from bloom.kernel import clock

pytestmark = pytest.mark.django_db


def membership(practice_id, user, role) -> Membership:
    rows = Membership.objects.unscoped(reason="test").filter(practice_id=practice_id, user=user, role=role)
    return rows.get()


def test_nobody_is_the_same_twice_in_one_practice():
    owner, colleague = make.therapist(), make.therapist()
    practice_id = make.practice(owner, colleague)
    boss = make.actor(owner, practice_id=practice_id)
    with pytest.raises(errors.MembershipHeld):
        services.membership_start(boss, practice_id, colleague.id, MembershipRole.CLINICIAN, at=clock.now())
    services.membership_start(boss, practice_id, colleague.id, MembershipRole.BILLER, at=clock.now())


def test_the_last_owner_stays_until_there_is_another():
    owner, colleague = make.therapist(), make.therapist()
    practice_id = make.practice(owner, colleague)
    boss = make.actor(owner, practice_id=practice_id)
    own = membership(practice_id, owner, MembershipRole.OWNER)
    with pytest.raises(errors.LastOwner):
        services.membership_end(boss, own.id, at=clock.now())
    services.membership_start(boss, practice_id, colleague.id, MembershipRole.OWNER, at=clock.now())
    services.membership_end(boss, own.id, at=clock.now())
    assert membership(practice_id, owner, MembershipRole.OWNER).ended_at is not None
