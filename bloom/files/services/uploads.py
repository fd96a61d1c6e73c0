"""Sending a file: asked for, sent by form, checked by a job, and put to use by an app."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _

from bloom.files import errors, hints, rules, sealing, selectors, words
from bloom.files.checks.faults import Fault
from bloom.files.checks.kinds import Kind
from bloom.files.integrations.stores import store_get
from bloom.files.integrations.stores.local import BadForm, LocalStore, policy_read
from bloom.files.models import StoredFile, Upload
from bloom.files.types import (
    FORM_LASTS,
    HELD_LASTS,
    UPLOAD_LASTS,
    KeptFile,
    UploadAsked,
    UploadState,
    UploadView,
)
from bloom.kernel import limits
from bloom.kernel.actor import Actor
from bloom.kernel.db import after_commit, network_check, transactional
from bloom.kernel.errors import Invalid

# What browsers say when they do not know.
_UNKNOWN: Final = "application/octet-stream"
_ALSO: Final = {
    "image/jpg": Kind.JPEG.value,
    "image/pjpeg": Kind.JPEG.value,
    "image/heif": Kind.HEIC.value,
    "": _UNKNOWN,
}


def upload_ask(actor: Actor, *, name: str, content_type: str, size: int, at: datetime) -> UploadAsked:
    """A form by which the actor sends one file, within 15 minutes. What it is, its bytes will tell: the
    declared type only refuses early what could not be kept anyway.

    Raises Invalid, FileTooLarge, UploadsFull and RateLimited.
    """
    person_id = actor.require_user()
    title, declared = rules.name_clean(name), _declared(content_type)
    if not title:
        raise Invalid(errors={"name": [_("Please give the file a name.")]})
    if size < 1:
        raise Invalid(errors={"size": [words.fault_words(Fault.EMPTY)]})
    if size > settings.FILE_BYTES_MOST:
        raise errors.FileTooLarge(most=settings.FILE_BYTES_MOST)
    if declared not in {_UNKNOWN, *Kind}:
        raise Invalid(errors={"content_type": [words.fault_words(Fault.KIND)]})
    limits.limit_check(f"files.upload:{person_id}", settings.UPLOADS_PER_HOUR, 3600)
    upload_id = uuid.uuid4()
    row = Upload(
        id=upload_id,
        practice_id=actor.practice_id,
        person_id=person_id,
        state=UploadState.WAITING.value,
        name=f"uploads/{upload_id.hex}",
        content_type=declared,
        size=size,
        created_at=at,
        expires_at=at + FORM_LASTS,
        remove_at=at + UPLOAD_LASTS,
    )
    _row_save(row, title)
    form = store_get().form(row.name, content_type=declared, size=size, expires_at=row.expires_at)
    return UploadAsked(upload=selectors.upload_view(row), form=form)


def upload_receive(actor: Actor, fields: Mapping[str, Any], content: bytes, *, at: datetime) -> None:
    """Take the file of a form that this server signed, once, sealed before it touches a disk.

    Raises FormRefused, and FileTooLarge for more than the form allows.
    """
    network_check("a stored file")
    try:
        policy = policy_read(fields)
    except BadForm:
        raise errors.FormRefused from None
    if at >= policy.expires_at:
        raise errors.FormRefused
    if not content or len(content) > policy.size:
        raise errors.FileTooLarge(most=policy.size)
    row = _claim(policy.key, at=at)
    try:
        head = sealing.head_open(row.head, selectors.upload_place(row.id))
        LocalStore().save(row.name, sealing.content_seal(head.key, content, row.id))
    except BaseException:
        # It can be sent again.
        _unclaim(row.id)
        raise


def upload_complete(actor: Actor, upload_id: UUID, *, at: datetime) -> UploadView:
    """The file has been sent: a job looks at it now. Twice is once.

    Raises NotFound, UploadMissing and FileTooLarge.
    """
    row = Upload.objects.visible_to(actor).get_or_refuse(pk=upload_id)
    if row.state == UploadState.WAITING and not _has_arrived(row):
        raise errors.UploadMissing
    return _complete(actor, upload_id, at=at)


@transactional
def _complete(actor: Actor, upload_id: UUID, *, at: datetime) -> UploadView:
    row = Upload.objects.visible_to(actor).select_for_update().get_or_refuse(pk=upload_id)
    if row.state in {UploadState.WAITING, UploadState.ARRIVED}:
        row.state, row.due_at = UploadState.CHECKING.value, at
        row.save(update_fields=["state", "due_at"])
        after_commit(lambda: hints.upload_waits(upload_id))
    return selectors.upload_view(row)


@transactional
def upload_drop(actor: Actor, upload_id: UUID, *, at: datetime) -> None:
    """The actor does not want to send it after all: the sweep removes it. Raises NotFound, and UploadNotReady
    for one that is held.
    """
    row = Upload.objects.visible_to(actor).select_for_update().get_or_refuse(pk=upload_id)
    if row.state == UploadState.HELD:
        raise errors.UploadNotReady
    _drop(actor, row, at=at)


def _drop(actor: Actor, row: Upload, *, at: datetime) -> None:
    row.state, row.due_at, row.remove_at = UploadState.DROPPED.value, None, at
    row.save(update_fields=["state", "due_at", "remove_at"])
    files_remove(actor, [each for each in (row.file_id, row.thumbnail_id) if each], at=at)


@transactional
def uploads_hold(actor: Actor, upload_ids: Sequence[UUID], *, owner_id: UUID, at: datetime) -> None:
    """Keep the actor's own checked uploads, for up to two years, for what is to use them later: nothing else
    does. They open with the key of `owner_id` from now on. Called in the transaction that promises them.

    Raises UploadNotReady, as `uploads_take` does.
    """
    for row in _locked(actor, upload_ids, UploadState.READY):
        assert row.file_id is not None
        row.state, row.remove_at = UploadState.HELD.value, at + HELD_LASTS
        place = selectors.upload_place(row.id)
        row.head = sealing.head_seal(owner_id, sealing.head_open(row.head, place), place)
        row.save(update_fields=["state", "remove_at", "head"])
        for file_id in (row.file_id, row.thumbnail_id):
            if file_id is not None:
                _give(file_id, owner_id, remove_at=row.remove_at)


@transactional
def uploads_release(actor: Actor, upload_ids: Sequence[UUID], *, at: datetime) -> None:
    """What was held is not to be used after all: the sweep removes it. Called in the transaction that gives
    it up.
    """
    held = Upload.objects.visible_to(actor).filter(id__in=upload_ids, state=UploadState.HELD.value)
    for row in held.select_for_update().order_by("id"):
        _drop(actor, row, at=at)


@transactional
def uploads_take(
    actor: Actor, upload_ids: Sequence[UUID], *, owner_id: UUID, are_held: bool = False, at: datetime
) -> list[KeptFile]:
    """Put the actor's own checked uploads to use, each once: their files are kept, and open with the key of
    `owner_id` from now on. `are_held`: the ones that were held for this. Called in the transaction that uses
    them. In the order that was given.

    Raises UploadNotReady for any that is not there, not checked, refused, held for something else, or in use.
    """
    taken = []
    for row in _locked(actor, upload_ids, UploadState.HELD if are_held else UploadState.READY):
        assert row.file_id is not None
        name = _give(row.file_id, owner_id)
        if row.thumbnail_id is not None:
            _give(row.thumbnail_id, owner_id)
        taken.append(
            KeptFile(
                upload_id=row.id,
                file_id=row.file_id,
                thumbnail_id=row.thumbnail_id,
                name=name,
                content_type=row.content_type,
                size=row.size,
                width=row.width,
                height=row.height,
            )
        )
    used = Upload.objects.unscoped(reason="they are in use").filter(id__in=upload_ids)
    if store_get().is_sealed:
        used.delete()
    else:
        # The store may still take something by the form: the sweep needs the name until that is over.
        used.update(state=UploadState.DROPPED.value, file_id=None, thumbnail_id=None, remove_at=at)
    return taken


def _locked(actor: Actor, upload_ids: Sequence[UUID], state: UploadState) -> list[Upload]:
    """These uploads in the order that was given, all of them in that state. Raises UploadNotReady."""
    found = Upload.objects.visible_to(actor).filter(id__in=upload_ids, state=state.value)
    rows = {row.id: row for row in found.select_for_update().order_by("id")}
    if len(set(upload_ids)) != len(upload_ids) or rows.keys() != set(upload_ids):
        raise errors.UploadNotReady
    return [rows[upload_id] for upload_id in upload_ids]


@transactional
def files_remove(actor: Actor, file_ids: Iterable[UUID], *, at: datetime) -> None:
    """Nobody uses these any more: the sweep removes them. Called in the transaction that stops using them."""
    rows = StoredFile.objects.unscoped(reason="their app is done with them")
    rows.filter(id__in=list(file_ids)).update(remove_at=at)


def _declared(content_type: str) -> str:
    plain = content_type.partition(";")[0].strip().lower()
    return _ALSO.get(plain, plain)


@transactional
def _row_save(row: Upload, title: str) -> None:
    # The declared sizes: more than that never comes, and what was put to use is no upload any more.
    own = Upload.objects.unscoped(reason="what a person has waiting").filter(person_id=row.person_id)
    waiting = own.exclude(state=UploadState.DROPPED.value).aggregate(bytes=Sum("size"))["bytes"] or 0
    if waiting + row.size > settings.UPLOADS_WAITING_BYTES:
        raise errors.UploadsFull(most=settings.UPLOADS_WAITING_BYTES)
    row.head = sealing.head_seal(row.person_id, sealing.Head.new(title), selectors.upload_place(row.id))
    row.save(force_insert=True)


@transactional
def _claim(name: str, *, at: datetime) -> Upload:
    """The upload of this name has its file from now on. Raises FormRefused when it had one, or is over."""
    rows = Upload.objects.unscoped(reason="whoever has its signed form may send its file")
    row = rows.select_for_update().filter(name=name, state=UploadState.WAITING.value).first()
    if row is None or at >= row.expires_at:
        raise errors.FormRefused
    row.state = UploadState.ARRIVED.value
    row.save(update_fields=["state"])
    return row


@transactional
def _unclaim(upload_id: UUID) -> None:
    rows = Upload.objects.unscoped(reason="its file was not stored")
    rows.filter(id=upload_id, state=UploadState.ARRIVED.value).update(state=UploadState.WAITING.value)


def _has_arrived(row: Upload) -> bool:
    """Only where people send their files straight to a store does nobody tell that one has come."""
    store = store_get()
    if store.is_sealed:
        return False
    arrived = store.size(row.name)
    if arrived is not None and arrived > row.size:
        raise errors.FileTooLarge(most=row.size)
    return arrived is not None


def _give(file_id: UUID, owner_id: UUID, *, remove_at: datetime | None = None) -> str:
    """Keep a file, for this owner, for good or until then; what it is called."""
    row = StoredFile.objects.unscoped(reason="its app keeps it").select_for_update().get(id=file_id)
    assert row.head is not None
    place = selectors.head_place(file_id)
    head = sealing.head_open(row.head, place)
    row.head, row.owner_id, row.remove_at = sealing.head_seal(owner_id, head, place), owner_id, remove_at
    row.save(update_fields=["head", "owner_id", "remove_at"])
    return head.name
