"""From what happens in a conversation to what a program of the practice receives, over real HTTP."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from accounts import services as accounts
from accounts.models import Notice
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.errors import FreshFactorNeeded, Invalid, NotAllowed, NotFound
from bloom.kernel.testing import at_once
from bloom.tests.webhooks.factories import (
    EVERYTHING,
    Hook,
    Receiver,
    deliveries,
    follow,
    hook,
    owner_of,
    ready,
    send,
)
from bloom.webhooks import rules, selectors, services
from bloom.webhooks.errors import EndpointNotFound, EndpointOff, TooManyEndpoints
from bloom.webhooks.integrations.receiver import http
from bloom.webhooks.integrations.receiver.resolver import Resolver
from bloom.webhooks.models import Delivery, Endpoint
from bloom.webhooks.services import endpoints, sending
from bloom.webhooks.types import DeliveryState, Fault, Off
from messaging import services as messaging
from messaging.tests import factories
from observability import services as record
from observability.models import Event
from observability.testing import captured_logs

pytestmark = pytest.mark.django_db(transaction=True)
CANARY = "I keep thinking of the lake"


def told(receiver: Receiver) -> list[dict]:
    return [ask.data for ask in receiver.asked]


class TestWhatIsTold:
    def test_a_message_from_the_send_to_a_signed_call(self, receiver):
        hooked = hook(receiver.url)
        message = factories.send(hooked.talk.as_patient, hooked.talk.id, CANARY, at=clock.now())
        assert follow() == 1
        assert send().done == 1
        (ask,) = receiver.asked
        headers = {name.lower(): value for name, value in ask.headers.items()}
        # The receiver's own library believes it.
        assert Webhook(hooked.secret).verify(ask.body, headers) == {
            "type": "message.sent",
            "timestamp": clock.to_wire(message.sent_at),
            "data": {
                "practice": str(hooked.practice_id),
                "conversation": str(hooked.talk.id),
                "message": str(message.id),
                "person": str(hooked.talk.patient.pk),
            },
        }
        (delivery,) = deliveries(hooked)
        assert headers["webhook-id"] == str(delivery.id)
        assert (delivery.state, delivery.status, delivery.attempts) == (DeliveryState.DONE, 204, 1)

    def test_an_edit_a_deletion_and_a_conversation_s_end(self, receiver):
        hooked = hook(receiver.url)
        talk = hooked.talk
        message = factories.send(talk.as_patient, talk.id, at=clock.now())
        messaging.message_edit(talk.as_patient, message.id, "Another word.", at=clock.now())
        messaging.message_delete(talk.as_patient, message.id, at=clock.now())
        accounts.assignment_end(talk.as_therapist, talk.assignment_id, "Done.", at=clock.now())
        messaging.conversation_follow(
            people.SYSTEM,
            patient_id=talk.patient.id,
            therapist_id=talk.therapist.id,
            practice_id=talk.practice_id,
            at=clock.now(),
        )
        follow()
        send()
        send()
        assert sorted(each["type"] for each in told(receiver)) == [
            "conversation.closed", "message.deleted", "message.edited", "message.sent",
        ]  # fmt: skip

    def test_only_what_was_chosen(self, receiver):
        hooked = hook(receiver.url, names=["message.deleted"])
        message = factories.send(hooked.talk.as_patient, hooked.talk.id, at=clock.now())
        messaging.message_delete(hooked.talk.as_patient, message.id, at=clock.now())
        follow()
        send()
        assert [each["type"] for each in told(receiver)] == ["message.deleted"]

    def test_nothing_of_before_nothing_of_other_practices_and_nothing_that_was_refused(self, receiver):
        talk = factories.talk()
        factories.send(talk.as_patient, talk.id, at=clock.now())
        hook(receiver.url, talk=talk)
        other = factories.talk()
        factories.send(other.as_patient, other.id, at=clock.now())
        with pytest.raises(Exception, match="message_blocked"):
            factories.send(talk.as_patient, talk.id, factories.BLOCKED, at=clock.now())
        assert follow() == 0
        assert send().done == 0

    def test_no_word_that_was_written_and_no_name_leaves_or_is_logged(self, receiver):
        hooked = hook(f"{receiver.url}/deep/path")
        with captured_logs() as written:
            factories.send(hooked.talk.as_patient, hooked.talk.id, CANARY, at=clock.now())
            follow()
            send()
        sent = b"".join(ask.body for ask in receiver.asked).decode()
        for secret in (CANARY, hooked.talk.patient.name, hooked.talk.patient.email):
            assert secret not in sent
            assert secret not in written.getvalue()
        assert hooked.secret not in written.getvalue()
        assert "/deep/path" not in written.getvalue()
        kept = Event.objects.unscoped(reason="test").filter(name__startswith="webhooks.")
        assert hooked.secret not in json.dumps([event.data for event in kept])

    def test_a_test_is_told_like_anything_else(self, receiver):
        hooked = hook(receiver.url)
        services.endpoint_test(hooked.owner, hooked.practice_id, hooked.id, at=clock.now())
        send()
        assert [each["type"] for each in told(receiver)] == ["webhook.test"]


class TestWhatFails:
    def failing(self, receiver) -> Hook:
        hooked = hook(receiver.url)
        factories.send(hooked.talk.as_patient, hooked.talk.id, at=clock.now())
        follow()
        return hooked

    @pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
    def test_any_answer_but_a_good_one_is_tried_again_under_the_same_id(self, receiver, status):
        hooked = self.failing(receiver)
        receiver.status, receiver.headers = status, {"Location": f"{receiver.url}/elsewhere"}
        assert send().failed == 1
        (delivery,) = deliveries(hooked)
        assert (delivery.state, delivery.fault, delivery.status) == ("waiting", Fault.STATUS, status)
        assert delivery.due_at > clock.now()
        receiver.status = 200
        ready(hooked)
        assert send().done == 1
        first, second = receiver.asked
        assert first.path == second.path
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert selectors.endpoint_get(hooked.owner, hooked.practice_id, hooked.id).failing_since is None

    def test_a_receiver_that_is_slow_or_gone_is_left(self, receiver, monkeypatch):
        hooked = self.failing(receiver)
        monkeypatch.setattr(http, "DEADLINE", 0.3)
        receiver.fault_set("slow", seconds=1.0)
        send()
        assert [each.fault for each in deliveries(hooked)] == [Fault.LATE]
        receiver.fault_set("down")
        ready(hooked)
        send()
        assert [each.fault for each in deliveries(hooked)] == [Fault.GARBLED]

    def test_a_failure_rests_the_endpoint_and_costs_the_others_nothing(self, receiver):
        ill = self.failing(receiver)
        for _more in range(3):
            factories.send(ill.talk.as_patient, ill.talk.id, at=clock.now())
        well = hook(f"{receiver.url}/well")
        factories.send(well.talk.as_patient, well.talk.id, at=clock.now())
        follow()
        receiver.fault_set("error", path="", times=1)
        Endpoint.objects.unscoped(reason="test").filter(id=well.id).update(
            busy_until=clock.now() + sending.REST
        )
        # The ill one is asked once, and then has its rest.
        assert (send().failed, len(receiver.asked)) == (1, 0)
        Endpoint.objects.unscoped(reason="test").filter(id=well.id).update(busy_until=None)
        assert send().done == 1
        assert [each.state for each in deliveries(well)] == [DeliveryState.DONE]
        assert sum(each.attempts for each in deliveries(ill)) == 1

    def test_a_slow_one_keeps_its_own_place_alone(self, receiver):
        """Those that did not begin beside it are served while it takes its time, too."""
        slow = hook(f"{receiver.url}/slow")
        wells = [hook(f"{receiver.url}/well") for _each in range(sending.AT_ONCE + 2)]
        for each in (slow, *wells):
            services.endpoint_test(each.owner, each.practice_id, each.id, at=clock.now())
        # It has its turn first.
        others = Endpoint.objects.unscoped(reason="test").exclude(id=slow.id)
        others.update(served_at=clock.now() - timedelta(hours=1))
        receiver.fault_set("slow", path="/slow", seconds=3.0)
        assert send().done == len(wells) + 1
        (last,) = deliveries(slow)
        assert last.took_ms >= 3000
        assert all(each.ended_at < last.ended_at for well in wells for each in deliveries(well))

    def test_what_was_not_tried_is_not_the_endpoint_s_fault(self, receiver):
        """However long others' names hold every look-up, nobody's endpoint is switched off for it."""
        hooked = self.failing(receiver)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(http, "_resolver", Resolver(together=0, each=1, patience=0))
            for _each in range(2):
                assert (send().done, send().failed) == (0, 0)
                (delivery,) = deliveries(hooked)
                assert (delivery.state, delivery.attempts, delivery.fault) == (DeliveryState.WAITING, 0, None)
                row = Endpoint.objects.unscoped(reason="test").get()
                assert (row.failing_since, row.off) == (None, "")
                ready(hooked)
        assert send().done == 1

    def test_after_three_days_it_is_given_up_and_the_owner_is_told(self, receiver):
        hooked = self.failing(receiver)
        receiver.status = 500
        waiting = Delivery.objects.unscoped(reason="test")
        waiting.update(attempts=rules.TRIES - 1)
        Endpoint.objects.unscoped(reason="test").update(failing_since=clock.now() - timedelta(days=3))
        factories.send(hooked.talk.as_patient, hooked.talk.id, at=clock.now())
        follow()
        send()
        assert selectors.endpoint_get(hooked.owner, hooked.practice_id, hooked.id).off is Off.FAILING
        assert {each.state for each in deliveries(hooked)} == {DeliveryState.FAILED, DeliveryState.DROPPED}
        notices = Notice.objects.unscoped(reason="test").filter(kind="webhooks")
        assert [notice.user_id for notice in notices] == [hooked.talk.therapist.pk]
        with pytest.raises(EndpointOff):
            services.endpoint_test(hooked.owner, hooked.practice_id, hooked.id, at=clock.now())

    def test_who_says_that_it_is_gone_is_not_asked_again(self, receiver):
        hooked = self.failing(receiver)
        receiver.status = 410
        send()
        assert selectors.endpoint_get(hooked.owner, hooked.practice_id, hooked.id).off is Off.GONE

    def test_a_process_that_dies_leaves_it_to_the_next(self, receiver):
        hooked = self.failing(receiver)
        assert sending._claim(clock.now())
        # Nobody else takes it while the lease lasts.
        assert send().done == 0
        later = clock.now() + sending.LEASE
        assert services.deliveries_send(people.SYSTEM, at=later).done == 1
        assert len(receiver.asked) == 1
        assert [each.attempts for each in deliveries(hooked)] == [2]

    def test_what_was_given_up_can_be_sent_again(self, receiver):
        hooked = self.failing(receiver)
        (delivery,) = deliveries(hooked)
        Delivery.objects.unscoped(reason="test").update(state="failed", attempts=rules.TRIES)
        services.delivery_again(hooked.owner, hooked.practice_id, hooked.id, delivery.id, at=clock.now())
        assert send().done == 1
        assert receiver.asked[0].headers["webhook-id"] == str(delivery.id)

    def test_a_month_later_it_is_forgotten(self, receiver):
        hooked = self.failing(receiver)
        send()
        assert services.deliveries_forget(people.SYSTEM, at=clock.now()) == 0
        later = clock.now() + timedelta(days=31)
        assert services.deliveries_forget(people.SYSTEM, at=later) == 1
        assert deliveries(hooked) == []


class TestRaces:
    def test_two_readers_of_the_record_make_each_delivery_once(self, receiver):
        hooked = hook(receiver.url)
        for _each in range(5):
            factories.send(hooked.talk.as_patient, hooked.talk.id, at=clock.now())
        record.seal_run(people.SYSTEM, at=clock.now(), everything=True)
        made = at_once(*[lambda: services.record_follow(people.SYSTEM, at=clock.now())] * 2)
        assert sorted(made) == [0, 5]
        assert len(deliveries(hooked)) == 5

    def test_two_workers_send_each_once(self, receiver):
        hooked = hook(receiver.url)
        for _each in range(6):
            factories.send(hooked.talk.as_patient, hooked.talk.id, at=clock.now())
        follow()
        at_once(send, send)
        ids = [ask.headers["webhook-id"] for ask in receiver.asked]
        assert len(ids) == len(set(ids)) == 6
        assert {each.state for each in deliveries(hooked)} == {DeliveryState.DONE}


class TestSecrets:
    def test_a_new_one_and_the_one_before_hold_side_by_side_for_a_day(self, receiver):
        hooked = hook(receiver.url)
        renewed = services.secret_renew(hooked.owner, hooked.practice_id, hooked.id, at=clock.now())
        services.endpoint_test(hooked.owner, hooked.practice_id, hooked.id, at=clock.now())
        send()
        (ask,) = receiver.asked
        headers = {name.lower(): value for name, value in ask.headers.items()}
        for secret in (hooked.secret, renewed.secret):
            Webhook(secret).verify(ask.body, headers)
        long_ago = clock.now() - endpoints.OLDER_LASTS
        Endpoint.objects.unscoped(reason="test").update(older_until=long_ago)
        services.endpoint_test(hooked.owner, hooked.practice_id, hooked.id, at=clock.now())
        send()
        headers = {name.lower(): value for name, value in receiver.asked[-1].headers.items()}
        Webhook(renewed.secret).verify(receiver.asked[-1].body, headers)
        with pytest.raises(Exception, match="signature"):
            Webhook(hooked.secret).verify(receiver.asked[-1].body, headers)

    def test_it_lies_sealed(self, receiver):
        hooked = hook(receiver.url)
        row = Endpoint.objects.unscoped(reason="test").get()
        assert hooked.secret.encode() not in bytes(row.secret)
        assert rules.secret_bytes(hooked.secret) not in bytes(row.secret)


class TestWhoMay:
    def test_an_owner_with_a_fresh_factor(self, receiver):
        talk = factories.talk()
        people.app(talk.therapist)
        stale = people.actor(
            talk.therapist, practice_id=talk.practice_id, factor_at=clock.now() - timedelta(minutes=11)
        )
        with pytest.raises(FreshFactorNeeded):
            services.endpoint_add(stale, talk.practice_id, receiver.url, ["message.sent"], at=clock.now())

    @pytest.mark.parametrize("role", [role for role in MembershipRole if role is not MembershipRole.OWNER])
    def test_nobody_else_of_the_practice(self, receiver, role):
        hooked = hook(receiver.url)
        colleague = people.therapist()
        accounts.membership_start(people.SYSTEM, hooked.practice_id, colleague.id, role, at=clock.now())
        actor = people.actor(colleague, practice_id=hooked.practice_id, factor_at=clock.now())
        assert selectors.endpoint_list(actor, hooked.practice_id) == []
        with pytest.raises(EndpointNotFound):
            selectors.endpoint_get(actor, hooked.practice_id, hooked.id)
        with pytest.raises(NotAllowed):
            services.endpoint_add(actor, hooked.practice_id, receiver.url, ["message.sent"], at=clock.now())

    def test_no_other_practice_whatever_it_names(self, receiver):
        hooked, other = hook(receiver.url), owner_of(factories.talk())
        for practice_id in (hooked.practice_id, other.practice_id):
            with pytest.raises(EndpointNotFound):
                services.endpoint_test(other, practice_id, hooked.id, at=clock.now())
            with pytest.raises(EndpointNotFound):
                services.secret_renew(other, practice_id, hooked.id, at=clock.now())
            with pytest.raises(EndpointNotFound):
                services.endpoint_remove(other, practice_id, hooked.id, at=clock.now())
        with pytest.raises(NotFound):
            services.endpoint_add(other, hooked.practice_id, receiver.url, ["message.sent"], at=clock.now())
        assert Endpoint.objects.unscoped(reason="test").count() == 1

    @pytest.mark.parametrize("names", [[], ["message.sent", "no.such"], ["messaging.message.sent"]])
    def test_only_what_there_is(self, receiver, names):
        with pytest.raises(Invalid):
            hook(receiver.url, names=names)

    def test_so_many_and_no_more(self, receiver):
        hooked = hook(receiver.url)
        for _each in range(endpoints.ENDPOINTS_MOST - 1):
            hook(receiver.url, talk=hooked.talk)
        with pytest.raises(TooManyEndpoints):
            hook(receiver.url, talk=hooked.talk)
        # One that is removed makes room for another.
        services.endpoint_remove(hooked.owner, hooked.practice_id, hooked.id, at=clock.now())
        hook(receiver.url, talk=hooked.talk)

    def test_one_that_is_off_is_sent_neither_a_test_nor_an_old_delivery(self, receiver):
        hooked = hook(receiver.url)
        services.endpoint_test(hooked.owner, hooked.practice_id, hooked.id, at=clock.now())
        send()
        (delivery,) = deliveries(hooked)
        services.endpoint_change(
            hooked.owner,
            hooked.practice_id,
            hooked.id,
            url=receiver.url,
            names=EVERYTHING,
            is_on=False,
            at=clock.now(),
        )
        with pytest.raises(EndpointOff):
            services.endpoint_test(hooked.owner, hooked.practice_id, hooked.id, at=clock.now())
        with pytest.raises(EndpointOff):
            services.delivery_again(hooked.owner, hooked.practice_id, hooked.id, delivery.id, at=clock.now())
        assert send().done == 0
        assert len(receiver.asked) == 1

    def test_one_that_is_removed_is_told_nothing(self, receiver):
        hooked = hook(receiver.url)
        factories.send(hooked.talk.as_patient, hooked.talk.id, at=clock.now())
        follow()
        services.endpoint_remove(hooked.owner, hooked.practice_id, hooked.id, at=clock.now())
        assert send().done == 0
        with pytest.raises(EndpointNotFound):
            services.delivery_again(hooked.owner, hooked.practice_id, hooked.id, uuid4(), at=clock.now())
