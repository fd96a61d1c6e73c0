"""Recovery codes: made, shown once, used once."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts import services
from accounts.tests import factor_pages
from accounts.tests import factories as make
from accounts.tests.authenticator import Device
from accounts.tests.factor_pages import (
    SECURITY,
    STEP,
    add_app,
    add_passkey,
    browser,
    codes_on,
    me,
    secret_on,
    sign_in,
    verified,
)
from bloom.kernel import clock

pytestmark = pytest.mark.django_db

fresh_limits = factor_pages.fresh_limits


class TestRecoveryCodes:
    @pytest.fixture
    def user(self):
        user = make.patient()
        self.codes = add_app(browser(user))[1]
        return user

    def test_one_opens_the_account_once_and_its_person_is_told(self, user):
        client = Client()
        sign_in(client, user)
        assert client.post(STEP, {"code": self.codes[3].upper().replace("-", " ")}).status_code == 302
        assert me(client) == 200
        told = next(each for each in mail.outbox if "recovery code was used" in each.subject)
        assert "Left: 9" in told.body
        again = Client()
        sign_in(again, user)
        assert "used already" in again.post(STEP, {"code": self.codes[3]}).content.decode()
        assert me(again) == 401

    def test_those_of_somebody_else_open_nothing(self, user):
        other = make.patient()
        make.app(other)
        client = Client()
        sign_in(client, other)
        assert client.post(STEP, {"code": self.codes[0]}).status_code == 200
        assert me(client) == 401

    def test_who_has_lost_device_and_codes_reads_who_can_help(self, user):
        words = "Lost your device, and your recovery codes too?"
        assert words in browser(user).get(STEP).content.decode()
        assert words in verified(user).get("/accounts/again/code/").content.decode()

    def test_three_left_is_worth_a_word(self, user):
        client = verified(user)
        assert "Make new recovery codes soon" not in client.get(SECURITY).content.decode()
        for code in self.codes[:7]:
            services.code_use(make.SYSTEM, user.id, code, again=False, at=clock.now())
        assert "Make new recovery codes soon" in client.get(SECURITY).content.decode()

    def test_new_ones_replace_the_old(self, user):
        client = verified(user)
        assert "ten new ones" in client.get(f"{SECURITY}codes/").content.decode()
        new = codes_on(client.post(f"{SECURITY}codes/"))
        assert len(new) == 10
        assert set(new).isdisjoint(self.codes)
        use = lambda code: services.code_use(make.SYSTEM, user.id, code, again=False, at=clock.now()).verdict  # noqa: E731
        assert (use(self.codes[0]), use(new[0])) == ("wrong", "right")
        assert "New recovery codes" in mail.outbox[-1].subject

    def test_they_can_be_saved_as_text(self, user):
        page = verified(user).post(f"{SECURITY}codes/").content.decode()
        link = re.search(r'href="(data:text/plain[^"]+)"[^>]*download="bloom-recovery-codes.txt"', page)
        assert link


def test_a_first_passkey_and_then_an_app_make_codes_once():
    user = make.patient()
    client = browser(user)
    assert len(codes_on(add_passkey(client, Device()))) == 10
    secret = secret_on(client.get(f"{SECURITY}app/"))
    assert client.post(f"{SECURITY}app/", {"code": make.app_code(secret=secret)})["Location"] == SECURITY
