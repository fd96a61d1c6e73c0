"""Reading the whole record again, to find what a hand has touched. Memory stays that of one batch."""

import hmac
import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef

from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from observability import rules, signing, sources
from observability.models import SealBatch, SealEntry
from observability.services.events import row_mac
from observability.services.seals import header_hash
from observability.types import Fault, SealSource, Verdict

_BATCHES_A_PAGE: Final = 500
# No honest batch has more entries; a forged one is not read into memory further than this.
_ENTRIES_LIMIT: Final = 10_000


def record_verify(actor: Actor, *, expect_head: str | None = None) -> Verdict:
    """Check every seal, every entry and every row of every source.

    The verdict names the first bad row of each kind of fault. `expect_head` is the hash of a checkpoint
    that was kept elsewhere: without it in the chain, the chain was cut. Rows that are not sealed yet count
    as pending when their mac is right. Raises NotAllowed unless the system or an administrator asks.
    """
    if not (actor.is_system or actor.has_role("admin")):
        raise NotAllowed
    walk = _Walk(expect_head=expect_head)
    walk.chain()
    walk.strays()
    walk.unsealed()
    walk.witnesses()
    return walk.verdict()


@dataclass(slots=True)
class _Walk:
    """One pass over the record, and what it has found so far."""

    expect_head: str | None
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    batches: int = 0
    entries: int = 0
    pending: int = 0
    head_number: int = 0
    head_hash: bytes = rules.GENESIS
    by_name: dict[str, SealSource] = field(
        default_factory=lambda: {source.name: source for source in sources.sources()}
    )

    def fault(self, kind: str, table: str, row: object) -> None:
        self.faults.setdefault((kind, table), Fault(kind=kind, table=table, row=str(row)))

    def chain(self) -> None:
        """From the first batch to the last: numbers, links, hashes, signatures; and each batch's entries."""
        keys = signing.public_keys()
        table = SealBatch._meta.db_table
        for batch in _batches():
            expected = self.head_number + 1
            if batch.number != expected:
                self.fault("removed", table, expected)
            elif bytes(batch.previous_hash) != self.head_hash:
                self.fault("unlinked", table, batch.number)
            stored = bytes(batch.hash)
            if stored != header_hash(batch):
                self.fault("altered", table, batch.number)
            elif not signing.is_signed(keys, batch.signing_key_id, stored, bytes(batch.signature)):
                self.fault("forged", table, batch.number)
            self.batch_entries(batch)
            self.batches += 1
            self.head_number, self.head_hash = batch.number, stored
            if stored.hex() == self.expect_head:
                self.expect_head = None
        if self.expect_head is not None:
            self.fault("cut", table, self.expect_head)

    def batch_entries(self, batch: SealBatch) -> None:
        entries = list(
            SealEntry.objects.filter(batch_number=batch.number).order_by("position")[:_ENTRIES_LIMIT]
        )
        self.entries += len(entries)
        table = SealEntry._meta.db_table
        computed = rules.entries_hash(
            (entry.source, entry.row_id, bytes(entry.row_hash), entry.position) for entry in entries
        )
        intact = computed == bytes(batch.entries_hash)
        known = dict(self.faults)
        if not intact:
            self.positions(batch, entries)
        self.entry_rows(entries, intact=intact)
        if not intact and self.faults == known:
            # Each entry fits its row and its place is taken once: they were exchanged, or one was replaced.
            self.fault("reordered", table, f"batch {batch.number}")

    def positions(self, batch: SealBatch, entries: list[SealEntry]) -> None:
        """Which places of the batch are empty, and which entries stand outside it."""
        table = SealEntry._meta.db_table
        taken = {entry.position for entry in entries}
        for position in range(min(batch.count, _ENTRIES_LIMIT)):
            if position not in taken:
                self.fault("removed", table, f"batch {batch.number} position {position}")
                break
        for entry in entries:
            if entry.position >= batch.count:
                self.fault("inserted", table, entry.row_id)
                break

    def entry_rows(self, entries: list[SealEntry], *, intact: bool) -> None:
        """Each entry's row: there, and unchanged. When the batch's entries are not `intact`, a row that
        proves itself by its mac is believed before its entry.
        """
        wanted: dict[str, list[UUID]] = defaultdict(list)
        for entry in entries:
            wanted[entry.source].append(entry.row_id)
        found = {
            name: sources.rows_by_id(self.by_name[name], ids)
            for name, ids in wanted.items()
            if name in self.by_name
        }
        entry_table = SealEntry._meta.db_table
        for entry in entries:
            source = self.by_name.get(entry.source)
            if source is None:
                self.fault("of an unknown source", entry_table, entry.row_id)
                continue
            row = found[entry.source].get(entry.row_id)
            if row is None:
                self.fault(*(("removed", source.table) if intact else ("astray", entry_table)), entry.row_id)
                continue
            self.rows[source.name] += 1
            if _hash(row) != bytes(entry.row_hash):
                blame_entry = not intact and _is_ours(row)
                self.fault("altered", entry_table if blame_entry else source.table, entry.row_id)

    def strays(self) -> None:
        """Entries of a batch that is not there."""
        stray = (
            SealEntry.objects.filter(~Exists(SealBatch.objects.filter(number=OuterRef("batch_number"))))
            .order_by("batch_number", "position")
            .first()
        )
        if stray is not None:
            self.fault("of no batch", SealEntry._meta.db_table, stray.row_id)

    def unsealed(self) -> None:
        """Rows without an entry: waiting for the sealer, or put there by hand."""
        for source in self.by_name.values():
            for row in sources.rows_unsealed(source):
                if _is_ours(row):
                    self.pending += 1
                else:
                    self.fault("inserted", source.table, row.id)

    def witnesses(self) -> None:
        """What apps find in their own tables that is not as the record has it."""
        found = (witness() for _, witness in registry.witness.items())
        for kind, table, row in itertools.chain.from_iterable(found):
            self.fault(kind, table, row)

    def verdict(self) -> Verdict:
        return Verdict(
            faults=tuple(self.faults.values()),
            batches=self.batches,
            entries=self.entries,
            rows=dict(self.rows),
            pending=self.pending,
            head_number=self.head_number,
            head_hash=self.head_hash.hex() if self.head_number else "",
        )


def _batches() -> Iterator[SealBatch]:
    """Every batch by number, a page at a time."""
    after: int | None = None
    while True:
        query = SealBatch.objects.order_by("number")
        page = list((query if after is None else query.filter(number__gt=after))[:_BATCHES_A_PAGE])
        yield from page
        if len(page) < _BATCHES_A_PAGE:
            return
        after = page[-1].number


def _hash(row: sources.Row) -> bytes:
    return rules.row_hash(row.source.name, row.source.columns, row.values, row.mac)


def _is_ours(row: sources.Row) -> bool:
    return hmac.compare_digest(row_mac(row.source, row.values), row.mac)
