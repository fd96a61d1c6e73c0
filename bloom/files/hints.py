"""The nudge to the worker that a file waits to be looked at. It may be lost: the sweep finds the file."""

import time
from typing import Final
from uuid import UUID

from celery import current_app

from observability import logs

log = logs.get_logger(__name__)

CHECK_TASK: Final = "files.upload_check"
# After a failure nobody waits for the broker again for this long.
QUIET_SECONDS: Final = 5.0

_quiet_until = 0.0


def upload_waits(upload_id: UUID) -> None:
    """Ask a worker to look at this upload now. Never raises."""
    global _quiet_until
    if current_app.conf.broker_url is None or time.monotonic() < _quiet_until:
        return
    try:
        current_app.send_task(CHECK_TASK, [str(upload_id)], retry=False, ignore_result=True, expires=60)
    except Exception:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("files.hint_lost", exc_info=True)
