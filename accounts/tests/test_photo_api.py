"""One's own photo by REST: the same way as by the page."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts import services
from accounts.models import User
from accounts.tests import factories as make
from accounts.tests import test_photos
from bloom.files.tests import pictures
from bloom.kernel import clock

pytestmark = pytest.mark.django_db
PHOTO = "/api/v1/me/photo/"

storage = test_photos.storage


def program(user, *scopes):
    raw = services.token_issue(make.SYSTEM, user.id, "x", scopes, 5, at=clock.now()).raw
    return Client(headers={"authorization": f"Bearer {raw}"})


def put(client, content, field="photo"):
    body = encode_multipart(BOUNDARY, {field: SimpleUploadedFile("photo.jpg", content)})
    return client.put(PHOTO, body, content_type=MULTIPART_CONTENT)


def test_put_fetched_replaced_and_removed(storage, settings):
    user = make.patient()
    client = program(user, "profile:read", "profile:write")
    assert client.get(PHOTO).status_code == 404
    answer = put(client, pictures.picture())
    assert answer.status_code == 200
    link = client.get(PHOTO).json()["link"]
    assert link.startswith(f"{settings.SITE_URL}/files/")
    assert Client().get(link.removeprefix(settings.SITE_URL)).headers["Content-Type"] == "image/webp"
    assert put(client, pictures.picture(colour="blue")).json()["link"] != link
    assert client.delete(PHOTO).status_code == client.delete(PHOTO).status_code == 204
    assert client.get(PHOTO).status_code == 404
    assert User.objects.get(id=user.id).photo_id is None
    assert len(make.recorded("accounts.profile.changed")) == 3


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", pictures.bomb(), pictures.moving()]
)
def test_what_is_no_photo(storage, content):
    """ASVS 5.0 5.2.2: neither name nor claimed type of an upload is believed; the answer names the field."""
    answer = put(make.browser(make.patient()), content)
    assert (answer.status_code, answer.json()["code"]) == (400, "image_refused")
    assert not list(storage.rglob("*"))


def test_no_photo_or_no_form(storage):
    client = make.browser(make.patient())
    answer = put(client, b"x", field="other")
    assert answer.status_code == 400
    assert "photo" in answer.json()["errors"]
    assert client.put(PHOTO, "{}", content_type="application/json").status_code == 415


def test_a_token_that_only_reads(storage):
    """ASVS 5.0 8.2.1: it changes no photo."""
    client = program(make.patient(), "profile:read")
    assert put(client, pictures.picture()).status_code == client.delete(PHOTO).status_code == 403
    assert not list(storage.rglob("*"))
