"""How often somebody may try to show who they are; for the doors.

Bloom counts by itself (bloom.kernel.limits), and a try that was right sets nothing back: else whoever has an
account of their own would wipe out with it what counts against them. What their person did not do is counted
apart, so that nobody is locked out by others: see accounts.devices.
"""

from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.internal.stagekit import unstash_login
from django.conf import settings

from accounts import devices, selectors
from accounts.types import FactorKind
from bloom.kernel import limits

_DAY = 24 * 60 * 60


def factor_count(request: Any, user: Any, kind: FactorKind | None) -> None:
    """Count one code, or one passkey, that is to be judged for this person. Raises RateLimited, Unavailable.

    Few in a minute and few in a day: codes and passkeys apart, and each browser that the person has signed in
    with before apart from all the others. All known browsers together have a limit, too, for a new password
    by mail makes a browser known before its second factor was shown.
    """
    cookie = devices.cookie_of(request)
    is_known = selectors.device_is_known(user.email, cookie)
    who = f"{_way(kind)}:{user.pk}"
    place = f"{who}:{cookie if is_known else ''}"
    minute, day = settings.FACTOR_TRIES_PER_MINUTE, settings.FACTOR_TRIES_PER_DAY
    limits.limit_check(f"accounts.factor:{place}", minute, 60, closed=True)
    limits.limit_check(f"accounts.factor.day:{place}", day, _DAY, closed=True)
    if is_known:
        limits.limit_check(f"accounts.factor.known:{who}", day * 4, _DAY, closed=True)


def sign_in_step_count(request: Any, kind: FactorKind | None) -> None:
    """Count one try within the sign-in that waits in this browser for its second factor: a right password
    carries few. Raises RateLimited, Unavailable.
    """
    login = unstash_login(request, peek=True)
    if login is not None:
        limits.limit_check(
            f"accounts.factor.step:{_way(kind)}:{request.session.session_key}:{login.initiated_at}",
            settings.FACTOR_TRIES_PER_SIGN_IN,
            account_settings.LOGIN_TIMEOUT,
            closed=True,
        )


def _way(kind: FactorKind | None) -> str:
    return "passkey" if kind is FactorKind.PASSKEY else "code"
