"""Many people at once, on connections of their own, through the services as their doors call them.

The store alone is raced in messaging/tests/test_store_races.py, transactions in
bloom/kernel/tests/test_db_races.py.
"""

import asyncio
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.conf import settings
from django.db import connection, connections

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.testing import at_once
from bloom.realtime import hub
from messaging import selectors, services
from messaging.errors import AlertTaken, ConversationReadOnly, MessageBlocked, MessageDeleted
from messaging.models import Conversation, CrisisAlert, Member
from messaging.services import sending
from messaging.tests import factories
from messaging.tests.factories import BLOCKED, CRISIS
from observability import services as observability_services

pytestmark = pytest.mark.django_db(transaction=True)

SENDERS = 50
# Every tenth of them writes what is refused, and takes no number.
REFUSED = SENDERS // 10


@pytest.fixture(params=["read committed", "serializable"])
def isolation(request, monkeypatch):
    """Every connection that is opened from now on runs at this isolation."""
    # Also for what commits by itself, which Django's own option leaves as it is.
    level = request.param.replace(" ", "\\ ")
    flag = f"-c default_transaction_isolation={level}"
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", flag)
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
    yield request.param
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def talk(transactional_db, settings):
    settings.RATE_FACTOR = 1000
    return factories.talk()


def text(number: int) -> str:
    return f"{number} {BLOCKED}" if number % 10 == 0 else f"number {number}"


def isolation_here() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        return cursor.fetchone()[0]


def check(talk, acks: dict[int, int | None]) -> None:
    """`acks` holds by sender's number what number their message got: no gap, no twin, and all on record."""
    sent = {number: seq for number, seq in acks.items() if seq is not None}
    assert len(acks) == SENDERS
    assert sorted(sent.values()) == list(range(1, SENDERS - REFUSED + 1))
    rows = factories.message_rows(talk.id)
    assert [row.seq for row in rows] == [row.change for row in rows] == sorted(sent.values())
    bodies = {row.seq: selectors.message_get(talk.as_patient, row.id).body for row in rows}
    assert bodies == {seq: text(number) for number, seq in sent.items()}
    place = factories.conversation_row(talk.id)
    assert (place.last_seq, place.last_change) == (len(sent), len(sent))
    audit = factories.audit_rows(talk.id)
    assert Counter(row.action for row in audit) == {"sent": len(sent), "blocked": REFUSED}
    assert {row.message_id for row in audit if row.action == "sent"} == {row.id for row in rows}
    observability_services.seal_run(people.SYSTEM, at=clock.now(), everything=True)
    verdict = observability_services.record_verify(people.SYSTEM)
    assert verdict.is_whole, verdict.faults
    assert verdict.rows["messaging.message_audit"] == SENDERS


def test_fifty_threads_send_into_one_conversation(talk, isolation):
    actors = [talk.as_patient, talk.as_therapist]
    ready = threading.Barrier(SENDERS)
    seen: set[str] = set()

    def send(number: int) -> int | None:
        try:
            seen.add(isolation_here())
            ready.wait(30)
            sent = services.message_send(
                actors[number % 2], talk.id, uuid.uuid4(), text(number), at=clock.now()
            )
        except MessageBlocked:
            return None
        else:
            return sent.message.seq
        finally:
            connection.close()

    with ThreadPoolExecutor(SENDERS) as pool:
        acks = dict(zip(range(SENDERS), pool.map(send, range(SENDERS), timeout=120), strict=True))
    assert seen == {isolation}
    check(talk, acks)


async def test_fifty_sockets_send_into_one_conversation(talk, isolation):
    """As the socket does it: on the event loop, stored in the batches in which they come together, while a
    thread of REST's sends beside them.
    """
    actors = [talk.as_patient, talk.as_therapist]

    async def send(number: int) -> int | None:
        try:
            if number % 5 == 1:
                sent = await asyncio.to_thread(closing, actors[number % 2], number)
            else:
                sent = await services.amessage_send(
                    actors[number % 2], talk.id, uuid.uuid4(), text(number), at=clock.now()
                )
        except MessageBlocked:
            return None
        return sent.message.seq

    def closing(actor, number):
        try:
            return services.message_send(actor, talk.id, uuid.uuid4(), text(number), at=clock.now())
        finally:
            connection.close()

    try:
        acks = await asyncio.gather(*(send(number) for number in range(SENDERS)))
    finally:
        await sending._batcher.close()
        await hub.stop()
    await sync_to_async(check)(talk, dict(enumerate(acks)))


def test_a_care_that_ends_while_its_people_write(talk, isolation):
    """Whatever came before the end is there, whatever came after is refused, and nothing in between."""
    ready = threading.Barrier(2)

    def write() -> list[int]:
        seqs = []
        ready.wait(30)
        try:
            for number in range(1, 200):
                sent = services.message_send(
                    talk.as_patient, talk.id, uuid.uuid4(), f"number {number}", at=clock.now()
                )
                seqs.append(sent.message.seq)
        except ConversationReadOnly:
            return seqs
        finally:
            connection.close()
        raise AssertionError("the conversation never ended")

    def end() -> None:
        try:
            ready.wait(30)
            accounts_services.assignment_end(talk.as_therapist, talk.assignment_id, "", at=clock.now())
            factories.follow(talk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        written, ended = pool.submit(write), pool.submit(end)
        ended.result(60)
        seqs = written.result(60)
    assert seqs == list(range(1, len(seqs) + 1))
    assert [row.seq for row in factories.message_rows(talk.id)] == seqs
    assert factories.conversation_row(talk.id).last_seq == len(seqs)


def test_edits_deletions_and_sends_at_once_leave_no_gap(talk, isolation):
    """Every change has its own number, none is missing, and the record tells of each."""
    now = clock.now()
    messages = [factories.send(talk.as_patient, talk.id, at=now) for _ in range(4)]
    ready = threading.Barrier(24)

    def change(number: int) -> None:
        message = messages[number % 4]
        try:
            ready.wait(30)
            match number % 3:
                case 0:
                    services.message_edit(talk.as_patient, message.id, f"text {number}", at=now)
                case 1 if number > 20:
                    services.message_delete(talk.as_patient, message.id, at=now)
                case _:
                    services.message_send(
                        talk.as_therapist, talk.id, uuid.uuid4(), f"number {number}", at=now
                    )
        except MessageDeleted:
            return
        finally:
            connection.close()

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(change, range(24), timeout=120))
    place = factories.conversation_row(talk.id)
    told = Counter(row.action for row in factories.audit_rows(talk.id))
    assert told["deleted"] == 1
    assert place.last_seq == told["sent"]
    # What is put aside for the record is no change of its own.
    assert place.last_change == told.total() - told["replaced"]
    rows = factories.message_rows(talk.id)
    assert len({row.change for row in rows}) == len(rows)
    assert max(row.change for row in rows) == place.last_change
    for row in rows[:4]:
        versions = services.message_history_open(talk.as_patient, row.id, at=now).versions
        assert [each.number for each in versions] == list(range(row.edits + 1))
        assert None not in [each.body for each in versions]
    observability_services.seal_run(people.SYSTEM, at=clock.now(), everything=True)
    verdict = observability_services.record_verify(people.SYSTEM)
    assert verdict.is_whole, verdict.faults


def test_fifty_reactions_at_once_count_once_each(talk, isolation):
    """Two people, five emoji, on and off in any order: no twin, no gap, and what is shown is what stands."""
    now = clock.now()
    message = factories.send(talk.as_patient, talk.id, at=now)
    emojis = ["\N{SEEDLING}", "\N{SUNFLOWER}", "\N{RAINBOW}", "\N{TULIP}", "\N{FOUR LEAF CLOVER}"]
    actors = [talk.as_patient, talk.as_therapist]
    ready = threading.Barrier(SENDERS)

    def toggle(number: int) -> None:
        try:
            ready.wait(30)
            services.reaction_toggle(
                actors[number % 2], message.id, emojis[number % 5], number % 3 > 0, at=now
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(toggle, range(SENDERS), timeout=120))
    for actor in actors:
        for emoji in emojis:
            services.reaction_toggle(actor, message.id, emoji, True, at=now)
    shown = selectors.message_get(talk.as_patient, message.id)
    assert sorted((each.emoji, each.count) for each in shown.reactions) == sorted(
        (each, 2) for each in emojis
    )
    place = factories.conversation_row(talk.id)
    assert (place.last_seq, place.last_change) == (1, shown.change)
    assert 11 <= place.last_change <= SENDERS + 11


def test_an_alert_that_two_take_while_it_goes_further_has_one_who_looks_after_it(isolation, transactional_db):
    owner, other, therapist = people.therapist(), people.therapist(), people.therapist()
    practice = people.practice(owner, therapist)
    accounts_services.membership_start(
        people.SYSTEM, practice, other.id, MembershipRole.SUPERVISOR, at=factories.AT
    )
    patient = people.patient()
    people.assignment(patient, therapist, practice_id=practice)
    opened = services.conversation_open(people.actor(patient), therapist.id, at=factories.AT)
    factories.send(people.actor(patient), opened.conversation.id, CRISIS)
    due = factories.AT + settings.CRISIS_WIDENS_AFTER
    services.crisis_alerts_widen(people.SYSTEM, at=due)
    alert = CrisisAlert.objects.unscoped(reason="test").get()

    actors = [people.actor(person, practice_id=practice) for person in (owner, other)]
    ready = threading.Barrier(3)

    def act(number: int) -> bool:
        try:
            ready.wait(30)
            if number == 2:
                services.crisis_alerts_widen(people.SYSTEM, at=due + settings.CRISIS_WIDENS_AFTER)
            else:
                services.crisis_alert_take(actors[number], alert.id, at=due)
        except AlertTaken:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(act, range(3), timeout=60))
    assert sorted(done[:2]) == [False, True]
    alert.refresh_from_db()
    assert alert.taken_by_id in {owner.id, other.id}
    assert alert.reach_due_at is None
    assert len(people.recorded("messaging.crisis_alert.taken")) == 1


def test_two_cares_that_begin_at_once_make_one_care_team():
    """Both beginnings are followed at the same moment, more than once."""
    patient, anna, ben = people.patient(), people.therapist(), people.therapist()
    practice_id = people.practice(anna, ben)
    for therapist in (anna, ben):
        people.assignment(patient, therapist, practice_id=practice_id)

    def follow(therapist):
        services.conversation_follow(
            people.SYSTEM,
            patient_id=patient.id,
            therapist_id=therapist.id,
            practice_id=practice_id,
            at=factories.AT,
        )

    answers = at_once(*[partial(follow, therapist) for therapist in (anna, ben, anna, ben)])
    assert answers == [None] * 4
    (team,) = Conversation.objects.unscoped(reason="test").filter(kind="team")
    assert Member.objects.unscoped(reason="test").filter(conversation_id=team.id).count() == 3
