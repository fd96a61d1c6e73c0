"""Jobs that go through many rows: none is left out, and what fails for one stops no other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db.models import Q

from bloom.kernel import clock
from bloom.kernel.guard import PrivateQuerySet
from observability import logs

log = logs.get_logger(__name__)

AT_ONCE: Final = 200


@contextmanager
def apart(event: str, row_id: UUID, *, put_off: Callable[[], object] | None = None) -> Iterator[None]:
    """Whatever is raised within is logged as `event`, and `put_off` lets the row wait, so that it does not
    come first in each run. The end of the run itself is raised.
    """
    try:
        yield
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        log.exception(event, row_id=row_id)
        if put_off is not None:
            put_off()


def row_ids(found: PrivateQuerySet[Any], by: str, *, goes_on: timedelta, at: datetime) -> Iterator[UUID]:
    """The ids of what was found, in the order of a column, a page at a time, each once; for so long."""
    later = Q()
    for _now in clock.moments(at, goes_on=goes_on):
        page = list(found.filter(later).order_by(by, "id").values_list(by, "id")[:AT_ONCE])
        for _value, row_id in page:
            yield row_id
        if len(page) < AT_ONCE:
            return
        value, last_id = page[-1]
        later = Q(**{f"{by}__gt": value}) | Q(**{by: value, "id__gt": last_id})
