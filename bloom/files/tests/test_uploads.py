"""An upload from its form to its use, and its end."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bloom.files import errors, selectors, services
from bloom.files.models import StoredFile, Upload
from bloom.files.tests import documents, pictures
from bloom.files.types import UploadState
from bloom.kernel import clock, vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import Invalid, NotFound, RateLimited, Unauthenticated

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
AT = datetime(2026, 11, 2, 9, 20, tzinfo=UTC)
Event = apps.get_model("observability", "Event")
SYSTEM = Actor.for_system("tests")
PDF = documents.pdf()


def somebody() -> Actor:
    return Actor(user_id=uuid.uuid4(), via=Via.API, roles=frozenset({"patient"}))


def ask(actor, content=PDF, *, name="plan.pdf", content_type="application/pdf", at=AT):
    return services.upload_ask(actor, name=name, content_type=content_type, size=len(content), at=at)


def receive(asked, content=PDF, *, at=AT, **changes):
    services.upload_receive(SYSTEM, {**asked.form.fields, **changes}, content, at=at)


def upload(actor, content=PDF, *, name="plan.pdf", content_type="", at=AT):
    """A file that was sent and checked."""
    asked = ask(actor, content, name=name, content_type=content_type, at=at)
    receive(asked, content, at=at)
    services.upload_complete(actor, asked.upload.id, at=at)
    services.uploads_check(SYSTEM, at=at)
    return selectors.upload_get(actor, asked.upload.id)


def row(upload_id) -> Upload:
    return Upload.objects.unscoped(reason="test").get(pk=upload_id)


def test_a_file_is_asked_for_sent_checked_and_put_to_use():
    actor, owner_id = somebody(), uuid.uuid4()
    asked = ask(actor)
    assert asked.upload.state is UploadState.WAITING
    receive(asked)
    assert services.upload_complete(actor, asked.upload.id, at=AT).state is UploadState.CHECKING
    services.upload_check(SYSTEM, asked.upload.id, at=AT)
    ready = selectors.upload_get(actor, asked.upload.id)
    assert (ready.state, ready.name, ready.content_type) == (UploadState.READY, "plan.pdf", "application/pdf")
    assert not default_storage.exists(f"uploads/{ready.id.hex}")
    (kept,) = services.uploads_take(actor, [ready.id], owner_id=owner_id, at=AT)
    assert selectors.file_content(kept.file_id).content == PDF
    assert services.files_sweep(SYSTEM, at=AT + timedelta(days=900)) == 0
    # It is the owner's now, and gone with their key; whoever sent it keeps no other.
    vault.key_destroy(SYSTEM, owner_id, at=AT)
    with pytest.raises(NotFound):
        selectors.file_content(kept.file_id)


def test_a_picture_has_a_small_one_beside_it():
    actor = somebody()
    ready = upload(actor, pictures.turned(), name="me.png")
    assert ready.name == "me.jpg"
    (kept,) = services.uploads_take(actor, [ready.id], owner_id=actor.user_id, at=AT)
    assert (kept.width, kept.height) == (100, 200)
    assert selectors.file_content(kept.thumbnail_id).content[8:12] == b"WEBP"
    assert b"PrivateCameraName" not in selectors.file_content(kept.file_id).content


def test_nothing_lies_on_the_disk_unsealed(storage):
    """ASVS 5.0 14.2.4: neither before the check nor after it, and no name either."""
    actor = somebody()
    asked = ask(actor, name="HIV result.pdf")
    receive(asked)
    waiting = b"".join(path.read_bytes() for path in storage.rglob("*") if path.is_file())
    assert waiting
    services.upload_complete(actor, asked.upload.id, at=AT)
    services.uploads_check(SYSTEM, at=AT)
    kept = b"".join(path.read_bytes() for path in storage.rglob("*") if path.is_file())
    for raw in (waiting, kept, bytes(row(asked.upload.id).head)):
        assert b"%PDF" not in raw
        assert b"HIV" not in raw


def test_what_was_swapped_or_altered_in_the_store_does_not_open(storage):
    actor = somebody()
    first, second = upload(actor), upload(actor)
    kept = services.uploads_take(actor, [first.id, second.id], owner_id=actor.user_id, at=AT)
    one, other = (storage / "files" / each.file_id.hex for each in kept)
    one.write_bytes(other.read_bytes())
    with pytest.raises(vault.SealBroken):
        selectors.file_content(kept[0].file_id)
    other.write_bytes(other.read_bytes()[:-1] + b"x")
    with pytest.raises(vault.SealBroken):
        selectors.file_content(kept[1].file_id)


@pytest.mark.parametrize(
    ("content", "name", "fault"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.txt", "kind"),
        (documents.pdf(documents.pdf_script), "a.pdf", "active"),
        (documents.pdf(documents.pdf_locked), "a.pdf", "protected"),
    ],
)
def test_what_is_refused_says_why_and_is_removed(content, name, fault, storage):
    actor = somebody()
    refused = upload(actor, content, name=name)
    assert (refused.state, refused.fault) == (UploadState.REFUSED, fault)
    assert refused.words
    assert not [path for path in storage.rglob("*") if path.is_file()]
    with pytest.raises(errors.UploadNotReady):
        services.uploads_take(actor, [refused.id], owner_id=actor.user_id, at=AT)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": "  "}, Invalid),
        ({"name": "../.."}, Invalid),
        ({"content": b""}, Invalid),
        ({"content_type": "image/svg+xml"}, Invalid),
        ({"content_type": "application/zip"}, Invalid),
        ({"content": b"x" * (20 * 1024 * 1024 + 1)}, errors.FileTooLarge),
    ],
)
def test_what_cannot_be_kept_is_refused_before_it_is_sent(given, error):
    with pytest.raises(error):
        ask(somebody(), **given)
    assert not Upload.objects.unscoped(reason="test").exists()


def test_nobody_unknown_sends_and_nobody_sends_without_end(settings):
    with pytest.raises(Unauthenticated):
        ask(Actor.anonymous(via=Via.API))
    settings.UPLOADS_PER_HOUR, settings.RATE_FACTOR = 2, 1
    actor = somebody()
    ask(actor)
    ask(actor)
    with pytest.raises(RateLimited):
        ask(actor)


def test_nobody_has_more_waiting_than_a_person_may(settings):
    settings.UPLOADS_WAITING_BYTES = 2 * len(PDF)
    actor = somebody()
    first, second = upload(actor), upload(actor)
    with pytest.raises(errors.UploadsFull):
        ask(actor)
    # What others have waiting is theirs; what was dropped or put to use waits no more.
    ask(somebody())
    services.upload_drop(actor, first.id, at=AT)
    third = ask(actor)
    services.uploads_take(actor, [second.id], owner_id=actor.user_id, at=AT)
    ask(actor)
    with pytest.raises(errors.UploadsFull):
        ask(actor)
    assert third.upload.state is UploadState.WAITING


# The form ---------------------------------------------------------------------------------------------------


def test_a_form_is_taken_once():
    asked = ask(somebody())
    receive(asked)
    with pytest.raises(errors.FormRefused):
        receive(asked)


def test_a_form_ends():
    asked = ask(somebody())
    with pytest.raises(errors.FormRefused):
        receive(asked, at=AT + timedelta(minutes=15))


@pytest.mark.parametrize("part", ["key", "Content-Type", "policy", "signature"])
def test_no_part_of_a_form_can_be_another(part):
    mine, other = ask(somebody()), ask(somebody(), content_type="image/png")
    with pytest.raises(errors.FormRefused):
        receive(mine, **{part: other.form.fields[part]})
    with pytest.raises(errors.FormRefused):
        receive(mine, **{part: ""})


def test_a_policy_that_was_widened_is_none():
    asked = ask(somebody())
    told = json.loads(base64.b64decode(asked.form.fields["policy"]))
    told["conditions"][-1] = ["content-length-range", 1, 10**9]
    with pytest.raises(errors.FormRefused):
        receive(asked, policy=base64.b64encode(json.dumps(told).encode()).decode())


def test_more_than_was_asked_for_is_not_taken():
    actor = somebody()
    asked = ask(actor, b"12345")
    with pytest.raises(errors.FileTooLarge):
        receive(asked, b"123456")
    with pytest.raises(errors.FileTooLarge):
        receive(asked, b"")
    receive(asked, b"1234")


def test_a_file_that_could_not_be_stored_can_be_sent_again(monkeypatch):
    asked = ask(somebody())
    with monkeypatch.context() as broken:
        broken.setattr(services.uploads.LocalStore, "save", _full)
        with pytest.raises(OSError, match="disk"):
            receive(asked)
    receive(asked)


def _full(*_):
    raise OSError("the disk is full")


def test_the_form_is_posted_without_a_session():
    asked = ask(somebody(), at=clock.now())
    client = Client(enforce_csrf_checks=True)
    form = {**asked.form.fields, "file": SimpleUploadedFile("whatever.exe", PDF)}
    assert client.post(asked.form.url, form).status_code == 204
    assert row(asked.upload.id).state == UploadState.ARRIVED
    assert client.post(asked.form.url, {**form, "file": SimpleUploadedFile("a", PDF)}).status_code == 403
    assert client.post(asked.form.url, asked.form.fields).status_code == 403
    assert client.get(asked.form.url).status_code == 405


def test_a_form_larger_than_any_file_is_refused_for_its_length(settings):
    settings.FILE_BYTES_MOST = 1000
    asked = ask(somebody(), b"x", at=clock.now())
    form = {**asked.form.fields, "file": SimpleUploadedFile("a", b"x" * 70_000)}
    assert Client().post(asked.form.url, form).status_code == 413


# Its use and its end ----------------------------------------------------------------------------------------


def test_an_upload_is_its_own_persons_and_put_to_use_once():
    actor, other = somebody(), somebody()
    ready = upload(actor)
    for wrong in (
        lambda: services.uploads_take(other, [ready.id], owner_id=other.user_id, at=AT),
        lambda: services.uploads_take(actor, [ready.id, ready.id], owner_id=actor.user_id, at=AT),
        lambda: services.uploads_take(actor, [uuid.uuid4()], owner_id=actor.user_id, at=AT),
    ):
        with pytest.raises(errors.UploadNotReady):
            wrong()
    with pytest.raises(NotFound):
        selectors.upload_get(other, ready.id)
    with pytest.raises(NotFound):
        services.upload_drop(other, ready.id, at=AT)
    services.uploads_take(actor, [ready.id], owner_id=actor.user_id, at=AT)
    with pytest.raises(errors.UploadNotReady):
        services.uploads_take(actor, [ready.id], owner_id=actor.user_id, at=AT)


def test_orphans_are_collected(storage):
    """Asked for and never sent, sent and never completed, checked and never used, refused, dropped."""
    actor = somebody()
    ask(actor)
    receive(ask(actor))
    upload(actor)
    upload(actor, b"MZ", name="a.exe")
    services.upload_drop(actor, upload(actor, pictures.picture()).id, at=AT)
    services.files_sweep(SYSTEM, at=AT + timedelta(hours=23))
    assert Upload.objects.unscoped(reason="test").count() == 4
    services.files_sweep(SYSTEM, at=AT + timedelta(hours=24))
    assert not Upload.objects.unscoped(reason="test").exists()
    assert not StoredFile.objects.unscoped(reason="test").exists()
    assert not [path for path in storage.rglob("*") if path.is_file()]


def test_a_file_is_fetched_by_a_link_that_ends():
    """ASVS 5.0 3.2.1, 14.3.2: as a file, under its own name, kept by nobody, and shown nowhere."""
    actor = somebody()
    ready = upload(actor, name="Plan für März.pdf")
    (kept,) = services.uploads_take(actor, [ready.id], owner_id=actor.user_id, at=AT)
    answer = Client().get(selectors.fetch_link(kept.file_id, at=clock.now()))
    assert answer.content == PDF
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''Plan%20f%C3%BCr%20M%C3%A4rz.pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer["Content-Security-Policy"]
    link = selectors.fetch_link(kept.file_id, at=AT)
    word = link.split("/")[2]
    assert selectors.file_of_fetch_link(word, at=AT + timedelta(seconds=59)) == kept.file_id
    for wrong in (
        lambda: selectors.file_of_fetch_link(word, at=AT + timedelta(seconds=61)),
        lambda: selectors.file_of_link(word, at=AT),
        lambda: selectors.file_of_fetch_link(selectors.file_link(kept.file_id, at=AT).split("/")[2], at=AT),
    ):
        with pytest.raises(NotFound):
            wrong()
    # What is no picture of ours is never shown, even with a link that says so.
    assert Client().get(selectors.file_link(kept.file_id, at=clock.now())).status_code == 404


def test_the_record_tells_of_a_check_without_a_name():
    upload(somebody(), b"MZ", name="secret.exe")
    (event,) = Event.objects.unscoped(reason="test").filter(name="files.upload.checked")
    assert event.data["fault"] == "kind"
    assert "secret" not in str(event.data)
