"""Ways into an account that end, because the account was, or may be, in other hands."""

from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts import events
from accounts.models import KnownDevice, RecoveryCode
from accounts.types import FactorKind, ProviderName
from bloom.kernel.actor import Actor
from observability import services as observability_services


def ways_in_end(actor: Actor, user_id: UUID, *, since: datetime | None, at: datetime) -> None:
    """Take away the factors, recovery codes and outside accounts that were added since then (None: all), each
    on record, and forget the browsers that know the person. Within the caller's transaction.
    """
    factors = Authenticator.objects.filter(user_id=user_id)
    links = SocialAccount.objects.filter(user_id=user_id)
    codes = RecoveryCode.objects.unscoped(reason="a way in ends").filter(user_id=user_id)
    if since is not None:
        factors = factors.filter(created_at__gte=since)
        links = links.filter(date_joined__gte=since)
        codes = codes.filter(created_at__gte=since)
    for factor in list(factors):
        factor_over(actor, factor, at=at)
    for link in list(links):
        link_over(actor, link, at=at)
    codes.delete()
    devices_forget(user_id)


def factor_over(actor: Actor, factor: Authenticator, *, at: datetime) -> UUID:
    """A factor is gone, on record; whether it may be, the caller has decided, in the same transaction. The
    event's id.
    """
    person_id, kind, number = factor.user_id, FactorKind(factor.type), factor.pk
    factor.delete()
    return observability_services.event_record(
        actor,
        events.FactorRemoved(object_id=person_id, subject_id=person_id, kind=kind, factor=number),
        at=at,
    )


def link_over(actor: Actor, link: SocialAccount, *, at: datetime) -> UUID:
    """The same of an outside account."""
    person_id, provider, number = link.user_id, ProviderName(link.provider), link.pk
    link.delete()
    return observability_services.event_record(
        actor,
        events.ProviderUnlinked(object_id=person_id, subject_id=person_id, provider=provider, link=number),
        at=at,
    )


def devices_forget(user_id: UUID) -> None:
    """No browser knows this person any more: the next sign-in with each is told by mail."""
    KnownDevice.objects.unscoped(reason="browsers of an account that was in other hands").filter(
        user_id=user_id
    ).delete()
