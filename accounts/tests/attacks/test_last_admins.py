"""Leaving Bloom without an administrator, by leaving at the same moment or one after the other."""

import threading
from functools import partial

import pytest

from accounts import endings, errors, services
from accounts.models import Role, User
from accounts.tests import factories as make
from accounts.types import RoleName
from bloom.kernel import clock
from bloom.kernel.testing import at_once

pytestmark = pytest.mark.django_db


def close(user):
    return services.account_close(make.actor(user, factor_at=clock.now()), at=clock.now())


def staying() -> int:
    held = Role.objects.filter(role=RoleName.ADMIN, revoked_at=None)
    return held.filter(user__is_active=True, user__closing_at=None).count()


def refused(answers) -> int:
    """How many of them were refused as the last one; nothing else went wrong."""
    last = [isinstance(answer, errors.LastAdmin) for answer in answers]
    others = [answer for answer, is_last in zip(answers, last, strict=True) if not is_last]
    assert not any(isinstance(answer, Exception) for answer in others), answers
    return sum(last)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(3))
def test_both_close_their_accounts_at_the_same_moment(turn):
    """ASVS 5.0 15.4.2: of two who look whether another stays, one is told that nobody does."""
    answers = at_once(*[partial(close, make.admin()) for _ in range(2)])
    assert refused(answers) == 1
    assert staying() == 1


@pytest.mark.django_db(transaction=True)
def test_one_closes_while_the_role_of_the_other_is_taken_back(monkeypatch):
    """ASVS 5.0 15.4.2: the same two rows decide over both."""
    leaving, other = make.admin(), make.admin()
    answers = []

    def revoke():
        answers.extend(
            at_once(partial(services.role_revoke, make.SYSTEM, other.id, RoleName.ADMIN, at=clock.now()))
        )

    meanwhile = threading.Thread(target=revoke)

    def between(*told, **more):
        # After the look at who stays, and before the closing is there for others to see.
        meanwhile.start()
        meanwhile.join(2)

    monkeypatch.setattr(endings, "fees_check", between)
    close(leaving)
    meanwhile.join(30)
    assert refused(answers) == 1
    assert staying() == 1


def test_the_other_leaves_by_another_door_meanwhile():
    """ASVS 5.0 2.3.1: at the end of the days it is asked once more, and then the closing waits."""
    leaving, other = make.admin(), make.admin()
    close(leaving)
    User.objects.filter(id=other.id).update(is_active=False)
    User.objects.filter(id=leaving.id).update(closing_at=clock.now())
    assert services.accounts_close_due(make.SYSTEM, at=clock.now()) == []
    assert User.objects.get(id=leaving.id).closed_at is None
    make.admin()
    assert len(services.accounts_close_due(make.SYSTEM, at=clock.now())) == 1


def test_both_are_closing_already():
    """ASVS 5.0 2.3.1: who is closing does not stand for who is closed."""
    both = [make.admin(), make.admin()]
    User.objects.filter(id__in=[user.id for user in both]).update(closing_at=clock.now())
    assert services.accounts_close_due(make.SYSTEM, at=clock.now()) == []
    assert not User.objects.exclude(closed_at=None).exists()
