"""Who a practice is to payers."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from accounts import errors, selectors, services
from accounts.models import BillingIdentity
from accounts.tests import factories as make
from accounts.tests import placing
from accounts.tests.placing import AT, BILLING_FORM, ROLES, acting, member
from accounts.types import BillingNeed, MembershipRole, TaxKind
from bloom.kernel.errors import FreshFactorNeeded, Invalid, NotAllowed, NotFound

owner = placing.owner


class TestBilling:
    def test_told_and_changed_on_record_by_the_names_of_what_changed(self, owner):
        here, boss = make.practice_of(owner), make.actor(owner)
        assert selectors.billing_get(boss, here).version == 0
        told = make.billing_identity(owner)
        assert (told.version, told.tax_kind, told.tax_last_four) == (1, TaxKind.EIN, "1259")
        assert told.is_complete
        again = services.billing_change(boss, here, {"tax_kind": "ein", "tax_number": "364871259"}, at=AT)
        assert again.version == 1
        changed = services.billing_change(boss, here, {"npi": "", "tax_number": ""}, at=AT)
        assert changed.missing == (BillingNeed.NPI,)
        assert changed.tax_last_four == "1259"
        first, second = make.recorded("accounts.billing_identity.changed")
        assert "tax_number" in first.data["fields"]
        assert second.data == {"fields": ["npi"]}

    @pytest.mark.parametrize("role", ROLES)
    def test_an_owner_changes_it_a_biller_reads_it_others_neither(self, owner, role):
        here = make.practice_of(owner)
        make.billing_identity(owner)
        user = acting(member(owner, role), owner)
        with pytest.raises(NotAllowed):
            services.billing_change(user, here, {"npi": ""}, at=AT)
        if role is MembershipRole.BILLER:
            assert selectors.billing_get(user, here).tax_last_four == "1259"
            assert services.tax_number_open(user, here, at=AT).shown == "36-4871259"
        else:
            with pytest.raises(NotAllowed):
                selectors.billing_get(user, here)
            with pytest.raises(NotAllowed):
                services.tax_number_open(user, here, at=AT)

    def test_opening_all_of_it_is_on_record(self, owner):
        make.billing_identity(owner)
        services.tax_number_open(make.actor(owner), make.practice_of(owner), at=AT)
        (event,) = make.recorded("accounts.tax_number.opened")
        assert (event.actor_user_id, event.object_id) == (owner.id, make.practice_of(owner))

    def test_without_a_number_nothing_is_opened(self, owner):
        with pytest.raises(NotFound):
            services.tax_number_open(make.actor(owner), make.practice_of(owner), at=AT)

    def test_both_need_a_fresh_factor(self, owner):
        here = make.practice_of(owner)
        make.billing_identity(owner)
        make.app(owner)
        stale = make.actor(owner, factor_at=None)
        for attempt in (
            lambda: services.billing_change(stale, here, {"npi": ""}, at=AT),
            lambda: services.tax_number_open(stale, here, at=AT),
        ):
            with pytest.raises(FreshFactorNeeded):
                attempt()

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"legal_name": ""}, "legal_name"),
            ({"legal_name": "x" * 61}, "legal_name"),
            ({"npi": "1234567890"}, "npi"),
            ({"tax_number": "12-34"}, "tax_number"),
            ({"tax_kind": "ssn", "tax_number": "900-12-3456"}, "tax_number"),
            ({"tax_kind": ""}, "tax_kind"),
            ({"tax_number": "00-0000000"}, "tax_number"),
            ({"tax_kind": "itin"}, "tax_kind"),
            ({"line1": "P.O. Box 9"}, "line1"),
            ({"city": ""}, "city"),
            ({"postal_code": "x"}, "postal_code"),
            ({"region": ""}, "region"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, owner, change, field):
        with pytest.raises(Invalid) as refused:
            make.billing_identity(owner, **change)
        assert set(refused.value.errors) == {field}
        page = make.browser(owner).post(
            f"/practices/{make.practice_of(owner)}/billing/edit/", {**BILLING_FORM, **change}
        )
        assert page.status_code == 200
        assert page.context["form"].errors[field]
        assert not BillingIdentity.objects.unscoped(reason="test").exists()

    def test_another_kind_is_another_number(self, owner):
        make.billing_identity(owner)
        with pytest.raises(Invalid) as refused:
            make.billing_identity(owner, tax_kind="ssn", tax_number="")
        assert set(refused.value.errors) == {"tax_number"}
        assert make.billing_identity(owner, tax_kind="ssn", tax_number="219-09-9998").tax_kind is TaxKind.SSN

    def test_the_pages_by_which_it_is_done(self, owner):
        client, here = make.browser(owner), make.practice_of(owner)
        base = f"/practices/{here}/billing/"
        assert "Nothing told yet" in client.get(base).content.decode()
        assert client.post(f"{base}edit/", BILLING_FORM)["Location"] == base
        html = client.get(base).content.decode()
        assert "ends in 1259" in html
        assert "4871259" not in html
        assert "Show it" in client.get(f"{base}tax-number/").content.decode()
        opened = client.post(f"{base}tax-number/")
        assert "36-4871259" in opened.content.decode()
        assert "no-store" in opened["Cache-Control"]

    def test_who_was_too_long_at_it_shows_who_they_are_and_loses_nothing_typed(self, owner):
        client, here = make.browser(owner), make.practice_of(owner)
        session = client.session
        session["factor_at"] = AT.isoformat()
        session.save()
        client.cookies["sessionid"] = session.session_key
        address = f"/practices/{here}/billing/edit/"
        assert client.get(address)["Location"].startswith("/accounts/again/")
        page = client.post(address, BILLING_FORM)
        html = page.content.decode()
        assert "Not saved yet" in html
        assert 'value="Elm Street Therapy LLC"' in html
        assert selectors.billing_get(make.actor(owner), here).version == 0
        assert (
            client.get(f"/practices/{here}/billing/tax-number/")["Location"] == f"/practices/{here}/billing/"
        )

    def test_of_two_pages_the_later_one_is_told_and_keeps_what_was_typed(self, owner):
        client, here = make.browser(owner), make.practice_of(owner)
        address = f"/practices/{here}/billing/edit/"
        assert client.post(address, BILLING_FORM).status_code == 302
        late = client.post(address, {**BILLING_FORM, "legal_name": "Another Name", "tax_number": "219099998"})
        html = late.content.decode()
        assert "Somebody else has changed this" in html
        assert "Elm Street Therapy LLC" in html
        assert 'value="Another Name"' in html
        assert selectors.billing_get(make.actor(owner), here).legal_name == "Elm Street Therapy LLC"
        again = {
            **BILLING_FORM,
            "legal_name": "Another Name",
            "version": late.context["form"]["version"].value(),
        }
        assert client.post(address, again).status_code == 302
        assert selectors.billing_get(make.actor(owner), here).legal_name == "Another Name"


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_at_once_one_is_told():
    if connection.vendor != "postgresql":
        pytest.skip("needs real connections")
    first = make.therapist(name="Ada Lind")
    here = make.practice_of(first)
    second = make.therapist()
    services.membership_start(make.actor(first), here, second.id, MembershipRole.CLINICIAN, at=AT)
    sent = services.owner_ask(make.actor(first), here, second.id, at=AT)
    services.invitation_accept(make.actor(second), sent.secret, at=AT)
    begin = threading.Barrier(2)

    def change(user, name):
        acting = make.actor(user, practice_id=here)
        begin.wait(timeout=10)
        try:
            services.billing_change(acting, here, {**make.BILLING, "legal_name": name}, at=AT, version=0)
        except errors.ChangedMeanwhile as refused:
            return f"told {refused.fields['version']}"
        finally:
            connections.close_all()
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(change, (first, second), ("One", "Two")))
    assert sorted(outcomes) == ["saved", "told 1"]
    assert BillingIdentity.objects.unscoped(reason="test").count() == 1
