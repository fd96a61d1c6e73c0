"""What the store is given, and where its statement runs."""

import uuid

import pytest

from bloom.kernel import vault
from messaging import rooms
from messaging.moderation.types import Outcome, Verdict
from messaging.services import sending
from messaging.store import Draft
from messaging.tests.factories import AT

on_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="the statement is PostgreSQL's"
)


def draft(actor, conversation_id, text="hello", *, client_id=None, outcome=Outcome.ALLOW) -> Draft:
    room = rooms.room_get(conversation_id)
    return sending._draft(
        actor,
        room,
        vault.key_get_or_create(room.key_subject_id),
        client_id or uuid.uuid4(),
        text,
        Verdict(outcome),
        at=AT,
    )
