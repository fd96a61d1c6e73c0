"""A touch of any column of any row, and every deletion, insertion and exchange, is found."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import models
from django.db.models import QuerySet

from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from observability import services, signing, sources
from observability.models import EVENT_SOURCE, Event, SealBatch, SealEntry
from observability.services import seals, verification
from observability.testing import append_only_lifted
from observability.tests.conftest import AT, lamp_light
from observability.types import SealSource, Verdict

Chain = tuple[SealSource, type[models.Model]]


@pytest.fixture
def chain(
    audit_source: Chain, person: Actor, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> type[models.Model]:
    """Three batches of four: nine events and three rows of another app's audit."""
    source, model = audit_source
    monkeypatch.setattr(seals, "BATCH_ENTRIES", 4)
    for number in range(9):
        lamp_light(person if number % 2 else system, at=AT + timedelta(seconds=number))
    for number in range(3):
        audit_insert(source, model, AT + timedelta(seconds=number))
    run = services.seal_run(system, at=AT + timedelta(minutes=1))
    assert (run.batches, run.sealed) == (3, 12)
    assert verify(system).is_whole
    return model


def audit_insert(source: SealSource, model: type[models.Model], at: datetime) -> None:
    values = {"id": uuid.uuid4(), "lamp_id": uuid.uuid4(), "outcome": "lit", "rules": ["a.b"], "at": at}
    model(**values, mac=services.row_mac(source, values)).save(force_insert=True)


def verify(system: Actor, **options: Any) -> Verdict:
    return services.record_verify(system, **options)


def rows(model: type[models.Model]) -> QuerySet[Any]:
    """The plain table, as somebody with a database console has it."""
    return QuerySet(model)


def other(field: Any, value: Any) -> Any:
    """A value of the field's type that is not `value`."""
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(field, models.BinaryField):
        return bytes(value[:-1]) + bytes([value[-1] ^ 1])
    if isinstance(field, models.DateTimeField):
        return value + timedelta(microseconds=1)
    if isinstance(field, models.JSONField):
        return {"watts": 60}
    if isinstance(field, models.GenericIPAddressField):
        return "192.0.2.7"
    if isinstance(field, models.IntegerField):
        return value + 1000
    return value[:-1] + "~"


def columns(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


@pytest.mark.parametrize(
    ("model", "column"),
    [(model, column) for model in (Event, SealEntry, SealBatch) for column in columns(model)],
)
def test_any_changed_column_is_found(
    chain: Any, system: Actor, model: type[models.Model], column: str
) -> None:
    middle = rows(model).order_by("pk")[1]
    field = model._meta.get_field(column)
    with append_only_lifted():
        changed = rows(model).filter(pk=middle.pk).update(**{column: other(field, getattr(middle, column))})
    assert changed == 1
    verdict = verify(system)
    assert not verdict.is_whole
    assert model._meta.db_table in {fault.table for fault in verdict.faults}


@pytest.mark.parametrize("column", ["id", "lamp_id", "outcome", "rules", "at", "mac"])
def test_any_changed_column_of_another_apps_source_is_found(chain: Any, system: Actor, column: str) -> None:
    row = rows(chain).order_by("pk")[1]
    rows(chain).filter(pk=row.pk).update(
        **{column: other(chain._meta.get_field(column), getattr(row, column))}
    )
    faults = verify(system).faults
    assert {fault.table for fault in faults} == {chain._meta.db_table}


@pytest.mark.parametrize("position", ["first", "last"])
@pytest.mark.parametrize("table", ["event", "audit", "entry", "batch"])
def test_any_deleted_row_is_found(chain: Any, system: Actor, table: str, position: str) -> None:
    model: Any = {"event": Event, "audit": chain, "entry": SealEntry, "batch": SealBatch}[table]
    order = {"entry": ("batch_number", "position"), "batch": ("number",)}.get(table, ("pk",))
    row = getattr(rows(model).order_by(*order), position)()
    with append_only_lifted():
        rows(model).filter(pk=row.pk)._raw_delete("default")
    verdict = verify(system)
    assert not verdict.is_whole
    if table != "batch" or position == "first":
        assert ("removed", model._meta.db_table) in {(fault.kind, fault.table) for fault in verdict.faults}


def copied(row: models.Model, **changes: Any) -> models.Model:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**{**values, **changes})


def forged_event() -> models.Model:
    return copied(rows(Event).order_by("pk")[0], id=uuid.uuid4())


def forged_old_event() -> models.Model:
    return copied(rows(Event).order_by("pk")[0], id=uuid.uuid4(), recorded_at=AT - timedelta(days=400))


def entry_in_a_full_batch() -> models.Model:
    return copied(rows(SealEntry).order_by("pk")[0], row_id=uuid.uuid4(), position=4)


def entry_of_no_batch() -> models.Model:
    return copied(rows(SealEntry).order_by("pk")[0], row_id=uuid.uuid4(), batch_number=99)


def batch_at_the_end() -> models.Model:
    last = rows(SealBatch).order_by("number").last()
    forged = copied(last, number=last.number + 1, previous_hash=last.hash, count=0)
    forged.hash = seals.header_hash(forged)  # type: ignore[attr-defined]
    return forged


@pytest.mark.parametrize(
    ("forge", "kind"),
    [
        (forged_event, "inserted"),
        (forged_old_event, "inserted"),
        (entry_in_a_full_batch, "inserted"),
        (entry_of_no_batch, "of no batch"),
        (batch_at_the_end, "forged"),
    ],
)
def test_any_inserted_row_is_found(
    chain: Any, system: Actor, forge: Callable[[], models.Model], kind: str
) -> None:
    row = forge()
    row.save(force_insert=True)
    verdict = verify(system)
    assert (kind, row._meta.db_table) in {(fault.kind, fault.table) for fault in verdict.faults}


def exchange(left: models.Model, right: models.Model, *names: str) -> None:
    """Put the values of `names` in each other's row."""
    with append_only_lifted():
        rows(type(left)).filter(pk__in=[left.pk, right.pk])._raw_delete("default")
        for row, twin in ((left, right), (right, left)):
            copied(row, **{name: getattr(twin, name) for name in names}).save(force_insert=True)


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (Event, ("recorded_at",)),
        (Event, ("object_id", "mac")),
        (SealEntry, ("position",)),
        (SealEntry, ("row_hash",)),
        (SealBatch, ("entries_hash",)),
        (SealBatch, ("previous_hash", "entries_hash", "hash", "signature")),
    ],
)
def test_any_exchange_of_two_rows_is_found(
    chain: Any, system: Actor, model: type[models.Model], names: tuple[str, ...]
) -> None:
    order = ("batch_number", "position") if model is SealEntry else ("pk",)
    left, right = rows(model).order_by(*order)[:2]
    exchange(left, right, *names)
    assert not verify(system).is_whole


def test_a_rewritten_chain_needs_the_signing_key(chain: Any, system: Actor) -> None:
    """Whoever deletes a row and its entry, and computes every hash anew, still lacks the signature."""
    last = rows(SealBatch).order_by("number").last()
    entry = rows(SealEntry).filter(batch_number=last.number).order_by("position").last()
    with append_only_lifted():
        rows(Event).filter(pk=entry.row_id)._raw_delete("default")
        rows(SealEntry).filter(pk=entry.pk)._raw_delete("default")
        last.count -= 1
        last.entries_hash = verification.rules.entries_hash(
            (item.source, item.row_id, bytes(item.row_hash), item.position)
            for item in rows(SealEntry).filter(batch_number=last.number).order_by("position")
        )
        last.hash = seals.header_hash(last)
        rows(SealBatch).filter(pk=last.pk).update(
            count=last.count, entries_hash=last.entries_hash, hash=last.hash
        )
    assert {(fault.kind, fault.table) for fault in verify(system).faults} == {
        ("forged", SealBatch._meta.db_table)
    }


def test_a_chain_that_was_cut_lacks_the_checkpoint(chain: Any, system: Actor) -> None:
    kept = verify(system).head_hash
    assert verify(system, expect_head=kept).is_whole
    last = rows(SealBatch).order_by("number").last()
    with append_only_lifted():
        ids = list(rows(SealEntry).filter(batch_number=last.number).values_list("row_id", flat=True))
        for model in (SealEntry, Event, chain):
            rows(model).filter(pk__in=ids)._raw_delete("default")
        rows(SealBatch).filter(pk=last.pk)._raw_delete("default")
    assert verify(system).is_whole
    assert {fault.kind for fault in verify(system, expect_head=kept).faults} == {"cut"}


def test_a_source_that_nobody_registers_any_more_is_found(chain: Any, system: Actor) -> None:
    with append_only_lifted():
        entry = rows(SealEntry).order_by("pk")[0]
        rows(SealEntry).filter(pk=entry.pk).update(source="gone.source")
    assert "of an unknown source" in {fault.kind for fault in verify(system).faults}


def test_waiting_rows_are_no_fault(chain: Any, system: Actor) -> None:
    lamp_light(system)
    verdict = verify(system)
    assert verdict.is_whole
    assert verdict.pending == 1


def test_verdict_counts(chain: Any, system: Actor) -> None:
    verdict = verify(system)
    assert (verdict.batches, verdict.entries) == (3, 12)
    assert dict(verdict.rows) == {EVENT_SOURCE.name: 9, "observability_tests.lamp_audit": 3}


def test_earlier_signing_keys_count_while_they_are_known(chain: Any, system: Actor, settings: Any) -> None:
    old = signing._private(settings.AUDIT_SIGNING_KEY).public_key().public_bytes_raw()
    settings.AUDIT_SIGNING_KEY = bytes(range(32))
    assert {fault.kind for fault in verify(system).faults} == {"forged"}
    settings.AUDIT_PUBLIC_KEYS = (("2025", old),)
    lamp_light(system, at=AT)
    services.seal_run(system, at=AT + timedelta(minutes=2))
    assert verify(system).is_whole


def test_who_cannot_sign_checks_with_public_keys(chain: Any, system: Actor, settings: Any) -> None:
    active = signing._private(settings.AUDIT_SIGNING_KEY).public_key().public_bytes_raw()
    settings.AUDIT_SIGNING_KEY = None
    with pytest.raises(signing.NoPublicKey):
        verify(system)
    settings.AUDIT_PUBLIC_KEYS = (("2026", active),)
    assert verify(system).is_whole
    settings.AUDIT_PUBLIC_KEYS = (("other", bytes(range(32))),)
    assert {fault.kind for fault in verify(system).faults} == {"forged"}


def test_command_says_whole_or_names_the_rows(
    chain: Any, system: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_audit")
    assert "The record is whole." in capsys.readouterr().out
    row = rows(Event).order_by("pk")[0]
    with append_only_lifted():
        rows(Event).filter(pk=row.pk).update(name="observability_tests.lamp.out")
    with pytest.raises(SystemExit) as left:
        call_command("verify_audit")
    assert left.value.code == 1
    assert f"observability_event: {row.pk} is altered." in capsys.readouterr().err


def test_only_administrators_and_the_system_verify(person: Actor) -> None:
    with pytest.raises(NotAllowed):
        services.record_verify(person)


def test_verification_reads_in_a_bounded_number_of_queries(
    chain: Any, system: Actor, django_assert_num_queries: Any
) -> None:
    # A page of batches; entries and rows by source for each of three; strays; the unsealed of each source;
    # the messages' two questions, and three about their earlier texts.
    expected = 1 + sum(
        1 + len({entry.source for entry in rows(SealEntry).filter(batch_number=number)})
        for number in (1, 2, 3)
    )
    with django_assert_num_queries(expected + 1 + len(sources.sources()) + 5):
        verify(system)
