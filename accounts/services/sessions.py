"""Sign-ins: that they begin, fail and end."""

from datetime import datetime, timedelta
from uuid import UUID

from accounts import events, notice_kinds, rules, selectors, useragents
from accounts.models import KnownDevice, Session, User
from accounts.services.notices import notice_send
from accounts.types import Authority, SessionOver, SignInMethod
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotFound
from observability import services as observability_services

SESSION_SEEN_EVERY = timedelta(minutes=1)


@transactional
def session_started(
    actor: Actor, user_id: UUID, session_id: str, method: SignInMethod, *, at: datetime
) -> None:
    """A person has signed in."""
    observability_services.event_record(
        actor, events.SessionStarted(object_id=UUID(session_id), subject_id=user_id, method=method), at=at
    )


def session_seen(actor: Actor, authority: Authority, *, at: datetime) -> None:
    """Its person is there. Noted at most once in SESSION_SEEN_EVERY: most requests write nothing."""
    last = authority.last_used_at
    if authority.session_id is not None and (last is None or at - last >= SESSION_SEEN_EVERY):
        _session_seen(authority.session_id, at)


@transactional
def _session_seen(session_id: str, at: datetime) -> None:
    Session.objects.filter(session_key=session_id, seen_at__lt=at).update(seen_at=at)


@transactional
def device_note(actor: Actor, user_id: UUID, device_hash: bytes, *, at: datetime, tell: bool = False) -> bool:
    """A person is in a browser; True when it did not know them, and others did. With `tell` they are told."""
    mine = KnownDevice.objects.unscoped(reason="whether this browser knows its person").filter(
        user_id=user_id
    )
    if mine.filter(hash=device_hash).update(last_at=at):
        return False
    # The person is the lock, so that two sign-ins at once make one row.
    User.objects.select_for_update().get(id=user_id)
    is_first = not mine.exists()
    device, is_new = mine.get_or_create(
        user_id=user_id, hash=device_hash, defaults={"first_at": at, "last_at": at}
    )
    if is_new:
        event_id = observability_services.event_record(
            actor, events.DeviceAdded(object_id=device.id, subject_id=user_id, is_first=is_first), at=at
        )
        if tell and not is_first:
            browser, system = useragents.device_parts(actor.device)
            notice_send(
                actor,
                notice_kinds.SECURITY,
                "device_new",
                [user_id],
                event_id=event_id,
                params={
                    "browser": rules.plain_or_nothing(browser),
                    "system": rules.plain_or_nothing(system),
                    "ip": rules.plain_or_nothing(actor.ip or ""),
                },
                at=at,
            )
    return is_new and not is_first


@transactional
def session_expire(actor: Actor, session_id: str, *, at: datetime) -> SessionOver | None:
    """End a session that nobody used for too long, or that has lasted too long; why. None while it lasts."""
    session = Session.objects.select_for_update().filter(session_key=session_id).first()
    if session is None or session.user_id is None:
        return None
    over = selectors.session_over(session, at=at)
    if over is not None:
        session.delete()
        observability_services.event_record(
            actor,
            events.SessionEnded(object_id=UUID(session_id), subject_id=session.user_id, over=over),
            at=at,
        )
    return over


@transactional
def sessions_end_others(actor: Actor, *, at: datetime) -> None:
    """End all of one's own sessions but the one that asks."""
    sessions_end(actor, actor.require_user(), keep=actor.session_id, at=at)


@transactional
def session_end(actor: Actor, session_id: UUID, *, at: datetime) -> None:
    """End one of one's own sessions; open sockets notice within seconds. Raises NotFound."""
    named = Session.objects.filter(session_key=session_id.hex)
    deleted, _rows = named.filter(user_id=actor.require_user()).delete()
    if not deleted:
        raise NotFound(object_kind=events.SESSION, object_id=session_id, exists=named.exists())
    observability_services.event_record(
        actor, events.SessionEnded(object_id=session_id, subject_id=actor.user_id), at=at
    )


@transactional
def sign_in_failed(actor: Actor, email: str, *, at: datetime) -> None:
    """Somebody gave an address and a password that do not belong together."""
    _attempt_record(actor, events.SignInFailed, email, at)


@transactional
def sign_in_limited(actor: Actor, email: str, *, at: datetime) -> None:
    """Somebody went on after too many tries with this address; "" when it was not looked at any more."""
    _attempt_record(actor, events.SignInLimited, email, at)


@transactional
def password_reset_asked(actor: Actor, email: str, *, at: datetime) -> None:
    """Somebody asked for a mail with which the person of this address, if any, chooses a new password."""
    _attempt_record(actor, events.PasswordResetAsked, email, at)


@transactional
def sessions_clear(actor: Actor, *, at: datetime) -> int:
    """Forget the sessions whose time is over; how many they were."""
    deleted, _rows = Session.objects.filter(expire_date__lt=at).delete()
    return deleted


def sessions_end(
    actor: Actor, user_id: UUID, *, keep: str | None, at: datetime, method: str | None = None
) -> None:
    """End a person's sessions, all but the one to keep; with `method`, those that began in that way."""
    open_ = Session.objects.filter(user_id=user_id).exclude(session_key=keep or "")
    ended = list(open_ if method is None else open_.filter(method=method))
    Session.objects.filter(session_key__in=[session.session_key for session in ended]).delete()
    for session in ended:
        observability_services.event_record(
            actor, events.SessionEnded(object_id=UUID(session.session_key), subject_id=user_id), at=at
        )


def _attempt_record(
    actor: Actor,
    event: type[events.SignInFailed | events.SignInLimited | events.PasswordResetAsked],
    email: str,
    at: datetime,
) -> None:
    """What was tried with an address: the same work whether it is somebody's or nobody's."""
    user_id = User.objects.filter(email=rules.email_normal(email)).values_list("id", flat=True).first()
    observability_services.event_record(
        actor, event(object_id=user_id or events.NOBODY, subject_id=user_id), at=at
    )
