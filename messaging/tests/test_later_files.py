"""Files of messages that go later: held for them, sealed with them, gone with them."""

import json
import uuid
from datetime import timedelta

import pytest
from django.test import Client

from accounts.tests import factories as people
from bloom.files import selectors as files_selectors
from bloom.files import services as files_services
from bloom.files.errors import UploadNotReady
from bloom.files.models import StoredFile, Upload
from bloom.files.tests import pictures
from bloom.files.types import UploadState
from bloom.kernel import clock, vault
from bloom.kernel.errors import IdempotencyConflict, NotFound
from messaging import selectors, services
from messaging.errors import MessageBlocked
from messaging.models import ScheduledMessage
from messaging.services import due as due_service
from messaging.tests import factories
from messaging.tests.factories import AT, HARMLESS
from messaging.tests.plans import DUE, bodies, browser, happened, plan, row_of, sweep, told
from messaging.types import StopReason

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]


@pytest.fixture
def talk():
    return factories.talk()


def named(planned):
    return [each.name for each in planned.files]


def left(upload_id):
    """What the sweep of two days later leaves of an upload."""
    files_services.files_sweep(people.SYSTEM, at=AT + timedelta(days=2))
    return Upload.objects.unscoped(reason="test").filter(id=upload_id).first()


def test_files_wait_with_their_message_and_go_along(talk):
    picture = factories.upload(talk.as_therapist, pictures.picture(), name="garden.jpg")
    text = factories.upload(talk.as_therapist)
    planned = plan(talk.as_therapist, talk, attachments=[picture, text], due_at=AT + timedelta(days=3))
    assert named(planned) == ["garden.jpg", "plan.txt"]
    # Longer than an upload waits by itself; and nobody else sees anything of it.
    assert left(picture).state == UploadState.HELD
    assert bodies(talk) == []
    assert sweep(AT + timedelta(days=3)) == 1
    (message,) = selectors.message_list(talk.as_patient, talk.id).items
    assert [each.name for each in message.attachments] == ["garden.jpg", "plan.txt"]
    assert selectors.scheduled_get(talk.as_therapist, planned.id).files == ()
    link = services.attachment_fetch(talk.as_patient, text, at=clock.now())
    assert Client().get(link).content == b"Breathe in, and out."


def test_what_is_held_for_one_message_goes_with_no_other(talk):
    upload_id = factories.upload(talk.as_patient)
    planned = plan(talk.as_patient, talk, attachments=[upload_id])
    for deed in (
        lambda: factories.send(talk.as_patient, talk.id, attachments=[upload_id]),
        lambda: plan(talk.as_patient, talk, attachments=[upload_id]),
        lambda: files_services.upload_drop(talk.as_patient, upload_id, at=AT),
    ):
        with pytest.raises(UploadNotReady):
            deed()
    assert services.scheduled_send(talk.as_patient, planned.id, at=AT).attachments


def test_nobody_plans_with_what_is_not_theirs_or_not_checked(talk):
    foreign = factories.upload(talk.as_therapist)
    asked = files_services.upload_ask(talk.as_patient, name="a.txt", content_type="", size=3, at=AT)
    for upload_id in (foreign, asked.upload.id, uuid.uuid4()):
        with pytest.raises(UploadNotReady):
            plan(talk.as_patient, talk, attachments=[upload_id])
    assert selectors.scheduled_list(talk.as_patient, talk.id) == []


def test_a_repeat_is_the_same_plan_and_with_other_files_it_is_not(talk):
    upload_id, client_id = factories.upload(talk.as_patient), uuid.uuid4()
    first = plan(talk.as_patient, talk, client_id=client_id, attachments=[upload_id])
    assert plan(talk.as_patient, talk, client_id=client_id, attachments=[upload_id]) == first
    with pytest.raises(IdempotencyConflict):
        plan(talk.as_patient, talk, client_id=client_id)


def test_taken_back_its_files_are_removed(talk):
    upload_id = factories.upload(talk.as_patient)
    planned = plan(talk.as_patient, talk, attachments=[upload_id])
    services.scheduled_cancel(talk.as_patient, planned.id, at=AT)
    assert left(upload_id) is None
    assert not StoredFile.objects.unscoped(reason="test").exists()


def test_files_are_added_and_removed_until_it_goes(talk):
    first, second = factories.upload(talk.as_patient), factories.upload(talk.as_patient, name="two.txt")
    planned = plan(talk.as_patient, talk, attachments=[first])
    changed = services.scheduled_change(talk.as_patient, planned.id, attachments=[second], at=AT)
    assert named(changed) == ["two.txt"]
    assert left(first) is None
    # Not named, they stay as they are.
    assert named(services.scheduled_change(talk.as_patient, planned.id, body="Other.", at=AT)) == ["two.txt"]
    sweep()
    (message,) = selectors.message_list(talk.as_patient, talk.id).items
    assert [each.name for each in message.attachments] == ["two.txt"]
    assert happened(planned) == ["planned", "changed", "changed", "sent"]


def test_what_was_blocked_keeps_its_files(talk):
    upload_id = factories.upload(talk.as_patient)
    planned = plan(talk.as_patient, talk, factories.BLOCKED, attachments=[upload_id])
    with pytest.raises(MessageBlocked):
        services.scheduled_send(talk.as_patient, planned.id, at=AT)
    services.scheduled_change(
        talk.as_patient, planned.id, body=HARMLESS, due_at=DUE + timedelta(days=1), at=DUE
    )
    assert sweep(DUE + timedelta(days=1)) == 1
    (message,) = selectors.message_list(talk.as_patient, talk.id).items
    assert len(message.attachments) == 1


def test_without_its_files_it_stays_with_its_author(talk):
    planned = plan(talk.as_patient, talk, attachments=[factories.upload(talk.as_patient)])
    Upload.objects.unscoped(reason="test").all().delete()
    assert sweep() == 0
    assert row_of(planned).reason == StopReason.FAILED
    assert told(talk.patient) == ["stopped"]
    assert bodies(talk) == []


def test_what_an_author_who_has_left_could_not_send_is_forgotten_with_its_files(talk):
    upload_id = factories.upload(talk.as_patient)
    gone = plan(talk.as_patient, talk, attachments=[upload_id])
    kept = plan(talk.as_therapist, talk, factories.BLOCKED)
    talk.patient.closing_at = DUE
    talk.patient.save(update_fields=["closing_at"])
    assert sweep() == 0
    later = DUE + due_service.KEPT + timedelta(days=1)
    assert services.scheduled_forget(people.SYSTEM, at=later) == 1
    assert not ScheduledMessage.objects.unscoped(reason="test").filter(pk=gone.id).exists()
    assert Upload.objects.unscoped(reason="test").get(pk=upload_id).state == UploadState.DROPPED
    # What its author can still read, and send once it is another, stays.
    assert row_of(kept).reason == StopReason.BLOCKED


def test_what_a_file_is_called_is_looked_at_for_danger(talk):
    upload_id = factories.upload(talk.as_patient, name=f"{factories.CRISIS}.txt")
    assert plan(talk.as_patient, talk, attachments=[upload_id]).alarms


def test_they_are_sealed_with_the_patients_key(talk):
    upload_id = factories.upload(talk.as_therapist, pictures.picture(), name="garden.jpg")
    planned = plan(talk.as_therapist, talk, attachments=[upload_id])
    vault.key_destroy(people.SYSTEM, talk.patient.id, at=AT)
    assert selectors.scheduled_get(talk.as_therapist, planned.id).files == ()
    with pytest.raises(NotFound):
        files_selectors.upload_get(talk.as_therapist, upload_id)
    for file_id in StoredFile.objects.unscoped(reason="test").values_list("id", flat=True):
        with pytest.raises(NotFound):
            files_selectors.file_content(file_id)


def test_many_plans_with_files_are_asked_for_at_once(talk, django_assert_max_num_queries):
    for _ in range(4):
        plan(talk.as_patient, talk, attachments=[factories.upload(talk.as_patient)])
    with django_assert_max_num_queries(4):
        assert len(selectors.scheduled_list(talk.as_patient, talk.id)) == 4


# The pages and the wire -------------------------------------------------------------------------------------


def test_on_the_page_they_are_named_and_can_be_left_out():
    talk = factories.talk()
    upload_id = factories.upload(talk.as_patient, name="plan & more.txt", at=clock.now())
    client = browser(talk.patient)
    sent = {"client_id": uuid.uuid4(), "body": HARMLESS, "when": "tomorrow", "attachments": [upload_id]}
    part = client.post(f"/messages/{talk.id}/plan/", sent, headers={"X-Bloom-Part": "later"})
    assert (part.status_code, "plan &amp; more.txt" in part.content.decode()) == (200, True)
    (planned,) = selectors.scheduled_list(talk.as_patient, talk.id)
    path = f"/messages/later/{planned.id}/"
    assert f'value="{upload_id}"' in client.get(path).content.decode()
    when = {"day": planned.due_at.date(), "time": "12:00"}
    odd = client.post(path, {"body": HARMLESS, **when, "attachments": [uuid.uuid4()]})
    assert "Please choose from the list." in odd.content.decode()
    assert client.post(path, {"body": HARMLESS, **when, "attachments": [upload_id]}).status_code == 302
    assert len(selectors.scheduled_get(talk.as_patient, planned.id).files) == 1
    assert client.post(path, {"body": HARMLESS, **when}).status_code == 302
    assert selectors.scheduled_get(talk.as_patient, planned.id).files == ()


def test_over_rest():
    talk = factories.talk()
    upload_id = factories.upload(talk.as_patient, at=clock.now())
    client = browser(talk.patient)
    sent = {
        "client_id": str(uuid.uuid4()),
        "body": HARMLESS,
        "send_at": clock.to_wire(clock.now() + timedelta(days=1)),
        "attachments": [str(upload_id)],
    }

    def ask(method, where, body=None):
        return getattr(client, method)(where, json.dumps(body), content_type="application/json")

    made = ask("post", f"/api/v1/conversations/{talk.id}/scheduled-messages/", sent).json()
    assert made["attachments"] == [
        {"id": str(upload_id), "name": "plan.txt", "content_type": "text/plain", "size": 20}
    ]
    assert client.get(f"/api/v1/uploads/{upload_id}/").json()["status"] == "held"
    one = f"/api/v1/scheduled-messages/{made['id']}/"
    assert ask("patch", one, {"attachments": [str(uuid.uuid4())]}).json()["code"] == "upload_not_ready"
    message = ask("post", f"{one}send/").json()
    assert [each["name"] for each in message["attachments"]] == ["plan.txt"]
