"""Reading rows of any sealed source, as the values that were authenticated."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, QuerySet

from bloom.kernel import registry
from observability.models import SealEntry
from observability.types import SealSource

PAGE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a sealed source."""

    source: SealSource
    id: UUID
    time: datetime
    values: Mapping[str, Any]
    mac: bytes


def sources() -> list[SealSource]:
    """Every registered source, in a stable order."""
    return [source for _, source in registry.seal.items()]


def rows_by_id(source: SealSource, ids: Iterable[UUID]) -> dict[UUID, Row]:
    """The rows with these ids that are there. One query."""
    return {row.id: row for row in _rows(source, _query(source).filter(pk__in=list(ids)))}


def rows_unsealed(source: SealSource, *, since: datetime | None = None) -> Iterator[Row]:
    """Rows without an entry, by time and id, read page by page; only those written since `since`."""
    query = _query(source).filter(~Exists(SealEntry.objects.filter(row_id=OuterRef("pk"))))
    if since is not None:
        query = query.filter(**{f"{source.time_column}__gte": since})
    query = query.order_by(source.time_column, "pk")
    return _rows(source, query)


def _query(source: SealSource) -> QuerySet[Any]:
    """All rows, past the guard: the seal is about every row, and what is read here goes nowhere else."""
    return models.QuerySet(_model(source))


def _model(source: SealSource) -> type[models.Model]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table == source.table:
            return model
    raise LookupError(f"{source.name}: no model has the table {source.table}")


def _rows(source: SealSource, query: QuerySet[Any]) -> Iterator[Row]:
    names = (*source.columns, "mac")
    for row in query.values_list(*names).iterator(chunk_size=PAGE):
        values = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        mac = values.pop("mac")
        yield Row(source=source, id=values["id"], time=values[source.time_column], values=values, mac=mac)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
