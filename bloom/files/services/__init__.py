"""Storing files and removing them. Who may is decided by the app whose files they are."""

from bloom.files.services.checking import upload_check, uploads_check
from bloom.files.services.images import image_keep, image_remove, image_store
from bloom.files.services.sweeping import files_sweep
from bloom.files.services.uploads import (
    files_remove,
    upload_ask,
    upload_complete,
    upload_drop,
    upload_receive,
    uploads_hold,
    uploads_release,
    uploads_take,
)

__all__ = [
    "files_remove",
    "files_sweep",
    "image_keep",
    "image_remove",
    "image_store",
    "upload_ask",
    "upload_check",
    "upload_complete",
    "upload_drop",
    "upload_receive",
    "uploads_check",
    "uploads_hold",
    "uploads_release",
    "uploads_take",
]
