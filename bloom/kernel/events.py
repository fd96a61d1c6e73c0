"""What happened, as a frozen dataclass of ids and codes: never a word that a person wrote.

    @dataclass(frozen=True, slots=True, kw_only=True)
    class MessageBlurred(Event):
        name = "messaging.message.blurred"
        object_kind = "messaging.message"
        conversation_id: UUID

`observability.services.event_record(actor, MessageBlurred(...), at=at)` writes it, inside the transaction
of the change that it tells of.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

from bloom.kernel.plain import plain_value

_CODE = re.compile(r"[a-z0-9_.:/-]{1,64}")
_COMMON = frozenset({"object_id", "practice_id", "subject_id"})
_types: dict[str, type["Event"]] = {}


class FreeTextInEvent(TypeError):
    """A field holds something that could be a person's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of every event. `object_id` is what it happened to, `subject_id` the person it is about.

    Subclasses may add UUIDs, integers, booleans, datetimes, enums, short codes, and tuples of these.
    """

    name: ClassVar[str]
    object_kind: ClassVar[str]

    object_id: UUID
    practice_id: UUID | None = None
    subject_id: UUID | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # dataclass(slots=True) makes the class a second time: the later one replaces its twin. `super()`
        # would look for that first class, so it is left out; object's own hook does nothing.
        name = cls.__dict__.get("name")
        if name is None:
            return
        earlier = _types.get(name)
        if earlier is not None and (earlier.__module__, earlier.__qualname__) != (
            cls.__module__,
            cls.__qualname__,
        ):
            raise TypeError(f"two events are called {name}")
        _types[name] = cls


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An event as its subscribers see it: what was recorded, and under which id."""

    id: UUID
    name: str
    object_kind: str
    object_id: UUID
    practice_id: UUID | None
    subject_id: UUID | None
    actor_user_id: UUID | None
    via: str
    session_id: str
    data: Mapping[str, Any]
    at: datetime


def event_types() -> Mapping[str, type[Event]]:
    """Every event type that has been imported, by name."""
    return dict(_types)


def event_data(event: Event) -> dict[str, Any]:
    """The event's own fields as JSON values. Raises FreeTextInEvent for anything that could be prose."""
    return {
        field.name: _plain(field.name, getattr(event, field.name))
        for field in fields(event)
        if field.name not in _COMMON
    }


def _plain(name: str, value: Any) -> Any:
    value = value.value if isinstance(value, Enum) else value
    if isinstance(value, tuple):
        return [_plain(name, item) for item in value]
    try:
        return plain_value(value, _CODE)
    except ValueError:
        raise FreeTextInEvent(f"{name}: events carry ids and codes only") from None
