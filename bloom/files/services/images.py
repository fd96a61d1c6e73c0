"""Pictures of people and practices: stored, kept and removed."""

import uuid
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from bloom.files import images, selectors
from bloom.files.models import StoredFile
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import network_check, transactional

# So long an app has to keep what it has just stored.
_NEW = timedelta(hours=1)


def image_store(
    actor: Actor, *, owner_id: UUID, content: bytes, side: int, at: datetime, whole: bool = False
) -> UUID:
    """Store a picture as a square of `side` pixels, or the `whole` of it within such a square, sealed with
    the owner's key. It is removed within the hour unless `image_keep` is called for it. Not inside a
    transaction. Raises ImageRefused.
    """
    network_check("a stored file")
    picture = (images.image_whole if whole else images.image_square)(content, side)
    file_id = uuid.uuid4()
    # latin-1 says each byte as one letter, for the vault seals text.
    sealed = vault.seal(owner_id, picture.decode("latin-1"), selectors.file_place(file_id))
    row = StoredFile(
        id=file_id,
        owner_id=owner_id,
        name=f"images/{file_id.hex}",
        content_type=images.CONTENT_TYPE,
        size=len(picture),
        created_at=at,
        remove_at=at + _NEW,
    )
    # The row first: whatever happens next, the sweep knows of the file.
    row_save(row)
    default_storage.save(row.name, ContentFile(sealed))
    return file_id


@transactional
def image_keep(actor: Actor, file_id: UUID, *, at: datetime) -> None:
    """What was stored is in use. Called in the transaction that puts it to use."""
    StoredFile.objects.unscoped(reason="its app keeps it").filter(id=file_id).update(remove_at=None)


@transactional
def image_remove(actor: Actor, file_id: UUID, *, at: datetime) -> None:
    """Nobody uses it any more: the sweep removes it. Called in the transaction that stops using it."""
    StoredFile.objects.unscoped(reason="its app is done with it").filter(id=file_id).update(remove_at=at)


@transactional
def row_save(row: StoredFile) -> None:
    """The row of a file that is about to be stored."""
    row.save(force_insert=True)
