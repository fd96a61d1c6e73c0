"""The pages that span apps: who sees what, in how many queries, and that nothing strange is let through."""

import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership
from accounts.tests import factories
from bloom.kernel import clock, registry

pytestmark = pytest.mark.django_db

# Session, person, factor, roles, practice, then the cards. A card that asks per row breaks the test below.
DASHBOARD_QUERIES = 27


def signed_in(user: Any) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = factories.session_key(user)
    return client


def cards(html: str) -> list[str]:
    return re.findall(r'data-card="(\w+)"', html)


def rooms(html: str) -> list[str]:
    side = html[html.index('<nav class="shell-rooms') :]
    return re.findall(r'href="([^"]+)"', side[: side.index("</nav>")])


def test_the_landing_page_says_what_bloom_is_and_where_to_sign_in(client: Client) -> None:
    html = client.get("/").content.decode()
    assert "A quiet place for your whole practice" in html
    # What is here is not promised, nor the other way round.
    assert "Messages, booking, the calendar and sessions by video are here today. Notes, billing" in html
    assert reverse("account_login") in html
    assert reverse("account_signup") in html


def test_demo_people_are_named_only_in_a_demo(client: Client) -> None:
    with override_settings(DEMO=True):
        assert "patient@bloom.demo" in client.get("/").content.decode()
    with override_settings(DEMO=False):
        assert "bloom.demo" not in client.get("/").content.decode()


def test_who_is_signed_in_goes_on_to_the_dashboard() -> None:
    response = signed_in(factories.patient()).get("/")
    assert (response.status_code, response["Location"]) == (302, "/dashboard/")


def test_a_stranger_is_asked_to_sign_in_first(client: Client) -> None:
    response = client.get("/dashboard/")
    assert response.status_code == 302
    assert unquote(response["Location"]) == f"{reverse('account_login')}?next=/dashboard/"


def test_a_patient_finds_help_and_no_rooms_of_others() -> None:
    html = signed_in(factories.patient(name="Noor Haddad")).get("/dashboard/").content.decode()
    assert "Noor Haddad" in html
    assert cards(html) == ["first_steps", "messages", "calendar", "people"]
    assert "/dashboard/" in rooms(html)
    assert not {"/patients/", "/admin/"} & set(rooms(html))
    assert "988" in html
    assert 'id="help"' in html


def test_a_page_belongs_to_a_room_also_where_its_address_does_not_say_so() -> None:
    patient, therapist = factories.patient(), factories.therapist()
    care = factories.assignment(patient, therapist)
    for user, address, room in (
        (patient, "/book/", "/appointments/"),
        (patient, f"/care/{care.id}/", "/connections/"),
        (therapist, f"/care/{care.id}/", "/patients/"),
        (factories.support(), "/care/", "/care/"),
    ):
        html = signed_in(user).get(address).content.decode()
        side = html[html.index('<nav class="shell-rooms') :]
        side = side[: side.index("</nav>")]
        assert re.search(r'href="([^"]+)"[^>]*aria-current="page"', side)[1] == room  # type: ignore[index]


def test_a_patient_who_has_asked_reads_that_it_waits_and_until_when() -> None:
    patient, therapist = factories.patient(), factories.therapist(name="Ines Duarte")
    factories.listing(therapist)
    asked = factories.request(patient, therapist, at=clock.now())
    html = signed_in(patient).get("/dashboard/").content.decode()
    card = html[html.index('data-card="people"') :]
    assert "<bdi>Ines Duarte</bdi> has until" in card
    assert f'href="/connections/{asked.id}/"' in card
    assert "Nobody yet" not in html
    assert "has until" not in signed_in(therapist).get("/dashboard/").content.decode()


def test_a_therapist_sees_the_patients_in_their_own_care_only() -> None:
    therapist, colleague = factories.therapist(), factories.therapist()
    practice = factories.practice(therapist, colleague)
    factories.assignment(factories.patient(name="Mine Indeed"), therapist, practice_id=practice)
    factories.assignment(factories.patient(name="Somebody Elses"), colleague, practice_id=practice)
    html = factories.browser(therapist, practice_id=practice).get("/dashboard/").content.decode()
    assert "Mine Indeed" in html
    assert "Somebody Elses" not in html
    assert "/patients/" in rooms(html)
    assert "/admin/" not in rooms(html)


@pytest.mark.parametrize("make", [factories.support, factories.admin])
def test_staff_are_led_to_the_administration_and_see_no_messages(make: Any) -> None:
    html = signed_in(make()).get("/dashboard/").content.decode()
    assert cards(html) == ["staff_waiting", "moderation_waiting", "people"]
    assert rooms(html) == ["/dashboard/", "/care/", "/admin/"]


@pytest.mark.parametrize(
    ("role", "seen", "unseen"),
    [
        ("biller", ["/patients/", "/billing/", "/people/"], []),
        ("front_desk", ["/patients/", "/people/"], ["/billing/"]),
    ],
)
def test_who_works_in_a_practice_without_being_a_therapist_finds_it_first(
    role: str, seen: list[str], unseen: list[str]
) -> None:
    person, owner = factories.person(None), factories.therapist()
    here = factories.practice_of(owner)
    Membership.objects.unscoped(reason="what a test made").create(
        practice_id=here, user=person, role=role, started_at=factories.AT
    )
    page = factories.browser(person).get("/dashboard/").content.decode()
    card = page[page.index('data-card="workplace"') :]
    for part in seen:
        assert f"/practices/{here}{part}" in card
    for part in unseen:
        assert f"/practices/{here}{part}" not in card


def test_who_works_nowhere_reads_kind_words_and_has_a_way_on() -> None:
    page = factories.browser(factories.person(None)).get("/dashboard/").content.decode()
    assert "You work in no practice now" in page
    assert 'href="/settings/data/"' in page
    assert 'aria-current="page"' in page


def test_the_bottom_bar_has_a_way_to_every_room() -> None:
    page = factories.browser(factories.therapist()).get("/dashboard/").content.decode()
    bar = page[page.index('class="shell-bottom"') :]
    bar = bar[: bar.index("</nav>")]
    more = bar[bar.index("<details") :]
    assert "More" in more
    assert 'href="/practices/"' in more
    clerk = factories.browser(factories.person(None)).get("/dashboard/").content.decode()
    assert "shell-more" not in clerk


def test_the_first_page_costs_the_same_for_one_patient_and_for_many() -> None:
    one, many = factories.therapist(), factories.therapist()
    factories.assignment(factories.patient(), one)
    for _ in range(6):
        factories.assignment(factories.patient(), many)

    def queries(user: Any) -> int:
        client = signed_in(user)
        client.get("/dashboard/")
        with CaptureQueriesContext(connection) as seen:
            client.get("/dashboard/")
        return len(seen)

    assert queries(one) == queries(many) <= DASHBOARD_QUERIES


def test_a_card_that_a_room_registers_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    point = registry.Point("card")
    point.register(
        "sample",
        lambda actor, at: registry.Card(
            key="sample", title="A sample", template="pages/cards/console.html", context={}
        ),
    )
    monkeypatch.setattr(registry, "card", point)
    assert cards(signed_in(factories.patient()).get("/dashboard/").content.decode()) == ["sample"]


def test_a_name_cannot_become_markup() -> None:
    html = signed_in(factories.patient(name="<b>Bold</b>")).get("/dashboard/").content.decode()
    assert "<b>Bold</b>" not in html
    assert "&lt;b&gt;Bold&lt;/b&gt;" in html


class TestTheme:
    def test_it_is_kept_and_shown(self, client: Client) -> None:
        response = client.post("/theme/", {"theme": "dark", "next": "/help/"})
        assert response["Location"] == "/help/"
        assert 'class="dark"' in client.get("/help/").content.decode()

    @pytest.mark.parametrize("cookie", ["", "neon", '"><script>'])
    def test_whatever_else_the_cookie_says_is_the_machines_choice(self, client: Client, cookie: str) -> None:
        client.cookies["bloom_theme"] = cookie
        assert 'class="system"' in client.get("/help/").content.decode()

    def test_an_unknown_theme_is_not_kept(self, client: Client) -> None:
        assert "bloom_theme" not in client.post("/theme/", {"theme": "neon"}).cookies

    @pytest.mark.parametrize(
        "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
    )
    def test_it_leads_nowhere_else(self, client: Client, target: str) -> None:
        assert client.post("/theme/", {"theme": "dark", "next": target})["Location"] == "/"

    def test_it_is_chosen_by_post_and_with_a_token(self) -> None:
        assert Client().get("/theme/").status_code == 405
        assert Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"}).status_code == 403


class TestErrorPages:
    def test_what_is_not_there_is_said_kindly(self, client: Client) -> None:
        response = client.get("/no/such/page/")
        assert response.status_code == 404
        assert "This page is not here" in response.content.decode()
        assert "/no/such/page/" not in response.content.decode()

    def test_a_stale_form_says_what_to_do(self) -> None:
        response = Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"})
        assert response.status_code == 403
        assert "Nothing was sent" in response.content.decode()
        assert "CSRF" not in response.content.decode()

    def test_whoever_is_signed_in_keeps_their_rooms_and_a_way_back(self) -> None:
        therapist = signed_in(factories.therapist())
        came = {"referer": "http://testserver/patients/?q=a"}
        missing = therapist.get("/no/such/page/", headers=came)
        refused = signed_in(factories.patient()).get("/patients/", headers=came)
        assert (missing.status_code, refused.status_code) == (404, 403)
        assert "/patients/" in rooms(missing.content.decode())
        assert 'href="/patients/?q=a"' in missing.content.decode()
        assert "Back to where you were" not in refused.content.decode()
        assert "/dashboard/" in rooms(refused.content.decode())

    @pytest.mark.parametrize(
        "came", ["https://evil.example/patients/", "http://testserver/no/such/page/", "x"]
    )
    def test_the_way_back_is_a_page_of_ours_and_another_one(self, came: str) -> None:
        html = (
            signed_in(factories.therapist()).get("/no/such/page/", headers={"referer": came}).content.decode()
        )
        assert "Back to where you were" not in html
        assert "evil.example" not in html

    def test_a_failure_keeps_the_rooms_unless_they_are_what_failed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = signed_in(factories.therapist())
        client.raise_request_exception = False

        def fail(*args: Any, **more: Any) -> None:
            raise ValueError("a secret")

        monkeypatch.setattr("bloom.pages.selectors.dashboard_get", lambda *args, **more: fail())
        html = client.get("/dashboard/").content.decode()
        assert "Something went wrong on our side" in html
        assert "/patients/" in rooms(html)
        monkeypatch.setattr("bloom.pages.context.rooms_of", fail)
        answer = client.get("/dashboard/")
        assert answer.status_code == 500
        assert "Something went wrong on our side" in answer.content.decode()
        assert "shell-rooms" not in answer.content.decode()

    @pytest.mark.parametrize("template", ["403.html", "404.html", "429.html", "500.html", "problem.html"])
    def test_they_render_with_no_request_at_all(self, template: str) -> None:
        html = render_to_string(template, {"request_id": "a-request-id"})
        assert "a-request-id" in html
        assert "Bloom" in html


def test_help_keeps_the_rooms_of_whoever_is_signed_in(client: Client) -> None:
    assert "988" in client.get("/help/").content.decode()
    html = signed_in(factories.patient()).get("/help/", headers={"referer": "http://testserver/dashboard/"})
    assert "988" in html.content.decode()
    assert "/messages/" in rooms(html.content.decode())
    assert "Back to where you were" in html.content.decode()


def test_the_palette_finds_people_and_no_log_learns_their_names(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    therapist, patient = factories.therapist(), factories.patient(name="Quentin <i>Rare</i>")
    factories.patient(name="Quentin Stranger")
    factories.assignment(patient, therapist)
    client = signed_in(therapist)
    html = client.post("/people/find/", {"q": "quentin"}).content.decode()
    assert re.findall(r'data-href="([^"]+)"', html) == [f"/people/{patient.id}/"]
    assert "<i>Rare" not in html
    assert "In your care" in html
    assert "quentin" not in (caplog.text + "".join(capsys.readouterr())).lower()
    assert "option" not in client.post("/people/find/", {"q": "q"}).content.decode()
    assert "option" not in client.post("/people/find/", {"q": "\x00"}).content.decode()
    assert client.get("/people/find/").status_code == 405


def test_the_palette_is_no_way_to_read_the_list_of_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bloom.pages.views.FINDS_PER_MINUTE", 2)
    client = signed_in(factories.therapist())
    answers = [client.post("/people/find/", {"q": "aa"}).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_the_style_guide_shows_every_component(client: Client) -> None:
    html = client.get("/styleguide/").content.decode()
    for part in (
        "btn",
        "field",
        "alert",
        "badge",
        "card",
        "empty",
        "menu",
        "dialog",
        "tabs",
        "toast",
        "bubble",
    ):
        assert re.search(rf'class="{part}\b', html), part


def test_a_page_names_the_language_that_it_is_in(client: Client) -> None:
    """Whoever asks for a language without a catalogue gets English, called English."""
    html = client.get("/help/", headers={"accept-language": "fi"}).content.decode()
    assert 'lang="en"' in html
    offered = {code for code, _ in settings.LANGUAGES}
    there = {path.parts[-3] for path in (settings.BASE_DIR / "locale").glob("*/LC_MESSAGES/django.mo")}
    assert offered == there | {"en"}


@pytest.mark.parametrize("path", ["/", "/help/", "/styleguide/", "/accounts/login/"])
def test_the_policy_allows_nothing_inline(client: Client, path: str) -> None:
    policy = client.get(path)["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
