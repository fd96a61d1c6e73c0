"""How often somebody may try to show who they are; for the doors.

Bloom counts by itself (bloom.kernel.limits), and a try that was right sets nothing back: else whoever has an
account of their own would wipe out with it what counts against them. What their person did not do is counted
apart, so that nobody is locked out by others: see accounts.devices.

What goes beyond a limit is judged no more, and is on record: one line for all of it in a while, so that who
floods a door does not flood the record.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from allauth.account import app_settings as account_settings
from allauth.account.internal.stagekit import unstash_login
from django.conf import settings

from accounts import devices, requests, selectors, services
from accounts.types import FactorKind
from bloom.kernel import clock, limits
from bloom.kernel.actor import Actor
from bloom.kernel.errors import RateLimited
from bloom.kernel.problems import actor_of

_DAY = 24 * 60 * 60


def sign_in_count(request: Any, email: str) -> None:
    """Count one password for this address, written as the record keeps it. Raises RateLimited, Unavailable.

    Few from one place; and few for one account, counted apart for each browser that its person has signed in
    with before, so that whoever guesses elsewhere uses up nobody's tries but their own. Such a browser has no
    other limit: a whole practice may share one address with who guesses.
    """
    cookie = devices.cookie_of(request)
    is_known = selectors.device_is_known(email, cookie)
    if not is_known:
        key = f"accounts.sign_in.ip:{requests.place_of(request)}"
        with _on_record(key, lambda: services.sign_in_limited(actor_of(request), "", at=clock.now())):
            limits.limit_check(key, settings.SIGN_INS_PER_MINUTE * 6, 60, closed=True)
    key = f"accounts.sign_in:{email}:{cookie if is_known else ''}"
    with _on_record(key, lambda: services.sign_in_limited(actor_of(request), email, at=clock.now())):
        limits.limit_check(key, settings.SIGN_INS_PER_ACCOUNT, 300, closed=True)


def factor_count(request: Any, user: Any, kind: FactorKind | None, *, again: bool) -> None:
    """Count one code, or one passkey, that is to be judged for this person. Raises RateLimited, Unavailable.

    Few in a minute and few in a day: codes and passkeys apart, and each browser that the person has signed in
    with before apart from all the others. All known browsers together have a limit, too, for a new password
    by mail makes a browser known before its second factor was shown.
    """
    cookie = devices.cookie_of(request)
    is_known = selectors.device_is_known(user.email, cookie)
    who = f"{_way(kind)}:{user.pk}"
    key = f"{who}:{cookie if is_known else ''}"
    minute, day = settings.FACTOR_TRIES_PER_MINUTE, settings.FACTOR_TRIES_PER_DAY
    with _on_record(f"accounts.factor:{key}", lambda: _factor_limited(request, user.pk, kind, again)):
        limits.limit_check(f"accounts.factor:{key}", minute, 60, closed=True)
        limits.limit_check(f"accounts.factor.day:{key}", day, _DAY, closed=True)
        if is_known:
            limits.limit_check(f"accounts.factor.known:{who}", day * 4, _DAY, closed=True)


def sign_in_step_count(request: Any, user: Any, kind: FactorKind | None) -> None:
    """Count one try within the sign-in that waits in this browser for its second factor: a right password
    carries few. Raises RateLimited, Unavailable.
    """
    login = unstash_login(request, peek=True)
    if login is None:
        return
    key = f"accounts.factor.step:{_way(kind)}:{request.session.session_key}:{login.initiated_at}"
    most, seconds = settings.FACTOR_TRIES_PER_SIGN_IN, account_settings.LOGIN_TIMEOUT
    of_person = f"accounts.factor:{_way(kind)}:{user.pk}:"
    with _on_record(of_person, lambda: _factor_limited(request, user.pk, kind, False)):
        limits.limit_check(key, most, seconds, closed=True)


def passkey_count(request: Any) -> None:
    """Count one passkey that says itself whose it is: for its address, since nobody guesses one, and counted
    for the person anybody could lock them out. Raises RateLimited, Unavailable.
    """
    key = f"accounts.passkey.ip:{requests.place_of(request)}"
    with _on_record(key, lambda: _factor_limited(request, None, FactorKind.PASSKEY, False)):
        limits.limit_check(key, settings.SIGN_INS_PER_MINUTE * 6, 60, closed=True)


def wrong_token_count(request: Any, raw: str) -> None:
    """Count one API token that opens nothing, which is on record. Raises RateLimited."""
    actor, at = Actor.anonymous(**requests.where(request)), clock.now()
    key = f"accounts.token.wrong:{requests.place_of(request)}"
    with _on_record(key, lambda: services.token_refused(actor, raw, is_limited=True, at=at)):
        limits.limit_check(key, settings.WRONG_TOKENS_PER_MINUTE, 60)
    services.token_refused(actor, raw, at=at)


@contextmanager
def _on_record(key: str, note: Callable[[], None]) -> Iterator[None]:
    """A limit that is reached in the block is noted, once for all that goes beyond `key` in a while."""
    try:
        yield
    except RateLimited:
        if _is_first(key):
            note()
        raise


def _factor_limited(request: Any, user_id: UUID | None, kind: FactorKind | None, again: bool) -> None:
    services.factor_limited(actor_of(request), user_id, kind, again=again, at=clock.now())


def _is_first(key: str) -> bool:
    """Is this the first try beyond the limit `key` in a while? Yes for each, while nobody can count."""
    try:
        limits.limit_check(f"{key}:beyond", 1, settings.LIMITED_RECORDED_EVERY)
    except RateLimited:
        return False
    return True


def _way(kind: FactorKind | None) -> str:
    return "passkey" if kind is FactorKind.PASSKEY else "code"
