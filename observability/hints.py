"""The nudge to the worker after a commit. It may be lost: the sweep finds what it was about."""

import time
from typing import Final

from celery import current_app

from observability import logs

log = logs.get_logger(__name__)

DRAIN_TASK: Final = "observability.outbox_drain"
# After a failure nobody waits for the broker again for this long.
QUIET_SECONDS: Final = 5.0

_quiet_until = 0.0


def outbox_waits() -> None:
    """Ask a worker to drain the outbox now. Never raises: without a broker the sweep does it later."""
    global _quiet_until
    if current_app.conf.broker_url is None or time.monotonic() < _quiet_until:
        return
    try:
        current_app.send_task(DRAIN_TASK, retry=False, ignore_result=True, expires=30)
    except Exception:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("outbox.hint_lost", exc_info=True)
