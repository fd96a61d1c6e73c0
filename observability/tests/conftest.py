import dataclasses
import itertools
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from bloom.kernel import clock, db, registry
from bloom.kernel.actor import Actor, Via
from bloom.kernel.events import Event
from observability import services
from observability.types import SealSource

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LampLit(Event):
    """An event of these tests alone."""

    name = "observability_tests.lamp.lit"
    object_kind = "observability_tests.lamp"
    watts: int = 40


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LampSeen(Event):
    """What a subscriber of LampLit does, visibly."""

    name = "observability_tests.lamp.seen"
    object_kind = "observability_tests.lamp"


@db.transactional
def lamp_light(actor: Actor, *, at: datetime = AT, **fields: Any) -> uuid.UUID:
    return services.event_record(actor, LampLit(object_id=uuid.uuid4(), **fields), at=at)


@pytest.fixture(autouse=True)
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that starts at AT and goes on by a millisecond whenever it is read."""
    reads = itertools.count(1)
    monkeypatch.setattr(clock, "now", lambda: AT + timedelta(milliseconds=next(reads)))


@pytest.fixture
def system() -> Actor:
    return Actor.for_system("tests")


@pytest.fixture
def person() -> Actor:
    return Actor(
        user_id=uuid.uuid4(),
        via=Via.WEB,
        roles=frozenset({"therapist"}),
        practice_id=uuid.uuid4(),
        session_id="a" * 64,
        request_id=uuid.uuid4(),
        ip="2001:db8::1",
        device="Firefox on Linux",
    )


@pytest.fixture
def audit_source(db: None) -> Iterator[tuple[SealSource, type[models.Model]]]:
    """Another app's append-only table, as MessageAudit is one, registered with the sealer."""

    class LampAudit(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        lamp_id = models.UUIDField()
        outcome = models.CharField(max_length=10)
        rules = models.JSONField(default=list)
        at = models.DateTimeField()
        mac = models.BinaryField()

        class Meta:
            app_label = "observability"
            db_table = "observability_tests_lampaudit"

    source = SealSource(
        name="observability_tests.lamp_audit",
        table="observability_tests_lampaudit",
        columns=("id", "lamp_id", "outcome", "rules", "at"),
        time_column="at",
    )
    with connection.schema_editor() as editor:
        editor.create_model(LampAudit)
    registry.seal.register(source.name, source)
    yield source, LampAudit
    del registry.seal._items[source.name]
    del apps.all_models["observability"]["lampaudit"]
    apps.clear_cache()


@pytest.fixture
def subscribed() -> Iterator[Any]:
    """Subscribe a handler to LampLit for one test."""
    before = {name: dict(handlers) for name, handlers in registry._subscriptions.items()}

    def subscribe(handler: Any, subscriber: str = "observability_tests.wire") -> None:
        registry.subscribe(LampLit.name, subscriber, handler)

    yield subscribe
    registry._subscriptions.clear()
    registry._subscriptions.update(before)
