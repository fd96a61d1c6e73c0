"""What an admin does to somebody's account: asked for once more, with a factor, and told."""

import html
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.urls import reverse

from accounts import admin_deeds, selectors, services
from accounts.admin_deeds import DEEDS
from accounts.errors import FactorNeeded
from accounts.models import Session
from accounts.tests import factories as make
from accounts.types import RoleName
from bloom.kernel import clock

pytestmark = pytest.mark.django_db

PEOPLE = reverse("admin:accounts_user_changelist")


def chosen(client, deed, *people, search=""):
    """The page that the list's menu leads to."""
    answer = client.post(
        PEOPLE + search, {"action": deed, "_selected_action": [str(each.pk) for each in people]}
    )
    assert answer.status_code == 302
    return answer["Location"]


def roles_of(user):
    return selectors.roles_of(make.SYSTEM, [user.id])[user.id]


def said(answer):
    return " ".join(html.unescape(answer.content.decode()).split())


def test_a_role_is_given_after_a_second_look_and_its_person_is_told():
    admin, user = make.admin(), make.patient(name="Maya Torres")
    client = make.browser(admin)
    page = chosen(client, "grant_support", user)
    shown = said(client.get(page))
    assert "Maya Torres" in shown
    assert "read nobody’s words" in shown
    assert roles_of(user) == {"patient"}
    answer = client.post(page, {"sure": "yes"}, follow=True)
    assert "Done: 1. They are told by mail." in said(answer)
    assert roles_of(user) == {"patient", "support"}
    event = make.recorded("accounts.role.granted")[-1]
    assert (event.actor_user_id, event.via) == (admin.id, "admin")
    assert [(message.to, message.subject) for message in mail.outbox] == [
        ([user.email], "You were given a role in Bloom")
    ]
    assert "made you support" in mail.outbox[0].body
    assert "Given a role: support" in said(make.browser(user).get("/settings/activity/"))


def test_a_role_is_taken_back_and_the_last_admin_stays():
    admin, user = make.admin(), make.support()
    client = make.browser(admin)
    client.post(chosen(client, "revoke_support", user), {"sure": "yes"})
    assert user.id not in selectors.roles_of(make.SYSTEM, [user.id])
    refused = client.post(chosen(client, "revoke_admin", admin), {"sure": "yes"}, follow=True)
    assert "at least one admin" in said(refused)
    assert roles_of(admin) == {"admin"}


def test_factors_are_reset_only_by_who_says_that_they_asked_the_person():
    admin, user = make.admin(), make.therapist()
    make.app(user)
    client = make.browser(admin)
    page = chosen(client, "factors_reset", user)
    answer = client.post(page, {})
    assert answer.status_code == 400
    assert "Please say so first." in said(answer)
    assert Authenticator.objects.filter(user=user).exists()
    client.post(page, {"sure": "yes"})
    assert not Authenticator.objects.filter(user=user).exists()
    assert [(message.to, message.subject) for message in mail.outbox] == [
        ([user.email], "Your second factors were reset")
    ]


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_is_done_by_the_menu_alone(deed):
    user = make.therapist()
    make.app(user)
    before = roles_of(user)
    client = make.browser(make.admin())
    assert client.get(chosen(client, deed, user)).status_code == 200
    assert roles_of(user) == before
    assert Authenticator.objects.filter(user=user).exists()
    assert mail.outbox == []


def test_an_old_factor_is_shown_anew_and_leads_back_to_the_same_people():
    admin, user = make.admin(), make.patient()
    make.app(admin)
    client = make.browser(admin)
    Session.objects.filter(user=admin).update(factor_at=clock.now() - timedelta(minutes=11))
    page = chosen(client, "grant_support", user)
    answer = client.get(page)
    assert answer["Location"].startswith("/accounts/again/")
    assert str(user.id) in answer["Location"]
    assert client.post(page, {"sure": "yes"})["Location"].startswith("/accounts/again/")
    assert roles_of(user) == {"patient"}


@pytest.mark.parametrize("policy", ["optional", "off"])
def test_an_admin_without_a_factor_gives_nothing(settings, policy):
    """Also where their role owes none: no password alone makes another admin."""
    settings.MFA_POLICY = {**settings.MFA_POLICY, "admin": policy}
    admin, user = make.admin(), make.patient(name="Maya Torres")
    client = make.browser(admin, factor=False)
    page = chosen(client, "grant_admin", user, search="?q=tor")
    for answer in (client.get(page), client.post(page, {"sure": "yes"})):
        assert answer.status_code == 403
        assert "Nobody does this without a second step." in said(answer)
        assert "under Passkeys and codes" in said(answer)
        assert f'href="{reverse("security")}"' in said(answer)
        # Whom it was for is still there, and so is the list as it was searched.
        assert user.email in said(answer)
        assert f'href="{PEOPLE}?q=tor"' in said(answer)
    with pytest.raises(FactorNeeded):
        services.role_grant(make.actor(admin, factor_at=None), user.id, RoleName.ADMIN, at=make.AT)
    assert roles_of(user) == {"patient"}
    assert mail.outbox == []


def test_the_list_comes_back_as_it_was_searched():
    admin, user = make.admin(), make.patient(name="Maya Torres")
    client = make.browser(admin)
    page = chosen(client, "grant_support", user, search="?q=torres&is_active__exact=1")
    answer = client.post(page, {"sure": "yes"})
    assert answer["Location"] == f"{PEOPLE}?q=torres&is_active__exact=1"


def test_what_can_be_done_stands_on_the_persons_own_page():
    admin, user = make.admin(), make.patient()
    address = reverse("admin:accounts_user_change", args=[user.id])
    shown = said(make.browser(admin).get(address))
    assert 'value="grant_support"' in shown
    assert 'value="revoke_patient"' in shown
    for vain in ("grant_patient", "revoke_support", "factors_reset"):
        assert f'value="{vain}"' not in shown
    make.app(user)
    assert 'value="factors_reset"' in said(make.browser(admin).get(address))
    assert 'name="action"' not in said(make.browser(make.support()).get(address))


def test_support_does_nothing_to_accounts():
    support, user = make.support(), make.patient()
    client = make.browser(support)
    page = f"{reverse('admin:accounts_user_deed')}?deed=grant_support&person={user.id}"
    assert client.get(page).status_code == client.post(page, {"sure": "yes"}).status_code == 403
    assert "grant_support" not in client.get(PEOPLE).content.decode()
    assert roles_of(user) == {"patient"}


@pytest.mark.parametrize(
    "query", ["", "deed=grant_support", "deed=make_tea&person=x", "deed=grant_support&person=x"]
)
def test_what_names_nothing_is_not_there(query):
    client = make.browser(make.admin())
    assert client.get(f"{reverse('admin:accounts_user_deed')}?{query}").status_code == 404


def test_more_people_than_a_page_asks_about_are_refused(monkeypatch):
    """Nobody is left out without a word."""
    monkeypatch.setattr(admin_deeds, "PEOPLE_AT_ONCE", 2)
    client, people = make.browser(make.admin()), [make.patient() for _ in range(3)]
    chosen_ids = [str(each.pk) for each in people]
    answer = client.post(PEOPLE, {"action": "grant_support", "_selected_action": chosen_ids}, follow=True)
    assert "Please choose at most 2 people at once." in said(answer)
