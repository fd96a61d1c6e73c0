"""The demo's conversations: complete, the same for the same seed, and true to the record."""

import random
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
import yaml

from accounts import seed as accounts_seed
from accounts import selectors as accounts_selectors
from accounts.tests import factories as people
from bloom.kernel import vault
from bloom.kernel.registry import SeedContext
from messaging import audit, seed, selectors
from messaging.models import Conversation, CrisisAlert, Member, Message, MessageAudit
from messaging.tests import factories
from messaging.tests.factories import AT, BLOCKED, BLURRED, CRISIS
from observability import services as observability_services

pytestmark = pytest.mark.django_db


def turn(who, text, minutes=30):
    return {"who": who, "minutes_after_previous": minutes, "text": text}


TEXTS = [
    {
        "id": "flagged",
        "topic": "every outcome",
        "turns": [
            turn("patient", "Good morning."),
            turn("patient", BLURRED),
            turn("patient", BLOCKED),
            turn("patient", CRISIS),
            turn("therapist", "I am calling you now."),
            turn("patient", "Thank you."),
        ],
    },
    {
        "id": "plain",
        "topic": "sleep",
        "turns": [
            turn("therapist", "How did you sleep?"),
            turn("patient", "Well."),
            turn("patient", "Really."),
        ],
    },
]


@pytest.fixture(autouse=True)
def texts(tmp_path, monkeypatch):
    path = tmp_path / "texts.yaml"
    path.write_text(yaml.safe_dump(TEXTS))
    monkeypatch.setattr(seed, "TEXTS", path)
    seed._texts.cache_clear()
    seed._plain_texts.cache_clear()
    yield
    seed._texts.cache_clear()
    seed._plain_texts.cache_clear()


def people_only(scale=0):
    context = SeedContext(
        seed=7, scale=scale, at=AT + timedelta(days=2000), random=random.Random(7), say=lambda text: None
    )
    accounts_seed.people(context)
    return context


def plant(scale=0):
    context = people_only(scale)
    seed.conversations(context)
    return context


def every(model):
    return model.objects.unscoped(reason="test")


def test_every_assignment_gets_a_conversation_that_holds_together():
    context = plant(scale=3)
    conversations = list(every(Conversation))
    assert len(conversations) >= 25
    assert any(place.read_only_at for place in conversations)
    for place in conversations:
        rows = factories.message_rows(place.id)
        assert [row.seq for row in rows] == list(range(1, place.last_seq + 1))
        assert place.last_change == place.last_seq == len(rows) > 0
        assert place.last_sent_at == rows[-1].sent_at < (place.read_only_at or context.at)
        assert all(one.sent_at <= two.sent_at for one, two in pairwise(rows))
        members = {member.role: member for member in every(Member).filter(conversation_id=place.id)}
        assert members["patient"].user_id == place.patient_id == place.key_subject_id
        assert members["therapist"].user_id == place.therapist_id
        for member in members.values():
            beyond = [row for row in rows if row.seq > member.read_seq]
            assert all(row.sender_id != member.user_id for row in beyond)
    outcomes = Counter(every(Message).values_list("outcome", flat=True))
    assert set(outcomes) == {"allow", "blur", "crisis"}


def test_each_message_opens_and_has_its_line_of_the_record():
    plant()
    lines = {row.message_id: row for row in every(MessageAudit)}
    rows = list(every(Message))
    assert len(lines) == len(rows)
    for row in rows:
        assert vault.open(row.body, factories.place_of(row))
        line = lines[row.id]
        assert bytes(line.body_hash) == bytes(row.body_hash)
        assert (line.outcome, line.actor_user_id) == (row.outcome, row.sender_id)
        values = {column: getattr(line, column) for column in audit.AUDIT_SOURCE.columns}
        assert observability_services.row_mac(audit.AUDIT_SOURCE, values) == bytes(line.mac)


def test_a_crisis_in_the_demo_was_seen_to():
    plant()
    alerts = list(every(CrisisAlert))
    assert alerts
    assert all(alert.acknowledged_at > alert.raised_at for alert in alerts)


def test_a_second_run_and_the_outbox_add_nothing():
    plant()
    before = every(Conversation).count(), every(Message).count(), every(MessageAudit).count()
    context = plant()
    observability_services.outbox_drain(people.SYSTEM, at=context.at)
    assert (every(Conversation).count(), every(Message).count(), every(MessageAudit).count()) == before
    closed = every(Conversation).exclude(read_only_at=None).count()
    ended = [view for view in _assignments() if view.ended_at]
    assert closed == len(ended)


def test_what_the_outbox_opened_first_is_filled():
    context = people_only()
    observability_services.outbox_drain(people.SYSTEM, at=context.at)
    opened = every(Conversation).count()
    assert opened > 0
    seed.conversations(context)
    assert every(Conversation).count() >= opened
    assert not every(Conversation).filter(last_seq=0).exists()


def test_the_same_seed_writes_the_same():
    plant()
    first = list(every(Message).order_by("id").values_list("id", "seq", "sent_at", "sender_id", "outcome"))
    texts = {row.id: vault.open(row.body, factories.place_of(row)) for row in every(Message)}
    every(Conversation).all().delete()
    plant()
    assert (
        list(every(Message).order_by("id").values_list("id", "seq", "sent_at", "sender_id", "outcome"))
        == first
    )
    assert {row.id: vault.open(row.body, factories.place_of(row)) for row in every(Message)} == texts


def test_the_crowd_costs_as_many_statements_however_many_they_are(django_assert_max_num_queries):
    plant()
    with django_assert_max_num_queries(150):
        plant(scale=60)
    assert selectors.unread_total(people.actor(_therapist())) >= 0


def _assignments():
    return [view for page in accounts_selectors.assignment_pages(people.SYSTEM, limit=100) for view in page]


def _therapist():
    return factories.User.objects.get(email="therapist@bloom.demo")
