"""Getting at the copy of somebody's data, and at an account that is closing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage
from django.test import Client

from accounts import selectors, services
from accounts.errors import InvitationOver
from accounts.models import DataExport, EmailChange, Proposal, User
from accounts.tests import factories as make
from bloom.kernel import clock
from bloom.kernel.errors import FreshFactorNeeded, NotFound

AT = make.AT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.RATE_FACTOR = 1000
    kept = settings.STORAGES["default"] | {"OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": kept}


def browser(user, *, fresh: bool = True) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(user)
    if fresh:
        client.post("/accounts/again/", {"password": make.PASSWORD})
    return client


def sign_in(user) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    return client


def made(user) -> str:
    """The address of a copy that is ready."""
    services.export_ask(make.actor(user), at=clock.now())
    services.exports_run(make.SYSTEM, at=clock.now())
    return f"/settings/data/{selectors.export_latest(make.actor(user)).link}/"


def closing(user) -> Client:
    services.account_close(make.actor(user), at=clock.now())
    return sign_in(user)


def is_closing(user) -> bool:
    return User.objects.get(pk=user.pk).closing_at is not None


class TestCopy:
    def test_asking_in_a_browser_left_open(self):
        """ASVS 5.0 7.5.3: everything at once asks for somebody who has just shown that it is they."""
        user = make.patient()
        answer = browser(user, fresh=False).post("/settings/data/")
        assert answer.headers["location"].startswith("/accounts/again/")
        assert not DataExport.objects.unscoped(reason="test").exists()

    def test_asking_with_a_stale_factor(self):
        """ASVS 5.0 7.5.3: a factor that was shown a while ago is not enough."""
        user = make.therapist()
        make.app(user)
        with pytest.raises(FreshFactorNeeded):
            services.export_ask(make.actor(user), at=AT + timedelta(minutes=11))

    def test_a_link_from_somebody_else_s_mail(self):
        """ASVS 5.0 8.2.2: the link opens nothing without its person's session, and the try is on record."""
        link = made(make.patient())
        assert Client().get(link).headers["location"].startswith("/accounts/login/")
        for thief in (make.patient(), make.admin(), make.support()):
            assert browser(thief).get(link).status_code == 404
        assert make.recorded("accounts.export.fetched") == []

    def test_a_forged_link(self):
        """ASVS 5.0 9.1.1: only what Bloom signed for this purpose names a copy."""
        user = make.patient()
        made(user)
        export = DataExport.objects.unscoped(reason="test").get()
        for forged in (str(export.id), signing.dumps(str(export.id), salt="accounts.other"), "x", "%00"):
            assert browser(user).get(f"/settings/data/{forged}/").status_code == 404

    def test_a_link_that_is_over(self):
        """ASVS 5.0 14.2.7: after its time the file is gone, and so is what the link opens."""
        user = make.patient()
        made(user)
        export = DataExport.objects.unscoped(reason="test").get()
        later = export.expires_at
        with pytest.raises(NotFound):
            services.export_fetch(make.actor(user), export.id, at=later)
        services.exports_run(make.SYSTEM, at=later)
        assert not default_storage.exists(export.file)

    def test_a_copy_for_whoever_takes_the_session(self):
        """ASVS 5.0 16.2.1: that it was asked for, made and fetched is on record, with who and from where."""
        user = make.patient()
        browser(user).get(made(user))
        for name in ("asked", "made", "fetched"):
            (told,) = make.recorded(f"accounts.export.{name}")
            assert told.subject_id == user.pk

    def test_the_file_in_a_cache_or_in_a_page(self):
        """ASVS 5.0 14.3.2: no cache keeps it, and a browser saves it instead of showing it."""
        user = make.patient()
        answer = browser(user).get(made(user))
        assert "no-store" in answer["Cache-Control"]
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"] == "application/zip"


class TestClosing:
    @pytest.mark.parametrize("address", ["/api/v1/me/", "/api/v1/conversations/", "/api/v1/people/"])
    def test_working_on_over_the_api(self, address):
        """ASVS 5.0 7.4.2: the session of a closing account stands for nobody."""
        assert closing(make.patient()).get(address).status_code == 401

    def test_a_token_from_before(self):
        """ASVS 5.0 7.4.2: nor does a token, not even one that was issued meanwhile."""
        user = make.patient()
        before = services.token_issue(make.SYSTEM, user.pk, "x", ["profile:read"], 5, at=clock.now()).raw
        closing(user)
        meanwhile = services.token_issue(make.SYSTEM, user.pk, "y", ["profile:read"], 5, at=clock.now()).raw
        for raw in (before, meanwhile):
            assert Client(headers={"authorization": f"Bearer {raw}"}).get("/api/v1/me/").status_code == 401

    def test_bringing_it_back_by_a_link(self):
        """ASVS 5.0 3.5.3: looking at an address keeps no account."""
        user = make.patient()
        client = closing(user)
        client.get("/closing/keep/")
        assert is_closing(user)
        stranger = Client(enforce_csrf_checks=True)
        stranger.cookies = client.cookies
        assert stranger.post("/closing/keep/").status_code == 403
        assert is_closing(user)

    def test_bringing_it_back_for_somebody_else(self):
        """ASVS 5.0 8.2.2: only its person does."""
        user = make.patient()
        closing(user)
        sign_in(make.patient()).post("/closing/keep/")
        Client().post("/closing/keep/")
        assert is_closing(user)

    def test_closing_it_in_a_browser_left_open(self):
        """ASVS 5.0 7.5.3: closing asks for somebody who has just shown that it is they."""
        user = make.patient()
        browser(user, fresh=False).post("/settings/close/", {"understood": "on"})
        assert not is_closing(user)

    def test_changing_the_address_meanwhile(self):
        """ASVS 5.0 7.4.2: what is not the way back or a copy is closed, too."""
        user = make.patient()
        client = closing(user)
        client.post("/settings/email/", {"email": "new@example.org"})
        assert not EmailChange.objects.unscoped(reason="test").exists()

    def test_taking_others_proposals_along(self):
        """ASVS 5.0 8.2.2: staff who leave take back nothing but what is their own."""
        patient, therapist, staff = make.patient(), make.therapist(), make.support()
        make.practice_list_publicly(make.practice_of(therapist))
        services.proposal_offer(
            make.actor(make.admin()),
            patient.pk,
            therapist.pk,
            make.practice_of(therapist),
            "Please.",
            at=clock.now(),
        )
        services.account_close(make.actor(staff), at=clock.now())
        assert Proposal.objects.unscoped(reason="test").get().state == "with_patient"

    def test_an_invitation_to_a_practice_that_nobody_keeps(self):
        """ASVS 5.0 8.3.2: with the last owner goes whatever their practice has asked."""
        owner, invited = make.therapist(), make.therapist()
        sent = make.invitation(owner, invited.email)
        services.account_close(make.actor(owner), at=clock.now())
        with pytest.raises(InvitationOver):
            services.invitation_accept(make.actor(invited), sent.secret, at=clock.now())
        assert len(make.recorded("accounts.invitation.withdrawn")) == 1

    def test_addresses_that_outlive_the_account(self):
        """ASVS 5.0 14.2.7: what was closed for good holds no address, of now or of before."""
        user = make.patient()
        actor = replace(make.actor(user), session_id="a" * 32, shown_at=clock.now())
        services.email_change_ask(actor, "new@example.org", at=clock.now())
        services.account_close(make.actor(user), at=clock.now())
        User.objects.filter(pk=user.pk).update(closing_at=clock.now())
        services.accounts_close_due(make.SYSTEM, at=clock.now())
        assert not EmailChange.objects.unscoped(reason="test").exists()
        assert user.email not in str(User.objects.filter(pk=user.pk).values())
