"""Other people's files, and what one could do with one's own."""

import pytest
from django.test import Client

from accounts.tests import factories as people
from bloom.files.errors import UploadNotReady
from bloom.kernel.errors import NotFound
from messaging import selectors, services
from messaging.tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
AT = factories.AT


@pytest.fixture
def talk():
    return factories.talk()


def test_nobody_sends_another_persons_upload(talk):
    """ASVS 5.0 8.2.2: not the other one in the conversation either."""
    upload_id = factories.upload(talk.as_therapist)
    with pytest.raises(UploadNotReady):
        factories.send(talk.as_patient, talk.id, attachments=[upload_id])
    assert factories.send(talk.as_therapist, talk.id, attachments=[upload_id]).attachments


def test_nobody_puts_a_file_into_a_conversation_that_is_not_theirs(talk):
    elsewhere = factories.talk()
    upload_id = factories.upload(talk.as_patient)
    with pytest.raises(NotFound):
        factories.send(talk.as_patient, elsewhere.id, attachments=[upload_id])
    # It is still theirs to send where they take part.
    assert factories.send(talk.as_patient, talk.id, attachments=[upload_id]).attachments


def test_nobody_outside_fetches_a_file_whose_id_they_know(talk):
    upload_id = factories.upload(talk.as_patient)
    factories.send(talk.as_patient, talk.id, attachments=[upload_id])
    stranger = factories.talk()
    for person in (stranger.as_patient, stranger.as_therapist, people.actor(people.admin())):
        with pytest.raises(NotFound):
            services.attachment_fetch(person, upload_id, at=AT)
        with pytest.raises(NotFound):
            selectors.thumbnail_link(person, upload_id, at=AT)


def test_whoever_has_left_fetches_nothing_any_more(talk):
    upload_id = factories.upload(talk.as_patient)
    factories.send(talk.as_patient, talk.id, attachments=[upload_id])
    member = factories.member_row(talk.id, talk.therapist.id)
    member.left_at = AT
    member.save()
    with pytest.raises(NotFound):
        services.attachment_fetch(talk.as_therapist, upload_id, at=AT)


def test_a_name_that_is_markup_is_words_on_the_page(talk):
    name = "<svg onload=alert(1)>.txt"
    factories.send(talk.as_patient, talk.id, attachments=[factories.upload(talk.as_patient, name=name)])
    client = Client()
    client.force_login(talk.therapist)
    page = client.get(f"/messages/{talk.id}/").content.decode()
    assert "<svg onload" not in page
