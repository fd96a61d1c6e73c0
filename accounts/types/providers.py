"""Signing in with an account that somebody has elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ProviderName(StrEnum):
    """Who else may say who somebody is; as allauth calls them."""

    GOOGLE = "google"
    ZOOM = "zoom"

    @property
    def label(self) -> str:
        """As people know it."""
        return self.value.capitalize()

    @property
    def tells_age(self) -> bool:
        """Does it say when somebody last signed in there (OpenID Connect's `auth_time`)? Zoom, which speaks
        OAuth 2.0 alone, would send an open browser straight back.
        """
        return self is ProviderName.GOOGLE


class ProviderRefusal(StrEnum):
    """Why signing in with a provider, or connecting one, led nowhere."""

    STATE = "state"  # the answer belongs to no question of this browser's
    DENIED = "denied"  # the provider says no
    UNBELIEVED = "unbelieved"  # what the provider's answer says does not hold
    STALE = "stale"  # it does not say that they have just shown there who they are
    UNAVAILABLE = "unavailable"  # the provider does not answer, or nothing that makes sense
    EMAIL_KNOWN = "email_known"  # an account of Bloom's has this address
    ELSEWHERE = "elsewhere"  # this identity opens another account of Bloom's
    OTHER_PERSON = "other_person"  # somebody else is signed in by now, or was meant
    HELD = "held"  # this person has connected another identity of that provider


class ProviderAim(StrEnum):
    """What somebody was sent to a provider for."""

    SIGN_IN = "login"
    CONNECT = "connect"
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderIdentity:
    """Whom a provider says that somebody is. `subject` never changes.

    `is_verified`: the provider has once seen that the address is theirs; `is_vouched`: it knows that it is.
    """

    provider: ProviderName
    subject: str
    email: str
    is_verified: bool
    is_vouched: bool
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLinkView:
    """An identity that opens its person's account. `email` is the provider's, when it was last used."""

    id: int
    provider: ProviderName
    email: str
    linked_at: datetime
    last_used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """A provider in the settings, and the person's identity there when it is connected."""

    provider: ProviderName
    link: ProviderLinkView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedView:
    """How somebody can sign in besides by passkey: their providers, and whether they have a password."""

    rows: tuple[ProviderRow, ...]
    has_password: bool
    ways_in: int

    @property
    def last_must_stay(self) -> bool:
        """Is there nothing else that opens the account?"""
        return self.ways_in <= 1
