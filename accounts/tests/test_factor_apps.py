"""Apps that show codes."""

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from accounts import errors, rules, selectors, services
from accounts.models import FactorDevice, RecoveryCode, Session
from accounts.tests import factor_pages
from accounts.tests import factories as make
from accounts.tests.factor_pages import (
    SECURITY,
    STEP,
    add_app,
    browser,
    codes_on,
    last,
    me,
    secret_on,
    sign_in,
    user_app,
    verified,
)
from accounts.types import CodeVerdict
from bloom.kernel import clock, vault

pytestmark = pytest.mark.django_db

fresh_limits = factor_pages.fresh_limits


class TestApp:
    def test_is_added_with_one_code_and_brings_ten_recovery_codes(self):
        user = make.patient()
        client = browser(user)
        page = client.get(f"{SECURITY}app/")
        assert 'src="data:image/svg+xml;base64,' in page.content.decode()
        secret, codes = add_app(client)
        assert len(set(codes)) == 10
        assert me(client) == 200
        row = Authenticator.objects.get(user=user)
        assert secret not in json.dumps(row.data)
        assert selectors.secret_open(user.id, row.data["secret"]) == secret
        assert (last("accounts.factor.added").subject_id, last("accounts.recovery_codes.made").data) == (
            user.id,
            {"count": 10},
        )
        assert mail.outbox[-1].to == [user.email]
        assert "app was added" in mail.outbox[-1].subject
        assert codes[0] not in mail.outbox[-1].body

    def test_the_secret_waits_sealed_in_the_session(self):
        client = browser(make.patient())
        secret = secret_on(client.get(f"{SECURITY}app/"))
        (session,) = Session.objects.all()
        assert secret not in json.dumps(session.get_decoded())

    def test_a_wrong_first_code_adds_nothing_and_keeps_the_secret(self):
        user = make.patient()
        client = browser(user)
        secret = secret_on(client.get(f"{SECURITY}app/"))
        page = client.post(f"{SECURITY}app/", {"code": "000000"})
        assert "not the right code" in page.content.decode()
        assert secret_on(page) == secret
        assert not Authenticator.objects.exists()

    def test_the_answer_with_the_codes_is_kept_nowhere(self):
        client = browser(make.patient())
        secret = secret_on(client.get(f"{SECURITY}app/"))
        answer = client.post(f"{SECURITY}app/", {"code": make.app_code(secret=secret)})
        assert "no-store" in answer.headers["Cache-Control"]
        (session,) = Session.objects.filter(factor_at__isnull=False)
        code = codes_on(answer)[0]
        assert code not in json.dumps(session.get_decoded())
        stored = RecoveryCode.objects.unscoped(reason="test").values_list("hash", flat=True)
        assert code.encode() not in b"".join(bytes(each) for each in stored)

    def test_signing_in_asks_for_its_code(self):
        user = make.patient()
        make.app(user)
        client = Client()
        assert sign_in(client, user)["Location"] == STEP
        assert me(client) == 401
        assert client.post(STEP, {"code": make.app_code()})["Location"] == "/dashboard/"
        assert me(client) == 200
        (session,) = Session.objects.filter(user=user)
        assert session.factor_at is not None
        assert last("accounts.factor.used").data == {"kind": "totp", "factor": user_app(user), "again": False}

    def test_where_one_wanted_to_go_is_kept_over_both_steps(self):
        user = make.patient()
        make.app(user)
        client = Client()
        sign_in(client, user, next="/messages/")
        assert client.post(STEP, {"code": make.app_code()})["Location"] == "/messages/"

    def test_a_code_is_good_for_once(self):
        user = make.patient()
        make.app(user)
        code = make.app_code()
        first, second = Client(), Client()
        sign_in(first, user)
        sign_in(second, user)
        assert first.post(STEP, {"code": code}).status_code == 302
        page = second.post(STEP, {"code": code})
        assert "used already" in page.content.decode()
        assert me(second) == 401
        assert last("accounts.factor.failed").data["verdict"] == "used"

    def test_no_older_code_than_the_last_is_taken(self):
        user = make.patient()
        make.app(user)
        at = clock.now()
        use = lambda code: services.code_use(make.SYSTEM, user.id, code, again=False, at=at).verdict  # noqa: E731
        step = int(at.timestamp()) // 30
        assert use(rules.totp_code(make.SECRET, step)) == "right"
        assert use(rules.totp_code(make.SECRET, step - 1)) == "used"
        assert use(rules.totp_code(make.SECRET, step + 1)) == "right"

    @pytest.mark.parametrize(
        ("seconds", "words"), [(120, "2 minutes ahead"), (-150, "minutes behind"), (270, "minutes ahead")]
    )
    def test_a_wrong_clock_is_told_in_words(self, seconds, words):
        user = make.patient()
        make.app(user)
        client = Client()
        sign_in(client, user)
        page = client.post(STEP, {"code": make.app_code(seconds)})
        assert words in page.content.decode()
        assert me(client) == 401

    def test_a_code_that_told_of_a_wrong_clock_is_burnt(self):
        user = make.patient()
        make.app(user)
        at = clock.now()
        later = at + timedelta(minutes=2)
        code = rules.totp_code(make.SECRET, int(later.timestamp()) // 30)
        told = services.code_use(make.SYSTEM, user.id, code, again=False, at=at)
        assert told.verdict is CodeVerdict.CLOCK
        then = services.code_use(make.SYSTEM, user.id, code, again=False, at=later)
        assert then.verdict is CodeVerdict.USED

    @pytest.mark.parametrize("typed", ["{} ", " {}", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}", "wide"])
    def test_blanks_and_other_digits_do_not_matter(self, typed):
        user = make.patient()
        make.app(user)
        code = make.app_code()
        if typed == "wide":
            shown = "".join(chr(ord("０") + int(digit)) for digit in code)
        else:
            shown = typed.format(code)
        client = Client()
        sign_in(client, user)
        assert client.post(STEP, {"code": shown}).status_code == 302

    @pytest.mark.parametrize("typed", ["", "abc", "1" * 40, "\x00", "१२", "😀" * 6, "-" * 30])
    def test_nonsense_is_refused_kindly(self, typed):
        user = make.patient()
        make.app(user)
        client = Client()
        sign_in(client, user)
        assert client.post(STEP, {"code": typed}).status_code == 200
        assert me(client) == 401

    def test_a_secret_carried_to_another_row_opens_nothing(self):
        victim, thief = make.patient(), make.patient()
        make.app(victim)
        make.app(thief)
        stolen = Authenticator.objects.get(user=thief).data
        Authenticator.objects.filter(user=victim).update(data=stolen)
        use = services.code_use(make.SYSTEM, victim.id, make.app_code(), again=False, at=clock.now())
        assert use.verdict is CodeVerdict.WRONG

    def test_and_none_after_the_persons_key_was_destroyed(self):
        user = make.patient()
        make.app(user)
        vault.key_destroy(make.SYSTEM, user.id, at=clock.now())
        vault.cache_clear()
        use = services.code_use(make.SYSTEM, user.id, make.app_code(), again=False, at=clock.now())
        assert use.verdict is CodeVerdict.WRONG

    def test_many_tries_are_stopped(self, settings):
        settings.RATE_FACTOR, settings.FACTOR_TRIES_PER_MINUTE = 1, 3
        user = make.patient()
        make.app(user)
        client = Client()
        sign_in(client, user)
        for _try in range(3):
            client.post(STEP, {"code": "000000"})
        page = client.post(STEP, {"code": make.app_code()})
        assert "tries too many" in page.content.decode()
        assert me(client) == 401

    def test_there_is_one_at_a_time(self):
        user = make.patient()
        make.app(user)
        with pytest.raises(errors.FactorHeld):
            actor = make.actor(user, factor_at=clock.now())
            services.app_add(actor, make.SECRET, make.app_code(), at=clock.now())


class TestOtp:
    def test_django_otp_sees_the_device(self):
        import django_otp

        user = make.patient()
        make.app(user)
        (device,) = django_otp.devices_for_user(user)
        assert isinstance(device, FactorDevice)
        assert django_otp.user_has_device(user)
        assert not device.verify_token(make.app_code())

    def test_a_factor_verifies_the_user_and_the_admin_asks_for_it(self):
        admin = make.admin()
        make.app(admin)
        client = Client()
        sign_in(client, admin)
        client.post(STEP, {"code": make.app_code()})
        answer = client.get("/admin/")
        assert answer.status_code == 200
        assert answer.wsgi_request.user.is_verified()

    def test_a_device_that_is_gone_closes_the_admin(self):
        admin = make.admin()
        client = verified(admin)
        assert client.get("/admin/").status_code == 200
        Authenticator.objects.filter(user=admin).delete()
        assert client.get("/admin/")["Location"].startswith("/admin/login/")
        assert client.get("/admin/login/")["Location"].startswith("/accounts/again/")

    def test_the_rows_of_allauth_are_not_in_the_admin(self):
        assert verified(make.admin()).get("/admin/mfa/authenticator/").status_code == 404


def test_rfc_6238s_own_examples():
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for moment, code in [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]:
        assert rules.totp_code(secret, moment // 30) == code
