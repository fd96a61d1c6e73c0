"""A form that is refused says so in the page's title and in a summary that leads to each field."""

import re

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.tests import factories as make

pytestmark = pytest.mark.django_db

SIGN_UP = {
    "role": "patient",
    "name": "App",
    "email": "app@example.org",
    "password1": "password",
    "password2": "password",
}


@pytest.fixture(autouse=True)
def fresh_limits(settings):
    cache.clear()
    settings.RATE_FACTOR = 1000
    settings.ACCOUNT_RATE_LIMITS = False


def client_of(role):
    if role is None:
        return Client()
    return make.browser(make.patient() if role == "patient" else make.therapist())


def summary_of(page):
    found = re.search(r'<div class="alert[^>]*data-error-summary>.*?</div>', page, re.DOTALL)
    return found[0] if found else ""


@pytest.mark.parametrize(
    ("role", "path", "data", "targets"),
    [
        (None, "/accounts/signup/", SIGN_UP, {"id_password1"}),
        (
            None,
            "/accounts/signup/",
            {**SIGN_UP, "role": "", "name": ""},
            {"id_role", "id_name", "id_password1"},
        ),
        ("patient", "/settings/profile/", {"name": "", "time_zone": "Nowhere"}, {"id_name", "id_time_zone"}),
        (None, "/accounts/password/reset/", {"email": "no"}, set()),
        ("patient", "/accounts/password/change/", {}, {"id_oldpassword", "id_password1", "id_password2"}),
        ("therapist", "/settings/listing/", {"npi": "1", "fee_to": "-1"}, {"id_fee_to"}),
        (
            "therapist",
            "/welcome/listing/",
            {"npi": "1", "licence_0_type": "psychologist", "licence_0_number": "1"},
            {"id_npi", "id_licence_0_state", "id_specialties", "id_languages", "id_formats"},
        ),
        (
            "therapist",
            "/welcome/listing/",
            {"npi": ""},
            {"id_npi", "id_licence_0_type", "id_specialties", "id_languages", "id_formats"},
        ),
    ],
)
def test_a_refused_page_says_so_and_leads_to_each_field(role, path, data, targets):
    client = client_of(role)
    assert "<title>Error:" not in client.get(path).content.decode()
    page = client.post(path, data).content.decode()
    assert "<title>Error:" in page
    summary = summary_of(page)
    assert set(re.findall(r'href="#([^"]+)"', summary)) == targets
    assert not targets or 'role="alert"' in summary
    for target in targets:
        assert page.count(f'id="{target}"') == 1
    # First of all on the page: without a script, too, it is what one sees.
    assert not summary or page.index(summary) < page.index("<form", page.index("<main"))


def test_what_is_wrong_with_a_sign_in_is_said_once():
    page = Client().post("/accounts/login/", {"login": "a@example.org", "password": "wrong"}).content.decode()
    assert "<title>Error:" in page
    assert page.count("do not belong together") == 1
    assert "do not belong together" in summary_of(page)


def test_what_is_wrong_is_listed_as_it_stands_on_the_page():
    page = client_of("therapist").post("/welcome/listing/", {"npi": ""}).content.decode()
    listed = re.findall(r'href="#([^"]+)"', summary_of(page))
    assert listed[0] == "id_licence_0_type"
    assert [page.index(f'id="{each}"') for each in listed] == sorted(
        page.index(f'id="{each}"') for each in listed
    )


def test_a_question_is_followed_by_no_colon():
    client = make.browser(make.patient(), factor=True)
    page = client.post("/settings/tokens/new/", {"name": "Calendar", "days": "30"})
    assert "What may it do? Choose at least one thing" in summary_of(page.content.decode())
