"""The registry's client against its fake, over real HTTP, faults included."""

import pytest

from accounts.integrations.nppes import http
from accounts.integrations.nppes.fake import NppesFake
from accounts.integrations.nppes.http import NppesRegistry
from accounts.integrations.nppes.port import RegistryUnavailable
from accounts.types import RegistryTaxonomy
from bloom.kernel import db, sandbox

NPI = "1234567893"
LCSW = {"code": "1041C0700X", "state": "IL", "license": "149012345"}


@pytest.fixture
def fake(settings, monkeypatch):
    monkeypatch.setattr(http, "PAUSE_SECONDS", 0.01)
    registry = NppesFake()
    with sandbox.serving(registry):
        settings.VENDOR_URLS = {**settings.VENDOR_URLS, "nppes": f"{registry.url}/api/"}
        registry.know(NPI, "Grace", "Adeyemi", taxonomies=[LCSW], credential="LCSW")
        yield registry


def test_what_it_says_of_a_person(fake):
    found = NppesRegistry().entry_get(NPI)
    assert (found.npi, found.first_name, found.last_name, found.credential) == (
        NPI,
        "GRACE",
        "ADEYEMI",
        "LCSW",
    )
    assert found.is_active
    assert found.is_person
    assert found.taxonomies == (RegistryTaxonomy(code="1041C0700X", state="IL", licence="149012345"),)
    assert found.states == ("IL",)


def test_whom_it_does_not_know(fake):
    assert NppesRegistry().entry_get("1999999984") is None


def test_an_npi_that_is_retired_or_an_organizations(fake):
    fake.know(NPI, "Grace", "Adeyemi", taxonomies=[LCSW], status="D")
    assert not NppesRegistry().entry_get(NPI).is_active
    fake.know(NPI, "Grace", "Adeyemi", taxonomies=[LCSW], enumeration_type="NPI-2")
    assert not NppesRegistry().entry_get(NPI).is_person


def test_numbers_where_texts_were_are_the_same(fake):
    fake.fault_set("numbers")
    found = NppesRegistry().entry_get(NPI)
    assert (found.npi, found.taxonomies[0].licence) == (NPI, "149012345")


@pytest.mark.parametrize("kind", ["down", "error", "garbage", "errors"])
def test_it_is_asked_again_when_no_answer_comes(fake, kind):
    fake.fault_set(kind, path="/api/", times=2)
    assert NppesRegistry().entry_get(NPI).last_name == "ADEYEMI"


@pytest.mark.parametrize("kind", ["down", "error", "garbage", "errors"])
def test_and_given_up_after_three_times(fake, kind):
    fake.fault_set(kind, path="/api/", times=9)
    with pytest.raises(RegistryUnavailable):
        NppesRegistry().entry_get(NPI)
    assert fake.asked.get(NPI, 0) == 0


def test_it_has_a_deadline(fake, monkeypatch):
    monkeypatch.setattr(http, "DEADLINE", 0.3)
    fake.fault_set("slow", path="/api/", times=9, seconds=1.0)
    with pytest.raises(RegistryUnavailable):
        NppesRegistry().entry_get(NPI)


@pytest.mark.django_db
def test_never_inside_a_transaction(fake):
    @db.transactional
    def body():
        NppesRegistry().entry_get(NPI)

    with pytest.raises(db.NetworkInTransaction):
        body()


def test_people_are_told_over_http(fake):
    import requests

    told = {"npi": "1999999984", "first_name": "A", "last_name": "B", "taxonomies": [LCSW]}
    assert requests.post(f"{fake.url}/_people", json=told, timeout=5).status_code == 204
    assert NppesRegistry().entry_get("1999999984").last_name == "B"
    assert requests.post(f"{fake.url}/_people", json=[1], timeout=5).status_code == 400
