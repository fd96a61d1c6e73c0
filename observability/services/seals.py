"""The sealer: numbers what it finds unsealed and ties it into the chain. No writer waits for another."""

import heapq
import hmac
from datetime import datetime, timedelta
from typing import Final

from bloom.kernel import db
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from observability import locks, logs, rules, signing, sources
from observability.models import SealBatch, SealEntry, SealLock
from observability.services.events import row_mac
from observability.types import SealRun

log = logs.get_logger(__name__)

BATCH_ENTRIES: Final = 2000
BATCHES_A_RUN: Final = 50
# How far behind the chain's end a row may have been written and still be found by a usual run. What a
# longer transaction left behind is found by a run over everything.
LOOK_BACK: Final = timedelta(minutes=15)
# As far looks a run that comes every few seconds: on a busy day a quarter of an hour holds 100,000 rows.
LOOK_BACK_NEAR: Final = timedelta(minutes=1)
# A row that comes this long after its moment is counted as late: a slow transaction, or somebody's clock.
LATE_AFTER: Final = timedelta(minutes=1)

_LOCK = "chain"


def seal_run(actor: Actor, *, at: datetime, everything: bool = False, near: bool = False) -> SealRun:
    """Seal what is unsealed, in order of time and id, at most 50 batches of 2,000 rows; the next run goes on.

    One run at a time: a second one returns at once with `busy`. A row whose mac is wrong is never sealed;
    it is reported in the log and counted in `refused`. Looked for is what was written since a quarter of an
    hour before the chain's end, or `near` it a minute before, or `everything`. Raises NotAllowed unless the
    system asks, and NoSigningKey in a process that was not given the key, whether there is something to seal
    or not.
    """
    if not actor.is_system:
        raise NotAllowed
    signing.active_key_id()
    SealLock.objects.bulk_create([SealLock(name=_LOCK)], ignore_conflicts=True)
    head = SealBatch.objects.order_by("-number").first()
    since = None if head is None or everything else head.sealed_at - (LOOK_BACK_NEAR if near else LOOK_BACK)
    late_before = None if head is None else head.sealed_at - LATE_AFTER
    batches = sealed = late = refused = 0
    while batches < BATCHES_A_RUN:
        link = _batch_seal(at, since, late_before)
        if link is None:
            return SealRun(busy=True, batches=batches, sealed=sealed, late=late, refused=refused)
        batch, refused = link
        if batch is None:
            break
        batches += 1
        sealed += batch.count
        late += batch.late_count
        head = batch
        if batch.count < BATCH_ENTRIES:
            break
    if head is None:
        return SealRun(refused=refused)
    if batches:
        # Whoever keeps this line elsewhere can prove later that the chain was not cut: --expect-head.
        log.info(
            "audit.checkpoint", number=head.number, head=bytes(head.hash).hex(), sealed=sealed, late=late
        )
    return SealRun(
        batches=batches,
        sealed=sealed,
        late=late,
        refused=refused,
        head_number=head.number,
        head_hash=bytes(head.hash).hex(),
    )


def header_hash(batch: SealBatch) -> bytes:
    """What a batch's `hash` must be."""
    return rules.batch_hash(
        number=batch.number,
        previous_hash=bytes(batch.previous_hash),
        entries_hash=bytes(batch.entries_hash),
        count=batch.count,
        late_count=batch.late_count,
        sealed_at=batch.sealed_at,
        signing_key_id=batch.signing_key_id,
    )


@db.transactional
def _batch_seal(
    at: datetime, since: datetime | None, late_before: datetime | None
) -> tuple[SealBatch | None, int] | None:
    """Add one batch to the chain. None when another run holds it; (None, n) when nothing good is left."""
    if not locks.free(SealLock.objects.filter(name=_LOCK)):
        return None
    good, refused = _rows_to_seal(since)
    if not good:
        return None, refused
    head = SealBatch.objects.order_by("-number").first()
    number = 1 if head is None else head.number + 1
    entries = [
        SealEntry(
            row_id=row.id,
            source=row.source.name,
            row_hash=rules.row_hash(row.source.name, row.source.columns, row.values, row.mac),
            batch_number=number,
            position=position,
        )
        for position, row in enumerate(good)
    ]
    batch = SealBatch(
        number=number,
        previous_hash=rules.GENESIS if head is None else bytes(head.hash),
        entries_hash=rules.entries_hash(
            (entry.source, entry.row_id, bytes(entry.row_hash), entry.position) for entry in entries
        ),
        count=len(entries),
        late_count=sum(late_before is not None and row.time < late_before for row in good),
        sealed_at=at,
        signing_key_id=signing.active_key_id(),
    )
    batch.hash = header_hash(batch)
    batch.signature = signing.sign(bytes(batch.hash))
    batch.save(force_insert=True)
    SealEntry.objects.bulk_create(entries)
    return batch, refused


def _rows_to_seal(since: datetime | None) -> tuple[list[sources.Row], int]:
    """The next rows of all sources by time and id whose mac is right, and how many were passed over."""
    refused = 0
    good: list[sources.Row] = []
    streams = [sources.rows_unsealed(source, since=since) for source in sources.sources()]
    for row in heapq.merge(*streams, key=lambda row: (row.time, row.id)):
        if hmac.compare_digest(row_mac(row.source, row.values), row.mac):
            good.append(row)
            if len(good) == BATCH_ENTRIES:
                break
        else:
            refused += 1
            if refused == 1:
                log.error("audit.row_refused", source=row.source.name, row_id=row.id)
    return good, refused
