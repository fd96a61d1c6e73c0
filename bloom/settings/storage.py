"""Stores: static files, and private files in a bucket where one is configured, S3-compatible or Google's."""

from datetime import timedelta
from typing import Any

from bloom.settings.environment import ENVIRONMENT
from bloom.settings.static import STATICFILES_BACKEND

STORAGES: dict[str, dict[str, Any]] = {
    "staticfiles": {"BACKEND": STATICFILES_BACKEND},
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": ENVIRONMENT.var_dir / "files"},
    },
}

if ENVIRONMENT.s3_endpoint:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "endpoint_url": ENVIRONMENT.s3_endpoint,
            "bucket_name": ENVIRONMENT.s3_bucket,
            "access_key": ENVIRONMENT.s3_access_key,
            "secret_key": ENVIRONMENT.s3_secret_key,
            "querystring_auth": True,
            "querystring_expire": 300,
            "file_overwrite": False,
            "default_acl": None,
        },
    }
elif ENVIRONMENT.gcs_bucket:
    from google.oauth2 import service_account

    STORAGES["default"] = {
        "BACKEND": "storages.backends.gcloud.GoogleCloudStorage",
        "OPTIONS": {
            "bucket_name": ENVIRONMENT.gcs_bucket,
            "credentials": service_account.Credentials.from_service_account_file(ENVIRONMENT.gcs_key_file),
            "querystring_auth": True,
            "expiration": timedelta(minutes=5),
            "file_overwrite": False,
            "default_acl": None,
        },
    }

# Whether files go from people's browsers straight into the bucket, and where that is for them.
UPLOADS_DIRECT = ENVIRONMENT.uploads_direct
STORE_PUBLIC_URL = ENVIRONMENT.store_public_url.rstrip("/")
CLAMD_ADDRESS = ENVIRONMENT.clamd_address
