"""Somebody who works in two practices, and what they get of one while they act for the other."""

import pytest

from accounts import selectors, services
from accounts.models import Assignment, Membership
from accounts.services.practices import practice_check
from accounts.tests import factories as make
from accounts.types import MembershipRole, PracticeMay
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed, NotFound

pytestmark = pytest.mark.django_db


class Two:
    """Two practices of one owner, each with a clinician who has a patient there."""

    def __init__(self) -> None:
        self.owner = make.therapist()
        self.here_colleague, self.there_colleague = make.therapist(), make.therapist()
        self.here = make.practice(self.owner, self.here_colleague)
        self.there = make.practice(self.owner, self.there_colleague)
        self.care_here = make.assignment(make.patient(), self.here_colleague, practice_id=self.here)
        self.care_there = make.assignment(make.patient(), self.there_colleague, practice_id=self.there)
        self.acts_here = make.actor(self.owner, practice_id=self.here)


@pytest.fixture
def two() -> Two:
    return Two()


def test_care_of_the_other_practice_in_the_list(two):
    """ASVS 5.0 8.4.1: the owner of both sees, while acting for one, the care of that one alone."""
    seen = set(Assignment.objects.visible_to(two.acts_here).values_list("id", flat=True))
    assert two.care_here.id in seen
    assert two.care_there.id not in seen


def test_care_of_the_other_practice_by_its_id(two):
    """ASVS 5.0 8.2.2: knowing the id of an assignment in the other practice opens nothing."""
    assert selectors.assignment_get(two.acts_here, two.care_here.id).id == two.care_here.id
    with pytest.raises(NotFound):
        selectors.assignment_get(two.acts_here, two.care_there.id)


def test_colleagues_of_the_other_practice(two):
    """ASVS 5.0 8.4.1: who works in the other practice is not in the list, but one's own place there is."""
    seen = Membership.objects.visible_to(two.acts_here)
    assert seen.filter(user=two.here_colleague, practice_id=two.here).exists()
    assert not seen.filter(practice_id=two.there).exclude(user=two.owner).exists()


@pytest.mark.parametrize("may", list(PracticeMay))
def test_an_owner_acts_in_the_other_practice(two, may):
    """ASVS 5.0 8.4.1: being an owner there permits nothing there while one acts for here."""
    assert not selectors.practice_may(two.acts_here, two.there, may)
    with pytest.raises(NotAllowed):
        practice_check(two.acts_here, two.there, may)


@pytest.mark.parametrize("role", list(MembershipRole))
def test_a_clinician_makes_themselves_more(two, role):
    """ASVS 5.0 8.2.1: nobody who is not an owner gives themselves any role in their practice."""
    clinician = make.actor(two.here_colleague, practice_id=two.here)
    before = Membership.objects.unscoped(reason="test").count()
    with pytest.raises(NotAllowed):
        services.membership_start(clinician, two.here, two.here_colleague.id, role, at=clock.now())
    assert Membership.objects.unscoped(reason="test").count() == before


@pytest.mark.parametrize("staff", [make.support, make.admin])
@pytest.mark.parametrize("role", list(MembershipRole))
def test_platform_staff_walk_into_a_practice(two, staff, role):
    """ASVS 5.0 8.2.1: managing members for others lets support and admins into no practice themselves."""
    actor = make.actor(staff())
    with pytest.raises(NotAllowed):
        services.membership_start(actor, two.here, actor.user_id, role, at=clock.now())


@pytest.mark.parametrize("staff", [make.support, make.admin])
def test_platform_staff_make_an_owner(two, staff):
    """ASVS 5.0 8.2.1: who owns a practice is for its owners alone, by any way in."""
    with pytest.raises(NotAllowed):
        services.membership_start(
            make.actor(staff()), two.here, two.here_colleague.id, MembershipRole.OWNER, at=clock.now()
        )


def test_a_membership_that_ended_goes_on_seeing(two):
    """ASVS 5.0 8.3.2: an actor built before the end of the membership may nothing after it."""
    services.membership_start(
        two.acts_here, two.here, two.here_colleague.id, MembershipRole.OWNER, at=clock.now()
    )
    other = make.actor(two.here_colleague, practice_id=two.here)
    own = Membership.objects.unscoped(reason="test").get(practice_id=two.here, user=two.owner)
    services.membership_end(other, own.id, at=clock.now())
    assert not any(selectors.practice_may(two.acts_here, two.here, may) for may in PracticeMay)
    with pytest.raises(NotFound):
        selectors.assignment_get(two.acts_here, two.care_here.id)
