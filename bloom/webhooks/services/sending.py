"""What waits is sent: by one run at a time, which takes one place of a worker and leaves the others to what
may not wait; to many endpoints side by side, to each of them one after the other.

An attempt is counted and leased before it is made, in a transaction; what came of it is written in another.
So a process that dies leaves a delivery that comes round again, under the same id. The threads do nothing but
the HTTP request.
"""

import json
import random
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from accounts import selectors as accounts_selectors
from accounts import services as accounts
from accounts.types import PracticeMay
from bloom.kernel import clock, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed
from bloom.webhooks import events, notice_kinds, rules
from bloom.webhooks.integrations.receiver import http
from bloom.webhooks.integrations.receiver.port import NotReceived, NotTried
from bloom.webhooks.models import Delivery, Endpoint, Turn
from bloom.webhooks.services.endpoints import deliveries_drop, secret_place
from bloom.webhooks.types import DeliveriesRun, DeliveryState, Fault, Off, Reply
from observability import logs
from observability import services as observability

log = logs.get_logger(__name__)

AT_ONCE: Final = 8
# Of one endpoint before others have their turn.
EACH: Final = 4
# Longer than a run lasts.
LEASE: Final = timedelta(minutes=2)
# After a failure, so that a receiver that is ill is not asked for each of its deliveries; and where none
# could be tried, so that those of a practice whose names hang do not hold places here in turn.
REST: Final = timedelta(seconds=20)
# For so long a run makes new calls; the last of them end ten seconds later at most.
RUN_SECONDS: Final = 5.0
TURN: Final = "send"
# Longer than that together, so that a run which died is followed by another.
TURN_LASTS: Final = timedelta(seconds=30)
KEPT: Final = timedelta(days=30)
# An endpoint that has failed for so long when a delivery is given up is switched off.
PATIENCE: Final = timedelta(days=2)
_GONE: Final = 410
_AGENT: Final = "Bloom-Webhooks/1"


@dataclass(frozen=True, slots=True)
class _Job:
    """Some deliveries to one endpoint: id and body of each. They are this run's while they are due at
    `leased_until`.
    """

    endpoint_id: UUID
    practice_id: UUID
    url: str
    secrets: tuple[str, ...]
    deliveries: tuple[tuple[UUID, bytes], ...]
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one attempt."""

    delivery_id: UUID
    reply: Reply | None
    fault: Fault | None

    @property
    def is_good(self) -> bool:
        return self.fault is None


def deliveries_send(actor: Actor, *, at: datetime) -> DeliveriesRun:
    """Send what is due at `at`: new calls for five seconds, each at its deadline after fifteen. While another
    run is at it, nothing. Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    turn = _turn_take(at)
    if turn is None:
        return DeliveriesRun(done=0, failed=0)
    until = time.monotonic() + RUN_SECONDS
    done = failed = 0
    running: dict[Future[list[_Outcome]], _Job] = {}
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while True:
                # The place of one that has ended goes to the next at once: a slow one keeps its own alone.
                if time.monotonic() < until:
                    jobs = _claim(at, AT_ONCE - len(running))
                    running |= {pool.submit(_serve, job, until): job for job in jobs}
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcomes = future.result()
                    _write(actor, running.pop(future), outcomes)
                    good = sum(outcome.is_good for outcome in outcomes)
                    done, failed = done + good, failed + len(outcomes) - good
    finally:
        _turn_end(turn)
    return DeliveriesRun(done=done, failed=failed)


@transactional
def _turn_take(at: datetime) -> datetime | None:
    """Until when it is this run's turn; None when it is another's."""
    Turn.objects.bulk_create([Turn(name=TURN)], ignore_conflicts=True)
    free = Turn.objects.filter(Q(until=None) | Q(until__lte=at), name=TURN)
    until = at + TURN_LASTS
    return until if free.update(until=until) else None


@transactional
def _turn_end(until: datetime) -> None:
    Turn.objects.filter(name=TURN, until=until).update(until=None)


def _write(actor: Actor, job: _Job, outcomes: Sequence[_Outcome]) -> None:
    try:
        _written(actor, job, outcomes, at=clock.now())
    except Exception:
        # It comes round again when its lease is over; the others' must not be lost with it.
        log.exception("webhooks.written_failed", endpoint_id=job.endpoint_id)


@transactional
def deliveries_forget(actor: Actor, *, at: datetime) -> int:
    """What was sent, or given up, a month ago is gone; how many. Raises NotAllowed unless the system asks."""
    if not actor.is_system:
        raise NotAllowed
    rows = Delivery.objects.unscoped(reason="deliveries whose time is over").filter(created_at__lt=at - KEPT)
    gone, _rows = rows.exclude(state=DeliveryState.WAITING).delete()
    return gone


@transactional
def _claim(at: datetime, most: int = AT_ONCE) -> list[_Job]:
    """Some endpoints with something due, the one that was served longest ago first, for this run alone."""
    due = Delivery.objects.unscoped(reason="what waits to be sent").filter(
        state=DeliveryState.WAITING, due_at__lte=at
    )
    is_due = Exists(due.filter(endpoint=OuterRef("pk")))
    endpoints = (
        Endpoint.objects.unscoped(reason="whom to tell next")
        .filter(is_due, Q(busy_until=None) | Q(busy_until__lte=at), off="")
        .order_by(F("served_at").asc(nulls_first=True), "id")
        .select_for_update(skip_locked=True)
    )
    return [
        _job(endpoint, list(due.filter(endpoint=endpoint).order_by("due_at", "id")[:EACH]), at)
        for endpoint in list(endpoints[:most])
    ]


def _job(endpoint: Endpoint, rows: Sequence[Delivery], at: datetime) -> _Job:
    endpoint.served_at, endpoint.busy_until = at, at + LEASE
    endpoint.save(update_fields=["served_at", "busy_until"])
    for row in rows:
        row.attempts += 1
        row.due_at = at + LEASE
    Delivery.objects.unscoped(reason="leased to this run").bulk_update(rows, ["attempts", "due_at"])
    keys = [vault.open(endpoint.secret, secret_place(endpoint, "secret"))]
    if endpoint.older_secret is not None and endpoint.older_until and at < endpoint.older_until:
        keys.append(vault.open(endpoint.older_secret, secret_place(endpoint, "older_secret")))
    bodies = tuple((row.id, json.dumps(row.payload, separators=(",", ":")).encode()) for row in rows)
    return _Job(endpoint.id, endpoint.practice_id, endpoint.url, tuple(keys), bodies, at + LEASE)


def _serve(job: _Job, until: float) -> list[_Outcome]:
    """Send one after the other, up to the first that does not arrive or is not tried, while there is time.
    No database.
    """
    outcomes: list[_Outcome] = []
    for delivery_id, body in job.deliveries:
        outcome = _send(job, delivery_id, body) if time.monotonic() < until else None
        if outcome is None:
            break
        outcomes.append(outcome)
        if not outcome.is_good:
            break
    return outcomes


def _send(job: _Job, delivery_id: UUID, body: bytes) -> _Outcome | None:
    """What came of it, None where it was not tried: that is nothing to hold against the endpoint."""
    timestamp = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "webhook-id": str(delivery_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": rules.signatures(job.secrets, str(delivery_id), timestamp, body),
    }
    try:
        reply = http.post(job.url, body, headers, practice_id=job.practice_id)
    except NotTried:
        return None
    except NotReceived as refused:
        return _Outcome(delivery_id, None, refused.fault)
    except Exception:
        # One endpoint's oddity must not keep the others waiting.
        log.exception("webhooks.send_failed", delivery_id=delivery_id)
        return _Outcome(delivery_id, None, Fault.UNREACHABLE)
    return _Outcome(delivery_id, reply, None if rules.is_delivered(reply.status) else Fault.STATUS)


@transactional
def _written(actor: Actor, job: _Job, outcomes: Sequence[_Outcome], *, at: datetime) -> None:
    """What came of a job. What was not tried is due again, as if it had never been claimed; what is not
    leased to this run any more, because somebody wants it sent again, stays as it is.
    """
    endpoints = Endpoint.objects.unscoped(reason="what came of a run").select_for_update()
    endpoint = endpoints.filter(id=job.endpoint_id).first()
    if endpoint is None:
        return
    known = {outcome.delivery_id: outcome for outcome in outcomes}
    rows = Delivery.objects.unscoped(reason="what came of a run").select_for_update()
    given_up = False
    leased = rows.filter(state=DeliveryState.WAITING, due_at=job.leased_until)
    for row in leased.filter(id__in=[each for each, _body in job.deliveries]):
        outcome = known.get(row.id)
        if outcome is None:
            row.attempts, row.due_at = row.attempts - 1, at
        else:
            given_up |= _outcome_note(row, outcome, at=at)
        row.save(update_fields=["attempts", "due_at", "state", "ended_at", "status", "fault", "took_ms"])
    _endpoint_note(endpoint, outcomes, at=at)
    is_gone = any(outcome.reply and outcome.reply.status == _GONE for outcome in outcomes)
    is_dead = given_up and endpoint.failing_since is not None and endpoint.failing_since <= at - PATIENCE
    if not endpoint.off and (is_gone or is_dead):
        _switch_off(actor, endpoint, Off.GONE if is_gone else Off.FAILING, at=at)


def _outcome_note(row: Delivery, outcome: _Outcome, *, at: datetime) -> bool:
    """Whether this was its last try."""
    row.status = outcome.reply.status if outcome.reply else None
    row.took_ms = outcome.reply.took_ms if outcome.reply else None
    row.fault = outcome.fault.value if outcome.fault else ""
    if outcome.is_good:
        row.state, row.ended_at = DeliveryState.DONE.value, at
        return False
    wait = rules.wait_after(row.attempts, random.random())  # noqa: S311 - jitter
    if wait is None:
        row.state, row.ended_at = DeliveryState.FAILED.value, at
        return True
    row.due_at = at + wait
    return False


def _endpoint_note(endpoint: Endpoint, outcomes: Sequence[_Outcome], *, at: datetime) -> None:
    is_good = bool(outcomes) and outcomes[-1].is_good
    endpoint.busy_until = None if is_good else at + REST
    if is_good:
        endpoint.failing_since = None
    elif outcomes:
        endpoint.failing_since = endpoint.failing_since or at
    endpoint.save(update_fields=["busy_until", "failing_since"])


def _switch_off(actor: Actor, endpoint: Endpoint, reason: Off, *, at: datetime) -> None:
    endpoint.off = reason.value
    endpoint.save(update_fields=["off"])
    deliveries_drop(endpoint, at=at)
    off = events.EndpointSwitchedOff(
        object_id=endpoint.id, practice_id=endpoint.practice_id, reason=reason.value
    )
    event_id = observability.event_record(actor, off, at=at)
    accounts.notice_send(
        actor,
        notice_kinds.WEBHOOKS,
        "off",
        accounts_selectors.members_that_may(endpoint.practice_id, PracticeMay.MANAGE_WEBHOOKS),
        event_id=event_id,
        params={"practice": endpoint.practice_id, "endpoint": endpoint.id},
        practice_id=endpoint.practice_id,
        at=at,
    )
