"""Files, from their upload to their end."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from django.core.files.storage import default_storage
from django.test import Client

from bloom.files import selectors, services
from bloom.files.models import StoredFile
from bloom.files.tests import pictures
from bloom.kernel import clock, vault
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
AT = datetime(2026, 11, 2, 9, 20, tzinfo=UTC)
SYSTEM = Actor.for_system("tests")


def stored(owner_id=None, *, keep=True, at=AT):
    file_id = services.image_store(
        SYSTEM, owner_id=owner_id or uuid.uuid4(), content=pictures.picture(), side=96, at=at
    )
    if keep:
        services.image_keep(SYSTEM, file_id, at=at)
    return file_id


def test_it_is_served_by_its_link_and_cannot_be_taken_for_anything_else():
    """ASVS 5.0 3.2.1, 14.3.2: the right type, never guessed, and kept by nobody between."""
    answer = Client().get(selectors.file_link(stored(), at=clock.now()))
    assert answer.status_code == 200
    assert answer.content[8:12] == b"WEBP"
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private")


def test_what_lies_in_the_store_is_sealed(storage):
    """ASVS 5.0 14.2.4: at rest nobody reads it without the owner's key."""
    file_id = stored()
    raw = (storage / "images" / file_id.hex).read_bytes()
    assert b"WEBP" not in raw
    # Under another file's name it does not open either.
    other = stored()
    (storage / "images" / other.hex).write_bytes(raw)
    with pytest.raises(vault.SealBroken):
        selectors.file_content(other)


def test_with_its_owners_key_it_is_gone():
    owner_id = uuid.uuid4()
    file_id = stored(owner_id)
    vault.key_destroy(SYSTEM, owner_id, at=AT)
    with pytest.raises(NotFound):
        selectors.file_content(file_id)


def test_a_link_ends_and_is_the_same_for_a_while():
    """ASVS 5.0 14.3.2: a link that was passed on does not last."""
    file_id = uuid.uuid4()
    link = selectors.file_link(file_id, at=AT)
    assert link == selectors.file_link(file_id, at=AT + timedelta(minutes=39))
    word = link.split("/")[2]
    assert selectors.file_of_link(word, at=AT + timedelta(minutes=60)) == file_id
    with pytest.raises(NotFound):
        selectors.file_of_link(word, at=AT + timedelta(hours=2))


def test_a_browser_keeps_a_picture_no_longer_than_its_link():
    file_id = stored()
    now = clock.now()
    answer = Client().get(selectors.file_link(file_id, at=now, lasts=timedelta(seconds=60)))
    age = int(answer["Cache-Control"].partition("max-age=")[2].partition(",")[0])
    assert 50 <= age <= 120


@pytest.mark.parametrize(
    "link",
    [
        "forged",
        "",
        str(uuid.UUID(int=7)),
        signing.Signer(salt="other").sign_object([uuid.uuid4().hex, 9_999_999_999]),
        signing.dumps([uuid.uuid4().hex, 9_999_999_999]),
    ],
)
def test_a_link_that_we_did_not_sign_leads_nowhere(link):
    """ASVS 5.0 8.2.2: nobody makes up a link, and those of other purposes are none."""
    with pytest.raises(NotFound):
        selectors.file_of_link(link, at=AT)
    assert Client().get(f"/files/{link or 'x'}/").status_code == 404


def test_what_no_app_keeps_is_removed(storage):
    file_id = stored(keep=False)
    assert services.files_sweep(SYSTEM, at=AT + timedelta(minutes=59)) == 0
    assert services.files_sweep(SYSTEM, at=AT + timedelta(minutes=61)) == 1
    assert not (storage / "images" / file_id.hex).exists()
    assert not StoredFile.objects.unscoped(reason="test").exists()


def test_what_is_kept_stays_until_it_is_removed(storage):
    file_id = stored()
    assert services.files_sweep(SYSTEM, at=AT + timedelta(days=900)) == 0
    services.image_remove(SYSTEM, file_id, at=AT)
    assert services.files_sweep(SYSTEM, at=AT) == 1
    assert not default_storage.exists(f"images/{file_id.hex}")
