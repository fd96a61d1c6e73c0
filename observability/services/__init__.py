"""Writing the record: events, their seals, and their way to subscribers."""

from observability.services.events import (
    EventOutsideTransaction,
    event_record,
    refusal_received,
    refusal_record,
    row_mac,
)
from observability.services.outbox import delivery_retry, outbox_drain, outbox_nudge
from observability.services.seals import seal_run
from observability.services.verification import record_verify

__all__ = [
    "EventOutsideTransaction",
    "delivery_retry",
    "event_record",
    "outbox_drain",
    "outbox_nudge",
    "record_verify",
    "refusal_received",
    "refusal_record",
    "row_mac",
    "seal_run",
]
