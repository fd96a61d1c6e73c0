"""What one viewer gets, in which order, and at which price."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests import factories as people
from bloom.kernel import vault
from bloom.kernel.errors import Conflict, Invalid, NotFound
from messaging import history_seed, names, selectors, services
from messaging.models import Message, MessageAudit
from messaging.tests import factories
from messaging.tests.factories import AT, BLURRED, HARMLESS
from messaging.types import Shelf

pytestmark = pytest.mark.django_db


def seqs(page):
    return [message.seq for message in page.items]


def test_history_is_read_from_both_ends():
    talk = factories.talk()
    for _ in range(7):
        factories.send(talk.as_patient, talk.id)
    actor = talk.as_therapist
    newest = selectors.message_list(actor, talk.id, limit=3)
    assert (seqs(newest), newest.next) == ([5, 6, 7], "5")
    before = selectors.message_list(actor, talk.id, before_seq=5, limit=3)
    assert (seqs(before), before.next) == ([2, 3, 4], "2")
    first = selectors.message_list(actor, talk.id, before_seq=2, limit=3)
    assert (seqs(first), first.next) == ([1], None)
    after = selectors.message_list(actor, talk.id, after_seq=0, limit=3)
    assert (seqs(after), after.next) == ([1, 2, 3], "3")
    last = selectors.message_list(actor, talk.id, after_seq=4, limit=3)
    assert (seqs(last), last.next) == ([5, 6, 7], None)
    assert seqs(selectors.message_list(actor, talk.id, after_seq=7)) == []
    with pytest.raises(Invalid):
        selectors.message_list(actor, talk.id, after_seq=1, before_seq=3)


def test_changes_come_in_their_order_and_tell_new_from_changed():
    talk = factories.talk()
    for _ in range(3):
        factories.send(talk.as_patient, talk.id)
    edited = factories.message_rows(talk.id)[0]
    edited.change, edited.edited_at = 4, AT
    edited.save(update_fields=["change", "edited_at"])

    def changes(after):
        found = selectors.message_changes(talk.as_therapist, talk.id, after, 10)
        return [(change.message.seq, change.message.change, change.is_new) for change in found]

    assert changes(0) == [(2, 2, True), (3, 3, True), (1, 4, True)]
    assert changes(2) == [(3, 3, True), (1, 4, False)]
    assert changes(4) == []
    assert len(selectors.message_changes(talk.as_therapist, talk.id, 0, 2)) == 2
    assert selectors.conversation_heads(talk.as_therapist) == {talk.id: 3}


def test_what_viewers_see_of_a_message_that_was_blocked_later_or_deleted():
    talk = factories.talk()
    message = factories.send(talk.as_patient, talk.id, BLURRED)
    services.message_reveal(talk.as_therapist, message.id, at=AT)
    rows = Message.objects.unscoped(reason="test").filter(pk=message.id)

    rows.update(outcome="block")
    assert selectors.message_get(talk.as_patient, message.id).body == BLURRED
    blocked = selectors.message_get(talk.as_therapist, message.id)
    assert (blocked.body, blocked.blurred, blocked.outcome) == (None, False, "block")

    rows.update(outcome="blur", deleted_at=AT)
    for actor in (talk.as_patient, talk.as_therapist):
        deleted = selectors.message_get(actor, message.id)
        assert (deleted.body, deleted.blurred) == (None, False)


@pytest.mark.parametrize("role", ["patient", "therapist", "support", "admin"])
def test_nobody_but_its_members_sees_a_conversation(role):
    talk = factories.talk()
    message = factories.send(talk.as_patient, talk.id)
    actor = people.actor(getattr(people, role)())
    assert selectors.conversation_list(actor).items == []
    assert selectors.conversation_heads(actor) == {}
    assert selectors.unread_total(actor) == 0
    for ask in (
        lambda: selectors.conversation_get(actor, talk.id),
        lambda: selectors.message_list(actor, talk.id),
        lambda: selectors.message_changes(actor, talk.id, 0, 10),
        lambda: selectors.message_get(actor, message.id),
    ):
        with pytest.raises(NotFound) as refused:
            ask()
        assert refused.value.exists
    with pytest.raises(NotFound) as refused:
        selectors.conversation_get(actor, uuid.uuid4())
    assert not refused.value.exists


def test_the_list_shows_the_newest_first_and_goes_on_where_it_ended():
    therapist = people.therapist()
    talks = [factories.talk(therapist=therapist) for _ in range(5)]
    for number, talk in enumerate(talks):
        at = AT + timedelta(minutes=number // 2)
        services.message_send(talk.as_patient, talk.id, uuid.uuid4(), f"number {number}", at=at)
    actor = talks[0].as_therapist
    seen, cursor = [], None
    while True:
        page = selectors.conversation_list(actor, limit=2, cursor=cursor)
        seen += page.items
        cursor = page.next
        if cursor is None:
            break
    assert [view.last_sent_at for view in seen] == sorted((v.last_sent_at for v in seen), reverse=True)
    assert {view.id for view in seen} == {talk.id for talk in talks}
    assert len(seen) == 5
    assert all(view.unread == 1 and view.last_message.body.startswith("number") for view in seen)
    for bad in ("", "nonsense", "bm9uc2Vuc2U", "\ud800", "é"):
        with pytest.raises(Invalid):
            selectors.conversation_list(actor, cursor=bad)


def test_a_preview_hides_what_the_viewer_has_not_revealed():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    factories.send(talk.as_patient, talk.id, BLURRED)
    (seen,) = selectors.conversation_list(talk.as_therapist).items
    assert (seen.last_message.body, seen.last_message.blurred) == (None, True)
    (own,) = selectors.conversation_list(talk.as_patient).items
    assert own.last_message.body == BLURRED


def queries(question) -> int:
    """How many statements a question takes in a process that remembers nothing."""
    names._names.clear()
    vault.cache_clear()
    with CaptureQueriesContext(connection) as counted:
        question()
    return len(counted)


def test_lists_cost_the_same_for_one_and_for_fifty():
    few, many = people.therapist(), people.therapist()
    lone = factories.talk(therapist=few)
    factories.send(lone.as_patient, lone.id)
    for _ in range(50):
        talk = factories.talk(therapist=many)
        factories.send(talk.as_patient, talk.id)
    one, fifty = (people.actor(user) for user in (few, many))
    assert len(selectors.conversation_list(fifty).items) == 50
    price = queries(lambda: selectors.conversation_list(fifty))
    assert price == queries(lambda: selectors.conversation_list(one)) <= 5
    assert queries(lambda: selectors.unread_total(fifty)) == 1
    assert queries(lambda: selectors.conversation_heads(fifty)) == 1


def test_a_page_of_history_costs_the_same_for_one_and_for_fifty():
    short, long = factories.talk(), factories.talk()
    factories.send(short.as_patient, short.id)
    for number in range(50):
        factories.send(long.as_patient if number % 2 else long.as_therapist, long.id, HARMLESS)
    price = queries(lambda: selectors.message_list(long.as_patient, long.id))
    assert price == queries(lambda: selectors.message_list(short.as_patient, short.id)) <= 6


@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 65, 200])
def test_a_message_is_found_by_its_moment(count):
    talk = factories.talk()
    if count:
        history_seed.history_fill(talk.id, count, at=AT)
    sent = [AT - history_seed.APART * (count - seq) for seq in range(1, count + 1)]
    for seq, moment in enumerate(sent, start=1):
        if seq not in {1, 2, count // 2, count - 1, count}:
            continue
        assert selectors.message_seq_at(talk.as_patient, talk.id, moment) == seq
        assert selectors.message_seq_at(talk.as_patient, talk.id, moment - timedelta(seconds=1)) == seq
    assert selectors.message_seq_at(talk.as_patient, talk.id, AT + timedelta(seconds=1)) is None


def test_a_moment_is_found_in_few_queries_however_long_the_past(django_assert_max_num_queries):
    talk = factories.talk()
    history_seed.history_fill(talk.id, 5_000, at=AT)
    with django_assert_max_num_queries(6):
        assert selectors.message_seq_at(talk.as_therapist, talk.id, AT - history_seed.APART * 4_000) == 1_000


def test_nobody_else_finds_a_moment():
    talk = factories.talk()
    with pytest.raises(NotFound):
        selectors.message_seq_at(people.actor(people.patient()), talk.id, AT)


def test_a_page_opens_where_reading_stopped():
    talk = factories.talk()
    for _ in range(55):
        factories.send(talk.as_patient, talk.id)
    thread = selectors.thread_get(talk.as_therapist, talk.id, at=AT)
    assert (thread.first_unread, thread.is_newest) == (1, False)
    assert thread.messages.items[0].seq == 1
    newest = selectors.thread_get(talk.as_therapist, talk.id, at=AT, newest=True)
    assert (newest.messages.items[-1].seq, newest.first_unread, newest.is_newest) == (55, 1, True)
    own = selectors.thread_get(talk.as_patient, talk.id, at=AT)
    assert (own.messages.items[-1].seq, own.first_unread, own.is_newest) == (55, None, True)


def test_a_page_knows_its_conversation_s_newest_message_where_something_follows_from_it():
    talk = factories.talk()
    for _ in range(55):
        factories.send(talk.as_patient, talk.id)

    def last(actor, **place):
        return selectors.thread_get(actor, talk.id, at=AT, **place).conversation.last_message

    newest = selectors.conversation_get(talk.as_patient, talk.id).last_message
    assert newest is not None
    assert newest.seq == 55
    # A patient reads beside an old page, too, when what they wrote last is read.
    assert last(talk.as_patient) == last(talk.as_patient, before_seq=10) == newest
    assert last(talk.as_therapist, newest=True) == selectors.message_get(talk.as_therapist, newest.id)
    assert last(talk.as_therapist, before_seq=10) is None
    assert selectors.conversation_get(talk.as_patient, talk.id, with_last=False).last_message is None


def test_a_patient_s_list_asks_for_no_alerts():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, factories.CRISIS)
    listed, inbox = selectors.conversation_list, selectors.inbox_get
    assert inbox(talk.as_therapist).alerting == {talk.id}
    beside = selectors.conversation_get(talk.as_therapist, talk.id)
    assert inbox(talk.as_therapist, shelf=Shelf.ARCHIVE, beside=beside).alerting == {talk.id}
    assert inbox(talk.as_patient).alerting == frozenset()
    assert queries(lambda: inbox(talk.as_patient)) == queries(lambda: listed(talk.as_patient))
    assert queries(lambda: inbox(talk.as_therapist)) == queries(lambda: listed(talk.as_therapist)) + 1


def test_a_made_up_past_is_true_to_the_record_and_made_once():
    talk = factories.talk()
    history_seed.history_fill(talk.id, 12, at=AT)
    page = selectors.message_list(talk.as_patient, talk.id)
    assert [message.seq for message in page.items] == list(range(1, 13))
    assert page.items[0].body == "Number 1. And so on."
    assert MessageAudit.objects.unscoped(reason="test").filter(conversation_id=talk.id).count() == 12
    with pytest.raises(Conflict):
        history_seed.history_fill(talk.id, 1, at=AT)
