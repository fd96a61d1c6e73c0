"""What machines ask."""

from typing import Any

import pytest
from django.test import Client

from bloom.kernel.actor import Actor
from observability import health, services
from observability.models import Delivery
from observability.tests.conftest import AT, lamp_light


@pytest.fixture
def outside() -> Client:
    return Client(REMOTE_ADDR="192.0.2.1")


def test_healthz_asks_nobody(outside: Client, django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        assert outside.get("/healthz").status_code == 200


@pytest.mark.parametrize("address", ["10.0.0.7:8000", "127.0.0.1:8000", "localhost"])
def test_machines_ask_by_address_in_production_too(address: str, db: None, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["care.example.org"]
    settings.SITE_URL = "https://care.example.org"
    settings.METRICS_TOKEN = "s3cret"
    client = Client(HTTP_HOST=address, REMOTE_ADDR="192.0.2.1")
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.get("/metrics", headers={"Authorization": "Bearer s3cret"}).status_code == 200
    assert client.get("/").status_code == 400
    assert client.get("/healthz/../accounts/login/").status_code == 400


def test_readyz_says_ok_in_words(outside: Client, db: None) -> None:
    answer = outside.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "ok", "migrations": "ok", "redis": "ok"}


def test_readyz_without_redis(outside: Client, db: None, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = outside.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert answer.json()["redis"] == "does not answer"


def test_readyz_with_a_migration_to_come(outside: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'observability'")
    answer = outside.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "some are not applied"


def test_readyz_without_a_database(outside: Client) -> None:
    # No database fixture: pytest-django refuses every connection, as a dead server would.
    answer = outside.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json()["database"], answer.json()["migrations"]) == ("does not answer", "not asked")


def test_metrics_are_not_public(outside: Client, db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert outside.get("/metrics").status_code == 404
    assert outside.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    assert Client(REMOTE_ADDR="").get("/metrics").status_code == 404


def test_a_proxy_on_this_machine_is_not_this_machine(db: None) -> None:
    for header in ("X-Forwarded-For", "Forwarded"):
        assert Client().get("/metrics", headers={header: "for=192.0.2.1"}).status_code == 404


def test_metrics_by_token(outside: Client, db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = "s3cret"
    assert outside.get("/metrics", headers={"Authorization": "Bearer s3cret"}).status_code == 200
    assert outside.get("/metrics", headers={"Authorization": "Bearer s3cres"}).status_code == 404


@pytest.mark.parametrize("client", [Client(), Client(REMOTE_ADDR="::1")])
def test_metrics_tell_of_the_record(client: Client, db: None, system: Actor, subscribed: Any) -> None:
    subscribed(lambda actor, event: None)
    lamp_light(system)
    lamp_light(system)
    Delivery.objects.filter(pk=Delivery.objects.all()[0].pk).update(state="dead")
    services.seal_run(system, at=AT)
    lamp_light(system)
    told = client.get("/metrics").content.decode()
    for line in (
        "bloom_database_up 1.0",
        "bloom_outbox_pending 2.0",
        "bloom_outbox_dead 1.0",
        "bloom_audit_head_number 1.0",
    ):
        assert f"{line}\n" in told
    assert "bloom_audit_unsealed_age_seconds 0.0\n" not in told


def test_metrics_without_a_database_still_answer() -> None:
    told = Client().get("/metrics").content.decode()
    assert "bloom_database_up 0.0" in told
