"""Addresses: whose they are, and which are about to change."""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Q

from accounts.models import EmailChange, User
from accounts.selectors.tokens import tokens_open
from accounts.types import EmailChangeState, EmailChangeView, EmailUndoView
from bloom.kernel import vault
from bloom.kernel.actor import Actor

_OPEN_TO_UNDO = (EmailChangeState.WAITING, EmailChangeState.DONE)


def email_change_get(actor: Actor, *, at: datetime) -> EmailChangeView | None:
    """The change of the actor's own address that waits for its code; None when none does. One query."""
    row = (
        EmailChange.objects.visible_to(actor)
        .filter(user_id=actor.require_user(), state=EmailChangeState.WAITING, expires_at__gt=at)
        .first()
    )
    if row is None:
        return None
    return EmailChangeView(
        email=row.email, expires_at=row.expires_at, is_here=row.session_id == (actor.session_id or "")
    )


def email_undo_get(change_id: UUID, *, at: datetime) -> EmailUndoView | None:
    """What the link in a mail to the old address can still take back; None for nothing. The link, which
    names the change, is the proof.
    """
    row = (
        EmailChange.objects.unscoped(reason="the link that was mailed to the old address is the proof")
        .filter(id=change_id, state__in=_OPEN_TO_UNDO, undo_until__gt=at, user__is_active=True)
        .first()
    )
    if row is None:
        return None
    return EmailUndoView(
        change_id=row.id,
        old_email=row.old_email,
        is_done=row.state == EmailChangeState.DONE,
        has_tokens=tokens_open(row.user_id, at=at),
    )


def email_is_held(email: str, *, by_other_than: UUID, at: datetime) -> bool:
    """Is this address somebody else's: theirs now, or theirs to have back? For services, never for a page."""
    changes = EmailChange.objects.unscoped(reason="whether an address may still go back to its person")
    return (
        User.objects.filter(email=email).exclude(id=by_other_than).exists()
        or EmailAddress.objects.filter(email=email, verified=True).exclude(user_id=by_other_than).exists()
        or changes.filter(old_email=email, state=EmailChangeState.DONE, undo_until__gt=at)
        .exclude(user_id=by_other_than)
        .exists()
    )


def email_code_hash(change_id: UUID, code: str) -> bytes:
    """What is kept of a code."""
    return vault.keyed_hash("accounts.email_change", f"{change_id}:{code}")


def email_undo_rows(user_id: UUID) -> Q:
    """The changes of somebody's address that could still be taken back."""
    return Q(user_id=user_id, state__in=_OPEN_TO_UNDO)
