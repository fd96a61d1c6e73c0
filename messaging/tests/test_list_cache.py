"""The list of conversations from Redis: never another than the tables', whoever writes in between."""

import threading
import uuid
from contextlib import suppress
from dataclasses import replace

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel.actor import Actor
from bloom.kernel.errors import DomainError
from bloom.kernel.testing import at_once
from messaging import list_cache, names, selectors, services
from messaging.models import Conversation, Member, Message
from messaging.tests import factories
from messaging.tests.factories import AT, BLURRED, CRISIS, HARMLESS, Talk
from messaging.types import ConversationView, Shelf

pytestmark = pytest.mark.django_db(transaction=True)

SHELVES = [None, Shelf.INBOX, Shelf.ARCHIVE]


@pytest.fixture
def lists():
    """Redis, and the keys in it that belong to lists."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    return lambda: {key: client.hgetall(key) for key in client.scan_iter(f"{list_cache._PREFIX}*")}


def shown(actor: Actor, **which) -> list[ConversationView]:
    return list(selectors.conversation_list(actor, unread_first=True, **which).items)


def true(actor: Actor, **which) -> list[ConversationView]:
    """What the tables say: inside a transaction nothing is kept."""
    with transaction.atomic():
        return shown(actor, **which)


def same(actor: Actor) -> None:
    for shelf in SHELVES:
        # Twice: read and kept, then as it was kept.
        for _time in range(2):
            assert shown(actor, shelf=shelf) == true(actor, shelf=shelf)


def queries(actor: Actor) -> int:
    with CaptureQueriesContext(connection) as asked:
        shown(actor)
    return len(asked)


@pytest.fixture
def talk() -> Talk:
    return factories.talk()


class TestKept:
    def test_a_list_that_nothing_changed_asks_no_table(self, talk: Talk):
        factories.send(talk.as_patient, talk.id)
        shown(talk.as_therapist)
        assert queries(talk.as_therapist) == 0

    def test_for_a_minute(self, talk: Talk, lists):
        shown(talk.as_patient)
        client = redis.Redis.from_url(django_settings.REDIS_URL)
        (key,) = [key for key in lists() if str(talk.patient.id).encode() in key]
        assert 0 < client.ttl(key) <= list_cache.KEPT_SECONDS

    def test_no_more_than_a_few_of_one_person(self, talk: Talk, lists):
        for limit in range(1, 40):
            shown(talk.as_patient, limit=limit)
        assert max(len(fields) for fields in lists().values()) <= 9

    def test_what_is_kept_of_an_older_version_counts_as_nothing(self, talk: Talk, lists):
        before = shown(talk.as_patient)
        client = redis.Redis.from_url(django_settings.REDIS_URL)
        for key, fields in lists().items():
            client.hset(key, mapping=dict.fromkeys(fields, b"garbage"))
        assert shown(talk.as_patient) == before

    def test_a_list_with_a_conversation_that_one_left_is_not(self, talk: Talk):
        """They are told of nothing that happens there, and nobody drops their list for it."""
        same(talk.as_therapist)
        rows = Member.objects.unscoped(reason="test").filter(user_id=talk.therapist.id)
        rows.update(left_at=AT, left_seq=0, left_change=0)
        list_cache.lists_drop([talk.therapist.id])
        for _time in range(2):
            shown(talk.as_therapist)
            assert queries(talk.as_therapist) > 0

    def test_within_a_transaction_the_tables_answer(self, talk: Talk):
        """They may say what nobody else may see yet, or ever."""
        same(talk.as_therapist)
        with transaction.atomic():
            rows = Conversation.objects.unscoped(reason="test").filter(pk=talk.id)
            rows.update(last_change=7)
            assert shown(talk.as_therapist)[0].last_change == 7
            transaction.set_rollback(True)
        assert shown(talk.as_therapist)[0].last_change == 0


class TestWords:
    """Nothing in Redis tells who is in whose care, or what they wrote."""

    def test_it_is_sealed(self, talk: Talk, lists):
        factories.send(talk.as_patient, talk.id, CRISIS)
        same(talk.as_therapist)
        same(talk.as_patient)
        kept = repr(lists())
        assert len(kept) > 1000
        for word in (CRISIS, "crisis", "self-harm", "patient", "Person", str(talk.id)):
            assert word not in kept

    def test_another_persons_list_opens_for_nobody(self, talk: Talk, lists):
        other = factories.talk()
        factories.send(talk.as_patient, talk.id)
        shown(talk.as_patient)
        shown(other.as_patient)
        client = redis.Redis.from_url(django_settings.REDIS_URL)
        kept = lists()
        (theirs,) = [value for key, value in kept.items() if str(talk.patient.id).encode() in key]
        (own,) = [key for key in kept if str(other.patient.id).encode() in key]
        moved = {name: theirs[field] for name in kept[own] for field in theirs if field != b"mark"}
        client.hset(own, mapping=moved)
        assert [each.id for each in shown(other.as_patient)] == [other.id]

    def test_nor_in_another_practice_or_by_a_token(self, talk: Talk):
        shown(talk.as_therapist)
        elsewhere = people.practice(talk.therapist)
        assert shown(replace(talk.as_therapist, practice_id=elsewhere)) == []
        by_token = replace(talk.as_patient, token_id=uuid.uuid4(), practice_id=elsewhere)
        shown(talk.as_patient)
        assert shown(by_token) == []
        assert [each.id for each in shown(talk.as_patient)] == [talk.id]

    def test_names_are_those_of_now(self, talk: Talk):
        same(talk.as_therapist)
        person = people.actor(talk.patient)
        accounts_services.profile_change(person, name="Quite Another", at=AT)
        names._names.clear()
        assert "Quite Another" in {member.name for member in shown(talk.as_therapist)[0].members}


class TestWithoutRedis:
    @pytest.fixture(autouse=True)
    def away(self, monkeypatch: pytest.MonkeyPatch):
        """It does not answer."""
        nobody = redis.Redis.from_url(
            "redis://127.0.0.1:1/0", retry=list_cache.Retry(list_cache.NoBackoff(), 1)
        )
        monkeypatch.setattr(list_cache, "_connected", nobody)

    def test_the_tables_answer(self, talk: Talk):
        factories.send(talk.as_patient, talk.id)
        same(talk.as_therapist)

    def test_nothing_is_lost_and_what_was_kept_ends(self, talk: Talk, monkeypatch: pytest.MonkeyPatch):
        message = factories.send(talk.as_patient, talk.id)
        services.message_edit(talk.as_patient, message.id, "Another text.", at=AT)
        assert shown(talk.as_therapist)[0].last_message.body == "Another text."


class TestRace:
    def test_what_was_read_before_a_write_is_not_kept(self, talk: Talk, monkeypatch: pytest.MonkeyPatch):
        """The old rows are read; somebody writes, commits and drops; then the old rows come to be kept."""
        real, stop = list_cache._seal, threading.Event()

        def late(actor, field, rows):
            if not stop.is_set():
                stop.set()
                factories.send(talk.as_patient, talk.id)
            return real(actor, field, rows)

        monkeypatch.setattr(list_cache, "_seal", late)
        assert shown(talk.as_therapist)[0].last_seq == 0
        assert shown(talk.as_therapist)[0].last_seq == 1

    def test_nor_after_another_reader_has_begun_anew(self, talk: Talk, monkeypatch: pytest.MonkeyPatch):
        real, depth = list_cache._seal, []

        def late(actor, field, rows):
            if not depth:
                depth.append(1)
                factories.send(talk.as_patient, talk.id)
                assert shown(talk.as_therapist)[0].last_seq == 1
            return real(actor, field, rows)

        monkeypatch.setattr(list_cache, "_seal", late)
        shown(talk.as_therapist)
        assert shown(talk.as_therapist)[0].last_seq == 1

    def test_readers_and_writers_at_once(self, talk: Talk):
        """Whoever was answered sees what they wrote, whatever others read meanwhile."""
        faults = []

        def write(actor: Actor) -> None:
            for _each in range(15):
                seq = factories.send(actor, talk.id).seq
                seen = shown(actor)[0].last_seq
                if seen < seq:
                    faults.append((seq, seen))

        def read(actor: Actor) -> None:
            last = 0
            for _each in range(60):
                seen = shown(actor)[0].last_seq
                if seen < last:
                    faults.append((last, seen))
                last = seen

        outcomes = at_once(
            lambda: write(talk.as_patient),
            lambda: write(talk.as_therapist),
            lambda: read(talk.as_patient),
            lambda: read(talk.as_therapist),
        )
        assert outcomes == [None] * 4
        assert faults == []
        same(talk.as_patient)
        same(talk.as_therapist)


class Writers(RuleBasedStateMachine):
    """Two patients of one therapist, and everything that changes somebody's list."""

    def __init__(self) -> None:
        super().__init__()
        first = factories.talk()
        self.talks = [first, factories.talk(therapist=first.therapist, practice_id=first.practice_id)]
        self.viewers = [self.talks[0].as_patient, self.talks[1].as_patient, first.as_therapist]

    talks_ = st.integers(0, 1)
    by_patient = st.booleans()

    def writer(self, place: int, by_patient: bool) -> Actor:
        talk = self.talks[place]
        return talk.as_patient if by_patient else talk.as_therapist

    def newest(self, place: int, **which) -> Message | None:
        rows = Message.objects.unscoped(reason="test").filter(conversation_id=self.talks[place].id, **which)
        return rows.order_by("-seq").first()

    def attempt(self, work) -> None:
        """Refusals are part of it: a conversation that can only be read, an alert that keeps it open."""
        with suppress(DomainError):
            work()

    @rule(place=talks_, by_patient=by_patient, text=st.sampled_from([HARMLESS, BLURRED, CRISIS]))
    def send(self, place, by_patient, text):
        self.attempt(lambda: factories.send(self.writer(place, by_patient), self.talks[place].id, text))

    @rule(place=talks_, text=st.sampled_from([HARMLESS, BLURRED, "Something else."]))
    def edit(self, place, text):
        if row := self.newest(place, sender_id=self.talks[place].patient.id):
            self.attempt(lambda: services.message_edit(self.talks[place].as_patient, row.id, text, at=AT))

    @rule(place=talks_)
    def delete(self, place):
        if row := self.newest(place, sender_id=self.talks[place].patient.id):
            self.attempt(lambda: services.message_delete(self.talks[place].as_patient, row.id, at=AT))

    @rule(place=talks_, by_patient=by_patient)
    def reveal(self, place, by_patient):
        if row := self.newest(place):
            self.attempt(lambda: services.message_reveal(self.writer(place, by_patient), row.id, at=AT))

    @rule(place=talks_, by_patient=by_patient, on=st.booleans())
    def react(self, place, by_patient, on):
        if row := self.newest(place):
            self.attempt(
                lambda: services.reaction_toggle(self.writer(place, by_patient), row.id, "👍", on, at=AT)
            )

    @rule(place=talks_, by_patient=by_patient, seq=st.integers(0, 6))
    def read(self, place, by_patient, seq):
        services.conversation_read(self.writer(place, by_patient), self.talks[place].id, seq, at=AT)

    @rule(
        place=talks_,
        by_patient=by_patient,
        archived=st.sampled_from([None, True, False]),
        muted=st.sampled_from([None, True, False]),
    )
    def arrange(self, place, by_patient, archived, muted):
        self.attempt(
            lambda: services.conversation_arrange(
                self.writer(place, by_patient), self.talks[place].id, archived=archived, muted=muted, at=AT
            )
        )

    @rule(place=talks_)
    def end_care(self, place):
        talk = self.talks[place]
        self.attempt(lambda: accounts_services.assignment_end(people.SYSTEM, talk.assignment_id, "", at=AT))
        factories.follow(talk)

    @invariant()
    def every_list_is_that_of_the_tables(self):
        for viewer in self.viewers:
            same(viewer)


def test_whatever_is_written_the_list_is_that_of_the_tables():
    run_state_machine_as_test(
        Writers,
        settings=settings(
            max_examples=8,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
