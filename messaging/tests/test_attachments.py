"""Files under messages: put there once, seen by whoever sees the words, gone with them."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.files import selectors as files_selectors
from bloom.files import services as files_services
from bloom.files.errors import UploadNotReady
from bloom.files.models import StoredFile
from bloom.files.tests import pictures
from bloom.kernel import clock, vault
from bloom.kernel.errors import IdempotencyConflict, Invalid, NotFound
from messaging import selectors, services
from messaging.errors import MessageBlocked
from messaging.models import Attachment
from messaging.tests import factories
from messaging.types import AuditAction
from messaging.wire import message_wire

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
AT = factories.AT


@pytest.fixture
def talk():
    return factories.talk()


def sent(talk, *upload_ids, body=factories.HARMLESS, client_id=None, actor=None):
    actor = actor or talk.as_patient
    return factories.send(actor, talk.id, body, client_id=client_id, attachments=upload_ids)


def test_a_file_stands_under_its_message_for_everybody_in_it(talk):
    picture = factories.upload(talk.as_patient, pictures.picture(), name="garden.jpg")
    text = factories.upload(talk.as_patient)
    message = sent(talk, picture, text)
    for actor in (talk.as_patient, talk.as_therapist):
        (seen,) = selectors.message_list(actor, talk.id).items
        assert [each.name for each in seen.attachments] == ["garden.jpg", "plan.txt"]
        first, second = message_wire(seen)["attachments"]
        assert first["thumbnail"] == f"/messages/attachments/{picture}/thumbnail/"
        assert (first["width"], first["height"]) == (300, 200)
        assert (second["content_type"], second["thumbnail"]) == ("text/plain", None)
    assert message.attachments == seen.attachments


def test_a_message_without_files_asks_for_none(talk, django_assert_num_queries):
    factories.send(talk.as_patient, talk.id)
    selectors.message_list(talk.as_patient, talk.id)
    with django_assert_num_queries(1):
        selectors.message_list(talk.as_patient, talk.id)


def test_many_files_are_one_query(talk, django_assert_max_num_queries):
    for _ in range(3):
        sent(talk, factories.upload(talk.as_patient), factories.upload(talk.as_patient))
    selectors.message_list(talk.as_patient, talk.id)
    with django_assert_max_num_queries(3):
        selectors.message_list(talk.as_patient, talk.id)


def test_the_same_message_again_is_the_same_and_with_other_files_it_is_not(talk):
    upload_id, client_id = factories.upload(talk.as_patient), uuid.uuid4()
    first = sent(talk, upload_id, client_id=client_id)
    again = services.message_send(
        talk.as_patient, talk.id, client_id, factories.HARMLESS, attachments=[upload_id], at=AT
    )
    assert not again.created
    assert again.message == first
    for others in ([], [factories.upload(talk.as_patient)]):
        with pytest.raises(IdempotencyConflict):
            sent(talk, *others, client_id=client_id)


def test_a_file_is_sent_once(talk):
    upload_id = factories.upload(talk.as_patient)
    sent(talk, upload_id)
    with pytest.raises(UploadNotReady):
        sent(talk, upload_id)
    assert len(factories.message_rows(talk.id)) == 1


def test_what_is_not_ready_is_not_sent(talk):
    asked = files_services.upload_ask(talk.as_patient, name="a.txt", content_type="", size=3, at=AT)
    refused = factories.upload(talk.as_patient, b"MZ", name="a.exe")
    for upload_id in (asked.upload.id, refused, uuid.uuid4()):
        with pytest.raises(UploadNotReady):
            sent(talk, upload_id)
    assert factories.message_rows(talk.id) == []


def test_too_many_files_and_one_twice_are_refused_in_words(talk):
    upload_id = factories.upload(talk.as_patient)
    for upload_ids in ([upload_id, upload_id], [uuid.uuid4() for _ in range(11)]):
        with pytest.raises(Invalid) as refused:
            sent(talk, *upload_ids)
        assert "attachments" in refused.value.errors


def test_a_blocked_message_leaves_its_files_to_be_sent_with_another(talk):
    upload_id = factories.upload(talk.as_patient)
    with pytest.raises(MessageBlocked):
        sent(talk, upload_id, body=factories.BLOCKED)
    assert sent(talk, upload_id).attachments


def test_what_a_file_is_called_is_judged_too(talk):
    upload_id = factories.upload(talk.as_therapist, name="You stupid bitch..txt")
    message = sent(talk, upload_id, actor=talk.as_therapist)
    assert message.outcome == "blur"
    edited = services.message_edit(talk.as_therapist, message.id, "Something kind.", at=AT)
    assert edited.outcome == "blur"


def test_the_files_of_a_hidden_message_are_hidden_until_it_is_shown(talk):
    upload_id = factories.upload(talk.as_therapist)
    message = sent(talk, upload_id, body=factories.BLURRED, actor=talk.as_therapist)
    (hidden,) = selectors.message_list(talk.as_patient, talk.id).items
    assert (hidden.blurred, hidden.attachments) == (True, ())
    with pytest.raises(NotFound):
        services.attachment_fetch(talk.as_patient, upload_id, at=AT)
    shown = services.message_reveal(talk.as_patient, message.id, at=AT)
    assert [each.id for each in shown.attachments] == [upload_id]
    assert services.attachment_fetch(talk.as_patient, upload_id, at=AT)


def test_the_files_of_a_deleted_message_are_gone_for_everybody(talk):
    upload_id = factories.upload(talk.as_patient, pictures.picture(), name="a.jpg")
    message = sent(talk, upload_id)
    deleted = services.message_delete(talk.as_patient, message.id, at=AT)
    assert deleted.attachments == ()
    for actor in (talk.as_patient, talk.as_therapist):
        with pytest.raises(NotFound):
            services.attachment_fetch(actor, upload_id, at=AT)
        with pytest.raises(NotFound):
            selectors.thumbnail_link(actor, upload_id, at=AT)
    files_services.files_sweep(people.SYSTEM, at=AT + timedelta(minutes=1))
    assert not StoredFile.objects.unscoped(reason="test").exists()


def test_an_edit_keeps_the_files(talk):
    message = sent(talk, factories.upload(talk.as_patient))
    edited = services.message_edit(talk.as_patient, message.id, "Better words.", at=AT)
    assert edited.attachments == message.attachments


def test_a_file_is_fetched_by_those_who_take_part_and_on_record(talk):
    upload_id = factories.upload(talk.as_patient)
    message = sent(talk, upload_id)
    link = services.attachment_fetch(talk.as_therapist, upload_id, at=clock.now())
    assert Client().get(link).content == b"Breathe in, and out."
    record = factories.audit_rows(talk.id)[-1]
    assert record.action == AuditAction.DOWNLOADED
    assert (record.message_id, record.actor_user_id) == (message.id, talk.therapist.id)
    assert link.split("/")[2] not in str(vars(record))


def test_a_file_belongs_to_the_patient_whoever_sent_it(talk):
    upload_id = factories.upload(talk.as_therapist)
    sent(talk, upload_id, actor=talk.as_therapist)
    link = services.attachment_fetch(talk.as_therapist, upload_id, at=clock.now())
    vault.key_destroy(people.SYSTEM, talk.patient.id, at=AT)
    assert Client().get(link).status_code == 404
    (message,) = selectors.message_list(talk.as_therapist, talk.id).items
    assert (message.body, message.attachments) == (None, ())


def test_the_link_of_a_small_picture_ends_within_two_minutes(talk):
    """ASVS 5.0 14.3.2: whoever has left, or signed out, does not keep a key to it."""
    upload_id = factories.upload(talk.as_patient, pictures.picture(), name="a.jpg")
    sent(talk, upload_id)
    word = selectors.thumbnail_link(talk.as_therapist, upload_id, at=AT).split("/")[2]
    assert files_selectors.file_of_link(word, at=AT + timedelta(seconds=59))
    with pytest.raises(NotFound):
        files_selectors.file_of_link(word, at=AT + timedelta(minutes=2))


def test_names_lie_sealed(talk):
    sent(talk, factories.upload(talk.as_patient, name="HIV result.txt"))
    (row,) = Attachment.objects.unscoped(reason="test")
    assert b"HIV" not in bytes(row.name)


def test_a_copy_of_ones_data_has_the_files_in_it(talk):
    sent(talk, factories.upload(talk.as_patient))
    (part,) = [
        each for each in selectors.export_parts(talk.as_patient) if each.name.startswith("conversation")
    ]
    name = "conversation-0001/00001-1-plan.txt"
    assert list(part.files()) == [(name, b"Breathe in, and out.")]
    assert [each["files"] for each in part.rows()] == [[name]]


def test_a_lost_file_does_not_keep_the_rest_of_the_copy_back(talk):
    sent(talk, factories.upload(talk.as_patient), factories.upload(talk.as_patient))
    lost = Attachment.objects.unscoped(reason="test").order_by("id")[0]
    default_storage.delete(StoredFile.objects.unscoped(reason="test").get(id=lost.file_id).name)
    (part,) = [
        each for each in selectors.export_parts(talk.as_patient) if each.name.startswith("conversation")
    ]
    files = dict(part.files())
    assert len(files) == 2
    assert sorted(files.values()) == [b"Breathe in, and out.", b"This file could not be read."]
    (noted,) = [name for name in files if name.endswith(".missing.txt")]
    assert noted.removesuffix(".missing.txt") in next(part.rows())["files"]


def test_files_of_two_conversations_have_names_of_their_own(talk):
    other = factories.talk(therapist=talk.therapist)
    sent(talk, factories.upload(talk.as_patient))
    sent(other, factories.upload(other.as_patient))
    names = [name for part in selectors.export_parts(talk.as_therapist) for name, _ in part.files()]
    assert len(names) == len(set(names)) == 2


def test_rest_takes_uploads_with_a_message(talk):
    scopes = ["conversations:write", "files:write"]
    issued = accounts_services.token_issue(people.SYSTEM, talk.patient.id, "test", scopes, 1, at=clock.now())
    client = Client(headers={"Authorization": f"Bearer {issued.raw}"})
    asked = client.post(
        "/api/v1/uploads/", {"name": "plan.txt", "size": 5}, content_type="application/json"
    ).json()
    assert set(asked) == {"id", "url", "fields", "expires_at"}
    assert next(iter(asked["fields"])) == "key"
    form = {**asked["fields"], "file": SimpleUploadedFile("plan.txt", b"Hello")}
    assert Client().post(asked["url"].removeprefix("http://testserver"), form).status_code == 204
    completed = client.post(f"/api/v1/uploads/{asked['id']}/complete/").json()
    assert completed["status"] == "checking"
    files_services.uploads_check(people.SYSTEM, at=clock.now())
    assert client.get(f"/api/v1/uploads/{asked['id']}/").json()["status"] == "ready"
    body = {"client_id": str(uuid.uuid4()), "body": "Here it is.", "attachments": [asked["id"]]}
    address = f"/api/v1/conversations/{talk.id}/messages/"
    answer = client.post(address, body, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["attachments"][0]["name"] == "plan.txt"
    assert client.post(address, body, content_type="application/json").status_code == 200
    other = {**body, "client_id": str(uuid.uuid4())}
    refused = client.post(address, other, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "upload_not_ready")
    fetched = client.get(f"/api/v1/attachments/{asked['id']}/").json()
    assert Client().get(fetched["url"].removeprefix("http://testserver")).content == b"Hello"
