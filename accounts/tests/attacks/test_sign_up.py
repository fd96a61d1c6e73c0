"""Signing up with somebody else's address before they do, and waiting for them to come.

Pre-hijacking: Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022. The same with providers:
test_social.py.
"""

import threading
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connections
from django.test import Client

from accounts import services, tasks
from accounts.models import ApiToken, Membership, Practice, Session, User
from accounts.tests import factories as make
from accounts.tests.provider_browser import code_in
from accounts.tests.signing import bare
from bloom.kernel import clock

pytestmark = pytest.mark.django_db
SIGN_UP, CONFIRM, LOGIN = "/accounts/signup/", "/accounts/confirm-email/", "/accounts/login/"
VICTIM = "maya@example.org"
THEIRS, OURS = "amber lantern forest", "quiet river morning"


@pytest.fixture(autouse=True)
def no_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.RATE_FACTOR = 1000


def sign_up(client, password=OURS, *, email=VICTIM, name="Maya", role="patient"):
    form = {"role": role, "name": name, "email": email, "password1": password, "password2": password}
    return client.post(SIGN_UP, form)


def me(client):
    answer = client.get("/api/v1/me/")
    return answer.json() if answer.status_code == 200 else None


def test_signing_in_after_signing_up_does_not_tell_who_was_there_before():
    """ASVS 5.0 6.3.8: who signs up with somebody's address and their own password, and then signs in with
    both, reads the same whether there was an account or not; and it is on record as a sign-in that failed.
    """
    make.patient(email="known@example.org")
    pages = []
    for email in ("known@example.org", VICTIM):
        sign_up(Client(), THEIRS, email=email)
        answer = Client().post(LOGIN, {"login": email, "password": THEIRS})
        assert answer.status_code == 200
        pages.append(bare(answer))
        assert me(answer.client) is None
    assert pages[0] == pages[1]
    assert "do not belong together" in pages[0]
    failed = make.recorded("accounts.sign_in.failed")
    assert len(failed) == 2
    # Nor does a sign-in send anything.
    assert len(mail.outbox) == 2


def test_a_second_sign_up_of_the_same_moment_changes_nothing(settings):
    """ASVS 5.0 2.3.3: where no mail can tell of a new sign-up, the one before stays, and so does its code;
    for a taken address it reads the same.
    """
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "1/10s/key"}
    make.patient(email="known@example.org")
    owner = Client()
    sign_up(owner)
    sign_up(Client(), email="known@example.org")
    again = [sign_up(Client(), THEIRS, email=email) for email in (VICTIM, "known@example.org")]
    assert [answer.status_code for answer in again] == [200, 200]
    assert "We have just written to this address" in again[0].content.decode()
    assert bare(again[0]) == bare(again[1])
    (code,) = [code_in(each) for each in mail.outbox if each.to == [VICTIM]]
    owner.post(CONFIRM, {"code": code})
    assert me(owner)["email"] == VICTIM


def test_a_stranger_who_was_here_first():
    """ASVS 5.0 6.3.7, 6.4.1: whoever shows that the mailbox is theirs gets an account of their own: no
    password, name, role or practice of the one who only typed the address survives.
    """
    stranger, owner = Client(), Client()
    sign_up(stranger, THEIRS, name="Mallory", role="therapist")
    first = User.objects.get(email=VICTIM)
    theirs = code_in(mail.outbox[-1])
    answer = sign_up(owner)
    assert answer["Location"] == CONFIRM
    assert [each.to for each in mail.outbox] == [[VICTIM], [VICTIM]]
    ours = code_in(mail.outbox[-1])
    # The stranger's code, and the owner's typed by the stranger, open nothing.
    owner.post(CONFIRM, {"code": theirs})
    stranger.post(CONFIRM, {"code": ours})
    assert me(owner) is me(stranger) is None
    owner.post(CONFIRM, {"code": ours})
    seen = me(owner)
    assert (seen["name"], seen["roles"]) == ("Maya", ["patient"])
    person = User.objects.get(email=VICTIM)
    assert person.id != first.id
    assert person.check_password(OURS)
    assert not User.objects.filter(id=first.id).exists()
    assert not Practice.objects.exists()
    # Nor does what waits in the stranger's browser go on, or their password.
    for path in (CONFIRM, LOGIN, "/dashboard/"):
        stranger.get(path, follow=True)
    stranger.post(LOGIN, {"login": VICTIM, "password": THEIRS})
    assert me(stranger) is None
    (event,) = make.recorded("accounts.user.dropped")
    assert (event.subject_id, event.data["reason"]) == (first.id, "signed_up_again")


def test_a_stranger_who_comes_second():
    """ASVS 5.0 6.3.7: signing up over somebody who has not confirmed yet makes no password of theirs hold in
    the other's account; over somebody who has, nothing happens but a mail to them.
    """
    owner, stranger = Client(), Client()
    sign_up(owner)
    sign_up(stranger, THEIRS, name="Mallory")
    owner.post(CONFIRM, {"code": code_in(mail.outbox[-1])})
    assert me(owner) is None
    # "Use another address", on that page.
    owner.post("/accounts/logout/")
    sign_up(owner)
    owner.post(CONFIRM, {"code": code_in(mail.outbox[-1])})
    assert me(owner)["name"] == "Maya"
    sign_up(Client(), THEIRS, name="Mallory")
    assert mail.outbox[-1].subject == "You already have an account"
    assert me(owner)["name"] == "Maya"
    assert User.objects.get(email=VICTIM).check_password(OURS)


def test_a_name_that_is_held_for_ever():
    """ASVS 5.0 2.4.1, 14.2.7: who never confirms is gone after some days, with their practice; who has
    confirmed, ever signed in, or is needed by anybody stays.
    """
    sign_up(Client(), email="never@example.org", role="therapist")
    sign_up(Client(), email="lately@example.org")
    there = make.therapist()
    in_care = make.patient()
    make.assignment(in_care, there)
    EmailAddress.objects.filter(user=in_care).update(verified=False)
    long_ago = clock.now() - timedelta(days=30)
    User.objects.exclude(email="lately@example.org").update(date_joined=long_ago)
    tasks.sign_ups_drop()
    left = set(User.objects.values_list("email", flat=True))
    assert "never@example.org" not in left
    assert {"lately@example.org", there.email, in_care.email} <= left
    assert list(Membership.objects.unscoped(reason="test").values_list("user_id", flat=True)) == [there.id]
    (event,) = make.recorded("accounts.user.dropped")
    assert event.data["reason"] == "never_confirmed"
    tasks.sign_ups_drop()
    assert len(make.recorded("accounts.user.dropped")) == 1
    sign_up(Client(), email="never@example.org")
    assert User.objects.filter(email="never@example.org").exists()


@pytest.mark.parametrize("bond", ["role", "token", "member", "session", "seen"])
def test_dropping_somebody_by_signing_up_again(bond):
    """ASVS 5.0 6.3.7: who has more than a sign-up behind them is not dropped, confirmed or not."""
    sign_up(Client(), THEIRS, role="therapist")
    held = User.objects.get(email=VICTIM)
    if bond == "role":
        services.role_grant(make.actor(make.admin()), held.id, "support", at=make.AT)
    elif bond == "token":
        services.token_issue(make.SYSTEM, held.id, "x", ["profile:read"], 5, at=clock.now())
    elif bond == "member":
        make.practice(make.therapist(), held)
    elif bond == "session":
        make.session_key(held)
    else:
        User.objects.filter(id=held.id).update(last_login=clock.now())
    sign_up(Client())
    assert mail.outbox[-1].subject == "You already have an account"
    assert User.objects.get(email=VICTIM).id == held.id


def test_claiming_an_address_in_the_settings_that_somebody_only_typed():
    """ASVS 5.0 6.3.7: nor does it keep its owner from making it theirs by the code in its mailbox."""
    sign_up(Client(), THEIRS)
    user = make.patient()
    client = make.browser(user)
    client.post("/accounts/again/", {"password": make.PASSWORD})
    client.post("/settings/email/", {"email": VICTIM})
    sent = next(each for each in reversed(mail.outbox) if each.to == [VICTIM])
    assert sent.subject != "You already have an account"
    client.post(
        "/settings/email/code/", {"code": next(w for w in sent.body.split() if "-" in w and w.isupper())}
    )
    assert User.objects.get(email=VICTIM).id == user.id


@pytest.mark.django_db(transaction=True)
def test_signing_up_again_while_the_code_is_typed():
    """ASVS 5.0 2.3.4, 6.3.7: of the owner's code and a stranger's sign-up at once one wins: an account
    that somebody confirmed, or one that waits, and never a mixture.
    """
    for number in range(6):
        email = f"race{number}@example.org"
        owner, stranger = Client(), Client()
        sign_up(owner, email=email)
        code = code_in(mail.outbox[-1])
        barrier = threading.Barrier(2)

        def at_once(work, barrier=barrier):
            barrier.wait()
            try:
                work()
            finally:
                connections.close_all()

        works = [
            lambda owner=owner, code=code: owner.post(CONFIRM, {"code": code}),
            lambda stranger=stranger, email=email: sign_up(stranger, THEIRS, email=email, name="Mallory"),
        ]
        threads = [threading.Thread(target=at_once, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        person = User.objects.get(email=email)
        address = EmailAddress.objects.get(email=email)
        assert address.user_id == person.id
        assert me(stranger) is None
        assert address.verified == (person.name == "Maya") == (me(owner) is not None)


def test_what_a_dropped_account_leaves():
    """ASVS 5.0 14.2.7: nothing."""
    sign_up(Client(), THEIRS, role="therapist")
    sign_up(Client())
    held = User.objects.get(email=VICTIM)
    assert list(EmailAddress.objects.values_list("user_id", flat=True)) == [held.id]
    assert not Session.objects.exclude(user=None).exists()
    assert not ApiToken.objects.unscoped(reason="test").exists()
    assert not Membership.objects.unscoped(reason="test").exists()
