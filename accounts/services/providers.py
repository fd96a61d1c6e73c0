"""Identities at providers: the accounts that they open, and how they come and go.

An identity is linked to somebody who was signed in at that moment, or who signs up with it and has shown that
the address is theirs. Never because addresses are alike.
"""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password

from accounts import errors, events, notice_kinds, rules, selectors
from accounts.models import User
from accounts.services.factors import factor_check
from accounts.services.notices import notice_send
from accounts.services.people import email_verified, user_sign_up
from accounts.services.sessions import sessions_end
from accounts.services.ways_in import link_over
from accounts.types import ProviderAim, ProviderIdentity, ProviderName, ProviderRefusal, RoleName
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotFound
from observability import services as observability_services

# allauth's own names.
_ONCE = {
    "socialaccount_socialaccount_provider_uid_fc810c6e_uniq": errors.ProviderTaken,
    "unique_verified_email": errors.EmailTaken,
}


@transactional(constraints=_ONCE)
def provider_sign_up(
    actor: Actor,
    identity: ProviderIdentity,
    *,
    email: str,
    name: str,
    role: RoleName,
    time_zone: str,
    locale: str,
    at: datetime,
) -> UUID:
    """A new person without a password. When the provider vouches for the address, the identity opens the
    account at once; else it is linked (`provider_link`) after they have shown that the address is theirs:
    whoever shows that must not find a stranger's key in their account.

    Raises Invalid, EmailTaken, ProviderTaken.
    """
    vouched = identity.is_vouched and rules.email_normal(email) == rules.email_normal(identity.email)
    person_id = user_sign_up(
        actor,
        email=email,
        name=name,
        password_hash=make_password(None),
        role=role,
        time_zone=time_zone,
        locale=locale,
        at=at,
    )
    EmailAddress.objects.create(
        user_id=person_id, email=rules.email_normal(email), verified=vouched, primary=True
    )
    if vouched:
        email_verified(actor, person_id, at=at)
        _link(actor, person_id, identity, at)
    return person_id


@transactional(constraints=_ONCE)
def provider_link(
    actor: Actor, identity: ProviderIdentity, *, at: datetime, person_id: UUID | None = None
) -> None:
    """Let an identity open the actor's account; with `person_id`, that of somebody who signed up with it and
    is about to be signed in.

    Raises ProviderTaken, ProviderHeld, FreshFactorNeeded; NotFound for somebody whose address was never shown
    to be theirs.
    """
    if person_id is None:
        person_id = actor.require_user()
        factor_check(actor, at=at)
    User.objects.select_for_update().get(id=person_id)
    if not EmailAddress.objects.filter(user_id=person_id, verified=True).exists():
        raise NotFound
    held = SocialAccount.objects.filter(user_id=person_id, provider=identity.provider).first()
    if held is not None and held.uid != identity.subject:
        raise errors.ProviderHeld
    if held is None:
        event_id = _link(actor, person_id, identity, at)
        _tell(actor, "provider_linked", person_id, identity.provider, event_id, at)


@transactional
def provider_unlink(actor: Actor, provider: ProviderName, *, at: datetime) -> None:
    """Take away one's own identity at a provider; the other sessions that began with it end.

    Raises NotFound, LastWayIn, FreshFactorNeeded.
    """
    person_id = actor.require_user()
    factor_check(actor, at=at)
    # Two that are taken away at once wait for each other: the second sees that it is the last.
    User.objects.select_for_update().get(id=person_id)
    link = SocialAccount.objects.filter(user_id=person_id, provider=provider).first()
    if link is None:
        raise NotFound
    if selectors.ways_in_count(person_id) <= 1:
        raise errors.LastWayIn
    event_id = link_over(actor, link, at=at)
    _tell(actor, "provider_unlinked", person_id, provider, event_id, at)
    sessions_end(actor, person_id, keep=actor.session_id, at=at, method=provider)


@transactional
def provider_used(actor: Actor, identity: ProviderIdentity, *, at: datetime) -> None:
    """Somebody signs in with an identity: when, and what their address there is by now."""
    SocialAccount.objects.filter(provider=identity.provider, uid=identity.subject).update(
        last_login=at, extra_data={"email": identity.email}
    )


@transactional
def provider_confirmed(actor: Actor, identity: ProviderIdentity, *, at: datetime) -> bool:
    """The actor has shown by a provider that it is still they; False when the identity is not theirs."""
    person_id = actor.require_user()
    if not SocialAccount.objects.filter(
        provider=identity.provider, uid=identity.subject, user_id=person_id
    ).exists():
        return False
    observability_services.event_record(
        actor,
        events.ProviderConfirmed(object_id=person_id, subject_id=person_id, provider=identity.provider),
        at=at,
    )
    return True


@transactional
def provider_refused(
    actor: Actor,
    provider: ProviderName,
    reason: ProviderRefusal,
    *,
    at: datetime,
    aim: ProviderAim | None = None,
    email: str = "",
) -> None:
    """Signing in with a provider, or connecting one, led nowhere. `email` names the account in question."""
    person_id = actor.user_id
    if person_id is None and email:
        person_id = User.objects.filter(email=rules.email_normal(email)).values_list("id", flat=True).first()
    observability_services.event_record(
        actor,
        events.ProviderSignInRefused(
            object_id=person_id or events.NOBODY,
            subject_id=person_id,
            provider=provider,
            reason=reason,
            aim=aim,
        ),
        at=at,
    )


def _tell(
    actor: Actor, code: str, person_id: UUID, provider: ProviderName, event_id: UUID, at: datetime
) -> None:
    notice_send(
        actor,
        notice_kinds.SECURITY,
        code,
        [person_id],
        event_id=event_id,
        params={"provider": provider},
        at=at,
    )


def _link(actor: Actor, person_id: UUID, identity: ProviderIdentity, at: datetime) -> UUID:
    link = SocialAccount.objects.create(
        user_id=person_id,
        provider=identity.provider,
        uid=identity.subject,
        extra_data={"email": identity.email},
    )
    SocialAccount.objects.filter(pk=link.pk).update(date_joined=at, last_login=at)
    return observability_services.event_record(
        actor,
        events.ProviderLinked(
            object_id=person_id, subject_id=person_id, provider=identity.provider, link=link.pk
        ),
        at=at,
    )
