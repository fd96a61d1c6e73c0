"""The outbox: events on their way to their subscribers, at least once, and their effects exactly once.

A delivery is claimed in one transaction (its attempt counted, its next one scheduled) and handled in
another, together with its completion. So a process that is killed in the middle leaves no effect and a
delivery that comes round again, and a handler that kills its process is given up in the end.
"""

import random
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from bloom.kernel import db, registry
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed, NotFound
from bloom.kernel.events import RecordedEvent
from observability import hints, locks, logs, rules
from observability.events import DeliveryRetried
from observability.models import Delivery, Event
from observability.services.events import event_record
from observability.types import OutboxRun

log = logs.get_logger(__name__)

ATTEMPTS: Final = 16
CLAIMED_AT_ONCE: Final = 20
# What was claimed by a process that died comes round again after this.
CLAIM: Final = timedelta(seconds=60)
# `last_error` of a delivery whose handler took its process with it each time.
PROCESS_ENDED: Final = "ProcessEnded"


class UnknownSubscriber(LookupError):
    """No handler of that name listens to the event (any more)."""


def outbox_drain(actor: Actor, *, at: datetime, limit: int = 1000) -> OutboxRun:
    """Deliver what is due at `at`, oldest first, at most `limit`. Several drains may run side by side.

    A handler that raises is tried again, later each time, and given up after 16 attempts (some six hours).
    Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    done = failed = dead = 0
    while done + failed + dead < limit:
        claimed, given_up = _claim(at)
        dead += given_up
        for delivery_id in claimed:
            try:
                done += _deliver(delivery_id)
            except Exception as error:
                if _put_off(delivery_id, error, at):
                    failed += 1
                else:
                    dead += 1
        if not claimed and not given_up:
            break
    return OutboxRun(done=done, failed=failed, dead=dead)


def outbox_nudge() -> None:
    """Ask a worker to look into the outbox now; it may be lost. A process's first one takes a third of a
    second, in which the broker's client is loaded, so a server sends one as it starts.
    """
    hints.outbox_waits()


@db.transactional
def delivery_retry(actor: Actor, delivery_id: UUID, *, at: datetime) -> None:
    """Give a delivery that was given up another round of attempts, starting now. On record.

    Raises NotAllowed unless an administrator asks, NotFound unless it was given up.
    """
    if not actor.has_role("admin"):
        raise NotAllowed
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id, state=Delivery.State.DEAD).first()
    if delivery is None:
        raise NotFound
    delivery.state = Delivery.State.PENDING
    delivery.attempts = 0
    delivery.next_at = at
    delivery.save(update_fields=["state", "attempts", "next_at"])
    event_record(actor, DeliveryRetried(object_id=delivery.pk, event_id=delivery.event_id), at=at)
    db.after_commit(hints.outbox_waits)


@db.transactional
def _claim(at: datetime) -> tuple[list[UUID], int]:
    """The deliveries to handle now, and how many were given up: those whose last attempt never came back."""
    due = Delivery.objects.filter(state=Delivery.State.PENDING, next_at__lte=at).order_by("next_at")
    found = list(locks.free(due)[:CLAIMED_AT_ONCE])
    claimed = []
    for delivery in found:
        if delivery.attempts >= ATTEMPTS:
            delivery.state = Delivery.State.DEAD
            delivery.last_error = PROCESS_ENDED
            log.error(
                "outbox.delivery_failed",
                delivery_id=delivery.pk,
                subscriber=delivery.subscriber,
                attempts=delivery.attempts,
                state=delivery.state,
            )
        else:
            delivery.attempts += 1
            delivery.next_at = at + CLAIM
            claimed.append(delivery.pk)
    Delivery.objects.bulk_update(found, ["attempts", "next_at", "state", "last_error"])
    return claimed, len(found) - len(claimed)


@db.transactional
def _deliver(delivery_id: UUID) -> bool:
    """Handle one delivery and mark it done, both or neither. False when another process has it."""
    delivery = locks.free(Delivery.objects.filter(pk=delivery_id, state=Delivery.State.PENDING)).first()
    if delivery is None:
        return False
    event = Event.objects.unscoped(reason="delivery to a subscriber").get(pk=delivery.event_id)
    handler = registry.subscriptions(event.name).get(delivery.subscriber)
    if handler is None:
        raise UnknownSubscriber(delivery.subscriber)
    system = Actor.for_system(delivery.subscriber, request_id=event.request_id)
    with logs.bound(event_id=event.pk, subscriber=delivery.subscriber, trace_id=event.trace_id or None):
        handler(system, _recorded(event))
    delivery.state = Delivery.State.DONE
    delivery.last_error = ""
    delivery.save(update_fields=["state", "last_error"])
    return True


@db.transactional
def _put_off(delivery_id: UUID, error: Exception, at: datetime) -> bool:
    """Schedule the next attempt; False when that was the last one."""
    delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
    delivery.last_error = type(error).__qualname__[:100]
    again = delivery.attempts < ATTEMPTS
    if again:
        delay = rules.retry_delay_seconds(delivery.attempts, random.random())  # noqa: S311 - jitter
        delivery.next_at = at + timedelta(seconds=delay)
    else:
        delivery.state = Delivery.State.DEAD
    delivery.save(update_fields=["state", "next_at", "last_error"])
    log.log(
        30 if again else 40,
        "outbox.delivery_failed",
        exc_info=error,
        delivery_id=delivery.pk,
        subscriber=delivery.subscriber,
        attempts=delivery.attempts,
        state=delivery.state,
    )
    return again


def _recorded(event: Event) -> RecordedEvent:
    return RecordedEvent(
        id=event.pk,
        name=event.name,
        object_kind=event.object_kind,
        object_id=event.object_id,
        practice_id=event.practice_id,
        subject_id=event.subject_id,
        actor_user_id=event.actor_user_id,
        via=event.via,
        session_id=event.session_id,
        data=event.data,
        at=event.at,
    )
