"""Putting things on record."""

import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from bloom.kernel import errors, registry
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from bloom.kernel.events import FreeTextInEvent
from observability import services
from observability.models import EVENT_SOURCE, Delivery, Event, SealBatch, SealEntry, SealLock
from observability.services import events as event_services
from observability.sql import AppendOnly
from observability.tests.conftest import AT, LampLit, lamp_light


def recorded(event_id: uuid.UUID) -> Event:
    return Event.objects.unscoped(reason="test").get(pk=event_id)


def test_a_row_says_who_what_and_from_where(db: None, person: Actor) -> None:
    subject = uuid.uuid4()
    row = recorded(lamp_light(person, subject_id=subject, watts=60))
    assert (row.name, row.object_kind, row.data) == (
        "observability_tests.lamp.lit",
        "observability_tests.lamp",
        {"watts": 60},
    )
    assert (row.actor_kind, row.actor_user_id, row.practice_id, row.subject_id) == (
        "user",
        person.user_id,
        person.practice_id,
        subject,
    )
    assert (row.request_id, row.session_id, row.ip, row.device, row.via, row.at) == (
        person.request_id,
        "a" * 64,
        "2001:db8::1",
        "Firefox on Linux",
        "web",
        AT,
    )


@pytest.mark.parametrize(
    ("actor", "kind"),
    [
        (Actor.for_system("reminders"), "system"),
        (Actor.anonymous(via=Via.WEB), "anonymous"),
        (Actor(user_id=uuid.uuid4(), via=Via.API, token_id=uuid.uuid4()), "token"),
    ],
)
def test_a_row_says_which_kind_of_actor(db: None, actor: Actor, kind: str) -> None:
    assert recorded(lamp_light(actor)).actor_kind == kind


def test_the_mac_of_a_stored_row_is_that_of_the_row_as_read(db: None, person: Actor) -> None:
    row = recorded(lamp_light(person))
    assert bytes(row.mac) == services.row_mac(EVENT_SOURCE, row.__dict__)


def test_every_column_but_the_mac_is_authenticated() -> None:
    assert set(EVENT_SOURCE.columns) | {"mac"} == {field.attname for field in Event._meta.concrete_fields}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("not an address", None),
    ],
)
def test_addresses_have_one_spelling(db: None, given: str, kept: str | None) -> None:
    row = recorded(lamp_light(Actor.anonymous(via=Via.WEB, ip=given)))
    assert row.ip == kept
    assert bytes(row.mac) == services.row_mac(EVENT_SOURCE, row.__dict__)


def test_an_event_needs_the_transaction_of_its_change(db: None, system: Actor) -> None:
    with pytest.raises(services.EventOutsideTransaction):
        services.event_record(system, LampLit(object_id=uuid.uuid4()), at=AT)


def test_an_event_goes_with_the_change_that_failed(db: None, system: Actor) -> None:
    @transactional
    def lamp_break() -> None:
        services.event_record(system, LampLit(object_id=uuid.uuid4()), at=AT)
        raise errors.Conflict

    with pytest.raises(errors.Conflict):
        lamp_break()
    assert not Event.objects.unscoped(reason="test").exists()


def test_prose_is_refused(db: None, system: Actor) -> None:
    with pytest.raises(FreeTextInEvent):
        lamp_light(system, watts="she said that the lamp hurts her eyes")


def test_one_statement_without_subscribers_two_with(
    db: None, system: Actor, subscribed: Any, django_assert_num_queries: Any
) -> None:
    @transactional
    def record() -> None:
        with django_assert_num_queries(expected):
            services.event_record(system, LampLit(object_id=uuid.uuid4()), at=AT)

    expected = 1
    record()
    for number in range(3):
        subscribed(lambda actor, event: None, f"observability_tests.wire{number}")
    expected = 2
    record()
    assert Delivery.objects.count() == 3


@pytest.mark.parametrize("model", [Event, SealBatch, SealEntry])
@pytest.mark.parametrize(
    "statement", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"]
)
def test_the_database_refuses_changes(db: None, system: Actor, model: Any, statement: str) -> None:
    lamp_light(system)
    services.seal_run(system, at=AT)
    assert QuerySet(model).exists()
    sql = statement.format(table=model._meta.db_table, column=model._meta.pk.column)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql)
    assert QuerySet(model).exists()


def test_the_record_is_for_administrators(db: None, person: Actor, system: Actor) -> None:
    lamp_light(person)
    admin = Actor(user_id=uuid.uuid4(), via=Via.ADMIN, roles=frozenset({"admin"}))
    assert Event.objects.visible_to(admin).count() == 1
    assert Event.objects.visible_to(system).count() == 1
    assert Event.objects.visible_to(person).count() == 0


# Refusals


@pytest.fixture(autouse=True)
def fresh_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_services, "_refusals", event_services._PerMinute(3, 2))


def refused(**fields: Any) -> errors.NotFound:
    known = {"object_kind": "messaging.Conversation", "object_id": uuid.uuid4(), "exists": True}
    return errors.NotFound(**{**known, **fields})


def test_a_refused_look_at_a_real_object_is_recorded(db: None, person: Actor) -> None:
    error = refused()
    event_id = services.refusal_record(person, error, route="/messages/<uuid:conversation>/", at=AT)
    assert event_id
    row = recorded(event_id)
    assert (row.name, row.object_id, row.actor_user_id) == (
        "observability.access.refused",
        error.object_id,
        person.user_id,
    )
    assert row.data == {
        "kind": "messaging.conversation",
        "code": "not_found",
        "route": "/messages/_uuid:conversation_/",
    }


@pytest.mark.parametrize("error", [refused(exists=False), refused(object_id=None), errors.Invalid()])
def test_what_is_no_refusal_of_a_real_object_is_not(db: None, person: Actor, error: Any) -> None:
    assert services.refusal_record(person, error, route="r", at=AT) is None
    assert not Event.objects.unscoped(reason="test").exists()


def test_doors_reach_the_record_through_the_registry(db: None, person: Actor) -> None:
    registry.refusals.record(person, errors.NotAllowed(object_kind="a.b", object_id=uuid.uuid4()), "api.b")
    assert Event.objects.unscoped(reason="test").get().data["code"] == "not_allowed"


def test_one_caller_cannot_fill_the_record(db: None, person: Actor, system: Actor) -> None:
    for _ in range(5):
        services.refusal_record(person, refused(), route="r", at=AT)
    assert Event.objects.unscoped(reason="test").count() == 3
    assert services.refusal_record(Actor.anonymous(via=Via.WEB, ip="192.0.2.9"), refused(), route="r", at=AT)


def test_the_limit_starts_anew_each_minute_and_forgets_old_callers() -> None:
    limit = event_services._PerMinute(1, 2)
    assert limit.admits("a", 0)
    assert not limit.admits("a", 59)
    assert limit.admits("a", 60)
    assert limit.admits("b", 60)
    assert limit.admits("c", 60)
    assert limit.admits("a", 60)


def test_a_refusal_that_cannot_be_recorded_is_still_a_refusal(db: None, person: Actor) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE observability_event RENAME TO gone")
        assert services.refusal_record(person, refused(), route="r", at=AT) is None
        transaction.set_rollback(True)


def test_append_only_can_be_taken_back(db: None) -> None:
    operation = AppendOnly("observability_seallock")
    with connection.schema_editor() as editor:
        operation.database_forwards("observability", editor, None, None)
    SealLock.objects.create(name="a")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        SealLock.objects.all().delete()
    with connection.schema_editor() as editor:
        operation.database_backwards("observability", editor, None, None)
    assert SealLock.objects.all().delete()[0] == 1
