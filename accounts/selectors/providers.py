"""Identities at providers: whom they open, and what else does."""

from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings

from accounts import rules
from accounts.models import User
from accounts.selectors.unverified import unverified_of
from accounts.types import (
    ConnectedView,
    FactorKind,
    ProviderIdentity,
    ProviderLinkView,
    ProviderName,
    ProviderRow,
)
from bloom.kernel.actor import Actor


def provider_holder(identity: ProviderIdentity) -> User | None:
    """Whose account this identity opens. For the door that signs them in."""
    found = (
        SocialAccount.objects.filter(provider=identity.provider, uid=identity.subject)
        .select_related("user")
        .first()
    )
    return found.user if found else None


def address_is_taken(email: str) -> bool:
    """Has an account this address? One that only signed up with it, and showed nothing, gives way to who
    comes with it now. Never for a stranger's eyes.
    """
    normal = rules.email_normal(email)
    return (
        User.objects.filter(email=normal).exists() and unverified_of(normal) is None
    ) or EmailAddress.objects.filter(email=normal, verified=True).exists()


def providers_configured() -> tuple[ProviderName, ...]:
    """Those whose keys we have, in the order in which they are offered."""
    known = settings.SOCIALACCOUNT_PROVIDERS
    return tuple(each for each in ProviderName if known.get(each, {}).get("APPS"))


def providers_linked(person_id: UUID) -> tuple[ProviderName, ...]:
    """By which providers this person can sign in."""
    held = set(SocialAccount.objects.filter(user_id=person_id).values_list("provider", flat=True))
    return tuple(each for each in providers_configured() if each in held)


def connected_get(actor: Actor) -> ConnectedView:
    """How the actor signs in. Four queries."""
    person_id = actor.require_user()
    links = {row.provider: _view(row) for row in SocialAccount.objects.filter(user_id=person_id)}
    # What is connected can be removed, also when we no longer offer it.
    shown = [each for each in ProviderName if each in links or each in providers_configured()]
    return ConnectedView(
        rows=tuple(ProviderRow(provider=each, link=links.get(each)) for each in shown),
        has_password=password_is_held(person_id),
        ways_in=ways_in_count(person_id),
    )


def password_is_held(person_id: UUID) -> bool:
    return bool(User.objects.get(id=person_id).has_usable_password())


def ways_in_count(person_id: UUID) -> int:
    """How many things open this account by themselves: the password, each passkey, each provider."""
    passkeys: int = Authenticator.objects.filter(user_id=person_id, type=FactorKind.PASSKEY).count()
    providers: int = SocialAccount.objects.filter(user_id=person_id).count()
    return int(password_is_held(person_id)) + passkeys + providers


def _view(row: SocialAccount) -> ProviderLinkView:
    return ProviderLinkView(
        id=row.pk,
        provider=ProviderName(row.provider),
        email=str(row.extra_data.get("email", "")),
        linked_at=row.date_joined,
        last_used_at=row.last_login,
    )
