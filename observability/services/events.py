"""Writing the record: `event_record` inside every service, `refusal_record` at the doors."""

import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings

from bloom.kernel import clock, db, network, registry
from bloom.kernel.actor import Actor
from bloom.kernel.errors import DomainError, NotAllowed, NotFound
from bloom.kernel.events import Event, event_data
from observability import hints, logs, metrics, models, rules
from observability.events import AccessRefused
from observability.types import SealSource

log = logs.get_logger(__name__)

REFUSALS_PER_MINUTE: Final = 60
_REFUSERS_REMEMBERED: Final = 10_000
_NOT_A_CODE: Final = re.compile(r"[^a-z0-9_.:/-]+")


class EventOutsideTransaction(RuntimeError):
    """An event was about to be recorded apart from the change that it tells of."""


def event_record(actor: Actor, event: Event, *, at: datetime) -> UUID:
    """Put `event` on record in the caller's transaction: one append-only row, and a Delivery for each
    subscriber. Returns the event's id.

    Two statements at most. Raises EventOutsideTransaction, and FreeTextInEvent for anything else than ids
    and codes.
    """
    if not db.in_transaction():
        raise EventOutsideTransaction(event.name)
    row = models.Event(
        id=uuid4(),
        name=event.name,
        object_kind=event.object_kind,
        object_id=event.object_id,
        practice_id=event.practice_id if event.practice_id is not None else actor.practice_id,
        subject_id=event.subject_id,
        actor_kind=_actor_kind(actor),
        actor_user_id=actor.user_id,
        system_name=actor.system or "",
        token_id=actor.token_id,
        session_id=actor.session_id or "",
        via=actor.via.value,
        data=event_data(event),
        at=at,
        recorded_at=clock.now(),
        request_id=actor.request_id,
        trace_id=logs.trace_id_current(),
        ip=network.address(actor.ip),
        device=actor.device[:200].replace("\x00", ""),
    )
    row.mac = row_mac(models.EVENT_SOURCE, row.__dict__)
    row.save(force_insert=True)
    subscribers = registry.subscriptions(event.name)
    if subscribers:
        models.Delivery.objects.bulk_create(
            models.Delivery(event_id=row.id, subscriber=name, next_at=at) for name in subscribers
        )
        db.after_commit(hints.outbox_waits)
    return row.id


def row_mac(source: SealSource, values: Mapping[str, Any]) -> bytes:
    """The `mac` of a row of `source`: proof that Bloom wrote it. Pure; about ten microseconds.

    `values` holds at least `source.columns`. Raises KeyError when one is missing.
    """
    return rules.row_mac(settings.AUDIT_MAC_KEY, source.name, source.columns, values)


@db.transactional
def _refusal_write(actor: Actor, refused: AccessRefused, at: datetime) -> UUID:
    return event_record(actor, refused, at=at)


def refusal_record(actor: Actor, error: DomainError, *, route: str, at: datetime) -> UUID | None:
    """Put on record that `actor` was refused a real object, in a transaction of its own. Never raises.

    Called by a door after its own transaction is gone. At most 60 a minute for each person, token or
    address: what comes above that is counted, not recorded. Returns the event's id, None when there is
    nothing to record.
    """
    if not isinstance(error, NotAllowed | NotFound) or error.object_id is None:
        return None
    if isinstance(error, NotFound) and not error.exists:
        return None
    try:
        if not _refusals.admits(str(actor.token_id or actor.user_id or actor.ip), time.monotonic()):
            metrics.refusals_dropped.inc()
            return None
        metrics.refusals.inc()
        return _refusal_write(
            actor,
            AccessRefused(
                object_id=error.object_id,
                kind=_short_code(error.object_kind or "unknown"),
                code=error.code,
                route=_short_code(route),
            ),
            at,
        )
    except Exception:
        # A refusal that can't be recorded must still be a refusal to the person who asked.
        log.exception("record.refusal_lost", code=error.code)
        return None


def refusal_received(actor: Actor, error: DomainError, route: str) -> None:
    """What `kernel.registry.refusals` calls."""
    refusal_record(actor, error, route=route, at=clock.now())


class _PerMinute:
    """A count for each key and minute, for the keys seen last. One process's memory is enough: the bound
    keeps one caller from filling the record, not from asking.
    """

    def __init__(self, limit: int, remembered: int) -> None:
        self._limit = limit
        self._remembered = remembered
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def admits(self, key: str, seconds: float) -> bool:
        minute = int(seconds // 60)
        known, count = self._counts.pop(key, (minute, 0))
        count = count + 1 if known == minute else 1
        self._counts[key] = (minute, count)
        if len(self._counts) > self._remembered:
            self._counts.popitem(last=False)
        return count <= self._limit


_refusals = _PerMinute(REFUSALS_PER_MINUTE, _REFUSERS_REMEMBERED)


def _actor_kind(actor: Actor) -> str:
    if actor.token_id is not None:
        return models.Event.ActorKind.TOKEN.value
    if actor.user_id is not None:
        return models.Event.ActorKind.USER.value
    if actor.is_system:
        return models.Event.ActorKind.SYSTEM.value
    return models.Event.ActorKind.ANONYMOUS.value


def _short_code(text: str) -> str:
    """A route or label in the alphabet of codes."""
    return _NOT_A_CODE.sub("_", text.lower())[:64] or "unknown"
