"""Copies of one's own data, and of single things: those are about whom the thing tells of."""

from dataclasses import dataclass
from uuid import UUID

from bloom.kernel.events import Event

EXPORT = "accounts.export"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAsked(Event):
    """Of what: of one's own data, or with a `topic` of the thing `about_id`."""

    name = "accounts.export.asked"
    object_kind = EXPORT
    topic: str | None = None
    about_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportMade(Event):
    """`size` in bytes, before it was sealed."""

    name = "accounts.export.made"
    object_kind = EXPORT
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFailed(Event):
    name = "accounts.export.failed"
    object_kind = EXPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFetched(Event):
    name = "accounts.export.fetched"
    object_kind = EXPORT
    topic: str | None = None
    about_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportGone(Event):
    """Its time is over, and the file is removed."""

    name = "accounts.export.gone"
    object_kind = EXPORT
