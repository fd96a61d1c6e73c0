"""Attacks on profiles: to be seen as somebody else, and to learn a name that its person no longer uses."""

import json

import pytest

from accounts import rules, selectors, services
from accounts.models import User
from accounts.services import verification
from accounts.tests import factories as make
from accounts.types import CheckNote, RegistryEntry, RegistryTaxonomy
from bloom.kernel.errors import Invalid

pytestmark = pytest.mark.django_db
DEAD, CHOSEN = "Quentin Ashdown", "Quinn Ashdown"


def change(user, **facts):
    return services.profile_change(make.actor(user), **facts, at=make.AT)


def test_no_door_tells_a_patient_the_legal_name_behind_a_preferred_one():
    """ASVS 5.0 8.2.3: what one may not read of a person is in no field of any answer."""
    therapist, patient = make.therapist(name=DEAD), make.patient()
    change(therapist, preferred_name=CHOSEN)
    make.practice_list_publicly(make.practice_of(therapist))
    make.assignment(patient, therapist)
    client = make.browser(patient)
    for address in (
        "/therapists/",
        f"/therapists/{therapist.id}/",
        "/dashboard/",
        "/messages/",
        "/api/v1/people/",
        f"/api/v1/people/{therapist.id}/",
        "/api/v1/assignments/",
        "/api/v1/conversations/",
    ):
        page = client.get(address, follow=True).content.decode()
        assert "Quentin" not in page, address
    assert CHOSEN in client.get("/therapists/").content.decode()


def test_guessing_legal_names_by_the_search_finds_nobody():
    """ASVS 5.0 8.2.3: a search gives no answer about what it does not show."""
    therapist, patient = make.therapist(name=DEAD), make.patient()
    make.practice_list_publicly(make.practice_of(therapist))
    change(therapist, preferred_name=CHOSEN)
    services.listing_accept(
        make.actor(make.admin()),
        make.listing_row(therapist).id,
        seen=make.listing_row(therapist).submitted_at,
        at=make.AT,
    )
    client = make.browser(patient)
    for search in ("name=quentin", "q=quentin"):
        assert client.get(f"/api/v1/people/?{search}").json()["results"] == []
    assert len(client.get("/api/v1/people/?name=quinn").json()["results"]) == 1


def test_the_order_and_the_cursor_of_a_list_do_not_tell_it_either():
    """ASVS 5.0 8.2.3: a cursor carries only what its reader has seen."""
    admin, user = make.admin(name="Zed"), make.patient(name=DEAD)
    change(user, preferred_name=CHOSEN)
    page = selectors.people_list(make.actor(admin), limit=1)
    assert rules.cursor_read(page.next, 2)[0] == CHOSEN


def test_a_verified_therapist_cannot_take_the_name_of_another():
    """ASVS 5.0 2.2.1: the name that patients read is the one that was checked."""
    therapist = make.therapist(name="Anna Lindqvist")
    make.practice_list_publicly(make.practice_of(therapist))
    change(therapist, preferred_name="Judith Beck")
    listing = make.listing_row(therapist)
    assert (listing.state, listing.is_shown) == ("awaiting", False)
    # The registry knows them by their legal name alone, so a person looks.
    licence = make.listing_facts()["licences"][0]
    entry = RegistryEntry(
        npi=listing.npi,
        is_person=True,
        is_active=True,
        first_name="Anna",
        last_name="Lindqvist",
        credential="LCSW",
        other_names=(),
        taxonomies=(RegistryTaxonomy(code="1041C0700X", state="IL", licence=licence.number),),
        states=("IL",),
    )
    assert CheckNote.NAME_DIFFERS in verification._notes(listing, entry)


@pytest.mark.parametrize(
    "name", ["Anna\u202eLindqvist", "Anna\u0000", "\u200b\u200b", "Anna\u2066B\u2069", "a\x1bb", "A" * 151]
)
@pytest.mark.parametrize("field", ["preferred_name", "pronouns"])
def test_a_name_is_not_made_of_what_cannot_be_seen(field, name):
    """ASVS 5.0 2.2.1: direction overrides, controls and blanks are refused, at the field."""
    with pytest.raises(Invalid) as refused:
        change(make.patient(), **{field: name})
    assert set(refused.value.errors) == {field}


def test_what_is_typed_is_shown_as_text():
    """ASVS 5.0 1.2.1: names and pronouns are escaped wherever they stand."""
    user = make.patient()
    change(user, preferred_name="<img src=x>", pronouns="<b>x</b>")
    page = make.browser(user).get("/settings/profile/").content.decode()
    assert "<img src=x>" not in page
    assert "<b>x</b>" not in page


def test_fields_that_are_not_ones_own_to_set_are_ignored():
    """ASVS 5.0 15.3.3: no mass assignment by the page or by the API."""
    user, practice_id = make.patient(), make.practice_of(make.therapist())
    client = make.browser(user)
    more = {
        "email": "other@example.org",
        "is_active": False,
        "roles": ["admin"],
        "practice": str(practice_id),
    }
    client.patch("/api/v1/me/", json.dumps({"name": "Maya", **more}), content_type="application/json")
    client.post("/settings/profile/", {"name": "Maya", "time_zone": "UTC", **more})
    stored = User.objects.get(id=user.id)
    assert (stored.name, stored.email, stored.is_active) == ("Maya", user.email, True)
    assert stored.role_names == {"patient"}


def test_nobody_changes_the_profile_of_another():
    """ASVS 5.0 8.2.2: the profile that changes is that of whoever asks, whatever the request names."""
    user, other = make.patient(name="Maya"), make.patient(name="Other")
    make.browser(user).post("/settings/profile/", {"name": "Taken", "time_zone": "UTC", "id": str(other.id)})
    assert User.objects.get(id=other.id).name == "Other"
