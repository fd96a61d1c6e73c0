"""Files sent straight to Google Cloud Storage, by a signed policy document."""

from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage

from bloom.files.integrations.stores.port import InStorage
from bloom.files.types import UploadForm


class GcsStore(InStorage):
    """The bucket that the default storage is. See `port.Store`, and `s3.S3Store` on what lies there."""

    is_sealed = False

    def form(self, name: str, *, content_type: str, size: int, expires_at: datetime) -> UploadForm:
        storage: Any = default_storage
        made = storage.client.generate_signed_post_policy_v4(
            storage.bucket_name,
            name,
            expiration=expires_at,
            conditions=[["content-length-range", 1, size]],
            fields={"Content-Type": content_type},
            credentials=storage.credentials,
        )
        return UploadForm(url=made["url"], fields=made["fields"], expires_at=expires_at)
