"""A practice's logo."""

from datetime import datetime
from uuid import UUID

from accounts import selectors
from accounts.models import Practice
from accounts.services.members import practice_changed, practice_locked
from accounts.services.practices import practice_check
from accounts.types import PracticeMay
from bloom.files import services as files_services
from bloom.kernel import limits
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional

LOGO_SIDE = 512
_PER_HOUR = 20


def logo_change(actor: Actor, practice_id: UUID, content: bytes, *, at: datetime) -> None:
    """Show this logo instead of the one before, which is removed. Raises NotFound, NotAllowed, ImageRefused,
    RateLimited.
    """
    selectors.practice_see_check(actor, practice_id)
    practice_check(actor, practice_id, PracticeMay.EDIT_PRACTICE)
    limits.limit_check(f"accounts.logo:{practice_id}", _PER_HOUR, 3600)
    file_id = files_services.image_store(
        actor, owner_id=practice_id, content=content, side=LOGO_SIDE, whole=True, at=at
    )
    _logo_set(actor, practice_id, file_id, at=at)


def logo_remove(actor: Actor, practice_id: UUID, *, at: datetime) -> None:
    """Show the name alone again. Raises NotFound, NotAllowed."""
    _logo_set(actor, practice_id, None, at=at)


@transactional
def _logo_set(actor: Actor, practice_id: UUID, file_id: UUID | None, *, at: datetime) -> None:
    practice = practice_locked(actor, practice_id, PracticeMay.EDIT_PRACTICE)
    before = practice.logo_id
    if before == file_id:
        return
    if before is not None:
        files_services.image_remove(actor, before, at=at)
    if file_id is not None:
        files_services.image_keep(actor, file_id, at=at)
    Practice.objects.filter(id=practice_id).update(logo_id=file_id)
    practice_changed(actor, practice_id, "logo", at)
