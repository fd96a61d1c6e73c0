"""What Bloom asks of a place that takes files by form."""

from datetime import datetime
from typing import Protocol

from django.core.files.storage import default_storage

from bloom.files.types import UploadForm


class Store(Protocol):
    """Takes what people send, under the name that the form says, for as long as the form lasts."""

    # Whether what lies there was sealed by Bloom on its way in.
    is_sealed: bool

    def form(self, name: str, *, content_type: str, size: int, expires_at: datetime) -> UploadForm:
        """The form by which one file is sent, of at most `size` bytes, without another word to Bloom."""
        ...

    def size(self, name: str) -> int | None:
        """How many bytes have arrived; None when nothing has."""
        ...

    def read(self, name: str, most: int) -> bytes:
        """What has arrived, at most `most` bytes of it. Raises FileNotFoundError."""
        ...

    def delete(self, name: str) -> None:
        """Remove it; nothing happens when it is not there."""
        ...


class InStorage:
    """What every store does alike that is Django's default storage."""

    def size(self, name: str) -> int | None:
        return default_storage.size(name) if default_storage.exists(name) else None

    def read(self, name: str, most: int) -> bytes:
        with default_storage.open(name, "rb") as file:
            content: bytes = file.read(most)
        return content

    def delete(self, name: str) -> None:
        default_storage.delete(name)
