"""Taking rows that nobody else has in hand."""

from typing import TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


def free(query: models.QuerySet[M, M]) -> models.QuerySet[M, M]:
    """Lock the rows of `query` until the transaction ends, passing over those that are locked already.

    SQLite has one writer at a time and no row locks: there the query stays as it is.
    """
    if not connection.features.has_select_for_update:
        return query
    return query.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
