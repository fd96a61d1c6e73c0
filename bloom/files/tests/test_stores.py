"""Files sent straight to an object store: the form is the store's own, and the rest is the same."""

import base64
import json
from datetime import timedelta

import boto3
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.files.storage import default_storage
from google.oauth2 import service_account
from moto.server import ThreadedMotoServer

from bloom.files import errors, selectors, services
from bloom.files.integrations.stores import store_get
from bloom.files.integrations.stores.gcs import GcsStore
from bloom.files.integrations.stores.local import LocalStore
from bloom.files.integrations.stores.s3 import S3Store
from bloom.files.tests import documents
from bloom.files.tests.test_uploads import PDF, SYSTEM, ask, row, somebody
from bloom.files.types import UploadState
from bloom.kernel import clock
from bloom.kernel.errors import NotFound

pytestmark = pytest.mark.django_db
BUCKET = "bloom-private"


@pytest.fixture(scope="module")
def server():
    """An S3 of this machine."""
    serving = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    serving.start()
    host, port = serving.get_host_and_port()
    yield f"http://{host}:{port}"
    serving.stop()


@pytest.fixture
def s3(server, settings):
    settings.UPLOADS_DIRECT = True
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "endpoint_url": server,
                "bucket_name": BUCKET,
                "access_key": "test",
                "secret_key": "test",
                "region_name": "us-east-1",
                "file_overwrite": False,
            },
        },
    }
    client = boto3.client(
        "s3",
        endpoint_url=server,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=BUCKET)
    yield client
    for each in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=each["Key"])


def names(client) -> list[str]:
    return [each["Key"] for each in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def post(asked, content=PDF) -> int:
    return httpx.post(
        asked.form.url, data=dict(asked.form.fields), files={"file": ("plan.pdf", content)}
    ).status_code


def test_a_file_goes_straight_to_the_store_and_is_sealed_after_its_check(s3):
    actor = somebody()
    asked = ask(actor, at=clock.now())
    assert isinstance(store_get(), S3Store)
    with pytest.raises(errors.UploadMissing):
        services.upload_complete(actor, asked.upload.id, at=clock.now())
    assert post(asked) == 204
    services.upload_complete(actor, asked.upload.id, at=clock.now())
    services.uploads_check(SYSTEM, at=clock.now())
    assert selectors.upload_get(actor, asked.upload.id).state is UploadState.READY
    (kept,) = services.uploads_take(actor, [asked.upload.id], owner_id=actor.user_id, at=clock.now())
    assert names(s3) == [f"files/{kept.file_id.hex}"]
    raw = s3.get_object(Bucket=BUCKET, Key=names(s3)[0])["Body"].read()
    assert b"%PDF" not in raw
    assert selectors.file_content(kept.file_id).content == PDF


def test_what_is_swapped_after_its_check_changes_nothing(s3):
    """A form of the store can be used again until it ends."""
    actor = somebody()
    asked = ask(actor, at=clock.now())
    post(asked)
    services.upload_complete(actor, asked.upload.id, at=clock.now())
    services.uploads_check(SYSTEM, at=clock.now())
    assert post(asked, b"MZ" + PDF) == 204
    (kept,) = services.uploads_take(actor, [asked.upload.id], owner_id=actor.user_id, at=clock.now())
    assert selectors.file_content(kept.file_id).content == PDF


def test_more_than_was_asked_for_is_refused_whatever_the_store_takes(s3):
    actor = somebody()
    asked = ask(actor, b"12345", name="a.txt", at=clock.now())
    default_storage.connection.meta.client.put_object(
        Bucket=BUCKET, Key=row(asked.upload.id).name, Body=b"1" * 50
    )
    with pytest.raises(errors.FileTooLarge):
        services.upload_complete(actor, asked.upload.id, at=clock.now())


def test_the_stores_form_names_one_key_one_type_and_a_size(s3, settings):
    settings.STORE_PUBLIC_URL = "https://files.example.org/bloom-private"
    asked = ask(somebody(), at=clock.now())
    assert asked.form.url == "https://files.example.org/bloom-private"
    policy = json.loads(base64.b64decode(asked.form.fields["policy"]))
    assert ["content-length-range", 1, len(PDF)] in policy["conditions"]
    assert {"Content-Type": "application/pdf"} in policy["conditions"]
    assert {"key": asked.form.fields["key"]} in policy["conditions"]
    assert {"bucket": BUCKET} in policy["conditions"]


def test_orphans_in_the_store_are_collected(s3):
    actor = somebody()
    post(ask(actor, at=clock.now()))
    assert len(names(s3)) == 1
    services.files_sweep(SYSTEM, at=clock.now() + timedelta(hours=25))
    assert names(s3) == []


@pytest.mark.parametrize("end", ["dropped", "used"])
def test_what_comes_by_a_form_whose_upload_is_over_is_collected(s3, end):
    """The store knows nothing of the end of an upload, and takes its form for 15 minutes all the same."""
    actor, now = somebody(), clock.now()
    asked = ask(actor, at=now)
    post(asked)
    services.upload_complete(actor, asked.upload.id, at=now)
    services.uploads_check(SYSTEM, at=clock.now())
    if end == "dropped":
        services.upload_drop(actor, asked.upload.id, at=now)
    else:
        services.uploads_take(actor, [asked.upload.id], owner_id=actor.user_id, at=now)
        with pytest.raises(NotFound):
            selectors.upload_get(actor, asked.upload.id)
        with pytest.raises(errors.UploadNotReady):
            services.uploads_take(actor, [asked.upload.id], owner_id=actor.user_id, at=now)
    services.files_sweep(SYSTEM, at=now + timedelta(minutes=1))
    assert post(asked) == 204
    services.files_sweep(SYSTEM, at=now + timedelta(minutes=31))
    assert [name for name in names(s3) if name.startswith("uploads/")] == []
    assert len(names(s3)) == (1 if end == "used" else 0)


def test_this_server_takes_files_for_a_store_that_browsers_do_not_reach(s3, settings):
    settings.UPLOADS_DIRECT = False
    assert isinstance(store_get(), LocalStore)
    actor = somebody()
    asked = ask(actor, at=clock.now())
    services.upload_receive(SYSTEM, asked.form.fields, PDF, at=clock.now())
    assert b"%PDF" not in s3.get_object(Bucket=BUCKET, Key=names(s3)[0])["Body"].read()
    services.upload_complete(actor, asked.upload.id, at=clock.now())
    services.uploads_check(SYSTEM, at=clock.now())
    assert selectors.upload_get(actor, asked.upload.id).state is UploadState.READY


def test_googles_form_names_one_key_one_type_and_a_size(settings):
    """Signed here, by the service account's key: Google is not asked."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "project_id": "bloom",
        "client_email": "bloom@bloom.iam.gserviceaccount.com",
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    settings.UPLOADS_DIRECT = True
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "storages.backends.gcloud.GoogleCloudStorage",
            "OPTIONS": {
                "bucket_name": BUCKET,
                "project_id": "bloom",
                "credentials": service_account.Credentials.from_service_account_info(account),
            },
        },
    }
    assert isinstance(store_get(), GcsStore)
    asked = ask(somebody(), documents.pdf(), at=clock.now())
    assert asked.form.url.startswith("https://storage.googleapis.com/bloom-private")
    policy = json.loads(base64.b64decode(asked.form.fields["policy"]))
    assert ["content-length-range", 1, len(PDF)] in policy["conditions"]
    assert {"key": asked.form.fields["key"]} in policy["conditions"]
    assert {"Content-Type": "application/pdf"} in policy["conditions"]
    signature = bytes.fromhex(asked.form.fields["x-goog-signature"])
    key.public_key().verify(signature, asked.form.fields["policy"].encode(), PKCS1v15(), SHA256())
