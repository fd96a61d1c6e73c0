"""What attacks on practices share."""

import uuid

import pytest
from django.test import Client

from accounts import services
from accounts.models import Membership, User
from accounts.tests import factories as make
from accounts.types import MembershipRole
from bloom.kernel import clock

FRONT_DESK, CLINICIAN = MembershipRole.FRONT_DESK, MembershipRole.CLINICIAN
SIGN_UP = {
    "name": "Sam Okafor",
    "password1": "quiet river morning",
    "password2": "quiet river morning",
}
TAX_NUMBER = "364871259"
IN_FORMS = (TAX_NUMBER, "36-4871259", "4871259")


@pytest.fixture(autouse=True)
def no_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.RATE_FACTOR = 1000


@pytest.fixture
def owner():
    return make.therapist(name="Ada Lind")


def members(owner: User) -> set[uuid.UUID]:
    rows = Membership.objects.unscoped(reason="test").filter(
        practice_id=make.practice_of(owner), ended_at=None
    )
    return set(rows.values_list("user_id", flat=True))


def join(owner: User, user: User, role: MembershipRole = CLINICIAN) -> None:
    sent = make.invitation(owner, user.email, role)
    services.invitation_accept(make.actor(user), sent.secret, at=clock.now())


@pytest.fixture
def told(owner):
    """The owner's practice has a place and is known to payers."""
    make.billing_identity(owner)
    return make.location(owner)


def login(user: User, owner: User) -> Client:
    """A browser of this person, who works in the owner's practice now."""
    client = make.browser(user, factor=True)
    client.post(f"/practices/{make.practice_of(owner)}/use/")
    return client
