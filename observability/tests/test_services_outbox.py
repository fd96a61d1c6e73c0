"""Events reach their subscribers, whatever dies on the way."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection, connections

from bloom.kernel import db, registry
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import NotAllowed, NotFound
from bloom.kernel.events import RecordedEvent
from observability import hints, selectors, services
from observability.models import Delivery, Event
from observability.services import outbox
from observability.testing import captured_logs
from observability.tests.conftest import AT, LampLit, LampSeen, lamp_light

SUBSCRIBER = "observability_tests.wire"


def effects() -> int:
    """How often the handler's work is in the database."""
    return Event.objects.unscoped(reason="test").filter(name=LampSeen.name).count()


def work(actor: Actor, event: RecordedEvent) -> None:
    """A handler that changes something."""
    services.event_record(actor, LampSeen(object_id=event.object_id), at=event.at)


def test_a_subscriber_gets_what_was_recorded(db: None, person: Actor, system: Actor, subscribed: Any) -> None:
    seen: list[tuple[Actor, RecordedEvent]] = []
    subscribed(lambda actor, event: seen.append((actor, event)))
    event_id = lamp_light(person, watts=60)
    assert seen == []
    assert services.outbox_drain(system, at=AT).done == 1
    ((actor, event),) = seen
    assert (actor.system, actor.request_id) == (SUBSCRIBER, person.request_id)
    assert (event.id, event.name, event.data, event.actor_user_id, event.at) == (
        event_id,
        LampLit.name,
        {"watts": 60},
        person.user_id,
        AT,
    )
    assert services.outbox_drain(system, at=AT + timedelta(days=1)).done == 0


def test_each_subscriber_is_served_apart(db: None, system: Actor, subscribed: Any) -> None:
    def fails(actor: Actor, event: RecordedEvent) -> None:
        raise OSError("a person's words")

    subscribed(fails, "observability_tests.broken")
    subscribed(work)
    lamp_light(system)
    run = services.outbox_drain(system, at=AT)
    assert (run.failed, effects()) == (1, 1)
    broken = Delivery.objects.get(subscriber="observability_tests.broken")
    assert (broken.state, broken.attempts, broken.last_error) == ("pending", 1, "OSError")
    assert AT < broken.next_at <= AT + timedelta(seconds=2)


def test_a_handler_that_fails_leaves_no_effect(db: None, system: Actor, subscribed: Any) -> None:
    def half(actor: Actor, event: RecordedEvent) -> None:
        work(actor, event)
        raise RuntimeError

    subscribed(half)
    lamp_light(system)
    services.outbox_drain(system, at=AT)
    assert effects() == 0


def test_it_is_tried_later_and_later_and_then_given_up(db: None, system: Actor, subscribed: Any) -> None:
    calls: list[Any] = []

    def fails(actor: Actor, event: RecordedEvent) -> None:
        calls.append(event.id)
        raise RuntimeError

    subscribed(fails)
    lamp_light(system)
    at, waits = AT, []
    for _ in range(outbox.ATTEMPTS):
        run = services.outbox_drain(system, at=at)
        delivery = Delivery.objects.get()
        waits.append((delivery.next_at - at).total_seconds())
        at = delivery.next_at
    assert run.dead == 1
    assert (delivery.state, len(calls)) == ("dead", outbox.ATTEMPTS)
    assert waits[8] > waits[4] > waits[0]
    assert services.outbox_drain(system, at=at + timedelta(days=9)).failed == 0
    state = selectors.outbox_state(system)
    assert (state.pending, state.dead, state.oldest_due_at) == (0, 1, None)


def test_what_ends_its_process_each_time_is_given_up(db: None, system: Actor, subscribed: Any) -> None:
    class Killed(BaseException):
        """As the end of the process would: nothing after it runs."""

    calls: list[Any] = []

    def kills(actor: Actor, event: RecordedEvent) -> None:
        calls.append(event.id)
        raise Killed

    subscribed(kills)
    lamp_light(system)
    at = AT
    for _ in range(outbox.ATTEMPTS):
        with pytest.raises(Killed):
            services.outbox_drain(system, at=at)
        at += outbox.CLAIM
    run = services.outbox_drain(system, at=at)
    assert (run.dead, run.failed, run.done) == (1, 0, 0)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.last_error) == ("dead", outbox.PROCESS_ENDED)
    services.outbox_drain(system, at=at + timedelta(days=9))
    assert len(calls) == outbox.ATTEMPTS


def test_an_administrator_tries_it_again(db: None, system: Actor, person: Actor, subscribed: Any) -> None:
    subscribed(work)
    lamp_light(system)
    Delivery.objects.update(state="dead", attempts=outbox.ATTEMPTS)
    delivery = Delivery.objects.get()
    admin = Actor(user_id=uuid.uuid4(), via=Via.ADMIN, roles=frozenset({"admin"}))
    with pytest.raises(NotAllowed):
        services.delivery_retry(person, delivery.pk, at=AT)
    services.delivery_retry(admin, delivery.pk, at=AT)
    assert services.outbox_drain(system, at=AT).done == 1
    assert effects() == 1
    assert Event.objects.unscoped(reason="test").filter(name="observability.delivery.retried").count() == 1
    with pytest.raises(NotFound):
        services.delivery_retry(admin, delivery.pk, at=AT)


def test_a_subscriber_that_is_gone_is_a_failure(db: None, system: Actor, subscribed: Any) -> None:
    subscribed(work)
    lamp_light(system)
    registry._subscriptions[LampLit.name].clear()
    assert services.outbox_drain(system, at=AT).failed == 1
    assert Delivery.objects.get().last_error == "UnknownSubscriber"


def test_what_is_not_due_waits(db: None, system: Actor, subscribed: Any) -> None:
    subscribed(work)
    lamp_light(system, at=AT + timedelta(minutes=1))
    assert services.outbox_drain(system, at=AT).done == 0
    assert services.outbox_drain(system, at=AT + timedelta(minutes=1)).done == 1


@pytest.mark.django_db
def test_a_serialization_failure_runs_the_handler_again(system: Actor, subscribed: Any) -> None:
    subscribed(work)
    lamp_light(system)
    with db.failing_once():
        assert services.outbox_drain(system, at=AT).done == 1
    assert effects() == 1


def test_only_the_system_drains(db: None, person: Actor) -> None:
    with pytest.raises(NotAllowed):
        services.outbox_drain(person, at=AT)


def test_a_failure_says_where_and_never_what(db: None, system: Actor, subscribed: Any) -> None:
    def fails(actor: Actor, event: RecordedEvent) -> None:
        raise ValueError("canary-7f3a wrote this")

    subscribed(fails)
    lamp_light(system)
    with captured_logs() as written:
        services.outbox_drain(system, at=AT)
    line = written.getvalue()
    assert "canary" not in line
    assert "outbox.delivery_failed" in line
    assert "builtins.ValueError" in line
    assert "test_services_outbox.py" in line


@pytest.mark.django_db(transaction=True)
def test_the_worker_is_told_after_the_commit_and_without_it_nothing_breaks(
    system: Actor, subscribed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(work)
    sent: list[str] = []

    def send(name: str, **options: Any) -> None:
        sent.append(name)
        raise ConnectionError("no broker")

    app = Celery("lamps", broker="memory://", set_as_current=False)
    monkeypatch.setattr(app, "send_task", send)
    monkeypatch.setattr(hints, "current_app", app)
    monkeypatch.setattr(hints, "_quiet_until", 0.0)
    with captured_logs() as written:
        lamp_light(system)
        lamp_light(system)
    # The second commit does not wait for a broker that was just found missing.
    assert sent == [hints.DRAIN_TASK]
    assert "outbox.hint_lost" in written.getvalue()
    assert services.outbox_drain(system, at=AT).done == 2


@pytest.mark.django_db(transaction=True)
def test_drains_side_by_side_do_each_delivery_once(system: Actor, subscribed: Any) -> None:
    def slow(actor: Actor, event: RecordedEvent) -> None:
        work(actor, event)
        time.sleep(0.005)

    subscribed(slow)
    for _ in range(60):
        lamp_light(system)
    done: list[int] = []

    def drain() -> None:
        done.append(services.outbox_drain(system, at=AT + timedelta(seconds=1)).done)
        connections.close_all()

    drains = [threading.Thread(target=drain) for _ in range(4)]
    for thread in drains:
        thread.start()
    for thread in drains:
        thread.join(30)
    assert (effects(), sum(done)) == (60, 60)


CHILD = """
import sys, time
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from bloom.kernel import clock, registry
from bloom.kernel.actor import Actor
from observability import services
from observability.tests import conftest, test_services_outbox as tests

def slow(actor, event):
    tests.work(actor, event)
    print("in the middle", flush=True)
    time.sleep(60)

registry.subscribe(conftest.LampLit.name, tests.SUBSCRIBER, slow)
services.outbox_drain(Actor.for_system("child"), at=conftest.AT)
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_handler(system: Actor, subscribed: Any) -> None:
    """kill -9 while the handler's work is written and not committed: the sweep does it, exactly once."""
    subscribed(work)
    lamp_light(system)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, connection.settings_dict["NAME"]],
        stdout=subprocess.PIPE,
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        text=True,
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline().strip() == "in the middle"
        assert effects() == 0
        # While it is in hand, nobody else takes it, even when its claim has run out.
        assert services.outbox_drain(system, at=AT + outbox.CLAIM).done == 0
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        child.stdout.close()
    deadline = time.monotonic() + 10
    while not effects() and time.monotonic() < deadline:
        services.outbox_drain(system, at=AT + 3 * outbox.CLAIM)
        time.sleep(0.1)
    assert effects() == 1
    delivery = Delivery.objects.get()
    # The attempt that was killed, and the one that did it.
    assert (delivery.state, delivery.attempts) == ("done", 2)
    services.outbox_drain(system, at=AT + timedelta(days=1))
    assert effects() == 1
