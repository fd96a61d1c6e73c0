"""Credentials for programs."""

import secrets
import string
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import events, notice_kinds, rules, selectors
from accounts.models import ApiToken
from accounts.services.factors import factor_check
from accounts.services.notices import notice_send
from accounts.types import (
    Authority,
    TokenFault,
    TokenIssued,
)
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from observability import services as observability_services

NAME_LENGTH = 100
_NO_TOKEN = UUID(int=0)
TOKEN_USE_EVERY = timedelta(minutes=10)

_PREFIX_LETTERS = string.ascii_lowercase + string.digits


@transactional
def token_issue(
    actor: Actor, user_id: UUID, name: str, scopes: Collection[str], days: int, *, at: datetime
) -> TokenIssued:
    """A token with which a program acts for a person; its text can be read this once.

    For oneself from a session (a token makes no tokens), or by command. It is for the practice in which the
    session works. Raises NotAllowed, Invalid, FreshFactorNeeded.
    """
    if not actor.is_system and (actor.user_id != user_id or actor.token_id is not None):
        raise NotAllowed(object_kind=events.USER, object_id=user_id)
    factor_check(actor, at=at)
    if rules.name_problem(name) or len(name) > NAME_LENGTH:
        raise Invalid(
            errors={"name": [_("A name has 1 to %(count)s ordinary characters.") % {"count": NAME_LENGTH}]}
        )
    if not scopes:
        raise Invalid(errors={"scopes": [_("Choose at least one scope.")]})
    unknown = rules.scopes_unknown(scopes)
    if unknown:
        raise Invalid(errors={"scopes": [_("Unknown scope: %(scope)s.") % {"scope": unknown[0]}]})
    if not 1 <= days <= rules.TOKEN_DAYS_MAX:
        raise Invalid(errors={"days": [_("Between 1 and %(count)s days.") % {"count": rules.TOKEN_DAYS_MAX}]})
    prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _letter in range(12))
    raw = rules.token_write(prefix, secrets.token_urlsafe(32))
    token = ApiToken.objects.create(
        user_id=user_id,
        practice_id=actor.practice_id or selectors.practice_default(actor, user_id),
        name=name.strip(),
        prefix=prefix,
        hash=selectors.token_hash(raw),
        scopes=sorted(set(scopes)),
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    event_id = observability_services.event_record(
        actor,
        events.TokenIssued(
            object_id=token.id,
            practice_id=token.practice_id,
            subject_id=user_id,
            scopes=tuple(token.scopes),
        ),
        at=at,
    )
    notice_send(actor, notice_kinds.SECURITY, "token_made", [user_id], event_id=event_id, at=at)
    return TokenIssued(id=token.id, raw=raw, expires_at=token.expires_at)


@transactional
def token_revoke(actor: Actor, token_id: UUID, *, at: datetime) -> None:
    """The token opens nothing from now on. For its person and for admins; twice is once. Raises NotFound."""
    token = ApiToken.objects.visible_to(actor).select_for_update().get_or_refuse(pk=token_id)
    if token.revoked_at is not None:
        return
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])
    observability_services.event_record(
        actor,
        events.TokenRevoked(object_id=token.id, practice_id=token.practice_id, subject_id=token.user_id),
        at=at,
    )


@transactional
def tokens_revoke(actor: Actor, user_id: UUID, *, at: datetime) -> bool:
    """All of a person's tokens open nothing from now on: their account was, or may be, in other hands.
    Whether there was any: who never had one is not told of them.
    """
    alive = ApiToken.objects.unscoped(reason="all of one person's tokens end").filter(
        user_id=user_id, revoked_at=None, expires_at__gt=at
    )
    tokens = list(alive.select_for_update().order_by("id"))
    for token in tokens:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        observability_services.event_record(
            actor,
            events.TokenRevoked(object_id=token.id, practice_id=token.practice_id, subject_id=user_id),
            at=at,
        )
    return bool(tokens)


@transactional
def token_refused(actor: Actor, raw: str, *, is_limited: bool = False, at: datetime) -> None:
    """A request came with this token, which opens nothing. Of the token that it names, if any, on record."""
    rows = ApiToken.objects.unscoped(reason="which token a refused one says that it is")
    token = rows.filter(prefix=rules.token_prefix(raw) or "").first()
    if token is None:
        fault = TokenFault.UNKNOWN
    else:
        is_it = secrets.compare_digest(bytes(token.hash), selectors.token_hash(raw))
        fault = TokenFault.OVER if is_it else TokenFault.WRONG
    observability_services.event_record(
        actor,
        events.TokenRefused(
            object_id=token.id if token else _NO_TOKEN,
            subject_id=token.user_id if token else None,
            fault=fault,
            is_limited=is_limited,
        ),
        at=at,
    )


def token_used(actor: Actor, authority: Authority, *, at: datetime) -> None:
    """A request was made with a token, which is recorded; when it was last used is noted once in
    TOKEN_USE_EVERY.
    """
    if authority.token_id is not None:
        last = authority.last_used_at
        is_due = last is None or at - last >= TOKEN_USE_EVERY
        _token_use_record(actor, authority.token_id, is_due, at=at)


@transactional
def _token_use_record(actor: Actor, token_id: UUID, is_due: bool, *, at: datetime) -> None:
    if is_due:
        due = Q(last_used_at=None) | Q(last_used_at__lt=at)
        mine = ApiToken.objects.unscoped(reason="its bearer is the actor")
        mine.filter(due, id=token_id).update(last_used_at=at)
    observability_services.event_record(
        actor,
        events.TokenUsed(object_id=token_id, practice_id=actor.practice_id, subject_id=actor.user_id),
        at=at,
    )
