"""Removing what nobody uses any more."""

from datetime import datetime
from uuid import UUID

from django.core.files.storage import default_storage

from bloom.files.integrations.stores import store_get
from bloom.files.models import StoredFile, Upload
from bloom.files.types import FORM_ENDS_LATE
from bloom.kernel.actor import Actor
from bloom.kernel.db import network_check, transactional

_AT_ONCE = 200


def files_sweep(actor: Actor, *, at: datetime) -> int:
    """Remove the files whose time has come, and the uploads that came to nothing; how many. For the system's
    job. The bytes go first: whatever happens in between, the next sweep knows of the row.
    """
    network_check("a stored file")
    due = StoredFile.objects.visible_to(actor).filter(remove_at__lte=at).order_by("remove_at")
    files = list(due.values_list("id", "name")[:_AT_ONCE])
    for file_id, name in files:
        default_storage.delete(name)
        _file_delete(file_id, at)
    store = store_get()
    over = Upload.objects.visible_to(actor).filter(remove_at__lte=at).order_by("remove_at")
    if not store.is_sealed:
        # The store takes what comes by a form, whatever has become of its upload here.
        over = over.filter(expires_at__lte=at - FORM_ENDS_LATE)
    uploads = list(over.values_list("id", "name")[:_AT_ONCE])
    for upload_id, name in uploads:
        store.delete(name)
        _upload_delete(upload_id)
    return len(files) + len(uploads)


@transactional
def _file_delete(file_id: UUID, at: datetime) -> None:
    StoredFile.objects.unscoped(reason="its file is gone").filter(id=file_id).delete()


@transactional
def _upload_delete(upload_id: UUID) -> None:
    Upload.objects.unscoped(reason="it came to nothing").filter(id=upload_id).delete()
