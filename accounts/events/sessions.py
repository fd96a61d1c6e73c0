"""Signing in and out."""

from dataclasses import dataclass

from accounts.events.people import USER
from accounts.types import SessionOver, SignInMethod
from bloom.kernel.events import Event

SESSION = "accounts.session"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailed(Event):
    """`object_id` is the person whose address was given, or the nil UUID when there is none."""

    name = "accounts.sign_in.failed"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLimited(Event):
    """Tries beyond what is allowed, judged no more: one line for all of them in a while. `object_id` as in
    SignInFailed; nobody, too, where their address has used up its tries for whomever.
    """

    name = "accounts.sign_in.limited"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(Event):
    name = "accounts.session.started"
    object_kind = SESSION
    method: SignInMethod = SignInMethod.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAdded(Event):
    """A person signed in with a browser that did not know them; `is_first`: they had never signed in."""

    name = "accounts.device.added"
    object_kind = "accounts.device"
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Event):
    """`over` says why, when it ended by itself."""

    name = "accounts.session.ended"
    object_kind = SESSION
    over: SessionOver | None = None
