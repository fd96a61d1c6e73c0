"""A person's photo: theirs alone to change, and shown where they are."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import selectors, services
from accounts.models import User
from accounts.tests import factories as make
from bloom.files import services as files_services
from bloom.files.models import StoredFile
from bloom.files.tests import pictures

pytestmark = pytest.mark.django_db
LINK = re.compile(r'src="(/files/[^"]+/)"')


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }
    return tmp_path


def upload(client, content, name="photo.jpg"):
    return client.post("/settings/profile/photo/", {"photo": SimpleUploadedFile(name, content)})


def test_a_photo_is_shown_to_its_person_and_to_who_may_see_them():
    therapist, patient = make.therapist(), make.patient()
    make.assignment(patient, therapist)
    assert upload(make.browser(therapist), pictures.picture()).status_code == 302
    (event,) = make.recorded("accounts.profile.changed")
    assert event.data == {"fields": ["photo"]}
    for client, address in (
        (make.browser(therapist), "/settings/profile/"),
        (make.browser(patient), f"/people/{therapist.id}/"),
    ):
        links = LINK.findall(client.get(address, follow=True).content.decode())
        assert links, address
        assert client.get(links[0]).headers["Content-Type"] == "image/webp"


def test_the_one_before_is_removed(storage):
    user = make.patient()
    for colour in ("red", "blue"):
        services.photo_change(make.actor(user), pictures.picture(colour=colour), at=make.AT)
    assert files_services.files_sweep(make.SYSTEM, at=make.AT) == 1
    (left,) = StoredFile.objects.unscoped(reason="test")
    assert left.id == User.objects.get(id=user.id).photo_id
    services.photo_remove(make.actor(user), at=make.AT)
    assert files_services.files_sweep(make.SYSTEM, at=make.AT) == 1
    assert not list((storage / "images").iterdir())
    assert selectors.profile_get(make.actor(user)).photo_id is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b""),
        ("photo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("photo.jpg", b"<script>alert(1)</script>"),
        ("photo.png", pictures.bomb()),
        ("photo.webp", pictures.moving()),
        ("../../etc/passwd", b"root"),
    ],
)
def test_what_is_no_photo_is_said_at_the_field_and_nothing_is_stored(storage, name, content):
    """ASVS 5.0 5.2.2: neither name nor claimed type of an upload is believed."""
    answer = upload(make.browser(make.patient()), content, name)
    assert answer.status_code == 200
    assert list(answer.context["photo_form"].errors) == ["photo"]
    assert not list(storage.rglob("*"))


TYPED = {"name": "Maya Torres", "preferred_name": "", "pronouns": "xe/xem", "time_zone": "America/Chicago"}


def send(client, content, **typed):
    sent = {**TYPED, **typed, "show_photo": "1", "photo": SimpleUploadedFile("photo.jpg", content)}
    return client.post("/settings/profile/", sent)


def test_a_photo_as_phones_take_it_is_shown_with_what_was_typed_beside_it():
    user = make.patient()
    client = make.browser(user)
    picture = pictures.picture(size=(4000, 3000), comment=b"x" * 60_000) + b"\0" * (14 * 1024 * 1024)
    assert send(client, picture).status_code == 302
    profile = selectors.profile_get(make.actor(user))
    assert profile.photo_id is not None
    assert profile.pronouns == "xe/xem"
    assert "at most 15 MB" in client.get("/settings/profile/").content.decode()


@pytest.mark.parametrize("content", [b"not a picture", b"", pictures.picture() + b"\0" * (15 * 1024 * 1024)])
def test_with_what_is_no_photo_nothing_is_saved_and_nothing_typed_is_lost(content):
    user = make.patient()
    answer = send(make.browser(user), content)
    assert list(answer.context["photo_form"].errors) == ["photo"]
    assert 'value="xe/xem"' in answer.content.decode()
    assert selectors.profile_get(make.actor(user)).pronouns == ""
    assert make.recorded("accounts.profile.changed") == []


@pytest.mark.parametrize("typed", [{"name": ""}, {"preferred_name": "a\u202eb"}])
def test_beside_what_is_wrong_a_photo_is_not_kept_and_that_is_said(typed):
    user = make.patient()
    answer = send(make.browser(user), pictures.picture(), **typed)
    assert "Please choose your photo once more: nothing is saved yet." in answer.content.decode()
    profile = selectors.profile_get(make.actor(user))
    assert (profile.photo_id, profile.pronouns) == (None, "")


def test_no_file_at_all_is_said_at_the_field():
    answer = make.browser(make.patient()).post("/settings/profile/photo/", {})
    assert "Please choose a photo first." in answer.content.decode()


def test_the_name_of_an_upload_decides_nothing_about_where_it_lies(storage):
    """ASVS 5.0 5.3.2: paths are made by us alone."""
    upload(make.browser(make.patient()), pictures.picture(), "../../../evil.jpg")
    (stored,) = [path for path in storage.rglob("*") if path.is_file()]
    assert re.fullmatch(r"[0-9a-f]{32}", stored.name)


def test_a_stranger_learns_no_link():
    """ASVS 5.0 8.2.2: the link goes to whoever may see the person, and to nobody else."""
    user = make.patient()
    services.photo_change(make.actor(user), pictures.picture(), at=make.AT)
    stranger = make.browser(make.patient())
    answer = stranger.get(f"/people/{user.id}/")
    assert answer.status_code == 404
    assert not LINK.findall(answer.content.decode())
