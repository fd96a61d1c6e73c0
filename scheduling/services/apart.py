"""Jobs that go through many rows: what fails for one stops no other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from observability import logs

log = logs.get_logger(__name__)


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
