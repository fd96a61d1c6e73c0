"""The admin: staff look, admins act, and everything goes through services."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts import selectors, services
from accounts.models import ApiToken, Practice, User
from accounts.tests import factories as make
from accounts.tests.test_credentials import token
from accounts.types import MembershipRole

pytestmark = pytest.mark.django_db

MODELS = ("user", "practice", "membership", "assignment", "apitoken")


def act(user, model, action, *rows):
    return make.browser(user).post(
        reverse(f"admin:accounts_{model}_changelist"),
        {"action": action, "_selected_action": [str(row.pk) for row in rows]},
        follow=True,
    )


@pytest.mark.parametrize("who", [make.patient, make.therapist])
def test_is_closed_to_people_who_are_not_staff(who):
    client = make.browser(who())
    for address in ["/admin/", *(reverse(f"admin:accounts_{model}_changelist") for model in MODELS)]:
        assert client.get(address).status_code in {302, 403}


@pytest.mark.parametrize("who", [make.support, make.admin])
def test_staff_see_lists_and_rows_and_change_nothing_by_form(who):
    care = make.assignment(make.patient(), make.therapist(), reason="Panic attacks since May.")
    issued = token(make.patient())
    client = make.browser(who())
    for model in MODELS:
        assert client.get(reverse(f"admin:accounts_{model}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:accounts_{model}_add")).status_code == 403
    for model, row in [("assignment", care.id), ("user", care.patient.id), ("practice", care.practice_id)]:
        address = reverse(f"admin:accounts_{model}_change", args=[row])
        page = client.get(address)
        assert page.status_code == 200
        assert "Panic" not in page.content.decode()
        assert client.post(address, {"name": "changed"}).status_code == 403
        assert client.post(reverse(f"admin:accounts_{model}_delete", args=[row])).status_code == 403
    assert (
        issued.raw.split("_", 2)[2]
        not in client.get(reverse("admin:accounts_apitoken_changelist")).content.decode()
    )


def test_times_are_those_of_whoever_looks():
    at = datetime(2026, 11, 27, 4, 34, tzinfo=UTC)
    user, admin = make.patient(), make.admin()
    User.objects.filter(id=user.id).update(date_joined=at)
    User.objects.filter(id=admin.id).update(time_zone="America/Chicago", date_joined=at)
    client = make.browser(admin)
    for address in (
        reverse("admin:accounts_user_changelist"),
        reverse("admin:accounts_user_change", args=[user.id]),
    ):
        page = client.get(address).content.decode()
        assert "26 November 2026" in page, address
        assert re.search(r"\b(22|10):34\b", page), address
        assert not re.search(r"\b0?4:34\b", page), address


def test_the_way_to_a_row_names_it_and_no_id():
    care = make.assignment(make.patient(), make.therapist(name="Lena Ortiz"))
    listing = make.listing(make.therapist()).id
    client = make.browser(make.admin())
    for model, row, words in (("assignment", care.id, "Assignment"), ("listing", listing, "Directory entry")):
        page = client.get(reverse(f"admin:accounts_{model}_change", args=[row])).content.decode()
        title = page[page.index("<title>") : page.index("</title>")]
        way = " ".join(re.findall(r'tracking-tight">\s*(.*?)\s*</', page, re.S))
        assert words in way
        assert str(row) not in (title + way).lower()


def test_rows_are_found_by_whole_ids_and_other_words_find_nothing():
    care = make.assignment(make.patient(), make.therapist())
    issued = token(make.patient())
    client = make.browser(make.admin())

    def found(model, words):
        page = client.get(reverse(f"admin:accounts_{model}_changelist"), {"q": words})
        assert page.status_code == 200
        return page.context["cl"].result_count

    for model in MODELS:
        for words in ("x", "a b", "%", "é" * 300, "00000000-0000-0000-0000-00000000000"):
            assert found(model, words) == 0 or model in {"user", "practice"}
    assert found("assignment", f" {care.patient.id} ") == found("assignment", care.id) == 1
    assert found("membership", care.therapist.id) == found("membership", care.practice_id) == 1
    assert found("apitoken", issued.raw.split("_")[1]) == 1
    assert found("assignment", "") == 1


def test_support_sees_no_tokens_of_others():
    prefix = token(make.patient()).raw.split("_")[1]
    address = reverse("admin:accounts_apitoken_changelist")
    assert prefix not in make.browser(make.support()).get(address).content.decode()
    assert prefix in make.browser(make.admin()).get(address).content.decode()


@pytest.mark.parametrize(
    ("model", "column"),
    [("user", "password__startswith"), ("user", "last_login__gt"), ("apitoken", "hash__startswith")],
)
def test_no_column_is_read_letter_by_letter(model, column):
    client = make.browser(make.support())
    assert client.get(reverse(f"admin:accounts_{model}_changelist"), {column: "argon2"}).status_code == 400


def test_filters_that_are_shown_work():
    client = make.browser(make.support())
    answer = client.get(reverse("admin:accounts_user_changelist"), {"is_active__exact": "1"})
    assert answer.status_code == 200


def test_it_speaks_in_words():
    user = make.therapist(name="Grace Adeyemi")
    desk = make.person(None)
    practice = make.practice_of(user)
    services.membership_start(make.SYSTEM, practice, desk.id, MembershipRole.FRONT_DESK, at=make.AT)
    client = make.browser(make.admin())
    start = client.get("/admin/").content.decode()
    for words in ("API tokens", "Directory entries", "Requests for care"):
        assert words in start
    page = client.get(reverse("admin:accounts_membership_changelist")).content.decode()
    assert re.search(r'class="[^"]*field-what[^"]*"[^>]*>\s*Front desk', page)
    # As a filter, too.
    assert re.search(r'role__exact=front_desk"[^>]*>\s*Front desk', page)
    answer = client.get(reverse("admin:accounts_membership_changelist"), {"role__exact": "front_desk"})
    assert answer.context["cl"].result_count == 1
    page = client.get(reverse("admin:accounts_membership_changelist"), {"_facets": "True"}).content.decode()
    assert re.search(r">\s*Front desk \(1\)", page)
    page = client.get(reverse("admin:accounts_user_change", args=[user.id])).content.decode()
    assert "front_desk" not in page


def test_an_admin_lists_practices_and_revokes_tokens():
    admin, therapist = make.admin(), make.therapist()
    practice = Practice.objects.get()
    for action, name, is_listed in (("hide", "unlisted", False), ("show", "listed", True)):
        act(admin, "practice", f"practice_{action}", practice)
        practice.refresh_from_db()
        assert practice.is_listed is is_listed
        assert len(make.recorded(f"accounts.practice.{name}")) == 1
    issued = token(therapist)
    act(admin, "apitoken", "token_revoke", ApiToken.objects.unscoped(reason="test").get())
    assert selectors.authority_for_token(issued.raw) is None


def test_the_list_of_people_costs_the_same_for_one_and_for_many(django_assert_max_num_queries):
    client = make.browser(make.admin())
    address = reverse("admin:accounts_user_changelist")
    client.get(address)
    for _each in range(8):
        make.patient()
    with django_assert_max_num_queries(9):
        client.get(address)


def test_there_is_one_way_in_and_out():
    assert Client().get("/admin/login/?next=/admin/accounts/user/")["Location"] == (
        "/accounts/login/?next=/admin/accounts/user/"
    )
    assert make.browser(make.patient()).get("/admin/login/").status_code == 403
    admin = make.admin()
    client = make.browser(admin)
    assert client.get("/admin/password_change/")["Location"] == "/accounts/password/change/"
    assert client.get("/admin/logout/")["Location"] == "/accounts/logout/"
    assert make.sessions_of(admin) != []
    assert client.post("/admin/logout/").status_code == 302
    assert make.sessions_of(admin) == []


def test_the_policy_is_loosened_for_the_admin_alone():
    client = make.browser(make.admin())
    assert "unsafe-eval" in client.get("/admin/")["Content-Security-Policy"]
    assert "unsafe" not in client.get("/accounts/password/change/")["Content-Security-Policy"]
