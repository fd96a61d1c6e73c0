"""Passkeys: added, shown, refused."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import errors, services
from accounts.models import Session
from accounts.tests import factor_pages
from accounts.tests import factories as make
from accounts.tests.authenticator import Device
from accounts.tests.factor_pages import (
    SECURITY,
    STEP,
    add_passkey,
    browser,
    codes_on,
    last,
    me,
    options_on,
    show_passkey,
    sign_in,
    sign_in_options,
    verified,
)
from accounts.types import FactorKind
from bloom.kernel import clock
from bloom.kernel.errors import Invalid

pytestmark = pytest.mark.django_db

fresh_limits = factor_pages.fresh_limits


class TestPasskeys:
    @pytest.fixture
    def user(self):
        return make.patient()

    @pytest.fixture
    def device(self, user):
        device = Device()
        answer = add_passkey(browser(user), device)
        assert len(codes_on(answer)) == 10
        return device

    def test_is_added_named_after_its_maker_with_what_it_said(self, user, device):
        row = Authenticator.objects.get(user=user)
        kept = {key: row.data[key] for key in ("name", "aaguid", "sign_count", "backed_up", "transports")}
        assert kept == {
            "name": "Bitwarden",
            "aaguid": str(device.aaguid),
            "sign_count": 0,
            "backed_up": True,
            "transports": ["internal", "hybrid"],
        }
        page = verified_by(user, row).get(SECURITY).content.decode()
        assert "Bitwarden" in page
        assert "not used yet" in page
        assert "passkey was added" in mail.outbox[-1].subject

    def test_opens_the_account_without_an_address(self, user, device):
        client = Client()
        assert show_passkey(client, device)["Location"] == "/dashboard/"
        assert me(client) == 200
        row = Authenticator.objects.get(user=user)
        assert (row.data["sign_count"], row.last_used_at is not None) == (1, True)

    def test_is_a_second_step_after_the_password(self, user, device):
        client = Client()
        assert sign_in(client, user)["Location"] == STEP
        options = options_on(client.get(STEP))
        assert client.post(STEP, {"credential": device.show(options)})["Location"] == "/dashboard/"
        assert me(client) == 200

    def test_shows_again_that_it_is_you(self, user, device):
        client = Client()
        show_passkey(client, device)
        Session.objects.update(factor_at=clock.now() - timedelta(minutes=11))
        away = client.get(f"{SECURITY}codes/")["Location"]
        page = client.get(away, follow=True)
        place = page.request["PATH_INFO"]
        assert place == "/accounts/again/passkey/"
        done = client.post(place, {"credential": device.show(options_on(page)), "next": f"{SECURITY}codes/"})
        assert done["Location"] == f"{SECURITY}codes/"
        assert client.get(f"{SECURITY}codes/").status_code == 200

    @pytest.mark.parametrize(
        "said",
        [{"origin": "https://evil.example"}, {"origin": "http://testserver"}, {"verified": False}],
        ids=["another site", "an insecure one", "nobody was there"],
    )
    def test_what_does_not_hold_is_refused(self, user, device, said):
        client = Client()
        assert show_passkey(client, device, **said)["Location"] == "/accounts/login/"
        assert me(client) == 401
        assert last("accounts.factor.failed").data["kind"] == "webauthn"
        second = Client()
        sign_in(second, user)
        page = second.post(STEP, {"credential": device.show(options_on(second.get(STEP)), **said)})
        assert "not accepted" in page.content.decode()
        assert me(second) == 401

    def test_an_answer_is_good_for_once(self, user, device):
        client = Client()
        credential = device.show(sign_in_options(client))
        client.post("/accounts/login/passkey/", {"credential": credential})
        client.post("/accounts/logout/")
        client.post("/accounts/login/passkey/", {"credential": credential})
        assert me(client) == 401

    def test_a_challenge_belongs_to_its_browser(self, user, device):
        mine, theirs = Client(), Client()
        credential = device.show(sign_in_options(mine))
        sign_in_options(theirs)
        theirs.post("/accounts/login/passkey/", {"credential": credential})
        assert me(theirs) == 401

    def test_a_challenge_is_used_up_by_a_failure(self, user, device):
        client = Client()
        options = sign_in_options(client)
        client.post("/accounts/login/passkey/", {"credential": device.show(options, verified=False)})
        client.post("/accounts/login/passkey/", {"credential": device.show(options)})
        assert me(client) == 401

    @pytest.mark.parametrize("back", [0, 3])
    def test_a_counter_that_goes_back_is_refused_recorded_and_told(self, user, device, back):
        device.counter = 6
        show_passkey(Client(), device)
        device.counter -= back + 1
        client = Client()
        show_passkey(client, device)
        assert me(client) == 401
        assert last("accounts.passkey.copied").data["stored"] == 7
        assert last("accounts.passkey.copied").data["shown"] == 7 - back
        assert "passkey was refused" in mail.outbox[-1].subject
        assert mail.outbox[-1].to == [user.email]

    def test_one_that_never_counts_is_fine(self, user):
        device = Device()
        add_passkey(browser(user), device)
        for _time in range(2):
            device.counter = -1
            client = Client()
            show_passkey(client, device)
            assert me(client) == 200

    def test_is_not_added_without_its_owner_or_from_elsewhere(self, user):
        client = browser(user)
        for said in ({"verified": False}, {"origin": "https://evil.example"}):
            options = options_on(client.get(f"{SECURITY}passkey/"))
            page = client.post(f"{SECURITY}passkey/", {"credential": Device().make(options, **said)})
            assert "could not be added" in page.content.decode()
        assert not Authenticator.objects.exists()

    def test_another_persons_is_not_taken_twice(self, user, device):
        client = browser(make.patient())
        page = add_passkey(client, device)
        assert str(errors.PasskeyKnown.detail) in page.content.decode()

    def test_is_renamed_and_removed(self, user, device):
        row = Authenticator.objects.get(user=user)
        client = verified_by(user, row)
        client.post(f"{SECURITY}{row.pk}/rename/", {"name": " Phone "})
        assert "Phone" in client.get(SECURITY).content.decode()
        assert client.post(f"{SECURITY}{row.pk}/rename/", {"name": "a\u202eb"}).status_code == 400
        client.post(f"{SECURITY}{row.pk}/remove/")
        other = Client()
        show_passkey(other, device)
        assert me(other) == 401

    def test_an_inactive_person_stays_out(self, user, device):
        type(user).objects.filter(id=user.id).update(is_active=False)
        client = Client()
        show_passkey(client, device)
        assert me(client) == 401

    def test_a_required_factor_may_be_a_passkey(self):
        therapist = make.therapist()
        client = browser(therapist)
        device = Device()
        add_passkey(client, device)
        assert me(client) == 200
        other = Client()
        show_passkey(other, device)
        assert me(other) == 200

    @pytest.mark.parametrize(
        "nonsense",
        [
            "",
            "x",
            "[]",
            "5",
            "null",
            "{}",
            '{"id": 1}',
            '{"response": []}',
            '{"response": {"userHandle": "AA"}}',
        ],
    )
    def test_nonsense_is_refused_kindly(self, user, device, nonsense):
        client = Client()
        sign_in_options(client)
        assert client.post("/accounts/login/passkey/", {"credential": nonsense}).status_code == 302
        sign_in(client, user)
        client.get(STEP)
        assert client.post(STEP, {"credential": nonsense}).status_code == 200
        signed_in = verified(user)
        assert signed_in.post(f"{SECURITY}passkey/", {"credential": nonsense}).status_code == 200
        assert me(client) == 401


def verified_by(user, row):
    """A browser in which this factor was just shown."""
    client = Client()
    key = make.session_key(user)
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    session = client.session
    session["factor_at"] = clock.now().isoformat()
    session.save()
    return client


def test_a_name_has_words():
    with pytest.raises(Invalid):
        user = make.patient()
        row = Authenticator.objects.create(user=user, type=FactorKind.PASSKEY, data={"name": "x"})
        services.passkey_rename(make.actor(user, factor_at=clock.now()), row.pk, " ", at=clock.now())
