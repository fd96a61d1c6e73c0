"""The admin shows that messages were judged, to administrators, and never what they say."""

import pytest
from django.contrib import admin

from accounts.tests import factories as people
from messaging import models
from messaging.tests import factories
from messaging.tests.factories import BLURRED

pytestmark = pytest.mark.django_db


def test_administrators_read_the_record_of_messages_and_change_nothing():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, BLURRED)
    (row,) = factories.audit_rows(talk.id)
    client = people.browser(people.admin())
    listed = client.get("/admin/messaging/messageaudit/")
    assert listed.status_code == 200
    assert str(talk.id) in listed.content.decode()
    shown = client.get(f"/admin/messaging/messageaudit/{row.id}/change/")
    assert shown.status_code == 200
    for page in (listed, shown):
        assert "bitch" not in page.content.decode()
    assert client.get("/admin/messaging/messageaudit/add/").status_code == 403
    assert client.post(f"/admin/messaging/messageaudit/{row.id}/delete/", {"post": "yes"}).status_code == 403
    assert len(factories.audit_rows(talk.id)) == 1


def test_the_admin_knows_no_other_table_of_messaging():
    shown = {model for model in admin.site._registry if model._meta.app_label == "messaging"}
    assert shown == {models.MessageAudit, models.QueueItem}


@pytest.mark.parametrize("role", ["support", "therapist", "patient"])
def test_nobody_else_sees_a_row(role):
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    answer = people.browser(getattr(people, role)()).get("/admin/messaging/messageaudit/")
    assert str(talk.id) not in answer.content.decode()
