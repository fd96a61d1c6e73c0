"""An account is closed, after some days in which its person may come back."""

from dataclasses import dataclass
from datetime import datetime

from accounts.events.people import USER
from bloom.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClosing(Event):
    """`until` is when it will be closed for good."""

    name = "accounts.account.closing"
    object_kind = USER
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKept(Event):
    """Its person came back in time."""

    name = "accounts.account.kept"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClosed(Event):
    """For good. `is_named`: the name stays, with what others must keep."""

    name = "accounts.account.closed"
    object_kind = USER
    is_named: bool
