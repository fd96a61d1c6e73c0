"""Guessing passwords, guessing who is here, and locking others out."""

import statistics
import time
import uuid

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts import services
from accounts.models import Session, User
from accounts.tests import factories as make
from bloom.kernel import clock
from bloom.settings import auth as auth_settings
from observability.models import Event

pytestmark = pytest.mark.django_db

LOGIN, RESET, SIGN_UP = "/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"
WRONG = "not the one at all"
# As production has them.
ORDINARY = auth_settings.ACCOUNT_RATE_LIMITS
NEW = {
    "role": "patient",
    "name": "Maya Torres",
    "password1": "quiet river morning",
    "password2": "quiet river morning",
}


@pytest.fixture(autouse=True)
def ordinary_limits(settings):
    settings.RATE_FACTOR = 1
    settings.ACCOUNT_RATE_LIMITS = False
    # Other tests come from the same address.
    settings.SIGN_INS_PER_MINUTE = 1000


def sign_in(client, email, password=make.PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def is_in(client) -> bool:
    return client.get("/api/v1/me/").status_code == 200


def guess(email, times, client=None):
    for _ in range(times):
        sign_in(client or Client(), email, WRONG)


def test_guessing_one_password_after_another():
    """ASVS 5.0 6.3.1: after a few wrong ones, the right one does not open the account either."""
    user = make.patient()
    guess(user.email, 6)
    client = Client()
    assert "tries too many" in sign_in(client, user.email).content.decode()
    assert not is_in(client)


def test_guessing_with_the_address_spelt_in_other_ways():
    """ASVS 5.0 6.3.1: capitals, blanks and full-width letters are the same address and the same tries."""
    user = make.patient(email="maya@example.org")
    for spelling in ["MAYA@example.org", " maya@example.org", "ｍａｙａ@example.org", "Maya@Example.ORG"]:
        guess(spelling, 2)
    assert "tries too many" in sign_in(Client(), user.email).content.decode()


def test_locking_somebody_out_by_wrong_passwords():
    """ASVS 5.0 6.1.1: a browser that knows its person has tries of its own, and a stranger's do not count."""
    user = make.patient()
    owner = Client()
    sign_in(owner, user.email)
    owner.post("/accounts/logout/")
    guess(user.email, 20)
    sign_in(owner, user.email)
    assert is_in(owner)


def test_using_a_known_browser_s_cookie_for_another_account():
    """ASVS 5.0 6.3.1: the cookie speaks for its own people only."""
    mine, victim = make.patient(), make.patient()
    attacker = Client()
    sign_in(attacker, mine.email)
    attacker.post("/accounts/logout/")
    guess(victim.email, 6, attacker)
    assert "tries too many" in sign_in(attacker, victim.email).content.decode()
    assert "tries too many" in sign_in(Client(), victim.email).content.decode()


def test_a_known_browser_is_not_free_of_limits():
    """ASVS 5.0 6.3.1: nor may whoever sits at it guess without end."""
    user = make.patient()
    client = Client()
    sign_in(client, user.email)
    client.post("/accounts/logout/")
    guess(user.email, 6, client)
    assert "tries too many" in sign_in(client, user.email).content.decode()


def test_guessing_from_the_many_addresses_of_one_line(settings):
    """ASVS 5.0 6.3.1: whoever has 64 bits of IPv6 to themselves has one address."""
    settings.SIGN_INS_PER_MINUTE, settings.WRONG_TOKENS_PER_MINUTE = 1, 3
    for number in range(9):
        where = {"REMOTE_ADDR": f"2001:db8:1:2:{number}::{number}"}
        sign_in(Client(**where), f"person{number}@example.net", WRONG)
        Client(headers={"authorization": "Bearer nonsense"}, **where).get("/api/v1/me/")
    assert len(make.recorded("accounts.sign_in.failed")) == 6
    refused = make.recorded("accounts.token.refused")
    assert [event.data["is_limited"] for event in refused] == [False] * 3 + [True]
    sign_in(Client(REMOTE_ADDR="2001:db8:1:3::1"), "person@example.net", WRONG)
    assert len(make.recorded("accounts.sign_in.failed")) == 7


def test_locking_out_a_practice_from_its_own_waiting_room(settings):
    """ASVS 5.0 6.1.1: wrong tries from an address that many share stop no browser that knows its person."""
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = ORDINARY
    settings.SIGN_INS_PER_MINUTE = 2
    user = make.patient()
    make.app(user)
    owner = Client()
    codes = services.recovery_codes_renew(make.actor(user, factor_at=clock.now()), at=clock.now())
    for code in codes[:2]:
        sign_in(owner, user.email)
        owner.post("/accounts/login/factor/", {"code": code})
        assert is_in(owner)
        owner.post("/accounts/logout/")
        for number in range(20):
            sign_in(Client(), f"gone{number}@example.net", WRONG)


def test_who_is_locked_out_gets_in_by_mail():
    """ASVS 5.0 6.1.1: a new password by mail opens this browser, whatever goes on elsewhere."""
    user = make.patient()
    guess(user.email, 20)
    client = Client()
    client.post(RESET, {"email": user.email})
    path = next(word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word)
    path = path.partition("8000")[2] or path.partition("testserver")[2]
    form = client.get(path, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "a whole new phrase", "password2": "a whole new phrase"})
    sign_in(client, user.email, "a whole new phrase")
    assert is_in(client)


def test_asking_the_sign_in_page_who_is_here():
    """ASVS 5.0 6.3.8: a wrong password and an unknown address get the same words."""
    user = make.patient(email="here@example.org")
    known = sign_in(Client(), user.email, WRONG).content.decode()
    unknown = sign_in(Client(), "gone@example.org", WRONG).content.decode()
    hide = lambda page: page.replace("here@", "@").replace("gone@", "@")  # noqa: E731
    assert _plain(hide(known)) == _plain(hide(unknown))


def test_asking_the_reset_page_who_is_here():
    """ASVS 5.0 6.3.8: both addresses get a mail, and the page says the same."""
    make.patient(email="here@example.org")
    answers = [Client().post(RESET, {"email": f"{who}@example.org"}, follow=True) for who in ("here", "gone")]
    assert len({_plain(answer.content.decode()) for answer in answers}) == 1
    assert [message.to for message in mail.outbox] == [["here@example.org"], ["gone@example.org"]]


def test_asking_the_sign_up_page_who_is_here():
    """ASVS 5.0 6.3.8: a taken address is answered like a new one; its owner is told by mail."""
    make.patient(email="here@example.org")
    answers = [
        Client().post(SIGN_UP, NEW | {"email": f"{who}@example.org"}, follow=True) for who in ("here", "new")
    ]
    hide = [_plain(answer.content.decode()).replace("here@", "@").replace("new@", "@") for answer in answers]
    assert hide[0] == hide[1]
    assert User.objects.filter(email="here@example.org").count() == 1


def test_measuring_who_is_here_with_a_stopwatch(settings):
    """ASVS 5.0 6.3.8: known and unknown addresses take the same time, as distributions over many tries.

    Interleaved, so that a busy machine slows both; wide bounds, because it is busy. Without the hash for an
    unknown address, which costs what a real one costs, they would differ by a factor of five or more.
    """
    settings.RATE_FACTOR = 100_000
    settings.PASSWORD_HASHERS = ["accounts.hashers.Argon2Hasher"]
    people = [make.patient() for _ in range(12)]
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    client = Client()
    sign_in(client, people[0].email, WRONG)
    for person in people:
        for kind, email in (("known", person.email), ("unknown", f"{uuid.uuid4().hex}@example.org")):
            started = time.perf_counter()
            sign_in(client, email, WRONG)
            times[kind].append(time.perf_counter() - started)
    known, unknown = (statistics.median(each) for each in times.values())
    assert 0.5 < known / unknown < 2, times


def test_flooding_the_record_s_owner_cannot_tell_from_failures():
    """ASVS 5.0 16.3.1: every failed try is on record, with where it came from."""
    user = make.patient()
    Client(REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="curl/8").post(
        LOGIN, {"login": user.email, "password": WRONG}
    )
    (event,) = Event.objects.unscoped(reason="test").filter(name="accounts.sign_in.failed")
    assert (event.subject_id, event.ip, event.device) == (user.id, "203.0.113.9", "curl/8")
    assert WRONG not in str(vars(event))


def test_signing_in_while_the_counters_are_down(settings, monkeypatch):
    """ASVS 5.0 6.3.1: without Redis nobody can count, so nobody signs in; those who are in stay in."""
    from bloom.kernel import redis_client

    user = make.patient()
    client = Client()
    sign_in(client, user.email)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(redis_client, "_client", None)
    assert sign_in(Client(), user.email).status_code == 503
    assert is_in(client)
    monkeypatch.setattr(redis_client, "_client", None)


def test_everything_else_goes_on_while_the_counters_are_down(settings):
    """ASVS 5.0 6.1.1: an outage of Redis locks nobody out of signing up, or of a new password by mail."""
    settings.ACCOUNT_RATE_LIMITS = {}
    backend = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": backend}
    assert Client().post(SIGN_UP, NEW | {"email": "new@example.org"}).status_code == 302
    assert Client().post(RESET, {"email": make.patient().email}).status_code == 302
    assert len(mail.outbox) == 2


def test_fixing_a_session_before_its_person_signs_in():
    """ASVS 5.0 7.2.4: the cookie from before is another one after."""
    user = make.patient()
    client = Client()
    client.get(LOGIN)
    client.session["planted"] = True
    before = client.session
    before.save()
    key = before.session_key
    client.cookies["bloom_session"] = key
    sign_in(client, user.email)
    assert client.cookies["bloom_session"].value != key
    planted = Client()
    planted.cookies["bloom_session"] = key
    assert not is_in(planted)


def test_signing_in_as_somebody_whose_account_is_off():
    """ASVS 5.0 7.4.2: nobody gets in, and who is in is out at the next request."""
    user = make.patient()
    client = Client()
    sign_in(client, user.email)
    User.objects.filter(id=user.id).update(is_active=False)
    assert not is_in(client)
    again = Client()
    sign_in(again, user.email)
    assert not is_in(again)


def test_being_sent_elsewhere_after_signing_in():
    """ASVS 5.0 3.7.2: no address of another site is followed, however it is written."""
    user = make.patient()
    for place in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//x",
    ]:
        answer = Client().post(LOGIN, {"login": user.email, "password": make.PASSWORD, "next": place})
        assert answer["Location"] == "/dashboard/", place


def test_signing_in_through_a_forged_host():
    """ASVS 5.0 4.1.4: a Host that is not ours is refused, so that no mail carries its name."""
    user = make.patient()
    answer = Client().post(RESET, {"email": user.email}, headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert not mail.outbox


def test_resetting_with_a_used_link():
    """ASVS 5.0 6.4.3: a link opens once; and with it every other session and token ends."""
    user = make.patient()
    elsewhere = Client()
    sign_in(elsewhere, user.email)
    token = services.token_issue(make.SYSTEM, user.id, "x", ["profile:read"], 5, at=clock.now()).raw
    client = Client()
    client.post(RESET, {"email": user.email})
    path = next(word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word)
    path = "/accounts" + path.partition("/accounts")[2]
    form = client.get(path, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "a whole new phrase", "password2": "a whole new phrase"})
    assert not is_in(elsewhere)
    bearer = Client(headers={"authorization": f"Bearer {token}"})
    assert bearer.get("/api/v1/me/").status_code == 401
    again = Client().get(path, follow=True)
    assert "password1" not in again.content.decode()
    assert not Session.objects.filter(user=user).exists()


def test_a_reset_does_not_go_around_the_second_factor():
    """ASVS 5.0 6.4.3: with a new password alone, somebody with an app is not in."""
    user = make.patient()
    make.app(user)
    User.objects.get(id=user.id)
    client = Client()
    sign_in(client, user.email)
    assert not is_in(client)


def _plain(page: str) -> str:
    """A page without what differs from one request to the next."""
    import re

    return re.sub(r'(value|nonce|content)="[^"]{20,}"', "", page)
