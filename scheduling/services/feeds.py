"""The address at which a calendar program reads somebody's appointments: made, made anew, ended, read."""

import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings

from accounts import services as accounts_services
from accounts.types import SECURITY_NOTICES
from bloom.kernel import limits, network
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotFound
from bloom.kernel.events import RecordedEvent
from observability import services as observability_services
from scheduling import selectors
from scheduling.events import FeedEnded, FeedMade
from scheduling.models import CalendarFeed
from scheduling.rules import feeds as rules
from scheduling.types import FeedText

# When it was read last is kept by so much, so that programs that come often cost no write each time.
_NOTED_EVERY: Final = timedelta(minutes=10)


def feed_make(actor: Actor, *, at: datetime) -> str:
    """A new secret for the actor's own feed; nothing keeps it, so it is told this once. The one before opens
    nothing any more. Its person is told, since whoever has it reads along. Raises FreshFactorNeeded and
    RateLimited.
    """
    person_id = actor.require_user()
    accounts_services.factor_check(actor, at=at)
    limits.limit_check(f"feed_make:{person_id}", settings.FEEDS_MADE_PER_HOUR, 3600)
    secret = secrets.token_urlsafe(32)
    _make(actor, person_id, selectors.feed_hash(secret), at=at)
    return secret


@transactional
def _make(actor: Actor, person_id: UUID, secret_hash: bytes, *, at: datetime) -> None:
    row, is_new = CalendarFeed.objects.unscoped(reason="one's own").update_or_create(
        user_id=person_id,
        defaults={
            "secret_hash": secret_hash,
            "session_id": actor.session_id or "",
            "made_at": at,
            "fetched_at": None,
        },
    )
    made = FeedMade(object_id=row.id, subject_id=person_id, is_renewed=not is_new)
    event_id = observability_services.event_record(actor, made, at=at)
    accounts_services.notice_send(actor, SECURITY_NOTICES, "feed_made", [person_id], event_id=event_id, at=at)


@transactional
def feed_end(actor: Actor, *, at: datetime) -> None:
    """The actor's feed opens nothing from now on. Twice is once."""
    person_id = actor.require_user()
    row = CalendarFeed.objects.visible_to(actor).filter(user_id=person_id).select_for_update().first()
    if row is None:
        return
    ended = FeedEnded(object_id=row.id, subject_id=person_id)
    row.delete()
    observability_services.event_record(actor, ended, at=at)


@transactional
def feed_throw_out(actor: Actor, recorded: RecordedEvent, *, at: datetime) -> None:
    """Something happened by which somebody who may have been in another's account is thrown out: the feed
    that they may have made goes with them, and its person is told. Twice is once; one that was made since
    stays.
    """
    if recorded.subject_id is None:
        return
    rows = CalendarFeed.objects.unscoped(reason="whose way in has ended").select_for_update()
    row = rows.filter(user_id=recorded.subject_id, made_at__lte=recorded.at).first()
    if row is None or not rules.is_thrown_out(row.session_id, recorded):
        return
    ended = FeedEnded(object_id=row.id, subject_id=row.user_id)
    row.delete()
    event_id = observability_services.event_record(actor, ended, at=at)
    accounts_services.notice_send(
        actor, SECURITY_NOTICES, "feed_ended", [ended.subject_id], event_id=event_id, at=at
    )


def feed_read(actor: Actor, secret: str, *, at: datetime) -> FeedText:
    """What the holder of a secret reads. Wrong secrets of one address are counted, since the programs of many
    people may share one; and reads of one feed. Raises NotFound and RateLimited.
    """
    try:
        feed_id = selectors.feed_find(secret)
    except NotFound:
        limits.limit_check(f"feed_guess:{network.place(actor.ip)}", settings.FEED_GUESSES_PER_MINUTE, 60)
        raise
    limits.limit_check(f"feed_read:{feed_id}", settings.FEED_READS_PER_HOUR, 3600)
    read = selectors.feed_text(feed_id, at=at)
    _noted(feed_id, at=at)
    return read


@transactional
def _noted(feed_id: UUID, *, at: datetime) -> None:
    rows = CalendarFeed.objects.unscoped(reason="when it was read last").filter(pk=feed_id)
    rows.exclude(fetched_at__gt=at - _NOTED_EVERY).update(fetched_at=at)
