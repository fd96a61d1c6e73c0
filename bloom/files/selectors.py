"""Files by their links. Whoever asks for a link has decided that its reader may see the file."""

from datetime import UTC, datetime
from uuid import UUID

from django.core import signing
from django.core.files.storage import default_storage
from django.urls import reverse

from bloom.files.models import StoredFile
from bloom.files.types import LINK_STEP, FileContent
from bloom.kernel import vault
from bloom.kernel.db import network_check
from bloom.kernel.errors import NotFound

_SIGNER = signing.Signer(salt="bloom.files")
FILE = "files.file"


def file_link(file_id: UUID, *, at: datetime) -> str:
    """The address under which this file can be fetched for a while. No query."""
    step = int(LINK_STEP.total_seconds())
    until = (int(at.timestamp()) // step + 2) * step
    return reverse("file", args=[_SIGNER.sign_object([file_id.hex, until])])


def file_of_link(link: str, *, at: datetime) -> UUID:
    """Which file a link is for. Raises NotFound for one that we did not sign, or whose time is over."""
    try:
        name, until = _SIGNER.unsign_object(link)
        file_id, ends = UUID(name), datetime.fromtimestamp(until, UTC)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound(object_kind=FILE) from error
    if at >= ends:
        raise NotFound(object_kind=FILE, object_id=file_id)
    return file_id


def file_content(file_id: UUID) -> FileContent:
    """The file itself. Raises NotFound when it is gone, with its key or without."""
    row = StoredFile.objects.unscoped(reason="whoever has the link may").filter(id=file_id).first()
    if row is None:
        raise NotFound(object_kind=FILE, object_id=file_id)
    network_check("a stored file")
    try:
        with default_storage.open(row.name, "rb") as file:
            sealed = file.read()
        content = vault.open(sealed, file_place(row.id)).encode("latin-1")
    except (FileNotFoundError, vault.KeyDestroyed) as error:
        raise NotFound(object_kind=FILE, object_id=file_id) from error
    return FileContent(content=content, content_type=row.content_type)


def file_place(file_id: UUID) -> vault.Place:
    """Where the sealed bytes belong."""
    return vault.Place(StoredFile._meta.db_table, "content", file_id)
