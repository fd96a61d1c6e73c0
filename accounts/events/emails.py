"""Another address for one's account."""

from dataclasses import dataclass

from accounts.events.people import USER
from bloom.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeAsked(Event):
    name = "accounts.email_change.asked"
    object_kind = "accounts.email_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeFailed(Event):
    """A wrong code was typed."""

    name = "accounts.email_change.failed"
    object_kind = "accounts.email_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeEnded(Event):
    """It never counted: its person left it, or took it back."""

    name = "accounts.email_change.ended"
    object_kind = "accounts.email_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChanged(Event):
    name = "accounts.email.changed"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRestored(Event):
    """The old address said that it was not its person."""

    name = "accounts.email.restored"
    object_kind = USER
