"""Signing in and out."""

from dataclasses import dataclass

from accounts.events.people import USER
from bloom.kernel.events import Event

SESSION = "accounts.session"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailed(Event):
    """`object_id` is the person whose address was given, or the nil UUID when there is none."""

    name = "accounts.sign_in.failed"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(Event):
    name = "accounts.session.started"
    object_kind = SESSION


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Event):
    name = "accounts.session.ended"
    object_kind = SESSION
