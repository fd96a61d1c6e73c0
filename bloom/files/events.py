"""What happens to files. Never a name, and never what is in them."""

from dataclasses import dataclass

from bloom.kernel.events import Event

UPLOAD = "files.upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadChecked(Event):
    """Somebody's file was looked at; `fault` says why it is not kept, and is empty for one that is."""

    name = "files.upload.checked"
    object_kind = UPLOAD
    kind: str
    fault: str
