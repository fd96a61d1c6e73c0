"""What people tell of themselves, and how others then see them."""

import pytest

from accounts import rules, selectors, services
from accounts.tests import factories as make
from bloom.kernel.errors import Invalid

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


def change(user, **facts):
    return services.profile_change(make.actor(user), **facts, at=make.AT)


def seen(user):
    return selectors.person_refs(make.SYSTEM, [user.id])[user.id]


class TestService:
    def test_others_read_the_preferred_name_and_its_person_both(self):
        user = make.patient(name="Robert Keane")
        profile = change(user, preferred_name="  Robin   Keane ", pronouns="they/them")
        assert (profile.name, profile.preferred_name) == ("Robert Keane", "Robin Keane")
        assert profile.shown_name == "Robin Keane"
        assert (seen(user).name, seen(user).pronouns) == ("Robin Keane", "they/them")
        (event,) = make.recorded("accounts.profile.changed")
        assert event.data == {"fields": ["preferred_name", "pronouns"]}

    def test_emptied_it_is_the_legal_name_again(self):
        user = make.patient(name="Robert Keane")
        change(user, preferred_name="Robin", pronouns="they/them")
        change(user, preferred_name=" ", pronouns="")
        assert (seen(user).name, seen(user).pronouns) == ("Robert Keane", "")

    def test_says_all_that_is_wrong_at_once_and_changes_nothing(self):
        user = make.patient(name="Robert Keane")
        with pytest.raises(Invalid) as refused:
            change(
                user, name=" ", preferred_name="x" * 151, pronouns="y" * 41, time_zone="Mars", locale="tlh"
            )
        assert set(refused.value.errors) == {"name", "preferred_name", "pronouns", "time_zone", "locale"}
        assert make.recorded("accounts.profile.changed") == []

    def test_a_list_goes_by_the_name_that_is_shown(self):
        admin, first, last = make.admin(name="Z"), make.patient(name="Bea"), make.patient(name="Ada")
        change(last, preferred_name="Cleo")
        names, cursor = [], None
        while True:
            page = selectors.people_list(make.actor(admin), limit=1, cursor=cursor)
            names += [person.name for person in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert names == ["Bea", "Cleo", "Z"]
        assert first.id != last.id

    def test_staff_find_somebody_by_either_name(self):
        admin, user = make.admin(), make.patient(name="Robert Keane")
        change(user, preferred_name="Robin")
        for name in ("robert", "robin"):
            page = selectors.people_list(make.actor(admin), name=name)
            assert [person.id for person in page.items] == [user.id]


def test_time_zones_are_grouped_and_each_is_known():
    groups = dict(rules.time_zones_by_region())
    assert ("America/Argentina/Buenos_Aires", "Argentina / Buenos Aires") in groups["America"]
    assert all(rules.time_zone_is_known(name) for zones in groups.values() for name, _label in zones)


def test_a_zone_stands_there_by_the_name_that_it_has_today():
    names = {name for zones in dict(rules.time_zones_by_region()).values() for name, _label in zones}
    assert {"America/New_York", "Europe/Oslo", "Asia/Kolkata", "Europe/Kyiv", "Africa/Asmara"} <= names
    old = {"America/Argentina/ComodRivadavia", "America/Knox_IN", "Africa/Asmera", "Asia/Calcutta"}
    assert not old & names
    # Who has one keeps it.
    assert all(rules.time_zone_is_known(name) for name in old)


def test_one_s_own_zone_comes_first_then_those_of_the_united_states_and_each_once():
    for own, label in (
        ("America/Chicago", "Central Time (Chicago)"),
        ("Asia/Kolkata", "Kolkata"),
        ("UTC", "UTC"),
    ):
        groups = selectors.time_zone_choices(own)
        assert [str(label) for _name, label in groups[0][1]] == [label]
        assert groups[1][0] == "United States"
        names = [name for _title, zones in groups for name, _label in zones]
        assert len(names) == len(set(names))
        assert {"America/New_York", "Europe/Madrid", "UTC", own} <= set(names)
    assert selectors.time_zone_choices("US/Eastern")[0][1] == [("US/Eastern", "Eastern")]
    assert selectors.time_zone_choices()[0][0] == "United States"


class TestPage:
    def test_saves_and_shows_what_others_see(self):
        user = make.patient(name="Robert Keane")
        client = make.browser(user)
        sent = {
            "name": "Robert Keane",
            "preferred_name": "Robin Keane",
            "pronouns": "they/them",
            "time_zone": "Europe/Berlin",
        }
        assert client.post("/settings/profile/", sent).status_code == 302
        page = client.get("/settings/profile/").content.decode()
        assert "Others see you as" in page
        assert "<bdi>Robin Keane</bdi>" in page
        assert '<option value="Europe/Berlin" selected>' in page

    @pytest.mark.parametrize(
        ("field", "value"),
        [("name", ""), ("name", "x" * 151), ("preferred_name", "a\u202eb"), ("pronouns", "y" * 41)],
    )
    def test_says_what_is_wrong_at_the_field_and_keeps_what_was_typed(self, field, value):
        sent = {"name": "Robert", "time_zone": "UTC", "preferred_name": "Robin", field: value}
        answer = make.browser(make.patient()).post("/settings/profile/", sent)
        form = answer.context["form"]
        assert answer.status_code == 200
        assert set(form.errors) == {field}
        assert form["preferred_name"].value() == sent["preferred_name"]

    def test_a_zone_by_another_name_stays(self):
        user = make.patient()
        change(user, time_zone="US/Eastern")
        client = make.browser(user)
        assert '<option value="US/Eastern" selected>' in client.get("/settings/profile/").content.decode()
        client.post("/settings/profile/", {"name": user.name, "time_zone": "US/Eastern"})
        assert selectors.profile_get(make.actor(user)).time_zone == "US/Eastern"

    def test_a_zone_that_is_none_is_said_at_the_field(self):
        answer = make.browser(make.patient()).post(
            "/settings/profile/", {"name": "R", "time_zone": "Mars/Olympus"}
        )
        assert set(answer.context["form"].errors) == {"time_zone"}


def test_the_api_gives_and_takes_them():
    user = make.patient(name="Robert Keane")
    client = make.browser(user)
    change_ = {"preferred_name": "Robin", "pronouns": "they/them"}
    answer = client.patch("/api/v1/me/", change_, **JSON)
    assert answer.status_code == 200, answer.content
    me = client.get("/api/v1/me/").json()
    assert (me["name"], me["preferred_name"], me["pronouns"]) == ("Robert Keane", "Robin", "they/them")
    person = client.get(f"/api/v1/people/{user.id}/").json()
    assert (person["name"], person["pronouns"]) == ("Robin", "they/them")
    cleared = client.patch("/api/v1/me/", {"preferred_name": "", "pronouns": ""}, **JSON)
    assert cleared.json()["preferred_name"] == ""


def test_a_name_that_was_typed_goes_along_with_the_photos_button():
    user = make.patient(name="Maya Torres")
    client = make.browser(user)
    typed = {"name": "Maya Torres-Lind", "preferred_name": "", "pronouns": "", "time_zone": "America/Chicago"}
    page = client.post("/settings/profile/", {**typed, "show_photo": "1"}).content.decode()
    assert "Please choose a photo first." in page
    assert 'value="Maya Torres-Lind"' in page
    client.post("/settings/profile/", {**typed, "name": "Maya Lind", "remove_photo": "1"})
    user.refresh_from_db()
    assert user.name == "Maya Lind"
