"""The nudge to the worker after a commit. It may be lost: the sweep finds what it was about."""

from celery import current_app

from observability import logs

log = logs.get_logger(__name__)

DRAIN_TASK = "observability.outbox_drain"


def outbox_waits() -> None:
    """Ask a worker to drain the outbox now. Never raises: without a broker the sweep does it later."""
    try:
        current_app.send_task(DRAIN_TASK, retry=False, ignore_result=True, expires=30)
    except Exception as error:
        log.warning("outbox.hint_lost", error=type(error).__name__.lower())
