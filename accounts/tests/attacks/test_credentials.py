"""Stolen, tampered and outgrown sessions and tokens; lost and forged factors."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import selectors, services, sessions
from accounts.errors import LastAdmin
from accounts.models import ApiToken, KnownDevice, RecoveryCode, Session
from accounts.tests import factories as make
from accounts.types import RoleName
from bloom.kernel import clock
from bloom.kernel.errors import FreshFactorNeeded, NotAllowed, NotFound
from observability.models import Event

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


def bearer(raw: str) -> Client:
    return Client(headers={"authorization": f"Bearer {raw}"})


def token(user, *scopes: str) -> str:
    return services.token_issue(make.SYSTEM, user.id, "x", scopes, 5, at=clock.now()).raw


def recorded(name: str) -> list[Event]:
    return list(Event.objects.unscoped(reason="test").filter(name=name))


def test_using_what_stands_in_the_table_of_sessions():
    """ASVS 5.0 11.4.1: the row holds a keyed hash; as a cookie it opens nothing."""
    make.browser(make.patient())
    stolen = Session.objects.get().session_key
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert client.get(ME).status_code == 401


def test_using_what_stands_in_the_table_of_tokens():
    """ASVS 5.0 11.4.1: nor does what is kept of a token."""
    token(make.patient(), "profile:read")
    row = ApiToken.objects.unscoped(reason="test").get()
    assert bearer(f"blm_{row.prefix}_{bytes(row.hash).hex()[:43]}").get(ME).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:-1],
        lambda raw: raw + "A",
        lambda raw: raw.upper(),
        lambda raw: raw.replace("blm_", "blm-"),
    ],
)
def test_a_token_that_is_almost_right(change):
    """ASVS 5.0 7.2.1: one letter off is nobody."""
    assert bearer(change(token(make.patient(), "profile:read"))).get(ME).status_code == 401


def test_a_token_that_makes_itself_wider():
    """ASVS 5.0 8.2.1: a token makes no tokens, ends no sessions, changes no factors."""
    client = bearer(token(make.patient(), "profile:read", "profile:write"))
    for path in ["/settings/tokens/new/", "/settings/sessions/end/", "/settings/security/passkey/"]:
        answer = client.post(path, {"name": "x", "days": "30", "scopes": ["people:read"]})
        assert answer["Location"].startswith("/accounts/login/")
    assert ApiToken.objects.unscoped(reason="test").count() == 1


def test_a_token_after_its_end():
    """ASVS 5.0 7.3.2: it ends by itself, to the second."""
    raw = token(make.patient(), "profile:read")
    ApiToken.objects.unscoped(reason="test").update(expires_at=clock.now() - timedelta(seconds=1))
    assert bearer(raw).get(ME).status_code == 401


def test_a_token_beside_somebody_else_s_cookie():
    """ASVS 5.0 8.3.3: the token speaks, never the cookie that came along; a bad token is nobody at all."""
    person, other = make.patient(), make.patient()
    client = make.browser(other)
    answer = client.get(ME, headers={"authorization": f"Bearer {token(person, 'profile:read')}"})
    assert answer.json()["id"] == str(person.id)
    assert client.get(ME, headers={"authorization": "Bearer blm_nonsense"}).status_code == 401


def test_scopes_tampered_with_in_the_form():
    """ASVS 5.0 8.2.3: a scope that does not exist is refused, not kept."""
    client = Client()
    user = make.patient()
    client.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    page = client.post("/settings/tokens/new/", {"name": "x", "days": "30", "scopes": ["admin:write"]})
    assert page.status_code == 200
    page = client.post("/settings/tokens/new/", {"name": "x", "days": "99999", "scopes": ["profile:read"]})
    assert page.status_code == 200
    assert not ApiToken.objects.unscoped(reason="test").exists()


def test_guessing_tokens(settings):
    """ASVS 5.0 6.3.1: an address that brings wrong ones is slowed down; so is a token without measure."""
    settings.RATE_FACTOR, settings.WRONG_TOKENS_PER_MINUTE, settings.TOKEN_USES_PER_MINUTE = 1, 3, 3
    place = {"REMOTE_ADDR": "203.0.113.77"}
    answers = [bearer(f"blm_{'a' * 12}_{'b' * 43}").get(ME, **place).status_code for _ in range(4)]
    assert answers == [401, 401, 401, 429]
    client = bearer(token(make.patient(), "profile:read"))
    assert [client.get(ME).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_every_use_of_a_token_names_it():
    """ASVS 5.0 16.2.1: what a token did is on record with its id, each request by itself."""
    user = make.patient()
    raw = token(user, "profile:read", "profile:write")
    bearer(raw).patch(ME, json.dumps({"time_zone": "Europe/Berlin"}), content_type="application/json")
    token_id = ApiToken.objects.unscoped(reason="test").get().id
    bearer(raw).get(ME)
    assert [event.token_id for event in recorded("accounts.token.used")] == [token_id, token_id]
    assert {event.token_id for event in recorded("accounts.profile.changed")} == {token_id}


def test_ending_somebody_else_s_session_by_its_name():
    """ASVS 5.0 8.2.2: the name of a session is no right to it, and the attempt is on record."""
    victim, attacker = make.patient(), make.patient()
    victim_browser = make.browser(victim)
    name = UUID(sessions.session_id(victim_browser.cookies[settings.SESSION_COOKIE_NAME].value))
    assert make.browser(attacker).post(f"/settings/sessions/{name}/end/").status_code == 404
    assert victim_browser.get(ME).status_code == 200
    refusals = Event.objects.unscoped(reason="test").filter(object_id=name, actor_user_id=attacker.id)
    assert refusals.exists()


def test_making_somebody_sign_out_from_another_site():
    """ASVS 5.0 3.5.1: what changes something needs the page's own token."""
    user = make.patient()
    client = Client(enforce_csrf_checks=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(user)
    for path in ["/accounts/logout/", "/settings/sessions/end/", "/settings/tokens/new/"]:
        assert client.post(path).status_code == 403, path
    assert client.get(ME).status_code == 200


@pytest.mark.parametrize("role", [RoleName.SUPPORT, RoleName.ADMIN])
def test_keeping_an_old_session_through_a_change_of_role(role):
    """ASVS 5.0 7.2.4: other rights begin with another session."""
    user = make.patient()
    client = make.browser(user)
    services.role_grant(make.SYSTEM, user.id, role, at=clock.now())
    assert client.get(ME).status_code == 401
    client = make.browser(user)
    services.role_revoke(make.SYSTEM, user.id, RoleName.PATIENT, at=clock.now())
    assert client.get(ME).status_code == 401


def test_an_admin_who_walked_away():
    """ASVS 5.0 7.3.1: half an hour without a request, and the next person at the desk is nobody."""
    client = make.browser(make.admin())
    Session.objects.update(seen_at=clock.now() - timedelta(minutes=31))
    assert client.get("/admin/").status_code == 302
    assert recorded("accounts.session.ended")[0].data["over"] == "idle"


def test_keeping_a_session_alive_for_ever():
    """ASVS 5.0 7.3.2: use does not lengthen it beyond its whole time."""
    client = make.browser(make.therapist())
    for day in range(1, 8):
        Session.objects.update(started_at=clock.now() - timedelta(days=day), seen_at=clock.now())
        status = client.get(ME).status_code
        assert status == (200 if day < 7 else 401)


def test_the_session_s_cookie_in_a_script_or_on_another_site():
    """ASVS 5.0 3.3.2, 3.3.4: HttpOnly and SameSite, for the known browser's cookie, too."""
    user = make.patient()
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    for name in (settings.SESSION_COOKIE_NAME, settings.DEVICE_COOKIE_NAME):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


def test_talking_an_admin_into_resetting_factors():
    """ASVS 5.0 6.4.4: only an admin with a fresh factor, never for oneself; the person is told and out."""
    lost, support, admin = make.therapist(), make.support(), make.admin()
    make.app(lost), make.app(admin)
    client, raw = make.browser(lost), token(lost, "profile:read")
    at = clock.now()
    for actor, error in [
        (make.actor(support, factor_at=at), NotAllowed),
        (make.actor(lost, factor_at=at), NotAllowed),
        (make.actor(admin, factor_at=at - timedelta(minutes=11)), FreshFactorNeeded),
    ]:
        with pytest.raises(error):
            services.factors_reset(actor, lost.id, at=at)
    with pytest.raises(NotAllowed):
        services.factors_reset(make.actor(admin, factor_at=at), admin.id, at=at)
    services.factors_reset(make.actor(admin, factor_at=at), lost.id, at=at)
    assert not Authenticator.objects.filter(user=lost).exists()
    assert not RecoveryCode.objects.unscoped(reason="test").filter(user=lost).exists()
    assert client.get(ME).status_code == 401
    assert bearer(raw).get(ME).status_code == 401
    assert [event.subject_id for event in recorded("accounts.factor.reset")] == [lost.id]
    with pytest.raises(NotFound):
        services.factors_reset(make.actor(admin, factor_at=at), lost.id, at=at)


def test_the_admin_s_page_tells_the_person():
    """ASVS 5.0 6.3.7: whoever's factors are reset gets a mail."""
    lost, admin = make.therapist(), make.admin()
    make.app(lost)
    client = make.browser(admin)
    client.post(f"/admin/accounts/user/deed/?deed=factors_reset&person={lost.id}", {"sure": "yes"})
    assert not Authenticator.objects.filter(user=lost).exists()
    assert [(message.to, message.subject) for message in mail.outbox] == [
        ([lost.email], "Your second factors were reset")
    ]


def test_a_factor_planted_in_the_table():
    """ASVS 5.0 16.3.3: whoever writes one past Bloom is found by the sweep, once; so is one that vanished."""
    victim, honest = make.patient(), make.patient()
    planted = make.app(victim)
    at = clock.now()
    services.factors_compare(make.SYSTEM, at=at)
    (found,) = recorded("accounts.factor.unexplained")
    assert (found.object_id, found.data["factor"], found.data["is_there"]) == (victim.id, planted.pk, True)
    assert services.factors_compare(make.SYSTEM, at=at) == 0
    secret = services.app_secret()
    from accounts import rules

    code = rules.totp_code(secret, int(at.timestamp()) // rules.TOTP_STEP_SECONDS)
    services.app_add(make.actor(honest), secret, code, at=at)
    assert services.factors_compare(make.SYSTEM, at=at) == 0
    Authenticator.objects.filter(user=honest).delete()
    assert services.factors_compare(make.SYSTEM, at=at) == 1


def test_reading_what_happened_to_somebody_else():
    """ASVS 5.0 8.2.2: the list of sign-ins is one's own, whatever the address says."""
    victim, attacker = make.patient(), make.patient()
    services.sign_in_failed(make.SYSTEM, victim.email, at=clock.now())
    page = make.browser(attacker).get(f"/settings/activity/?user={victim.id}&cursor=")
    assert "wrong password" not in page.content.decode()
    from observability import selectors as record

    with pytest.raises(NotAllowed):
        record.events_about(make.actor(attacker), victim.id, names=["accounts.sign_in.failed"], limit=5)


def test_learning_a_token_from_any_page_but_the_first():
    """ASVS 5.0 11.4.1: nothing keeps it, so nothing can show it again."""
    user = make.patient()
    raw = token(user, "profile:read")
    secret = raw.removeprefix("blm_").partition("_")[2]
    assert len(secret) > 40
    assert secret not in make.browser(user).get("/settings/tokens/").content.decode()
    assert secret not in str(selectors.token_list(make.actor(user), at=clock.now()))


def test_a_token_made_before_its_person_became_staff():
    """ASVS 5.0 8.3.2: a role does not widen what was made without the factor that the role asks for."""
    user = make.patient()
    raw = token(user, "people:read", "assignments:write")
    services.role_grant(make.SYSTEM, user.id, RoleName.SUPPORT, at=clock.now())
    assert bearer(raw).get("/api/v1/people/").status_code == 401


def test_an_intruder_s_browser_after_a_new_password():
    """ASVS 5.0 6.3.5: a reset makes every browser a stranger again, so that the next sign-in is told."""
    user = make.patient()
    intruder = Client()
    intruder.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    services.password_reset(make.SYSTEM, user.id, at=clock.now())
    KnownDevice.objects.create(
        user=user, hash=selectors.device_hash("owner"), first_at=clock.now(), last_at=clock.now()
    )
    mail.outbox.clear()
    intruder.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    assert [message.subject for message in mail.outbox] == ["A new sign-in to your account"]


def test_two_admins_who_leave_one_after_the_other():
    """ASVS 5.0 8.2.1: an admin who is leaving is none, so the other stays."""
    one, other = make.admin(), make.admin()
    services.account_close(make.actor(one), at=clock.now())
    with pytest.raises(LastAdmin):
        services.role_revoke(
            make.actor(other, factor_at=clock.now()), other.id, RoleName.ADMIN, at=clock.now()
        )


def test_a_role_for_somebody_who_has_left():
    """ASVS 5.0 7.4.2: who is leaving, or has left, gets no role any more."""
    user = make.patient()
    services.account_close(make.actor(user), at=clock.now())
    with pytest.raises(NotFound):
        services.role_grant(make.SYSTEM, user.id, RoleName.ADMIN, at=clock.now())
