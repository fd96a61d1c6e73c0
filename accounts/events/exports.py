"""Copies of one's own data."""

from dataclasses import dataclass

from bloom.kernel.events import Event

EXPORT = "accounts.export"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAsked(Event):
    name = "accounts.export.asked"
    object_kind = EXPORT


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportGone(Event):
    """Its time is over, and the file is removed."""

    name = "accounts.export.gone"
    object_kind = EXPORT
