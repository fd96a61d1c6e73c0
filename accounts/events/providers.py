"""Signing in with an account that somebody has elsewhere."""

from dataclasses import dataclass

from accounts.events.people import USER
from accounts.types import ProviderAim, ProviderName, ProviderRefusal
from bloom.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLinked(Event):
    """An identity elsewhere opens this account from now on; `link` is the number of allauth's row."""

    name = "accounts.provider.linked"
    object_kind = USER
    provider: ProviderName
    link: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderUnlinked(Event):
    name = "accounts.provider.unlinked"
    object_kind = USER
    provider: ProviderName
    link: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfirmed(Event):
    """Somebody who is signed in has shown by a provider that it is still they."""

    name = "accounts.provider.confirmed"
    object_kind = USER
    provider: ProviderName


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSignInRefused(Event):
    """`object_id` is the person whom it concerns, or the nil UUID where none is known."""

    name = "accounts.provider_sign_in.refused"
    object_kind = USER
    provider: ProviderName
    reason: ProviderRefusal
    aim: ProviderAim | None
