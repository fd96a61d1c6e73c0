"""Trying to get in without leaving a trace; and flooding the record with traces."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import selectors, services
from accounts.tests import factories as make
from accounts.tests.factor_pages import STEP
from accounts.tests.signing import GOOD, bare, code_in
from bloom.kernel import clock

pytestmark = pytest.mark.django_db

LOGIN, RESET, CONFIRM = "/accounts/login/", "/accounts/password/reset/", "/accounts/confirm-email/"
ME = "/api/v1/me/"
WRONG = "not the one at all"


@pytest.fixture(autouse=True)
def ordinary_limits(settings):
    cache.clear()
    settings.RATE_FACTOR = 1
    settings.ACCOUNT_RATE_LIMITS = False


def sign_in(client, email, password=WRONG):
    return client.post(LOGIN, {"login": email, "password": password})


def shown_to(user) -> list[str]:
    """What their page of activity says."""
    return [each.title for each in selectors.activity_list(make.actor(user)).items]


def bearer(raw: str, **where) -> int:
    return Client().get(ME, headers={"authorization": f"Bearer {raw}"}, **where).status_code


def test_going_on_after_too_many_passwords():
    """ASVS 5.0 16.3.1: that somebody goes on is on record, once in a while, for whoever it is."""
    user = make.patient()
    for _try in range(6 + 4):
        sign_in(Client(REMOTE_ADDR="203.0.113.9"), user.email)
        sign_in(Client(REMOTE_ADDR="203.0.113.9"), "gone@example.org")
    told = make.recorded("accounts.sign_in.limited")
    assert [(event.subject_id, event.ip) for event in told] == [
        (user.id, "203.0.113.9"),
        (None, "203.0.113.9"),
    ]
    assert WRONG not in str([vars(event) for event in told])
    assert "gone@" not in str([vars(event) for event in told])
    assert "Sign-in was refused after too many wrong passwords" in shown_to(user)


def test_going_on_from_an_address_that_has_no_tries_left(settings):
    """ASVS 5.0 16.3.1: one line for all of them, whomever they name."""
    settings.SIGN_INS_PER_MINUTE = 1
    for number in range(6 + 4):
        sign_in(Client(REMOTE_ADDR="203.0.113.8"), f"person{number}@example.net")
    (told,) = make.recorded("accounts.sign_in.limited")
    assert (told.subject_id, told.ip) == (None, "203.0.113.8")


def test_going_on_after_too_many_codes(settings):
    """ASVS 5.0 16.3.1: once in a while, and its person reads of it."""
    settings.FACTOR_TRIES_PER_DAY = 2
    user = make.patient()
    make.app(user)
    client = Client()
    sign_in(client, user.email, make.PASSWORD)
    for _try in range(5):
        client.post(STEP, {"code": "000000"})
    (told,) = make.recorded("accounts.factor.limited")
    assert (told.subject_id, told.data["again"]) == (user.id, False)
    assert "Codes or passkeys were refused after too many tries" in shown_to(user)


def test_going_on_with_passkeys_that_name_their_person(settings):
    """ASVS 5.0 16.3.1: counted and recorded for their address, and for nobody."""
    settings.SIGN_INS_PER_MINUTE = 1
    for _try in range(6 + 3):
        Client(REMOTE_ADDR="203.0.113.7").post("/accounts/login/passkey/", {"credential": '{"id": "x"}'})
    (told,) = make.recorded("accounts.factor.limited")
    assert (told.subject_id, told.ip) == (None, "203.0.113.7")
    assert len(make.recorded("accounts.factor.failed")) == 6


def test_trying_tokens():
    """ASVS 5.0 16.3.1: each that opens nothing is on record, with the token that it says that it is."""
    user = make.patient()
    issued = services.token_issue(make.SYSTEM, user.id, "x", ["profile:read"], 5, at=clock.now())
    almost = issued.raw[:-1] + ("A" if issued.raw[-1] != "A" else "B")
    services.tokens_revoke(make.SYSTEM, user.id, at=clock.now())
    assert [bearer(raw) for raw in ("nonsense", f"blm_{'a' * 12}_{'b' * 43}", almost, issued.raw)] == [
        401
    ] * 4
    told = make.recorded("accounts.token.refused")
    assert [(event.data["fault"], event.subject_id) for event in told] == [
        ("unknown", None),
        ("unknown", None),
        ("wrong", user.id),
        ("over", user.id),
    ]
    assert {event.object_id for event in told[2:]} == {issued.id}
    assert issued.raw[17:-1] not in str([vars(event) for event in told])


def test_flooding_the_record_with_tokens(settings):
    """ASVS 5.0 16.3.1: beyond the limit one line stands for all."""
    settings.WRONG_TOKENS_PER_MINUTE = 2
    answers = [bearer("nonsense", REMOTE_ADDR="203.0.113.6") for _try in range(6)]
    assert answers == [401] * 2 + [429] * 4
    told = make.recorded("accounts.token.refused")
    assert [event.data["is_limited"] for event in told] == [False, False, True]


def test_asking_for_a_new_password_in_somebody_s_name():
    """ASVS 5.0 16.3.1: on record and shown to its person; 6.3.8: for nobody's address with the same work."""
    user = make.patient()
    pages = [
        Client().post(RESET, {"email": email}, follow=True) for email in (user.email, "gone@example.org")
    ]
    assert bare(pages[0]) == bare(pages[1])
    told = make.recorded("accounts.password_reset.asked")
    assert [event.subject_id for event in told] == [user.id, None]
    assert "gone@" not in str([vars(event) for event in told])
    assert "A new password was asked for by mail" in shown_to(user)


def test_guessing_the_password_at_its_change():
    """ASVS 5.0 16.3.1: a session that was left open, in other hands."""
    user = make.patient()
    client = make.browser(user)
    new = "a whole new phrase"
    client.post("/accounts/password/change/", {"oldpassword": WRONG, "password1": new, "password2": new})
    (told,) = make.recorded("accounts.password_change.failed")
    assert told.subject_id == user.id
    assert "A wrong current password was typed with a new one" in shown_to(user)


def test_guessing_the_code_of_a_sign_up(mailoutbox):
    """ASVS 5.0 16.3.1: on record, also for a taken address, of which the page says no more."""
    taken = make.patient(email="here@example.org")
    pages = []
    for email in ("new@example.org", taken.email):
        client = Client()
        client.post("/accounts/signup/", GOOD | {"email": email})
        pages.append(client.post(CONFIRM, {"code": "AAAA-BBBB"}))
    assert bare(pages[0]) == bare(pages[1])
    told = make.recorded("accounts.email_code.failed")
    assert len(told) == 2
    assert told[0].subject_id is not None
    assert told[1].subject_id is None
    assert code_in(mailoutbox[0]) not in str([vars(event) for event in told])


def test_looking_around_in_the_administration():
    """ASVS 5.0 16.3.2: who is signed in and no staff is refused at the first door, on record."""
    user = make.patient()
    client = make.browser(user)
    for path in ("/admin/", "/admin/accounts/user/", "/admin/login/", "/admin/nowhere/"):
        assert client.get(path).status_code == 403
    told = make.recorded("observability.access.refused")
    assert [(event.actor_user_id, event.data["kind"]) for event in told] == [(user.id, "bloom.admin")] * 4
