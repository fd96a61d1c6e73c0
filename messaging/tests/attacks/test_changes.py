"""Attacks on words that were said: to change another's, to slip past the moderator afterwards, to make
what was said unsaid, and to read what was taken back.
"""

import json
import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import NotFound
from messaging import audit, selectors, services
from messaging.errors import EditTooLate, MessageBlocked, NotTheAuthor
from messaging.models import MessageVersion
from messaging.tests import factories
from messaging.tests.factories import BLOCKED, BLURRED, HARMLESS, Event

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture
def talk():
    return factories.talk()


@pytest.fixture
def message(talk):
    return factories.send(talk.as_patient, talk.id, at=clock.now())


def browser(person):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = people.session_key(person)
    return client


def body_of(talk, message):
    return selectors.message_get(talk.as_patient, message.id).body


@pytest.mark.parametrize("verb", ["patch", "delete"])
def test_another_members_message_cannot_be_changed(talk, message, verb):
    """ASVS 5 V8.2.2: being in the room gives no right over what others said there."""
    answer = getattr(browser(talk.therapist), verb)(
        f"/api/v1/messages/{message.id}/", json.dumps({"body": "I feel wonderful."}), **JSON
    )
    assert answer.status_code == 403
    assert body_of(talk, message) == HARMLESS
    refused = Event.objects.unscoped(reason="test").get(name="observability.access.refused")
    assert (refused.object_id, refused.actor_user_id) == (message.id, talk.therapist.id)


@pytest.mark.parametrize("verb", ["patch", "delete"])
def test_a_strangers_id_and_a_made_up_one_look_the_same(talk, message, verb):
    """ASVS 5 V8.2.2: the answer does not tell whether a message exists."""
    answers = [
        getattr(browser(people.therapist()), verb)(
            f"/api/v1/messages/{each}/", json.dumps({"body": "x"}), **JSON
        )
        for each in (message.id, uuid.uuid4())
    ]
    shown = [{**answer.json(), "request_id": None, "instance": None} for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert shown[0] == shown[1]
    assert body_of(talk, message) == HARMLESS


def test_fields_that_are_not_the_callers_to_set_are_ignored(talk, message):
    """ASVS 5 V15.3.3: an edit sets the text, whatever else it names."""
    data = {
        "body": "Another text.",
        "sender": str(talk.therapist.id),
        "conversation": str(uuid.uuid4()),
        "seq": 99,
        "moderation": {"outcome": "allow"},
        "sent_at": "2020-01-01T00:00:00Z",
    }
    answer = browser(talk.patient).patch(f"/api/v1/messages/{message.id}/", json.dumps(data), **JSON).json()
    assert (answer["sender"]["id"], answer["seq"]) == (str(talk.patient.id), 1)
    assert answer["conversation"] == str(talk.id)


@pytest.mark.parametrize(
    "body",
    ["b\u0456tch, you stup\u0456d b\u0456tch", "You stu\u200bpid bi\u200btch.", "Ｙou ｓtupid ｂitch."],
    ids=ascii,
)
def test_a_harmless_message_edited_into_disguised_abuse_is_hidden(talk, message, body):
    """ASVS 5 V2.2.1: look-alikes and unseen characters pass an edit no more than a send."""
    services.message_edit(talk.as_patient, message.id, body, at=clock.now())
    seen = selectors.message_get(talk.as_therapist, message.id)
    assert (seen.body, seen.blurred) == (None, True)


def test_what_cannot_be_sent_cannot_be_edited_in(talk, message):
    """ASVS 5 V2.3.1: the second step is judged as the first one was."""
    with pytest.raises(MessageBlocked):
        services.message_edit(talk.as_patient, message.id, BLOCKED, at=clock.now())
    assert body_of(talk, message) == HARMLESS


def test_a_reveal_of_mild_words_does_not_open_what_they_are_edited_into(talk):
    """ASVS 5 V8.3.1: consent to one text is none to the next."""
    now = clock.now()
    message = factories.send(talk.as_patient, talk.id, BLURRED, at=now)
    services.message_reveal(talk.as_therapist, message.id, at=now)
    services.message_edit(talk.as_patient, message.id, f"{BLURRED} {BLURRED}", at=now)
    assert selectors.message_get(talk.as_therapist, message.id).blurred


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=365)], ids=str)
def test_the_window_cannot_be_outwaited(talk, message, late):
    """ASVS 5 V2.3.2: after the window the text stands, to the second, whatever was edited within it."""
    services.message_edit(talk.as_patient, message.id, "In time.", at=clock.now())
    with pytest.raises(EditTooLate):
        services.message_edit(
            talk.as_patient, message.id, "Too late.", at=message.sent_at + settings.MESSAGE_EDIT_WINDOW + late
        )
    assert body_of(talk, message) == "In time."


def test_words_that_were_taken_back_are_in_no_answer(talk, message):
    """ASVS 5 V14.2.6: a deleted text leaves no trace in list, page, preview, export or frame."""
    services.message_delete(talk.as_patient, message.id, at=clock.now())
    client = browser(talk.therapist)
    for path in (
        f"/api/v1/conversations/{talk.id}/messages/",
        "/api/v1/conversations/",
        f"/messages/{talk.id}/",
        "/messages/",
        "/dashboard/",
        f"/messages/message/{message.id}/",
    ):
        assert HARMLESS not in client.get(path).content.decode(), path
    for change in selectors.message_changes(talk.as_therapist, talk.id, 0, 10):
        assert change.message.body is None


def test_a_deletion_does_not_destroy_what_the_record_holds(talk, message):
    """ASVS 5 V16.4.1: who abuses and deletes has still written it."""
    services.message_edit(talk.as_patient, message.id, "Nothing happened.", at=clock.now())
    services.message_delete(talk.as_patient, message.id, at=clock.now())
    told = services.message_history_open(talk.as_therapist, message.id, at=clock.now()).versions
    assert [each.body for each in told] == [HARMLESS, "Nothing happened."]
    assert list(audit.messages_witness()) == []


@pytest.mark.parametrize("role", ["support", "admin", "therapist"])
def test_nobody_outside_reads_a_history(talk, message, role):
    """ASVS 5 V8.2.2: neither staff nor a therapist of another's reads what was said before."""
    services.message_edit(talk.as_patient, message.id, "Another text.", at=clock.now())
    stranger = getattr(people, role)()
    with pytest.raises(NotFound):
        services.message_history_open(people.actor(stranger), message.id, at=clock.now())
    answer = browser(stranger).get(f"/api/v1/messages/{message.id}/history/")
    assert answer.status_code == 404
    assert not MessageVersion.objects.visible_to(people.actor(stranger)).exists()


def test_a_script_edited_in_stays_text(talk, message):
    """ASVS 5 V1.2.1: on the page, in its history and in the list it is escaped."""
    services.message_edit(talk.as_patient, message.id, SCRIPT, at=clock.now())
    for path in (
        f"/messages/{talk.id}/",
        f"/messages/message/{message.id}/",
        f"/messages/message/{message.id}/history/",
    ):
        page = browser(talk.patient).get(path).content.decode()
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page


def test_a_refused_edit_keeps_no_words_of_it(talk, message):
    """ASVS 5 V16.2.5: neither the record nor an event holds a word of what was refused."""
    with pytest.raises(NotTheAuthor):
        services.message_edit(talk.as_therapist, message.id, "secret words", at=clock.now())
    with pytest.raises(MessageBlocked):
        services.message_edit(talk.as_patient, message.id, BLOCKED, at=clock.now())
    for row in factories.audit_rows(talk.id):
        assert "4111" not in str(
            {field.name: getattr(row, field.name) for field in row._meta.concrete_fields}
        )
    assert "secret" not in str(list(Event.objects.unscoped(reason="test").values()))
