"""Locations, what a practice is to payers, its logo: who reaches for those of others."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape

from accounts import selectors, services
from accounts.models import BillingIdentity, Practice
from accounts.tests import factories as make
from accounts.tests.attacks import practising
from accounts.tests.attacks.practising import CLINICIAN, FRONT_DESK, IN_FORMS, join, login
from accounts.types import MembershipRole
from bloom.files.models import StoredFile
from bloom.files.tests import pictures
from bloom.kernel import clock, vault
from observability.testing import captured_logs

pytestmark = pytest.mark.django_db

no_limits = practising.no_limits
owner = practising.owner
told = practising.told


def test_another_practice_s_place_is_not_reached_through_ones_own(owner, told):
    """ASVS 5.0 8.2.2: an id that belongs to another practice leads nowhere, in whatever address it stands."""
    thief = make.therapist()
    client, own = make.browser(thief), make.practice_of(thief)
    theirs = make.practice_of(owner)
    form = {**make.LOCATION, "name": "Mine", "version": "1"}
    for base in (f"/practices/{own}/locations/{told.id}", f"/practices/{theirs}/locations/{told.id}"):
        assert client.get(f"{base}/").status_code == 404
        assert client.post(f"{base}/", form).status_code == 404
        for step in ("retire", "reopen"):
            assert client.post(f"{base}/{step}/").status_code == 404
        api = f"/api/v1{base}/"
        assert client.get(api).status_code == 404
        assert client.patch(api, {"name": "Mine"}, content_type="application/json").status_code == 404
    (kept,) = selectors.location_list(make.actor(owner), theirs)
    assert (kept.name, kept.version, kept.is_retired) == ("Downtown", 1, False)
    refused = make.recorded("observability.access.refused")
    assert {each.actor_user_id for each in refused} == {thief.id}


def test_ids_in_the_form_move_nothing_to_another_practice(owner, told):
    """ASVS 5.0 8.2.3: of a form only the fields that it has are read."""
    victim = make.therapist()
    theirs = make.practice_of(victim)
    client = make.browser(owner)
    more = {"practice": theirs, "practice_id": theirs, "id": uuid.uuid4(), "retired_at": "2020-01-01"}
    base = f"/practices/{make.practice_of(owner)}"
    client.post(f"{base}/locations/new/", {**make.LOCATION, "name": "Second", "version": "0", **more})
    client.post(f"{base}/billing/edit/", {**make.BILLING, "legal_name": "X", "version": "1", **more})
    assert selectors.location_list(make.actor(victim), theirs) == []
    assert selectors.billing_get(make.actor(victim), theirs).version == 0
    assert len(selectors.location_list(make.actor(owner), make.practice_of(owner))) == 2


def test_who_works_in_two_practices_reads_no_payer_s_facts_of_the_other(owner, told):
    """ASVS 5.0 8.4.1: an owner of both, too, only in the one that the session works in."""
    both = make.therapist()
    join(owner, both, MembershipRole.BILLER)
    here, there = make.practice_of(both), make.practice_of(owner)
    client = make.browser(both)
    html = client.get(f"/practices/{there}/billing/").content.decode()
    assert "Elm Street" not in html
    assert "1259" not in html
    for path in (f"/api/v1/practices/{there}/billing/", f"/api/v1/practices/{there}/locations/"):
        assert client.get(path).status_code == 404
    client.post(f"/practices/{there}/use/")
    assert "1259" in client.get(f"/practices/{there}/billing/").content.decode()
    assert client.get(f"/api/v1/practices/{here}/billing/").status_code == 404


@pytest.mark.parametrize("role", [MembershipRole.BILLER, MembershipRole.SUPERVISOR, FRONT_DESK, CLINICIAN])
def test_no_member_but_an_owner_writes_what_payers_are_told(owner, told, role):
    """ASVS 5.0 8.3.1: a biller reads; whom payers pay is not theirs to change. The attempt is on record."""
    user = make.therapist()
    join(owner, user, role)
    client, base = login(user, owner), f"/practices/{make.practice_of(owner)}"
    for path, data in (
        ("/billing/edit/", {**make.BILLING, "legal_name": "Thief LLC", "version": "1"}),
        ("/locations/new/", {**make.LOCATION, "version": "0"}),
        (f"/locations/{told.id}/", {**make.LOCATION, "city": "Elsewhere", "version": "1"}),
        (f"/locations/{told.id}/retire/", {}),
        ("/logo/", {}),
        ("/logo/remove/", {}),
    ):
        assert client.post(f"{base}{path}", data).status_code == 403, path
    api = f"/api/v1{base}/billing/"
    assert client.patch(api, {"npi": ""}, content_type="application/json").status_code == 403
    readable = 200 if role is MembershipRole.BILLER else 403
    assert client.get(f"{base}/billing/").status_code == readable
    assert client.post(f"{base}/billing/tax-number/").status_code == readable
    assert selectors.billing_get(make.actor(owner), make.practice_of(owner)).version == 1
    refused = make.recorded("observability.access.refused")
    assert {each.object_id for each in refused} == {make.practice_of(owner)}


@pytest.mark.parametrize("kind", [make.support, make.admin])
def test_platform_staff_read_no_tax_number(owner, told, kind):
    """ASVS 5.0 8.2.3: support and admins keep the platform, not the books of others."""
    client = make.browser(kind())
    here = make.practice_of(owner)
    for path in (
        f"/practices/{here}/billing/",
        f"/practices/{here}/billing/tax-number/",
        f"/api/v1/practices/{here}/billing/",
    ):
        assert client.get(path).status_code in {403, 404}, path
    page = client.get(f"/admin/accounts/practice/{here}/change/")
    assert page.status_code == 200
    assert "1259" not in page.content.decode()


def test_the_tax_number_is_in_no_table_log_event_page_or_copy(owner, told, caplog):
    """ASVS 5.0 14.2.4, 16.2.5: sealed in its column, and nowhere else; shown whole by the one page alone."""
    client, here = make.browser(owner), make.practice_of(owner)
    with captured_logs() as logged:
        client.post(f"/practices/{here}/billing/edit/", {**make.BILLING, "npi": "", "version": "1"})
        client.post(f"/practices/{here}/billing/edit/", {**make.BILLING, "version": "1"})
        client.post(f"/practices/{here}/billing/edit/", {**make.BILLING, "npi": "1", "version": "2"})
        opened = client.post(f"/practices/{here}/billing/tax-number/").content.decode()
    assert "36-4871259" in opened
    pages = [
        client.get(path).content.decode()
        for path in (
            f"/practices/{here}/",
            f"/practices/{here}/billing/",
            f"/practices/{here}/billing/edit/",
            f"/practices/{here}/billing/tax-number/",
            f"/api/v1/practices/{here}/billing/",
            "/api/v1/practices/",
            "/settings/activity/",
            "/dashboard/",
        )
    ]
    copies = [
        json.dumps(list(part.rows()), default=str) for part in selectors.export_parts(make.actor(owner))
    ]
    rows = [
        repr(row)
        for row in (
            *BillingIdentity.objects.unscoped(reason="test").values(),
            *apps.get_model("observability", "Event").objects.unscoped(reason="test").values(),
        )
    ]
    opened_once = services.tax_number_open(make.actor(owner), here, at=make.AT)
    for text in (*pages, *copies, *rows, logged.getvalue(), caplog.text, repr(opened_once), str(opened_once)):
        for form in IN_FORMS:
            assert form not in text


def test_a_sealed_number_that_is_moved_to_another_practice_opens_nothing(owner, told):
    """ASVS 5.0 11.3.3: it is bound to its row."""
    other = make.therapist()
    make.billing_identity(other, tax_number="12-3456789")
    rows = BillingIdentity.objects.unscoped(reason="test")
    stolen = rows.get(practice_id=make.practice_of(owner)).tax_number
    rows.filter(practice_id=make.practice_of(other)).update(tax_number=stolen)
    with pytest.raises(vault.VaultError):
        services.tax_number_open(make.actor(other), make.practice_of(other), at=make.AT)


def test_a_stolen_session_without_a_fresh_factor_opens_and_redirects_nothing(owner, told):
    """ASVS 5.0 7.5.3: the number and the payers' facts ask for a factor that is younger than ten minutes."""
    client = make.browser(owner)
    session = client.session
    session["factor_at"] = (clock.now() - timedelta(minutes=10)).isoformat()
    session.save()
    base = f"/practices/{make.practice_of(owner)}/billing/"
    for path in (f"{base}tax-number/", f"{base}edit/"):
        assert client.get(path)["Location"].startswith("/accounts/again/")
    shown = client.post(f"{base}tax-number/")
    assert shown["Location"].startswith("/accounts/again/")
    client.post(f"{base}edit/", {**make.BILLING, "legal_name": "Thief LLC", "version": "1"})
    api = f"/api/v1{base}"
    late = client.patch(api, {"legal_name": "Thief LLC"}, content_type="application/json")
    assert (late.status_code, late.json()["code"]) == (403, "fresh_factor_needed")
    assert not make.recorded("accounts.tax_number.opened")
    kept = selectors.billing_get(make.actor(owner), make.practice_of(owner))
    assert kept.legal_name == "Elm Street Therapy LLC"


def test_a_token_changes_nothing_that_payers_are_told(owner, told):
    """ASVS 5.0 8.2.1: a token shows no second factor, and reads four digits at most."""
    at, here = clock.now(), make.practice_of(owner)
    issued = services.token_issue(make.SYSTEM, owner.id, "books", ["billing:write"], 1, at=at)
    make.app(owner)
    client = Client(headers={"Authorization": f"Bearer {issued.raw}"})
    api = f"/api/v1/practices/{here}/billing/"
    answer = client.get(api)
    assert answer.json()["tax_last_four"] == "1259"
    assert not any(form in answer.content.decode() for form in IN_FORMS)
    late = client.patch(api, {"legal_name": "Thief LLC"}, content_type="application/json")
    assert (late.status_code, late.json()["code"]) == (403, "fresh_factor_needed")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"])
def test_markup_in_names_and_addresses_is_text(owner, text):
    """ASVS 5.0 1.2.1: output is encoded, wherever a place or a legal name is shown."""
    make.location(owner, name=text, line1=text, line2=text, city=text)
    make.billing_identity(owner, legal_name=text, line1=text, city=text)
    client, here = make.browser(owner), make.practice_of(owner)
    place = selectors.location_list(make.actor(owner), here)[0].id
    for path in ("locations/", f"locations/{place}/", "billing/", "billing/edit/"):
        html = client.get(f"/practices/{here}/{path}").content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert escape(text) in html


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
        b"\xff\xd8\xff<?php echo 1 ?>",
        pictures.bomb(),
        pictures.moving(),
        b"",
    ],
    ids=["svg", "gif", "png that is none", "jpeg that is none", "bomb", "moving", "empty"],
)
def test_a_logo_that_is_no_picture_is_kept_nowhere(owner, content):
    """ASVS 5.0 5.2.2: what it is, is decided by its bytes; a refused one leaves nothing behind."""
    here = make.practice_of(owner)
    answer = make.browser(owner).post(
        f"/practices/{here}/logo/", {"logo": SimpleUploadedFile("logo.png", content, "image/png")}
    )
    assert answer.context["logo_form"].errors["logo"]
    assert Practice.objects.get(id=here).logo_id is None
    assert not StoredFile.objects.unscoped(reason="test").exists()


def test_a_picture_that_is_a_page_as_well_is_served_as_a_new_picture(owner, settings, tmp_path):
    """ASVS 5.0 5.2.2, 5.4.2: it is drawn again from its pixels, and nothing of the page is left in it."""
    kept = settings.STORAGES["default"] | {"OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": kept}
    page = b"<html><script>alert(document.cookie)</script></html>"
    polyglot = pictures.picture("PNG") + page
    client, here = make.browser(owner), make.practice_of(owner)
    client.post(f"/practices/{here}/logo/", {"logo": SimpleUploadedFile("logo.html", polyglot, "text/html")})
    html = client.get(f"/practices/{here}/").content.decode()
    link = html.split('src="/files/', 1)[1].split('"', 1)[0]
    answer = client.get(f"/files/{link}")
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"script" not in answer.content


def test_a_press_from_another_site_opens_and_changes_nothing(owner, told):
    """ASVS 5.0 3.5.1: each form carries our own token."""
    client = Client(enforce_csrf_checks=True)
    client.cookies[django_settings.SESSION_COOKIE_NAME] = make.session_key(owner)
    base = f"/practices/{make.practice_of(owner)}"
    for path in (
        "/billing/tax-number/",
        "/billing/edit/",
        "/locations/new/",
        f"/locations/{told.id}/retire/",
        "/logo/remove/",
    ):
        assert client.post(f"{base}{path}", {}).status_code == 403
    assert not make.recorded("accounts.tax_number.opened")


def test_the_tax_number_is_not_read_over_and_over(owner, told, settings):
    """ASVS 5.0 2.4.1: who empties a desk is slowed down."""
    settings.RATE_FACTOR = 1
    client, here = make.browser(owner), make.practice_of(owner)
    answers = [client.post(f"/practices/{here}/billing/tax-number/").status_code for _each in range(22)]
    assert answers[0] == 200
    assert answers[-1] == 429


def test_a_token_of_one_practice_that_looks_into_another(owner):
    """ASVS 5.0 8.2.2: a token stays in the practice that it was made for."""
    other = make.therapist(name="Bea Moss")
    join(other, owner)
    here, there = make.practice_of(owner), make.practice_of(other)
    raw = services.token_issue(
        replace(make.SYSTEM, practice_id=here), owner.id, "x", ["practices:read"], 5, at=clock.now()
    ).raw
    program = Client(headers={"authorization": f"Bearer {raw}"})
    listed = program.get("/api/v1/practices/").json()["results"]
    assert [each["id"] for each in listed] == [str(here)]
    for below in ("", "members/", "locations/", "billing/"):
        assert program.get(f"/api/v1/practices/{there}/{below}").status_code in (403, 404)
