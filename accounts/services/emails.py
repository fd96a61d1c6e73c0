"""Another address for one's account: asked for, shown to be one's own, and taken back by the old one."""

import hmac
import secrets
import uuid
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from accounts import errors, events, notice_kinds, rules, selectors
from accounts.models import EmailChange, User
from accounts.services.factors import factor_check
from accounts.services.names import email_check
from accounts.services.notices import notice_send
from accounts.services.sessions import sessions_end
from accounts.services.tokens import tokens_revoke
from accounts.services.unverified import address_free
from accounts.services.ways_in import ways_in_end
from accounts.types import (
    EMAIL_CODE_HOLDS,
    EMAIL_CODE_TRIES,
    EMAIL_UNDO_HOLDS,
    DropReason,
    EmailChangeAsked,
    EmailChangeState,
    EmailCodeUse,
    EmailCodeVerdict,
)
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed, NotFound
from bloom.kernel.events import Event
from observability import services as observability_services

_CODE_LETTERS = 8
_ONCE = {"user_email_once": errors.EmailTaken, "unique_verified_email": errors.EmailTaken}


@transactional
def email_change_ask(actor: Actor, email: str, *, at: datetime) -> EmailChangeAsked:
    """Ask for another address. It counts once its code was typed in the same session; until then nothing
    changes. What waited before is over. For an address that somebody has already there is no code.

    Raises Invalid, FreshFactorNeeded, NotAllowed (a token: what changes a way in is done by its person).
    """
    person_id = actor.require_user()
    if actor.token_id is not None:
        raise NotAllowed(object_kind=events.USER, object_id=person_id, exists=True)
    factor_check(actor, at=at)
    address = email_check(email)
    person = User.objects.select_for_update().get(id=person_id)
    if person.email == address:
        raise Invalid(errors={"email": [_("This is your address already.")]})
    _waiting_end(actor, person_id, at)
    code = "".join(secrets.choice(rules.CODE_LETTERS) for _letter in range(_CODE_LETTERS))
    change_id = uuid.uuid4()
    change = EmailChange.objects.create(
        id=change_id,
        user_id=person_id,
        session_id=actor.session_id or "",
        state=EmailChangeState.WAITING,
        old_email=person.email,
        email=address,
        code_hash=selectors.email_code_hash(change_id, code),
        asked_at=at,
        expires_at=at + EMAIL_CODE_HOLDS,
        undo_until=at + EMAIL_UNDO_HOLDS,
    )
    _record(actor, events.EmailChangeAsked(object_id=change.id, subject_id=person_id), at)
    # Who only typed it at sign-up holds nothing: the code in its mailbox decides.
    is_held = selectors.unverified_of(address) is None and selectors.email_is_held(
        address, by_other_than=person_id, at=at
    )
    return EmailChangeAsked(
        id=change.id,
        email=address,
        old_email=person.email,
        code=None if is_held else code,
        expires_at=change.expires_at,
    )


@transactional(constraints=_ONCE)
def email_change_confirm(actor: Actor, code: str, *, at: datetime) -> EmailCodeUse:
    """Type the code from the mail to the new address, in the session in which it was asked for: from now on
    the address is the person's; their other sessions and all tokens end. Five wrong codes, and it is over.

    Raises EmailTaken when somebody took the address meanwhile.
    """
    person_id = actor.require_user()
    person = User.objects.select_for_update().get(id=person_id)
    change = (
        EmailChange.objects.visible_to(actor)
        .select_for_update()
        .filter(user_id=person_id, state=EmailChangeState.WAITING)
        .first()
    )
    if (
        change is None
        or change.expires_at <= at
        or change.wrong >= EMAIL_CODE_TRIES
        or not actor.session_id
        or change.session_id != actor.session_id
    ):
        return EmailCodeUse(verdict=EmailCodeVerdict.OVER)
    typed = selectors.email_code_hash(change.id, rules.code_normal(code))
    if not hmac.compare_digest(typed, bytes(change.code_hash)):
        change.wrong += 1
        change.save(update_fields=["wrong"])
        _record(actor, events.EmailChangeFailed(object_id=change.id, subject_id=person_id), at)
        over = change.wrong >= EMAIL_CODE_TRIES
        return EmailCodeUse(verdict=EmailCodeVerdict.OVER if over else EmailCodeVerdict.WRONG)
    address_free(actor, change.email, reason=DropReason.CONFIRMED_BY_ANOTHER, at=at)
    if selectors.email_is_held(change.email, by_other_than=person_id, at=at):
        raise errors.EmailTaken
    change.state, change.closed_at = EmailChangeState.DONE, at
    change.undo_until = at + EMAIL_UNDO_HOLDS
    change.save(update_fields=["state", "closed_at", "undo_until"])
    _address_set(person, change.email)
    event_id = _record(actor, events.EmailChanged(object_id=person_id, subject_id=person_id), at)
    tokens_ended = tokens_revoke(actor, person_id, at=at)
    # Both addresses get a mail of their own.
    notice_send(
        actor,
        notice_kinds.SECURITY,
        "email_changed_tokens" if tokens_ended else "email_changed",
        [person_id],
        event_id=event_id,
        by_mail=False,
        at=at,
    )
    sessions_end(actor, person_id, keep=actor.session_id, at=at)
    return EmailCodeUse(
        verdict=EmailCodeVerdict.RIGHT,
        change_id=change.id,
        old_email=change.old_email,
        email=change.email,
        tokens_ended=tokens_ended,
    )


@transactional
def email_change_cancel(actor: Actor, *, at: datetime) -> None:
    """Leave everything as it is. Nothing to leave is no error."""
    person_id = actor.require_user()
    User.objects.select_for_update().get(id=person_id)
    _waiting_end(actor, person_id, at)


@transactional(constraints=_ONCE)
def email_change_undo(actor: Actor, change_id: UUID, *, at: datetime) -> UUID:
    """The old address says that it was not its person: it is theirs again. Every session and token ends; the
    password opens nothing any more, nor does a factor or an outside account that was added since, or in the
    week before: whoever asked for the change may have made their own way in first. No later change can bring
    another address back. Whose account it is.

    The caller has seen the link that was mailed to the old address. Raises NotFound for what is over,
    EmailTaken.
    """
    rows = EmailChange.objects.unscoped(reason="the link that was mailed to the old address is the proof")
    person_id = rows.filter(id=change_id).values_list("user_id", flat=True).first()
    person = User.objects.select_for_update().filter(id=person_id, is_active=True).first()
    undo = selectors.email_undo_get(change_id, at=at)
    if person is None or undo is None:
        raise NotFound
    since = rows.get(id=change_id).asked_at
    later = rows.filter(selectors.email_undo_rows(person.id), asked_at__gte=since)
    later.update(state=EmailChangeState.UNDONE, closed_at=at)
    if person.email != undo.old_email:
        _address_set(person, undo.old_email)
    User.objects.filter(id=person.id).update(password=make_password(None))
    event_id = _record(actor, events.EmailRestored(object_id=person.id, subject_id=person.id), at)
    code = "email_restored_tokens" if tokens_revoke(actor, person.id, at=at) else "email_restored"
    notice_send(actor, notice_kinds.SECURITY, code, [person.id], event_id=event_id, at=at)
    ways_in_end(actor, person.id, since=since - EMAIL_UNDO_HOLDS, at=at)
    sessions_end(actor, person.id, keep=None, at=at)
    return person.id


def _address_set(person: User, address: str) -> None:
    """One's address, and allauth's row of it: one row, shown to be theirs."""
    User.objects.filter(id=person.id).update(email=address)
    EmailAddress.objects.filter(user_id=person.id).delete()
    EmailAddress.objects.create(user_id=person.id, email=address, verified=True, primary=True)


def _waiting_end(actor: Actor, person_id: UUID, at: datetime) -> None:
    mine = EmailChange.objects.unscoped(reason="what the person asked for before is over")
    for change in mine.filter(user_id=person_id, state=EmailChangeState.WAITING):
        change.state, change.closed_at = EmailChangeState.ENDED, at
        change.save(update_fields=["state", "closed_at"])
        _record(actor, events.EmailChangeEnded(object_id=change.id, subject_id=person_id), at)


def _record(actor: Actor, event: Event, at: datetime) -> UUID:
    return observability_services.event_record(actor, event, at=at)
