"""What a calendar program of somebody's may read, by a secret address."""

import hashlib
import re
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext, override

from accounts import selectors as accounts_selectors
from bloom.kernel import vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import NotFound
from scheduling.models import Appointment, CalendarFeed
from scheduling.rules import entries as rules
from scheduling.selectors.entries import entries_of, organizer
from scheduling.types import (
    CALLED_OFF,
    FEED_AHEAD,
    FEED_BEHIND,
    FEED_EVERY,
    FEED_MOST,
    FeedText,
    FeedView,
)

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_ACTOR: Final = Actor.for_system("feeds")


def feed_get(actor: Actor) -> FeedView | None:
    """The actor's own."""
    row = CalendarFeed.objects.visible_to(actor).filter(user_id=actor.require_user()).first()
    return None if row is None else FeedView(id=row.id, made_at=row.made_at, fetched_at=row.fetched_at)


def feed_hash(secret: str) -> bytes:
    """What is kept of a secret."""
    return vault.keyed_hash("scheduling.feed", secret)


def feed_find(secret: str) -> UUID:
    """The feed that this secret opens: looked up by its keyed hash, so that how long it takes says nothing
    about how much of a guess is right. Raises NotFound, also where its person has left.
    """
    if not _SECRET.fullmatch(secret):
        raise NotFound
    rows = CalendarFeed.objects.unscoped(reason="whoever holds its secret")
    found = rows.filter(secret_hash=feed_hash(secret), user__is_active=True).values_list("id", flat=True)
    feed_id: UUID | None = found.first()
    if feed_id is None:
        raise NotFound
    return feed_id


def feed_text(feed_id: UUID, *, at: datetime) -> FeedText:
    """The appointments of whose feed this is, as patient, and as therapist in practices where they work, in
    their language. Raises NotFound where it is gone by now.
    """
    feed = CalendarFeed.objects.unscoped(reason="whoever holds its secret").filter(pk=feed_id).first()
    if feed is None:
        raise NotFound
    person_id = feed.user_id
    person = Actor(user_id=person_id, via=Via.JOB)
    practices = [each.id for each in accounts_selectors.practice_list(person)]
    rows = (
        Appointment.objects.unscoped(reason="the feed of the person whose appointments they are")
        .filter(
            Q(patient_id=person_id) | Q(therapist_id=person_id, practice_id__in=practices),
            starts_at__gte=at - FEED_BEHIND,
            starts_at__lt=at + FEED_AHEAD,
        )
        .exclude(state__in=[state.value for state in CALLED_OFF])
        .order_by("starts_at", "id")[:FEED_MOST]
    )
    _email, language = accounts_selectors.mail_addresses([person_id]).get(person_id, ("", "en"))
    with override(language):
        text = rules.entries_write(
            entries_of(_ACTOR, rows), title=gettext("Bloom"), organizer=organizer(), every=FEED_EVERY
        )
    return FeedText(text=text, mark=hashlib.sha256(text.encode()).hexdigest()[:32])
