"""The job that looks at what was sent. Until it is done nobody gets a byte of it."""

import uuid
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, QuerySet

from bloom.files import confined, rules, sealing, selectors
from bloom.files.checks.examine import Examined
from bloom.files.checks.faults import Fault, Refused
from bloom.files.events import UploadChecked
from bloom.files.integrations.clamd import tcp as clamd
from bloom.files.integrations.stores import store_get
from bloom.files.models import StoredFile, Upload
from bloom.files.services.images import row_save
from bloom.files.types import UPLOAD_LASTS, UploadState
from bloom.kernel import clock, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import network_check, transactional
from observability import logs
from observability import services as observability_services

logger = logs.get_logger(__name__)

# Whoever has taken one has so long, then another may.
LEASE: Final = timedelta(minutes=2)
TRIES: Final = 5
# A job goes on for so long, and leaves the rest to the next: well below what Celery allows (`jobs.py`).
GOES_ON: Final = timedelta(seconds=20)
_AGAIN_AFTER: Final = timedelta(seconds=15)
_THUMBNAIL = "image/webp"


def upload_check(actor: Actor, upload_id: UUID, *, at: datetime) -> None:
    """Look at one upload now, unless somebody else does, and then at what else its person has sent meanwhile.
    For the system's job.
    """
    row = None
    for moment in clock.moments(at, goes_on=GOES_ON):
        row = _claim(at=moment, person_id=row.person_id) if row else _claim(at=moment, upload_id=upload_id)
        if row is None or not _check(actor, row, at=moment):
            return


def uploads_check(actor: Actor, *, at: datetime) -> int:
    """Look at every upload that waits; how many. For the system's job: the hint for one may be lost."""
    done = 0
    for moment in clock.moments(at, goes_on=GOES_ON):
        row = _claim(at=moment)
        if row is None:
            break
        _check(actor, row, at=moment)
        done += 1
    return done


@transactional
def _claim(*, at: datetime, upload_id: UUID | None = None, person_id: UUID | None = None) -> Upload | None:
    """Take one that is due. Of each person one at a time: nobody's heap keeps everybody's files waiting."""
    others = _rows().filter(person_id=OuterRef("person_id"), tries__gt=0, due_at__gt=at)
    due = _rows().filter(~Exists(others), due_at__lte=at)
    if upload_id is not None:
        due = due.filter(id=upload_id)
    if person_id is not None:
        due = due.filter(person_id=person_id)
    first = due.order_by("due_at", "id").first()
    if first is None:
        return None
    # Again behind the lock of all that this person has here: two may have found the same, or two of theirs.
    theirs = list(_rows().select_for_update().filter(person_id=first.person_id).order_by("id"))
    if any(each.tries and each.due_at and each.due_at > at for each in theirs):
        return None
    row = next((each for each in theirs if each.id == first.id), None)
    if row is not None:
        row.due_at, row.tries = at + LEASE, row.tries + 1
        row.save(update_fields=["due_at", "tries"])
    return row


def _rows() -> QuerySet[Upload]:
    rows = Upload.objects.unscoped(reason="the job looks at what was sent")
    return rows.filter(state=UploadState.CHECKING.value)


def _check(actor: Actor, row: Upload, *, at: datetime) -> bool:
    """Decide about one upload: kept or refused. False when it has to be looked at again later."""
    network_check("a stored file")
    store = store_get()
    try:
        # It takes its worker along each time.
        if row.tries > TRIES:
            raise Refused(Fault.UNCHECKED)
        head = sealing.head_open(row.head, selectors.upload_place(row.id))
        found = _look(row, head)
        name = rules.name_fitting(head.name, found.kind)
        file_id = _store(row, name, found.content, found.kind.value, at=at)
        thumbnail_id = _store(row, name, found.thumbnail, _THUMBNAIL, at=at) if found.thumbnail else None
        _keep(actor, row, found, name, file_id, thumbnail_id, at=clock.now())
    except Refused as refused:
        _refuse(actor, row, refused.fault, at=clock.now())
    except (FileNotFoundError, vault.VaultError):
        logger.exception("files.upload_lost", upload_id=row.id)
        _refuse(actor, row, Fault.DAMAGED, at=clock.now())
    except SoftTimeLimitExceeded:
        # The job's own end, not this file's: whoever takes it next begins anew.
        raise
    except Exception:
        # Not the file's fault, as far as anybody can tell.
        logger.exception("files.check_failed", upload_id=row.id)
        _postpone(row.id, at=clock.now())
        return False
    store.delete(row.name)
    return True


def _look(row: Upload, head: sealing.Head) -> Examined:
    store = store_get()
    # What lies there is read once, and what was read is what is looked at and kept.
    content = store.read(row.name, row.size + sealing.OVERHEAD + 1)
    if store.is_sealed:
        content = sealing.content_open(head.key, content, row.id)
    if len(content) > row.size:
        raise Refused(Fault.TOO_LARGE)
    if clamd.is_asked() and clamd.harm_find(content):
        raise Refused(Fault.MALWARE)
    return confined.examine(content, rules.suffix_of(head.name))


def _store(row: Upload, name: str, content: bytes, content_type: str, *, at: datetime) -> UUID:
    file_id, head = uuid.uuid4(), sealing.Head.new(name)
    file = StoredFile(
        id=file_id,
        practice_id=row.practice_id,
        owner_id=row.person_id,
        name=f"files/{file_id.hex}",
        content_type=content_type,
        size=len(content),
        head=sealing.head_seal(row.person_id, head, selectors.head_place(file_id)),
        created_at=at,
        remove_at=at + UPLOAD_LASTS,
    )
    # The row first: whatever happens next, the sweep knows of the file.
    row_save(file)
    default_storage.save(file.name, ContentFile(sealing.content_seal(head.key, content, file_id)))
    return file_id


@transactional
def _keep(
    actor: Actor,
    row: Upload,
    found: Examined,
    name: str,
    file_id: UUID,
    thumbnail_id: UUID | None,
    *,
    at: datetime,
) -> None:
    now = _checking(row.id)
    if now is None:
        # Dropped meanwhile: the sweep removes what was stored.
        return
    now.state, now.due_at = UploadState.READY.value, None
    now.file_id, now.thumbnail_id = file_id, thumbnail_id
    now.content_type, now.size = found.kind.value, len(found.content)
    now.width, now.height = found.width, found.height
    now.head = sealing.head_seal(row.person_id, sealing.Head.new(name), selectors.upload_place(row.id))
    now.save()
    _record(actor, now, found.kind.value, "", at)


@transactional
def _refuse(actor: Actor, row: Upload, fault: Fault, *, at: datetime) -> None:
    now = _checking(row.id)
    if now is None:
        return
    now.state, now.due_at, now.fault = UploadState.REFUSED.value, None, fault.value
    now.save(update_fields=["state", "due_at", "fault"])
    _record(actor, now, "", fault.value, at)


@transactional
def _postpone(upload_id: UUID, *, at: datetime) -> None:
    rows = Upload.objects.unscoped(reason="the job looks at it again later")
    rows.filter(id=upload_id, state=UploadState.CHECKING.value).update(due_at=at + _AGAIN_AFTER)


def _checking(upload_id: UUID) -> Upload | None:
    rows = Upload.objects.unscoped(reason="the job notes what it found").select_for_update()
    return rows.filter(id=upload_id, state=UploadState.CHECKING.value).first()


def _record(actor: Actor, row: Upload, kind: str, fault: str, at: datetime) -> None:
    checked = UploadChecked(
        object_id=row.id,
        practice_id=row.practice_id,
        subject_id=row.person_id,
        kind=kind or "none",
        fault=fault or "none",
    )
    observability_services.event_record(actor, checked, at=at)
