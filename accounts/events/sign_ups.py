"""A sign-up whose address nobody has shown to be theirs."""

from dataclasses import dataclass

from accounts.events.people import USER
from accounts.types import DropReason
from bloom.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpDropped(Event):
    """It is gone, with all that came with it."""

    name = "accounts.user.dropped"
    object_kind = USER
    reason: DropReason
