"""What files hands out, and the bounds of what it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

# A photo as a phone takes it has 3 to 12 MB (bloom.settings.limits lets as much through).
IMAGE_MEGABYTES_MOST = 15
IMAGE_BYTES_MOST = IMAGE_MEGABYTES_MOST * 1024 * 1024
IMAGE_PIXELS_MOST = 40_000_000
IMAGE_SIDE_LEAST = 32
# A link to a file lasts between one and two of these, and is the same for one: browsers can keep what it
# leads to.
LINK_STEP = timedelta(hours=1)
# The same for what may be hidden or taken away at any moment: a picture under a message.
PICTURE_LINK_STEP = timedelta(seconds=60)
# A link by which a file is fetched once, right after it was asked for.
FETCH_LASTS = timedelta(seconds=60)
# The form by which a file is sent.
FORM_LASTS = timedelta(minutes=15)
# Sending that began within that time may end so much later.
FORM_ENDS_LATE = timedelta(minutes=15)
# What nobody has put to use by then is removed.
UPLOAD_LASTS = timedelta(hours=24)
# What an app holds for later, and has not put to use by then.
HELD_LASTS = timedelta(days=2 * 366)
NAME_LENGTH = 150


class UploadState(StrEnum):
    """How far an upload has come. A held one is promised to something that is still to come."""

    WAITING = "waiting"
    ARRIVED = "arrived"
    CHECKING = "checking"
    READY = "ready"
    HELD = "held"
    REFUSED = "refused"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file as it is served. `name` is what its owner called it, where it has one."""

    content: bytes
    content_type: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """Where an upload's file is sent, as a form: these `fields`, in order, and after them the part `file`."""

    url: str
    fields: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadView:
    """An upload for whoever makes it. `fault` says why it was refused, `words` in words."""

    id: UUID
    state: UploadState
    name: str
    content_type: str
    size: int
    fault: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadAsked:
    """A new upload, and the form by which its file is sent."""

    upload: UploadView
    form: UploadForm


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file that was put to use. Its bytes open with the key of whom it was given to."""

    upload_id: UUID
    file_id: UUID
    thumbnail_id: UUID | None
    name: str
    content_type: str
    size: int
    width: int
    height: int
