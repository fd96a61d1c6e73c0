"""Signing up, and what people change about themselves."""

import uuid
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import errors, events, notice_kinds, practice_roles, roles, rules, selectors
from accounts.models import Role, User
from accounts.services.listings import listing_name_changed
from accounts.services.names import email_check, name_check, preferred_name_check, pronouns_check
from accounts.services.notices import notice_send
from accounts.services.practices import practice_solo_create, practice_solo_follow
from accounts.services.sessions import sessions_end
from accounts.services.tokens import tokens_revoke
from accounts.services.unverified import address_free
from accounts.services.ways_in import devices_forget
from accounts.types import (
    DropReason,
    InvitationState,
    ProfileView,
    RoleName,
)
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid
from observability import services as observability_services

_CHECKS = {"name": name_check, "preferred_name": preferred_name_check, "pronouns": pronouns_check}


@transactional(constraints={"user_email_once": errors.EmailTaken})
def user_sign_up(
    actor: Actor,
    *,
    email: str,
    name: str,
    password_hash: str,
    role: RoleName | None,
    at: datetime,
    invitation: str | None = None,
    time_zone: str = "UTC",
    locale: str = "en",
    user_id: UUID | None = None,
) -> UUID:
    """A new person who is a patient or a therapist; a therapist gets a practice of their own. An earlier
    sign-up with the address that was never confirmed is dropped for it. Without a role
    comes only whom a practice asked to work there in one that needs none (`invitation` is the link's secret).

    `password_hash` is made by the caller, because hashing is slow and this may run twice. Raises Invalid,
    EmailTaken.
    """
    name = rules.name_normal(name)
    name_check(name)
    address = email_check(email)
    if role not in roles.SIGN_UP_ROLES and (role is not None or not _is_invited(invitation, address, at)):
        raise Invalid(errors={"role": [_("Choose patient or therapist.")]})
    new_id = user_id or uuid.uuid4()
    # Who typed this address before, and never showed that it is theirs, is gone with all that they chose.
    address_free(actor, address, reason=DropReason.SIGNED_UP_AGAIN, at=at)
    if selectors.email_is_held(address, by_other_than=new_id, at=at):
        raise errors.EmailTaken
    user = User.objects.create(
        id=new_id,
        email=address,
        name=name,
        password=password_hash,
        time_zone=rules.time_zone_or_utc(time_zone),
        locale=locale,
        date_joined=at,
    )
    if role is not None:
        Role.objects.create(user=user, role=role, granted_at=at)
    observability_services.event_record(
        actor, events.UserSignedUp(object_id=user.id, subject_id=user.id, role=role), at=at
    )
    if role == RoleName.THERAPIST:
        practice_solo_create(actor, user, at=at)
    return user.id


def _is_invited(secret: str | None, address: str, at: datetime) -> bool:
    """Does this link ask this address to work where no role on the platform is needed?"""
    if secret is None:
        return False
    opened = selectors.invitation_opened(Actor.for_system("sign_up"), secret, at=at)
    return (
        opened.state is InvitationState.OPEN
        and opened.email == address
        and opened.role in practice_roles.NO_ROLE_NEEDED
    )


@transactional
def profile_change(
    actor: Actor,
    *,
    name: str | None = None,
    preferred_name: str | None = None,
    pronouns: str | None = None,
    time_zone: str | None = None,
    locale: str | None = None,
    shows_presence: bool | None = None,
    at: datetime,
) -> ProfileView:
    """Change what is given of one's own profile; "" takes a preferred name or pronouns away. Raises Invalid,
    with all that is wrong.
    """
    names = {"name": name, "preferred_name": preferred_name, "pronouns": pronouns}
    wanted: dict[str, Any] = {
        field: None if text is None else rules.name_normal(text) for field, text in names.items()
    }
    wanted |= {"time_zone": time_zone, "locale": locale, "shows_presence": shows_presence}
    wrong: dict[str, list[Any]] = {}
    for field, check in _CHECKS.items():
        try:
            if (value := wanted[field]) is not None:
                check(value)
        except Invalid as error:
            wrong |= error.errors
    if time_zone is not None and not rules.time_zone_is_known(time_zone):
        wrong["time_zone"] = [_("This is not a time zone we know.")]
    if locale is not None and locale not in dict(settings.LANGUAGES):
        wrong["locale"] = [_("Bloom does not speak this language yet.")]
    if wrong:
        raise Invalid(errors=wrong)
    person = User.objects.select_for_update().get(id=actor.require_user())
    changed = {
        field: value
        for field, value in wanted.items()
        if value is not None and getattr(person, field) != value
    }
    if changed:
        User.objects.filter(id=person.id).update(**changed)
        observability_services.event_record(
            actor,
            events.ProfileChanged(object_id=person.id, subject_id=person.id, fields=tuple(sorted(changed))),
            at=at,
        )
        if not changed.keys().isdisjoint({"name", "preferred_name"}):
            before = person.shown_name
            person.refresh_from_db()
            practice_solo_follow(person.id, before, person.shown_name)
            listing_name_changed(actor, person, at=at)
    return selectors.profile_get(actor)


@transactional
def email_verified(actor: Actor, user_id: UUID, *, at: datetime) -> None:
    """A person has shown that an address is theirs (allauth keeps which one)."""
    observability_services.event_record(
        actor, events.EmailVerified(object_id=user_id, subject_id=user_id), at=at
    )


@transactional
def email_code_failed(actor: Actor, user_id: UUID | None, *, at: datetime) -> None:
    """A wrong code was typed after a sign-up; of None where the address had an account already."""
    observability_services.event_record(
        actor, events.EmailCodeFailed(object_id=user_id or events.NOBODY, subject_id=user_id), at=at
    )


@transactional
def password_change_failed(actor: Actor, *, at: datetime) -> None:
    """Somebody who is signed in gave a wrong current password with a new one."""
    person_id = actor.require_user()
    observability_services.event_record(
        actor, events.PasswordChangeFailed(object_id=person_id, subject_id=person_id), at=at
    )


@transactional
def password_changed(
    actor: Actor, user_id: UUID, *, keep_session: str | None, keep_tokens: bool = False, at: datetime
) -> None:
    """A person has changed their password: their other sessions end, and their API tokens unless they said
    that those shall stay.
    """
    event_id = observability_services.event_record(
        actor, events.PasswordChanged(object_id=user_id, subject_id=user_id), at=at
    )
    _password_tell(actor, "password_changed", user_id, event_id, at)
    sessions_end(actor, user_id, keep=keep_session, at=at)
    if not keep_tokens:
        tokens_revoke(actor, user_id, at=at)


@transactional
def password_reset(actor: Actor, user_id: UUID, *, at: datetime) -> bool:
    """A person has made a new password by mail: every session and token of theirs ends, and the browsers that
    knew them know them no more. Whether a token ended.
    """
    event_id = observability_services.event_record(
        actor, events.PasswordReset(object_id=user_id, subject_id=user_id), at=at
    )
    tokens_ended = tokens_revoke(actor, user_id, at=at)
    code = "password_reset_tokens" if tokens_ended else "password_reset"
    _password_tell(actor, code, user_id, event_id, at)
    sessions_end(actor, user_id, keep=None, at=at)
    devices_forget(user_id)
    return tokens_ended


def _password_tell(actor: Actor, code: str, user_id: UUID, event_id: UUID, at: datetime) -> None:
    """In the app; allauth writes the mail."""
    notice_send(actor, notice_kinds.SECURITY, code, [user_id], event_id=event_id, by_mail=False, at=at)
