"""Files by their links. Whoever asks for a link has decided that its reader may see the file."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core import signing
from django.core.files.storage import default_storage
from django.urls import reverse

from bloom.files import sealing, words
from bloom.files.models import StoredFile, Upload
from bloom.files.types import FETCH_LASTS, LINK_STEP, FileContent, UploadState, UploadView
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import network_check
from bloom.kernel.errors import NotFound

# A link of one purpose is none of the other.
_SHOWN = signing.Signer(salt="bloom.files")
_FETCHED = signing.Signer(salt="bloom.files fetched")
FILE = "files.file"


def file_link(file_id: UUID, *, at: datetime, lasts: timedelta = LINK_STEP) -> str:
    """The address under which this picture can be seen for a while, between one and two times `lasts`. No
    query.
    """
    step = int(lasts.total_seconds())
    until = (int(at.timestamp()) // step + 2) * step
    return reverse("file", args=[_SHOWN.sign_object([file_id.hex, until])])


def file_of_link(link: str, *, at: datetime) -> UUID:
    """Which file a link is for. Raises NotFound for one that we did not sign, or whose time is over."""
    return _read(_SHOWN, link, at)[0]


def link_ends(link: str, *, at: datetime) -> datetime:
    """When the time of such a link is over. Raises NotFound, as `file_of_link` does."""
    return _read(_SHOWN, link, at)[1]


def fetch_link(file_id: UUID, *, at: datetime) -> str:
    """The address under which this file can be fetched, as a file, within a minute. No query."""
    until = int((at + FETCH_LASTS).timestamp())
    return reverse("file_fetch", args=[_FETCHED.sign_object([file_id.hex, until])])


def file_of_fetch_link(link: str, *, at: datetime) -> UUID:
    """Which file such a link is for. Raises NotFound, as `file_of_link` does."""
    return _read(_FETCHED, link, at)[0]


def file_content(file_id: UUID) -> FileContent:
    """The file itself. Raises NotFound when it is gone, with its key or without."""
    row = StoredFile.objects.unscoped(reason="whoever has the link may").filter(id=file_id).first()
    if row is None:
        raise NotFound(object_kind=FILE, object_id=file_id)
    network_check("a stored file")
    name = ""
    try:
        with default_storage.open(row.name, "rb") as file:
            sealed = file.read()
        if row.head is None:
            content = vault.open(sealed, file_place(row.id)).encode("latin-1")
        else:
            head = sealing.head_open(row.head, head_place(row.id))
            content, name = sealing.content_open(head.key, sealed, row.id), head.name
    except (FileNotFoundError, vault.KeyDestroyed) as error:
        raise NotFound(object_kind=FILE, object_id=file_id) from error
    return FileContent(content=content, content_type=row.content_type, name=name)


def file_place(file_id: UUID) -> vault.Place:
    """Where the sealed bytes of a file without a head belong."""
    return vault.Place(StoredFile._meta.db_table, "content", file_id)


def head_place(file_id: UUID) -> vault.Place:
    """Where a file's head stands."""
    return vault.Place(StoredFile._meta.db_table, "head", file_id)


def upload_place(upload_id: UUID) -> vault.Place:
    """Where an upload's head stands."""
    return vault.Place(Upload._meta.db_table, "head", upload_id)


def upload_get(actor: Actor, upload_id: UUID) -> UploadView:
    """One's own upload, as far as it has come. Raises NotFound."""
    row = Upload.objects.visible_to(actor).get_or_refuse(pk=upload_id)
    try:
        return upload_view(row)
    except vault.KeyDestroyed as error:
        raise NotFound(object_kind=FILE, object_id=upload_id) from error


def upload_list(actor: Actor, upload_ids: Sequence[UUID]) -> list[UploadView]:
    """Those of these uploads that are the actor's own, in the order given; without what is held under a
    key that was destroyed. One query.
    """
    rows = {row.id: row for row in Upload.objects.visible_to(actor).filter(id__in=upload_ids)}
    found = []
    for each in upload_ids:
        with suppress(vault.KeyDestroyed):
            if each in rows:
                found.append(upload_view(rows[each]))
    return found


def upload_view(row: Upload) -> UploadView:
    """An upload as its owner sees it. For services and selectors."""
    return UploadView(
        id=row.id,
        state=UploadState(row.state),
        name=sealing.head_open(row.head, upload_place(row.id)).name,
        content_type=row.content_type,
        size=row.size,
        fault=row.fault,
        words=words.fault_words(row.fault),
    )


def _read(signer: signing.Signer, link: str, at: datetime) -> tuple[UUID, datetime]:
    try:
        name, until = signer.unsign_object(link)
        file_id, ends = UUID(name), datetime.fromtimestamp(until, UTC)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound(object_kind=FILE) from error
    if at >= ends:
        raise NotFound(object_kind=FILE, object_id=file_id)
    return file_id, ends
