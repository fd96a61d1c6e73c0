"""Getting past somebody's second factor with their password, or with a session of theirs."""

import pytest
from django.conf import settings as ours
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts import selectors, services
from accounts.tests import factories as make
from accounts.tests.authenticator import Device
from accounts.tests.factor_pages import STEP, add_passkey, me, options_on, show_passkey, sign_in
from bloom.kernel import clock, redis_client

pytestmark = pytest.mark.django_db

AGAIN = "/accounts/again/code/"
WRONG = "000000"
DAY = 6


@pytest.fixture(autouse=True)
def ordinary_limits(settings):
    cache.clear()
    settings.RATE_FACTOR = 1
    # What production has of allauth's limits for failures, without those for sign-ins as such.
    settings.ACCOUNT_RATE_LIMITS = {"login": "1000/m/ip", "login_failed": "10/m/ip"}
    settings.SIGN_INS_PER_MINUTE = settings.SIGN_INS_PER_ACCOUNT = 1000
    # So few that no slow test sees the next one granted.
    settings.FACTOR_TRIES_PER_DAY = DAY


def person(**facts):
    user = make.patient(**facts)
    make.app(user)
    return user


def at_step(user, **where):
    """A browser in which somebody has typed the right password."""
    client = Client(**where)
    sign_in(client, user)
    return client


def guess(user, times, **where):
    """Guess so often, beginning again with the password whenever that is asked for."""
    client = at_step(user, **where)
    for _try in range(times):
        if client.post(STEP, {"code": WRONG}).status_code == 302:
            client = at_step(user, **where)
            client.post(STEP, {"code": WRONG})


def recovery_codes(user):
    return services.recovery_codes_renew(make.actor(user, factor_at=clock.now()), at=clock.now())


def judged() -> int:
    return len(make.recorded("accounts.factor.failed"))


def test_guessing_from_many_addresses():
    """ASVS 5.0 6.3.1: what counts is whose codes are guessed, not from where."""
    user = person()
    for number in range(3):
        guess(user, 4, REMOTE_ADDR=f"203.0.113.{number}")
    assert judged() == DAY
    stranger = at_step(user)
    assert "tries too many" in stranger.post(STEP, {"code": make.app_code()}).content.decode()
    assert me(stranger) == 401


def test_wiping_the_counter_with_a_right_code_of_one_s_own():
    """ASVS 5.0 6.3.1: a right code sets nothing back, neither of its person nor of its address."""
    victim, attacker = person(), make.patient()
    make.app(attacker)
    own = make.browser(attacker)
    for code in recovery_codes(attacker)[:3]:
        guess(victim, 4)
        assert own.post(AGAIN, {"code": code}).status_code == 302
    assert judged() == DAY


def test_one_right_code_among_the_guesses(settings):
    """ASVS 5.0 6.3.1: who knows one code of somebody's gains no further tries by it."""
    settings.FACTOR_TRIES_PER_MINUTE = 3
    user = person()
    client = make.browser(user)
    answers = [client.post(AGAIN, {"code": code}) for code in (WRONG, WRONG, make.app_code(), WRONG)]
    assert [answer.status_code for answer in answers] == [200, 200, 302, 200]
    assert "tries too many" in answers[-1].content.decode()
    assert judged() == 2


def test_guessing_slowly(settings):
    """ASVS 5.0 6.3.1: few in a minute are many in a day; that has a limit of its own."""
    settings.FACTOR_TRIES_PER_MINUTE = 1000
    user = person()
    guess(user, 9)
    assert judged() == DAY


def test_guessing_without_end_behind_one_password(settings):
    """ASVS 5.0 6.3.1: one sign-in carries a handful of tries; then the password is asked for again."""
    settings.FACTOR_TRIES_PER_DAY = 50
    user = person()
    client = at_step(user)
    for _try in range(ours.FACTOR_TRIES_PER_SIGN_IN):
        assert client.post(STEP, {"code": WRONG}).status_code == 200
    answer = client.post(STEP, {"code": make.app_code()}, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")
    assert "Please sign in once more" in answer.content.decode()
    assert client.post(STEP, {"code": make.app_code()})["Location"] == "/accounts/login/"
    assert me(client) == 401


def test_keeping_an_old_copy_of_the_session_for_more_tries():
    """ASVS 5.0 6.3.1: the tries of a sign-in are not counted in what its browser could bring back."""
    user = person()
    client = at_step(user)
    session = client.session
    kept = dict(session.items())
    for _try in range(ours.FACTOR_TRIES_PER_SIGN_IN):
        client.post(STEP, {"code": WRONG})
    session = client.session
    session.update(kept)
    session.save()
    assert client.post(STEP, {"code": WRONG}).status_code == 302
    assert judged() == ours.FACTOR_TRIES_PER_SIGN_IN


def test_guessing_in_a_session_that_was_left_open():
    """ASVS 5.0 6.3.1: "is it still you?" is asked as few times as at the door."""
    user = person()
    client = make.browser(user)
    for number in range(9):
        client.post(AGAIN, {"code": WRONG}, REMOTE_ADDR=f"203.0.113.{number}")
    assert judged() == DAY


def test_flooding_with_passkeys_that_are_none():
    """ASVS 5.0 6.3.1: they are judged as seldom, and the challenge of each is its own."""
    user = person()
    for _try in range(9):
        client = at_step(user)
        client.post(STEP, {"credential": Device().show(options_on_or_none(client))})
    assert judged() == DAY


def test_locking_the_owner_out_by_wrong_codes():
    """ASVS 5.0 6.1.1: the browser that knows its person has tries of its own."""
    user = person()
    owner = at_step(user)
    owner.post(STEP, {"code": make.app_code()})
    assert me(owner) == 200
    owner.post("/accounts/logout/")
    guess(user, 9)
    sign_in(owner, user)
    owner.post(STEP, {"code": recovery_codes(user)[0]})
    assert me(owner) == 200


def test_making_browsers_known_by_mail_for_more_tries(settings):
    """ASVS 5.0 6.3.1: a new password by mail makes a browser known; all known ones together have a limit."""
    settings.FACTOR_TRIES_PER_MINUTE, settings.FACTOR_TRIES_PER_DAY = 1000, 2
    user = person()
    for number in range(6):
        cookie = f"{number}" * 43
        services.device_note(make.SYSTEM, user.id, selectors.device_hash(cookie), at=clock.now())
        client = Client()
        client.cookies[ours.DEVICE_COOKIE_NAME] = cookie
        sign_in(client, user)
        for _try in range(3):
            client.post(STEP, {"code": WRONG})
    assert judged() == 4 * 2


def test_using_up_the_codes_leaves_the_passkey():
    """ASVS 5.0 6.1.1: a passkey cannot be guessed, and is counted apart from what can."""
    user = make.patient()
    device = Device()
    own = Client()
    sign_in(own, user)
    add_passkey(own, device)
    make.app(user)
    guess(user, 9)
    elsewhere = at_step(user)
    elsewhere.post(STEP, {"credential": device.show(options_on(elsewhere.get(STEP)))})
    assert me(elsewhere) == 200


def test_trying_codes_without_the_owner_hearing_of_it(settings):
    """ASVS 5.0 6.3.5: after several wrong ones they are told, once a day and not of every slip."""
    settings.FACTOR_TRIES_PER_DAY = 50
    user = person()
    client = at_step(user)
    for _try in range(ours.FACTOR_FAILURES_TOLD - 1):
        client.post(STEP, {"code": WRONG})
    assert not mail.outbox
    guess(user, 5)
    (told,) = mail.outbox
    assert told.to == [user.email]
    assert "past your second factor" in told.subject
    assert judged() > ours.FACTOR_FAILURES_TOLD


def test_alarming_somebody_without_their_password():
    """ASVS 5.0 6.1.1: who names somebody with a made-up passkey reaches no counter and no mail of theirs."""
    user = make.patient()
    device = Device()
    own = Client()
    sign_in(own, user)
    add_passkey(own, device)
    mail.outbox.clear()
    for _try in range(8):
        stranger, forged = Client(), Device()
        forged.id, forged.user_handle = device.id, device.user_handle
        show_passkey(stranger, forged)
    assert not mail.outbox
    assert [event.subject_id for event in make.recorded("accounts.factor.failed")] == [None] * 8


def test_guessing_while_the_counters_are_down(settings, monkeypatch):
    """ASVS 5.0 6.3.1: when nobody counts, no code is judged."""
    user = person()
    client = at_step(user)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(redis_client, "_client", None)
    assert client.post(STEP, {"code": make.app_code()}).status_code == 503
    assert me(client) == 401
    monkeypatch.setattr(redis_client, "_client", None)


def options_on_or_none(client):
    """What a browser is asked to sign; its person has no passkey, so that the page shows none."""
    page = client.get(STEP)
    return page.context["js_data"]["request_options"]
