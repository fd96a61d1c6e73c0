"""Sign-ins: that they begin, fail and end."""

from datetime import datetime
from uuid import UUID

from accounts import events, rules
from accounts.models import Session, User
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotFound
from observability import services as observability_services

# The record names a person in every event; a failed sign-in may have none.
NOBODY = UUID(int=0)


@transactional
def session_started(actor: Actor, user_id: UUID, session_id: str, *, at: datetime) -> None:
    """A person has signed in."""
    observability_services.event_record(
        actor, events.SessionStarted(object_id=UUID(session_id), subject_id=user_id), at=at
    )


@transactional
def session_end(actor: Actor, session_id: str, *, at: datetime) -> None:
    """End one of one's own sessions; open sockets notice within seconds. Raises NotFound."""
    deleted, _rows = Session.objects.filter(session_key=session_id, user_id=actor.require_user()).delete()
    if not deleted:
        raise NotFound(object_kind=events.SESSION, object_id=UUID(session_id))
    observability_services.event_record(
        actor, events.SessionEnded(object_id=UUID(session_id), subject_id=actor.user_id), at=at
    )


@transactional
def sign_in_failed(actor: Actor, email: str, *, at: datetime) -> None:
    """Somebody gave an address and a password that do not belong together."""
    user_id = User.objects.filter(email=rules.email_normal(email)).values_list("id", flat=True).first()
    observability_services.event_record(
        actor, events.SignInFailed(object_id=user_id or NOBODY, subject_id=user_id), at=at
    )


@transactional
def sessions_clear(actor: Actor, *, at: datetime) -> int:
    """Forget the sessions whose time is over; how many they were."""
    deleted, _rows = Session.objects.filter(expire_date__lt=at).delete()
    return deleted


def sessions_end(actor: Actor, user_id: UUID, *, keep: str | None, at: datetime) -> None:
    """End a person's sessions, all but the one to keep."""
    ended = list(Session.objects.filter(user_id=user_id).exclude(session_key=keep or ""))
    Session.objects.filter(session_key__in=[session.session_key for session in ended]).delete()
    for session in ended:
        observability_services.event_record(
            actor, events.SessionEnded(object_id=UUID(session.session_key), subject_id=user_id), at=at
        )
