"""Celery in the logs: our pipeline instead of its own, and the caller's ids carried into the task."""

from typing import Any

import structlog
from celery.signals import setup_logging
from django_structlog.celery import signals
from django_structlog.celery.receivers import CeleryReceiver

# Held here because signals keep only weak references.
_receiver = CeleryReceiver()
_CARRIED = frozenset({"request_id", "trace_id", "user_id"})


def connect() -> None:
    """Called once, when the app is ready."""
    setup_logging.connect(_leave_logging_alone)
    signals.modify_context_before_task_publish.connect(_carry_ids)
    signals.bind_extra_task_metadata.connect(_name_task)
    _receiver.connect_worker_signals()


def _leave_logging_alone(**kwargs: Any) -> None:
    """With a receiver here Celery does not set up logging: settings have done so."""


def _carry_ids(context: dict[str, Any], **kwargs: Any) -> None:
    """Only ids travel with a task, as text: the message is JSON."""
    carried = {name: str(value) for name, value in context.items() if name in _CARRIED and value is not None}
    context.clear()
    context.update(carried)


def _name_task(task: Any, **kwargs: Any) -> None:
    """Every line of a task says which one it is."""
    structlog.contextvars.bind_contextvars(task=task.name)
