"""Two browsers at once, on connections of their own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection

from accounts import errors, services
from accounts.models import User
from accounts.tests import factories as make
from accounts.types import ProviderIdentity, ProviderName
from bloom.kernel import clock

pytestmark = pytest.mark.django_db(transaction=True)


def identity(provider=ProviderName.GOOGLE, subject="1"):
    return ProviderIdentity(
        provider=provider,
        subject=subject,
        email="maya@example.org",
        is_verified=True,
        is_vouched=True,
        name="M",
    )


def at_once(*works):
    """What each of them gave or raised."""
    ready = Barrier(len(works))

    def run(work):
        ready.wait()
        try:
            return work()
        except (errors.LastWayIn, errors.ProviderTaken, errors.EmailTaken, errors.ProviderHeld) as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.mark.parametrize("turn", range(3))
def test_two_that_are_removed_at_once_leave_one(turn):
    user = make.patient()
    actor = make.actor(user, factor_at=clock.now())
    for provider in ProviderName:
        services.provider_link(actor, identity(provider), at=clock.now())
    User.objects.filter(id=user.id).update(password="!")
    told = at_once(
        *(lambda each=each: services.provider_unlink(actor, each, at=clock.now()) for each in ProviderName)
    )
    assert sorted(told, key=str) == [None, "last_way_in"]
    assert SocialAccount.objects.filter(user=user).count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_one_identity_is_connected_by_one_of_two(turn):
    actors = [make.actor(make.patient(), factor_at=clock.now()) for _ in range(2)]
    told = at_once(
        *(lambda each=each: services.provider_link(each, identity(), at=clock.now()) for each in actors)
    )
    assert sorted(told, key=str) == [None, "provider_taken"]
    assert len(make.recorded("accounts.provider.linked")) == 1


@pytest.mark.parametrize("turn", range(3))
def test_one_identity_signs_up_once(turn):
    def sign_up():
        services.provider_sign_up(
            make.SYSTEM, identity(), email="maya@example.org", name="Maya", role="patient",
            time_zone="UTC", locale="en", at=clock.now(),
        )  # fmt: skip

    told = at_once(sign_up, sign_up)
    assert told.count(None) == 1
    assert set(told) <= {None, "email_taken", "provider_taken"}
    assert User.objects.count() == SocialAccount.objects.count() == 1
