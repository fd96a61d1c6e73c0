"""Messages that go later, for tests."""

import uuid
from datetime import timedelta
from uuid import UUID

from django.apps import apps
from django.conf import settings as django_settings
from django.test import Client

from accounts.tests import factories as people
from messaging import selectors, services
from messaging.models import ScheduledMessage
from messaging.tests.factories import AT, HARMLESS, Event

Notice = apps.get_model("accounts", "Notice")
DUE = AT + timedelta(days=1)


def plan(actor, talk, body=HARMLESS, *, client_id: UUID | None = None, attachments=(), due_at=DUE, at=AT):
    return services.scheduled_plan(
        actor, talk.id, client_id or uuid.uuid4(), body, due_at, attachments=attachments, at=at
    ).scheduled


def sweep(at=DUE):
    return services.scheduled_send_due(people.SYSTEM, at=at)


def row_of(scheduled) -> ScheduledMessage:
    return ScheduledMessage.objects.unscoped(reason="test").get(pk=scheduled.id)


def bodies(talk):
    return [each.body for each in selectors.message_list(talk.as_patient, talk.id).items]


def happened(scheduled):
    rows = Event.objects.unscoped(reason="test").filter(object_id=scheduled.id).order_by("recorded_at")
    return [each.name.rpartition(".")[2] for each in rows]


def told(person):
    rows = Notice.objects.unscoped(reason="test").filter(kind="later", user_id=person.id)
    return [each.code for each in rows]


def browser(user) -> Client:
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = people.session_key(user)
    return client
