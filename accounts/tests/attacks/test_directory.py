"""Attacks on the directory: to be found as somebody else, to see who hides, to decide for others."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from accounts import errors, selectors, services
from accounts.integrations.nppes.port import RegistryUnavailable
from accounts.models import Listing
from accounts.tests import factories as make
from accounts.types import DirectoryAsk, LicenceFacts, TermKind
from bloom.kernel import clock
from bloom.kernel.db import savepoint, transactional
from bloom.kernel.errors import Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db
LATER = make.AT + timedelta(hours=1)
JSON = {"content_type": "application/json"}


def everywhere(seer, user):
    """Does `seer` find this therapist by any door?"""
    client = make.browser(seer)
    answers = [
        str(user.id) in client.get("/therapists/").content.decode(),
        client.get(f"/therapists/{user.id}/").status_code == 200,
        client.get(f"/people/{user.id}/").status_code in {200, 302},
        str(user.id) in client.get("/api/v1/people/?role=therapist").content.decode(),
        client.get(f"/api/v1/people/{user.id}/").status_code == 200,
        str(user.id) in client.get(f"/api/v1/people/?q={user.name.split()[0]}").content.decode(),
    ]
    assert len(set(answers)) == 1, answers
    return answers[0]


def test_somebody_unverified_is_behind_no_door():
    """ASVS 5.0 8.2.2: who has not been checked is shown to no patient, whatever address they try."""
    patient, user = make.patient(), make.therapist(name="Quack Quackson")
    assert not everywhere(patient, user)
    make.listing_sent(user)
    assert not everywhere(patient, user)
    services.listing_refuse(
        make.actor(make.admin()),
        make.listing_row(user).id,
        "No.",
        seen=make.listing_row(user).submitted_at,
        at=LATER,
    )
    assert not everywhere(patient, user)


def test_somebody_hidden_is_behind_no_door():
    """ASVS 5.0 8.2.2: hiding holds at every door at once."""
    patient, user = make.patient(), make.therapist()
    make.listing(user)
    assert everywhere(patient, user)
    services.listing_hide(make.actor(user), hidden=True, at=LATER)
    assert not everywhere(patient, user)


def test_filters_are_no_oracle_about_who_is_not_shown():
    """ASVS 5.0 8.2.3: neither counts nor suggestions tell that somebody hidden fits."""
    patient, user = make.patient(), make.therapist()
    make.listing(user, languages=("ja",))
    services.listing_hide(make.actor(user), hidden=True, at=LATER)
    ask = DirectoryAsk(text="zzz", terms={TermKind.LANGUAGE: ("ja",)})
    page = selectors.directory_list(make.actor(patient), ask)
    assert (page.count, page.items, page.looser) == (0, (), ())


def test_the_bait_is_not_exchanged_after_the_check():
    """ASVS 5.0 2.3.2: verified as one person, nobody goes on as another."""
    changes = (
        lambda user: services.profile_change(make.actor(user), name="Sigmund Freud", at=LATER),
        lambda user: services.listing_change(make.actor(user), {"npi": make.npi(7)}, at=LATER),
        lambda user: services.listing_change(
            make.actor(user),
            {"licences": (LicenceFacts(state="CA", type="psychologist", number="1"),)},
            at=LATER,
        ),
    )
    for change in changes:
        user = make.therapist()
        make.listing(user)
        change(user)
        assert not everywhere(make.patient(), user)


def test_an_impostor_whom_staff_refused_is_not_let_in_by_the_registry():
    """ASVS 5.0 2.3.2: the registry knows the facts, not who uses them: after a refusal only staff verify."""
    user = make.therapist()
    make.listing(user)
    row = make.listing_row(user)
    services.listing_refuse(
        make.actor(make.admin()), row.id, "You are somebody else.", seen=row.submitted_at, at=LATER
    )
    services.listing_submit(make.actor(user), at=LATER)
    row = make.listing_row(user)
    assert (row.state, row.check_due_at, row.refusal) == ("awaiting", None, "You are somebody else.")
    assert services.listings_verify(make.SYSTEM, at=LATER + timedelta(days=1)) == []


def test_the_name_is_not_exchanged_over_rest_either():
    """ASVS 5.0 8.3.1: the rule is the service's, not a form's."""
    user = make.therapist()
    make.listing(user)
    answer = make.browser(user).patch("/api/v1/me/", {"name": "Sigmund Freud"}, **JSON)
    assert answer.status_code == 200
    assert not everywhere(make.patient(), user)


@pytest.mark.parametrize(
    "extra",
    [{"state": "verified"}, {"is_shown": True}, {"verified_at": "2026-01-01T00:00:00Z"}, {"found": True}],
)
def test_nobody_verifies_themselves_by_sending_more(extra):
    """ASVS 5.0 15.3.3: fields that are not the therapist's to set are not taken (mass assignment)."""
    user = make.therapist()
    make.listing_sent(user)
    client = make.browser(user)
    assert client.patch("/api/v1/me/listing/", {"city": "X", **extra}, **JSON).status_code in {200, 400}
    client.post("/settings/listing/", {"city": "X", **{name: str(value) for name, value in extra.items()}})
    row = make.listing_row(user)
    assert row.state in {"awaiting", "draft"}
    assert not row.is_shown


def test_a_therapist_accepts_nobody_not_even_as_support():
    """ASVS 5.0 8.2.1: only admins decide; the attempt is on record."""
    row = make.listing_sent(make.therapist())
    for user in (make.therapist(), make.support(), make.patient()):
        with pytest.raises(NotAllowed) as refused:
            services.listing_accept(make.actor(user), row.id, seen=row.submitted_at, at=LATER)
        assert refused.value.exists
    with pytest.raises(NotFound):
        services.listing_accept(make.actor(make.admin()), make.NOBODY, seen=LATER, at=LATER)


def test_one_npi_verifies_one_person():
    """ASVS 5.0 2.3.4: two accounts cannot both be verified as the same provider, by whatever path."""
    first, second = make.therapist(), make.therapist()
    make.listing(first, npi="1234567893")
    row = make.listing_sent(second, npi="1234567893")
    with pytest.raises(errors.NpiTaken):
        services.listing_accept(make.actor(make.admin()), row.id, seen=row.submitted_at, at=LATER)

    @transactional
    def by_hand():
        with savepoint():
            Listing.objects.unscoped(reason="test").filter(id=row.id).update(
                state="verified", is_shown=True, check_due_at=None, verified_at=LATER, verified_how="staff"
            )

    with pytest.raises(IntegrityError):
        by_hand()


def test_the_table_itself_shows_nobody_who_is_not_verified():
    """ASVS 5.0 2.3.2: what is shown follows from the check, in the database too."""
    row = make.listing_sent(make.therapist())

    @transactional
    def by_hand():
        with savepoint():
            Listing.objects.unscoped(reason="test").filter(id=row.id).update(is_shown=True)

    with pytest.raises(IntegrityError):
        by_hand()


def test_a_registry_that_fails_verifies_nobody():
    """ASVS 5.0 16.5.3: what cannot be checked stays closed."""

    class Broken:
        def entry_get(self, npi):
            raise RegistryUnavailable("down")

    user = make.therapist()
    make.listing_sent(user)
    at = LATER
    for _each in range(10):
        assert services.listings_verify(make.SYSTEM, at=at, registry=Broken()) == []
        at += timedelta(days=1)
    assert make.listing_row(user).state == "awaiting"


def test_pages_of_the_directory_are_walked_by_nobody_unknown():
    """ASVS 5.0 8.2.1: the directory is for those who are signed in."""
    user = make.therapist()
    make.listing(user)
    for address in ("/therapists/", f"/therapists/{user.id}/", f"/people/{user.id}/", "/settings/listing/"):
        assert Client().get(address)["Location"].startswith("/accounts/login/")
    assert Client().get("/api/v1/people/").status_code == 401


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "{{ settings.SECRET_KEY }}", "' OR 1=1 --"])
def test_what_therapists_write_stays_text(text):
    """ASVS 5.0 1.2.1: free text of a listing is shown as it was typed, to everybody who reads it."""
    user = make.therapist()
    make.listing(user, headline=text, approach=text, city=text)
    client = make.browser(make.patient())
    for address in ("/therapists/", f"/therapists/{user.id}/"):
        page = client.get(address).content.decode()
        assert "<img src=x" not in page
        assert settings.SECRET_KEY not in page
    assert len(selectors.directory_list(make.actor(make.patient()), DirectoryAsk(text=text)).items) <= 1


@pytest.mark.parametrize("text", ["%", "_", "\\", "a%b", "%%%%%%%%%%"])
def test_wildcards_are_letters(text):
    """ASVS 5.0 1.2.4: what is searched for is data, not a pattern."""
    make.listing(make.therapist())
    assert selectors.directory_list(make.actor(make.patient()), DirectoryAsk(text=text)).items == ()


def test_cursors_are_not_believed():
    """ASVS 5.0 2.2.1: a place in the list that we did not write is refused, not run."""
    client = make.browser(make.patient())
    for cursor in ("x", "WyJ4IiwieSJd", "WyI5OSIsIjEiXQ", "%00", "A" * 5000):
        assert client.get("/therapists/", {"cursor": cursor}).status_code == 400


def test_direction_overrides_hide_in_no_headline():
    """ASVS 5.0 1.3.10: characters that would let one text pass for another are refused."""
    for text in ("a\u202eb", "a\u2066b", "a\x07b"):
        with pytest.raises(Invalid):
            services.listing_change(make.actor(make.therapist()), {"headline": text}, at=make.AT)


def test_nobody_elses_listing_is_reached_from_the_settings():
    """ASVS 5.0 8.2.2: settings have no id in their address: they are about whoever asks."""
    victim, attacker = make.therapist(), make.therapist()
    row = make.listing(victim)
    client = make.browser(attacker)
    client.post("/settings/listing/hide/", {"hidden": "1", "id": str(row.id), "therapist": str(victim.id)})
    client.post("/settings/listing/", {"city": "Elsewhere", "id": str(row.id)})
    row.refresh_from_db()
    assert (row.is_hidden, row.city) == (False, "")


def test_a_token_without_its_scope_changes_no_listing():
    """ASVS 5.0 8.2.1: reading a profile is not changing one."""
    user = make.therapist()
    make.listing(user)
    issued = services.token_issue(make.SYSTEM, user.id, "test", ["profile:read"], 1, at=clock.now())
    client = Client(headers={"Authorization": f"Bearer {issued.raw}"})
    assert client.get("/api/v1/me/listing/").status_code == 200
    assert client.patch("/api/v1/me/listing/", {"city": "X"}, **JSON).json()["code"] == "insufficient_scope"
    assert client.post("/api/v1/me/listing/submit/", {}, **JSON).json()["code"] == "insufficient_scope"


def test_a_form_from_elsewhere_hides_nobody():
    """ASVS 5.0 3.5.1: every change asks for a token against forgery."""
    user = make.therapist()
    make.listing(user)
    client = Client(enforce_csrf_checks=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(user)
    for address in ("/settings/listing/hide/", "/settings/listing/submit/", "/settings/listing/"):
        assert client.post(address, {"hidden": "1"}).status_code == 403
    assert not make.listing_row(user).is_hidden


@pytest.mark.parametrize("seen", ["as it was", "", "x", "2026-11-02T09:00:00"])
def test_sending_another_license_while_an_admin_looks(seen):
    """ASVS 5.0 2.3.1: a decision holds for the facts that were looked at; whoever changes them meanwhile is
    looked at once more, and the admin is told.
    """
    user, admin = make.therapist(), make.admin()
    row = make.listing_sent(user)
    if seen == "as it was":
        seen = row.submitted_at.isoformat()
        licence = LicenceFacts(state="NY", type="lcsw", number="somebody.else")
        services.listing_change(make.actor(user), {"licences": (licence,)}, at=LATER)
    answer = make.browser(admin).post(
        reverse("admin:accounts_listing_changelist"),
        {
            "action": "listing_accept",
            "_selected_action": [str(row.pk)],
            "decide": "1",
            f"seen-{row.pk}": seen,
        },
        follow=True,
    )
    assert "since you looked" in answer.content.decode()
    assert make.listing_row(user).state == "awaiting"
    with pytest.raises(errors.ListingChanged):
        services.listing_refuse(make.actor(admin), row.id, "No.", seen=make.AT - timedelta(1), at=LATER)
