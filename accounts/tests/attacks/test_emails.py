"""Taking over somebody's address, their data, or the end of their account."""

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core import mail
from django.db import IntegrityError, connections
from django.test import Client

from accounts import links, selectors, services
from accounts.errors import EmailTaken
from accounts.models import EmailChange, User
from accounts.services import ways_in
from accounts.tests import factories as make
from accounts.types import EMAIL_CODE_TRIES, EmailCodeVerdict, RoleName
from bloom.kernel import clock
from bloom.kernel.db import transactional
from bloom.kernel.errors import FreshFactorNeeded, Invalid, NotAllowed, NotFound

AT = make.AT
NEW = "new@example.org"
FREE = "Show that this address is yours"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.RATE_FACTOR = 1000


def fresh(user) -> Client:
    """Somebody who has just shown their password."""
    client = make.browser(user)
    client.post("/accounts/again/", {"password": make.PASSWORD})
    return client


def at_home(user, where="a" * 32):
    return replace(make.actor(user), session_id=where, shown_at=AT)


def ask(actor, email=NEW, at=AT):
    return services.email_change_ask(actor, email, at=at)


def confirm(actor, code, at=AT):
    return services.email_change_confirm(actor, code or "", at=at)


def address_of(user) -> str:
    return User.objects.values_list("email", flat=True).get(pk=user.pk)


def mails_to(address: str) -> list[str]:
    return [each.subject for each in mail.outbox if each.to == [address]]


def undo_link(address: str) -> str:
    (text,) = [each.body for each in mail.outbox if each.to == [address]][-1:]
    found = re.search(r"(/accounts/email/undo/\S+/)", text)
    assert found
    return found[1]


def code_to(address: str) -> str:
    (text,) = [each.body for each in mail.outbox if each.to == [address]][-1:]
    found = re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", text, re.M)
    assert found
    return found[1]


class TestAddress:
    def test_the_way_through(self):
        """What the attacks below are measured against: asked, shown, told to both, followed by allauth."""
        user = make.patient()
        old, client, other = user.email, fresh(user), make.browser(user)
        assert client.post("/settings/email/", {"email": "  New@Example.ORG "}).status_code == 302
        assert mails_to(NEW) == [FREE]
        assert mails_to(old) == ["Somebody asked to change your address"]
        assert address_of(user) == old
        assert client.post("/settings/email/code/", {"code": code_to(NEW)}).status_code == 302
        assert address_of(user) == NEW
        row = EmailAddress.objects.get(user=user)
        assert (row.email, row.verified, row.primary) == (NEW, True, True)
        assert mails_to(old)[-1] == mails_to(NEW)[-1] == "Your address was changed"
        assert client.get("/api/v1/me/").status_code == 200
        assert other.get("/api/v1/me/").status_code == 401
        assert [event.subject_id for event in make.recorded("accounts.email.changed")] == [user.pk]
        assert "/accounts/email/undo/" not in [each.body for each in mail.outbox if each.to == [NEW]][-1]

    def test_changing_the_address_in_a_browser_left_open(self):
        """ASVS 5.0 7.5.1: sensitive attributes ask for somebody who has just shown that it is they."""
        user = make.patient()
        answer = make.browser(user).post("/settings/email/", {"email": NEW})
        assert answer.headers["location"].startswith("/accounts/again/")
        assert not EmailChange.objects.unscoped(reason="test").exists()

    def test_changing_the_address_with_a_stale_factor(self):
        """ASVS 5.0 7.5.1: nor does a factor that was shown a while ago do."""
        user = make.therapist()
        make.app(user)
        with pytest.raises(FreshFactorNeeded):
            ask(at_home(user), at=AT + timedelta(minutes=11))

    def test_changing_the_address_with_a_token(self):
        """ASVS 5.0 10.2.3: a token changes no way in."""
        with pytest.raises(NotAllowed):
            ask(replace(make.actor(make.patient()), token_id=make.NOBODY))

    def test_learning_who_is_here_by_asking_for_their_address(self):
        """ASVS 5.0 6.3.8: a taken address is answered like a free one; its owner alone is told."""
        user, other = make.patient(), make.patient()
        client = fresh(user)
        pages = []
        for address in (NEW, other.email):
            answer = client.post("/settings/email/", {"email": address}, follow=True)
            html = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
            pages.append(html.replace(address, "ADDRESS"))
        assert pages[0] == pages[1]
        assert mails_to(other.email) == ["You have an account with this address already"]
        assert not re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", mail.outbox[-2].body)

    def test_taking_a_taken_address_by_luck(self):
        """ASVS 5.0 6.3.8: there is no code for it, so none can be guessed; nor is it taken if there were."""
        user, other = make.patient(), make.patient()
        asked = ask(at_home(user), other.email)
        assert asked.code is None
        EmailChange.objects.unscoped(reason="test").update(
            code_hash=selectors.email_code_hash(asked.id, "aaaaaaaa")
        )
        with pytest.raises(EmailTaken):
            confirm(at_home(user), "aaaaaaaa")
        assert address_of(other) == other.email

    def test_an_address_that_looks_like_another(self):
        """ASVS 5.0 2.2.1: look-alike addresses are refused where they are typed, and what was typed stays."""
        page = fresh(make.patient()).post("/settings/email/", {"email": "maya@еxample.org"})
        assert "look like others" in page.content.decode()
        assert "maya@еxample.org" in page.content.decode()
        with pytest.raises(Invalid):
            ask(at_home(make.patient()), "maya@еxample.org")

    def test_one_address_in_two_spellings(self):
        """ASVS 5.0 1.2.1: case and width make no second account."""
        user, other = make.patient(), make.patient(email="maya@example.org")
        assert ask(at_home(user), "ＭＡＹＡ@EXAMPLE.org").code is None
        assert address_of(other) == "maya@example.org"

    def test_guessing_the_code(self):
        """ASVS 5.0 6.5.1: five wrong codes, and the right one is worth nothing any more."""
        actor = at_home(make.patient())
        asked = ask(actor)
        verdicts = [confirm(actor, "22222222").verdict for _try in range(EMAIL_CODE_TRIES)]
        assert verdicts[0] is EmailCodeVerdict.WRONG
        assert verdicts[-1] is EmailCodeVerdict.OVER
        assert confirm(actor, asked.code).verdict is EmailCodeVerdict.OVER
        assert len(make.recorded("accounts.email_change.failed")) == EMAIL_CODE_TRIES

    def test_a_code_that_was_found_later(self):
        """ASVS 5.0 6.5.5: a code holds for 15 minutes."""
        actor = at_home(make.patient())
        asked = ask(actor)
        assert confirm(actor, asked.code, AT + timedelta(minutes=15)).verdict is EmailCodeVerdict.OVER

    def test_a_code_used_twice(self):
        """ASVS 5.0 6.5.1: and once."""
        actor = at_home(make.patient())
        asked = ask(actor)
        assert confirm(actor, asked.code).verdict is EmailCodeVerdict.RIGHT
        assert confirm(actor, asked.code).verdict is EmailCodeVerdict.OVER

    @pytest.mark.parametrize("who", ["another session", "another person"])
    def test_a_code_read_over_a_shoulder(self, who):
        """ASVS 5.0 6.6.2: a code is bound to the person and the session that asked for it."""
        user = make.patient()
        asked = ask(at_home(user))
        thief = at_home(user if who == "another session" else make.patient(), "b" * 32)
        assert confirm(thief, asked.code).verdict is EmailCodeVerdict.OVER
        assert address_of(user) == user.email

    def test_a_code_of_an_earlier_address(self):
        """ASVS 5.0 6.5.1: asking for another address ends the one before."""
        actor = at_home(make.patient())
        first = ask(actor)
        ask(actor, "third@example.org")
        assert confirm(actor, first.code).verdict is EmailCodeVerdict.WRONG

    def test_what_stands_in_the_table(self):
        """ASVS 5.0 11.4.1: the row holds a keyed hash; typed as a code it opens nothing."""
        actor = at_home(make.patient())
        asked = ask(actor)
        row = EmailChange.objects.unscoped(reason="test").get()
        assert asked.code.encode() not in bytes(row.code_hash)
        assert confirm(actor, bytes(row.code_hash).hex()).verdict is EmailCodeVerdict.WRONG

    def test_posting_for_somebody_else(self):
        """ASVS 5.0 3.5.1: the forms ask for a token of the site."""
        user = make.patient()
        client = Client(enforce_csrf_checks=True)
        client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(user)
        for address in ("/settings/email/", "/settings/email/code/", "/settings/email/cancel/"):
            assert client.post(address, {"email": NEW}).status_code == 403


class TestThisWasNotMe:
    def taken_over(self):
        """Somebody else has changed the address; who it is, and the thief."""
        user = make.patient()
        thief = fresh(user)
        thief.post("/settings/email/", {"email": "thief@example.org"})
        thief.post("/settings/email/code/", {"code": code_to("thief@example.org")})
        assert address_of(user) == "thief@example.org"
        return user, thief

    def test_it_puts_everything_back(self):
        """ASVS 5.0 6.4.3, 7.4.3: the old address is back; sessions, tokens and the password end."""
        user, thief = self.taken_over()
        raw = services.token_issue(make.SYSTEM, user.pk, "x", ["profile:read"], 5, at=clock.now()).raw
        link = undo_link(user.email)
        page = Client().get(link)
        assert "Your old address is put back" in page.content.decode()
        owner = Client()
        answer = owner.post(link)
        assert answer.headers["location"].startswith("/accounts/password/reset/key/")
        assert address_of(user) == user.email
        assert EmailAddress.objects.get(user=user).email == user.email
        assert thief.get("/api/v1/me/").status_code == 401
        assert Client(headers={"authorization": f"Bearer {raw}"}).get("/api/v1/me/").status_code == 401
        assert not User.objects.get(pk=user.pk).has_usable_password()
        form = owner.get(answer.headers["location"], follow=True)
        chosen = {"password1": "quiet river morning", "password2": "quiet river morning"}
        owner.post(form.request["PATH_INFO"], chosen)
        assert User.objects.get(pk=user.pk).check_password("quiet river morning")

    def test_the_keys_that_a_thief_left_behind(self):
        """ASVS 5.0 6.4.3: what was added since the theft opens nothing; what was there before stays."""
        user = make.patient()
        kept = make.app(user)
        Authenticator.objects.filter(pk=kept.pk).update(created_at=clock.now() - timedelta(days=30))
        since = clock.now()
        added = Authenticator.objects.create(user=user, type="webauthn", data={}, created_at=since)
        link = SocialAccount.objects.create(user=user, provider="google", uid="evil")
        transactional(ways_in.ways_in_end)(make.SYSTEM, user.pk, since=since, at=clock.now())
        assert list(Authenticator.objects.filter(user=user)) == [kept]
        assert not SocialAccount.objects.filter(pk=link.pk).exists()
        assert not Authenticator.objects.filter(pk=added.pk).exists()

    def test_a_key_that_a_thief_made_before_taking_the_address(self):
        """ASVS 5.0 6.4.3: nor what was added in the week before the change was asked for."""
        user = make.patient()
        old, early = (
            Authenticator.objects.create(
                user=user, type="webauthn", data={}, created_at=AT - timedelta(days=days)
            )
            for days in (30, 3)
        )
        thief = replace(at_home(user), factor_at=AT)
        asked = ask(thief)
        confirm(thief, asked.code)
        services.email_change_undo(make.SYSTEM, asked.id, at=AT + timedelta(hours=1))
        assert list(Authenticator.objects.filter(user=user)) == [old]
        assert [event.subject_id for event in make.recorded("accounts.factor.removed")] == [user.pk]
        assert not Authenticator.objects.filter(pk=early.pk).exists()

    def test_a_scanner_that_follows_links(self):
        """ASVS 5.0 3.5.3: looking at the link changes nothing."""
        user, _thief = self.taken_over()
        for _look in range(3):
            assert Client().get(undo_link(user.email)).status_code == 200
        assert Client().head(undo_link(user.email)).status_code in {200, 405}
        assert address_of(user) == "thief@example.org"

    def test_the_thief_s_own_link_afterwards(self):
        """ASVS 5.0 6.4.3: whoever moved on to a third address cannot put the second one back."""
        user, thief = self.taken_over()
        thief.post("/accounts/again/", {"password": make.PASSWORD})
        thief.post("/settings/email/", {"email": "third@example.org"})
        stolen = undo_link("thief@example.org")
        thief.post("/settings/email/code/", {"code": code_to("third@example.org")})
        first = next(each.body for each in mail.outbox if each.to == [user.email])
        link = re.search(r"(/accounts/email/undo/\S+/)", first)[1]
        Client().post(link)
        assert address_of(user) == user.email
        assert Client().get(stolen).status_code == 404
        assert Client().post(stolen).status_code == 404
        assert address_of(user) == user.email

    def test_a_code_that_waits_when_the_link_is_used(self):
        """ASVS 5.0 6.4.3: what waits is over with it."""
        user = make.patient()
        thief = fresh(user)
        thief.post("/settings/email/", {"email": NEW})
        Client().post(undo_link(user.email))
        states = EmailChange.objects.unscoped(reason="test").values_list("state", flat=True)
        assert list(states) == ["undone"]
        assert thief.get("/settings/email/").status_code == 302

    def test_the_link_twice_and_late(self):
        """ASVS 5.0 6.5.1: it holds once, and for 7 days."""
        user = make.patient()
        actor = at_home(user)
        late, twice = ask(actor), ask(actor)
        confirm(actor, twice.code)
        with pytest.raises(NotFound):
            services.email_change_undo(make.actor(user), late.id, at=AT)
        with pytest.raises(NotFound):
            services.email_change_undo(make.actor(user), twice.id, at=AT + timedelta(days=7))
        services.email_change_undo(make.actor(user), twice.id, at=AT + timedelta(days=6))
        with pytest.raises(NotFound):
            services.email_change_undo(make.actor(user), twice.id, at=AT + timedelta(days=6))

    def test_a_forged_link(self):
        """ASVS 5.0 9.1.1: nothing but what Bloom signed for this purpose names a change."""
        asked = ask(at_home(make.patient()))
        good = links.link_write("email_undo", asked.id)
        other = links.link_write("export", asked.id)
        for forged in (good[:-1] + ("A" if good[-1] != "A" else "B"), other, asked.id.hex, "x", "%00"):
            assert Client().post(f"/accounts/email/undo/{forged}/").status_code == 404

    def test_signing_up_with_the_address_that_was_left(self):
        """ASVS 5.0 6.4.3: for 7 days nobody else gets it, so that it can go back."""
        user = make.patient()
        actor = at_home(user)
        asked = ask(actor)
        confirm(actor, asked.code)
        facts = {"name": "X", "password_hash": "!", "role": RoleName.PATIENT, "email": user.email}
        with pytest.raises(EmailTaken):
            services.user_sign_up(make.SYSTEM, **facts, at=AT + timedelta(days=6))
        assert ask(at_home(make.patient()), user.email, AT).code is None
        services.user_sign_up(make.SYSTEM, **facts, at=AT + timedelta(days=8))


def test_the_table_holds_one_waiting_change_for_each_person():
    """ASVS 5.0 2.3.3: what the lock promises, the database holds, too."""
    user = make.patient()
    ask(at_home(user))
    row = EmailChange.objects.unscoped(reason="test").get()
    row.pk = make.NOBODY
    with pytest.raises(IntegrityError, match="email_change_waiting_once"):
        row.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_two_people_for_one_address_at_once():
    """ASVS 5.0 2.3.4: one of them gets it, and the other is refused."""
    people = [at_home(make.patient()) for _person in range(2)]
    codes = [ask(actor).code for actor in people]
    start, came = threading.Barrier(2), []

    def run(actor, code):
        start.wait()
        try:
            came.append(confirm(actor, code).verdict)
        except EmailTaken:
            came.append("taken")
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=run, args=pair) for pair in zip(people, codes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, came)) == ["right", "taken"]
    assert User.objects.filter(email=NEW).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_code_twice_at_once():
    """ASVS 5.0 2.3.4: it counts once."""
    actor = at_home(make.patient())
    code = ask(actor).code
    start, came = threading.Barrier(2), []

    def run():
        start.wait()
        came.append(str(confirm(actor, code).verdict))
        connections["default"].close()

    threads = [threading.Thread(target=run) for _thread in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["over", "right"]
    assert len(make.recorded("accounts.email.changed")) == 1


def test_a_session_that_is_not_there():
    """ASVS 5.0 7.2.1: without a session there is nothing to bind a code to."""
    actor = make.actor(make.patient())
    assert confirm(actor, ask(actor).code).verdict is EmailCodeVerdict.OVER
