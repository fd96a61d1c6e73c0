"""Where people send their files: to this server, or straight to an object store."""

from django.conf import settings
from django.core.files.storage import storages

from bloom.files.integrations.stores.local import LocalStore
from bloom.files.integrations.stores.port import Store


def store_get() -> Store:
    """The store of this installation: the object store itself where people's browsers may send to it
    (settings.UPLOADS_DIRECT), else this server, which seals what comes and keeps it in whatever storage it
    has.
    """
    backend = type(storages["default"]).__module__ if settings.UPLOADS_DIRECT else ""
    # Their libraries take a second to load, which only those should spend who use them.
    if backend == "storages.backends.s3":
        from bloom.files.integrations.stores.s3 import S3Store

        return S3Store()
    if backend == "storages.backends.gcloud":
        from bloom.files.integrations.stores.gcs import GcsStore

        return GcsStore()
    return LocalStore()
