"""A program that goes on working for whoever was locked out."""

from dataclasses import replace

import pytest
from django.core import mail
from django.test import Client

from accounts import selectors, services
from accounts.tests import factories as make
from accounts.tests.signing import sign_in
from bloom.kernel import clock

pytestmark = pytest.mark.django_db
CHANGE = "/accounts/password/change/"
NEW = {"oldpassword": make.PASSWORD, "password1": "a whole new phrase", "password2": "a whole new phrase"}


def issued(user) -> Client:
    raw = services.token_issue(make.SYSTEM, user.id, "x", ["profile:read"], 5, at=clock.now()).raw
    return Client(headers={"authorization": f"Bearer {raw}"})


def opens(program: Client) -> bool:
    return program.get("/api/v1/me/").status_code == 200


def test_a_token_of_a_thief_after_the_password_was_changed():
    """ASVS 5.0 7.4.3: it ends with the password, and the mail says so."""
    user = make.patient()
    program, others = issued(user), issued(make.patient())
    make.browser(user).post(CHANGE, NEW)
    assert not opens(program)
    assert opens(others)
    assert "API tokens were revoked." in mail.outbox[-1].body
    assert len(make.recorded("accounts.token.revoked")) == 1


def test_a_form_without_the_box():
    """ASVS 5.0 7.4.3: what a form leaves out keeps nothing; only who ticks the box keeps their tokens."""
    user = make.patient()
    client = make.browser(user)
    assert "keep_tokens" not in client.get(CHANGE).content.decode()
    program = issued(user)
    assert "keep_tokens" in client.get(CHANGE).content.decode()
    client.post(CHANGE, NEW | {"keep_tokens": "on"})
    assert opens(program)
    assert "API tokens were left as they are." in mail.outbox[-1].body


def test_a_token_after_the_address_was_changed():
    """ASVS 5.0 7.4.3: another address ends them, as it ends the other sessions."""
    user = make.patient()
    program = issued(user)
    actor = replace(make.actor(user), session_id="a" * 32, shown_at=clock.now())
    asked = services.email_change_ask(actor, "new@example.org", at=clock.now())
    services.email_change_confirm(actor, asked.code or "", at=clock.now())
    assert not opens(program)


def test_who_has_no_token_reads_of_none():
    """Words for something that one never had would send a patient looking for it."""
    user, client = make.patient(), Client()
    sign_in(client, user.email)
    closing = client.get("/settings/close/").content.decode()
    assert "You are signed out everywhere." in closing
    assert "programs" not in closing
    client.post(CHANGE, NEW)
    told = mail.outbox[-1].body
    assert "Other devices were signed out." in told
    services.password_reset(make.actor(user), user.id, at=clock.now())
    user.refresh_from_db()
    shown = make.browser(user).get("/notices/").content.decode()
    assert "All devices were signed out." in shown
    for words in (told, shown):
        assert "tokens" not in words


def test_who_had_one_reads_in_the_app_that_it_ended():
    user, client = make.patient(), Client()
    program = issued(user)
    sign_in(client, user.email)
    assert "programs that work for you" in client.get("/settings/close/").content.decode()
    services.password_reset(make.actor(user), user.id, at=clock.now())
    assert not opens(program)
    assert "your API tokens are revoked" in make.browser(user).get("/notices/").content.decode()


def test_a_token_after_lost_factors_were_reset():
    """ASVS 5.0 7.4.3: an administrator who lets somebody back in lets nobody else stay."""
    user = make.patient()
    make.app(user)
    program = issued(user)
    services.factors_reset(make.actor(make.admin()), user.id, at=make.AT)
    assert not selectors.tokens_open(user.id, at=clock.now())
    assert not opens(program)


def test_a_program_does_nothing_that_asks_for_its_person(no_factor_owner):
    """ASVS 5.0 7.5.1: what asks for a proof of a moment ago is no program's, also where its person has no
    second factor.
    """
    owner = no_factor_owner
    raw = services.token_issue(make.SYSTEM, owner.id, "x", ["billing:write"], 5, at=clock.now()).raw
    program = Client(headers={"authorization": f"Bearer {raw}"})
    address = f"/api/v1/practices/{make.practice_of(owner)}/billing/"
    answer = program.patch(address, make.BILLING, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "fresh_factor_needed")
    assert make.recorded("accounts.billing_identity.changed") == []


@pytest.fixture
def no_factor_owner(settings):
    settings.MFA_POLICY = {**settings.MFA_POLICY, "therapist": "optional", "practice": "optional"}
    return make.therapist()
