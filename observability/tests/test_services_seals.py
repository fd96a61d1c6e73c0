"""The sealer."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import QuerySet

from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from observability import rules, services, signing, sources
from observability.models import Event, SealBatch, SealEntry, SealLock
from observability.services import seals
from observability.testing import append_only_lifted, captured_logs
from observability.tests.conftest import AT, lamp_light

LATER = AT + timedelta(seconds=5)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "BATCH_ENTRIES", 3)


def test_batches_are_linked_in_order_of_time(db: None, system: Actor, small: None) -> None:
    made = [lamp_light(system) for _ in range(7)]
    run = services.seal_run(system, at=LATER)
    assert (run.batches, run.sealed, run.refused, run.late) == (3, 7, 0, 0)
    first, second, third = SealBatch.objects.order_by("number")
    assert [bytes(batch.previous_hash) for batch in (first, second, third)] == [
        rules.GENESIS,
        bytes(first.hash),
        bytes(second.hash),
    ]
    order = SealEntry.objects.order_by("batch_number", "position").values_list("row_id", flat=True)
    assert list(order) == made
    assert run.head_hash == bytes(third.hash).hex()


def test_nothing_is_sealed_twice(db: None, system: Actor) -> None:
    lamp_light(system)
    assert services.seal_run(system, at=LATER).sealed == 1
    again = services.seal_run(system, at=LATER)
    assert (again.batches, again.sealed, again.head_number) == (0, 0, 1)


def test_without_the_signing_key_it_fails_at_once(db: None, system: Actor, settings: Any) -> None:
    settings.AUDIT_SIGNING_KEY = None
    with pytest.raises(signing.NoSigningKey):
        services.seal_run(system, at=LATER)
    lamp_light(system)
    with pytest.raises(signing.NoSigningKey):
        services.seal_run(system, at=LATER)
    assert not SealBatch.objects.exists()


def test_an_empty_record_has_no_chain(db: None, system: Actor) -> None:
    run = services.seal_run(system, at=LATER)
    assert (run.batches, run.head_number) == (0, 0)


def test_a_row_without_our_mac_is_refused_and_the_rest_is_sealed(
    db: None, system: Actor, small: None
) -> None:
    bad, *good = [lamp_light(system) for _ in range(5)]
    with append_only_lifted():
        QuerySet(Event).filter(pk=bad).update(name="observability_tests.lamp.out")
    with captured_logs() as written:
        run = services.seal_run(system, at=LATER)
    assert (run.sealed, run.refused) == (4, 1)
    assert set(SealEntry.objects.values_list("row_id", flat=True)) == set(good)
    assert "audit.row_refused" in written.getvalue()
    assert str(bad) in written.getvalue()


def test_late_rows_are_counted_in_their_batch(db: None, system: Actor) -> None:
    lamp_light(system)
    first = services.seal_run(system, at=AT)
    assert first.late == 0
    head_time = QuerySet(Event).get().recorded_at + timedelta(minutes=2)
    with append_only_lifted():
        SealBatch.objects.filter(number=1).update(sealed_at=head_time)
    lamp_light(system)
    assert services.seal_run(system, at=head_time).late == 1
    assert SealBatch.objects.get(number=2).late_count == 1


def test_what_a_very_long_transaction_left_is_found_by_a_run_over_everything(db: None, system: Actor) -> None:
    lamp_light(system)
    services.seal_run(system, at=AT)
    with append_only_lifted():
        SealBatch.objects.update(sealed_at=QuerySet(Event).get().recorded_at + timedelta(days=1))
    lamp_light(system)
    assert services.seal_run(system, at=LATER).sealed == 0
    assert services.seal_run(system, at=LATER, everything=True).sealed == 1


def test_what_a_long_transaction_left_is_found_by_a_run_that_is_not_near(db: None, system: Actor) -> None:
    lamp_light(system)
    services.seal_run(system, at=AT, near=True)
    with append_only_lifted():
        SealBatch.objects.update(sealed_at=QuerySet(Event).get().recorded_at + timedelta(minutes=5))
    lamp_light(system)
    assert services.seal_run(system, at=LATER, near=True).sealed == 0
    assert services.seal_run(system, at=LATER).sealed == 1


def test_the_chains_end_is_written_to_the_log(db: None, system: Actor) -> None:
    lamp_light(system)
    with captured_logs() as written:
        run = services.seal_run(system, at=LATER)
    assert "audit.checkpoint" in written.getvalue()
    assert run.head_hash in written.getvalue()


def test_only_the_system_seals(db: None, person: Actor) -> None:
    with pytest.raises(NotAllowed):
        services.seal_run(person, at=LATER)


def test_a_run_costs_the_same_number_of_queries_for_one_row_and_for_many(
    db: None, system: Actor, django_assert_num_queries: Any
) -> None:
    services.seal_run(system, at=LATER)
    for rows in (1, 40):
        for _ in range(rows):
            lamp_light(system)
        # Lock row and head; then lock, each source, head, batch and entries, between savepoint and release.
        with django_assert_num_queries(8 + len(sources.sources())):
            assert services.seal_run(system, at=LATER).sealed == rows


@pytest.mark.django_db(transaction=True)
def test_a_second_run_leaves_the_chain_alone(system: Actor) -> None:
    lamp_light(system)
    SealLock.objects.create(name="chain")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            SealLock.objects.select_for_update().get()
            held.set()
            done.wait(10)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(10)
        assert services.seal_run(system, at=LATER).busy
    finally:
        done.set()
        holder.join(10)
    assert services.seal_run(system, at=LATER).sealed == 1


@pytest.mark.django_db(transaction=True)
def test_many_runs_at_once_make_one_chain(system: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "BATCH_ENTRIES", 5)
    for _ in range(40):
        lamp_light(system)

    def run() -> None:
        services.seal_run(system, at=LATER)
        connections.close_all()

    runs = [threading.Thread(target=run) for _ in range(4)]
    for thread in runs:
        thread.start()
    for thread in runs:
        thread.join(30)
    services.seal_run(system, at=LATER)
    verdict = services.record_verify(system)
    assert verdict.is_whole
    assert (verdict.entries, verdict.pending) == (40, 0)


@pytest.mark.django_db(transaction=True)
def test_a_flush_lifts_the_triggers_only_for_itself(system: Actor) -> None:
    lamp_light(system)
    with append_only_lifted():
        pass
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'bloom_append_only%%' AND tgenabled = 'D'"
        )
        assert cursor.fetchone() == (0,)
