"""A person's photo."""

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import events, selectors
from accounts.models import User
from accounts.services.people import profile_change
from accounts.types import ProfileView
from bloom.files import services as files_services
from bloom.kernel import limits
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from observability import services as observability_services

PHOTO_SIDE = 384
_PER_HOUR = 20


def photo_change(actor: Actor, content: bytes, *, at: datetime) -> ProfileView:
    """Show this photo instead of the one before, which is removed. Raises ImageRefused, RateLimited."""
    return _photo_set(actor, _stored(actor, content, at=at), at=at)


def profile_photo_change(actor: Actor, content: bytes, *, at: datetime, **fields: Any) -> ProfileView:
    """What one form tells of a person and their photo (profile_change, photo_change): all of it or nothing.
    Raises ImageRefused, RateLimited, Invalid.
    """
    file_id = _stored(actor, content, at=at)
    return _profile_photo_set(actor, file_id, fields, at=at)


def photo_remove(actor: Actor, *, at: datetime) -> ProfileView:
    """Show initials again."""
    return _photo_set(actor, None, at=at)


def photo_drop(actor: Actor, person: User, *, at: datetime) -> None:
    """Take away the photo of a person in hand, in the transaction that saves them."""
    if person.photo_id is not None:
        files_services.image_remove(actor, person.photo_id, at=at)
        person.photo_id = None


def _stored(actor: Actor, content: bytes, *, at: datetime) -> UUID:
    person_id = actor.require_user()
    limits.limit_check(f"accounts.photo:{person_id}", _PER_HOUR, 3600)
    return files_services.image_store(actor, owner_id=person_id, content=content, side=PHOTO_SIDE, at=at)


@transactional
def _profile_photo_set(actor: Actor, file_id: UUID, fields: dict[str, Any], *, at: datetime) -> ProfileView:
    profile_change(actor, **fields, at=at)
    return _photo_set(actor, file_id, at=at)


@transactional
def _photo_set(actor: Actor, file_id: UUID | None, *, at: datetime) -> ProfileView:
    person = User.objects.select_for_update().get(id=actor.require_user())
    before = person.photo_id
    photo_drop(actor, person, at=at)
    if file_id is not None:
        files_services.image_keep(actor, file_id, at=at)
    if before != file_id:
        User.objects.filter(id=person.id).update(photo_id=file_id)
        observability_services.event_record(
            actor, events.ProfileChanged(object_id=person.id, subject_id=person.id, fields=("photo",)), at=at
        )
    return selectors.profile_get(actor)
