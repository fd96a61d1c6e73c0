"""Stores: static files, and private files in an S3-compatible bucket where one is configured."""

from bloom.settings.environment import ENVIRONMENT
from bloom.settings.static import STATICFILES_BACKEND

STORAGES = {
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
