"""Files sent straight to an S3-compatible store, by its own presigned form."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage

from bloom.files.integrations.stores.port import InStorage
from bloom.files.types import UploadForm
from bloom.kernel import clock


class S3Store(InStorage):
    """The bucket that the default storage is. See `port.Store`.

    What lies there before its check is not sealed by Bloom: the bucket must be private and encrypted by its
    own means, and nobody but Bloom reads it.
    """

    is_sealed = False

    def form(self, name: str, *, content_type: str, size: int, expires_at: datetime) -> UploadForm:
        storage: Any = default_storage
        made = storage.connection.meta.client.generate_presigned_post(
            Bucket=storage.bucket_name,
            Key=name,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, size]],
            ExpiresIn=max(1, int((expires_at - clock.now()).total_seconds())),
        )
        # The policy names the bucket and not the address, by which browsers may know the store otherwise.
        address = settings.STORE_PUBLIC_URL or made["url"]
        return UploadForm(url=address, fields=made["fields"], expires_at=expires_at)
