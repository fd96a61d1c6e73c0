"""What happens to webhooks while a call is on its way, and when two come at once."""

import threading
import time

import pytest
from django.db import connection

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.db import transactional
from bloom.kernel.testing import at_once
from bloom.tests.webhooks.factories import EVERYTHING, Hook, deliveries, follow, hook, ready, send
from bloom.webhooks import services
from bloom.webhooks.errors import TooManyEndpoints
from bloom.webhooks.models import Delivery, Endpoint
from bloom.webhooks.services import endpoints, sending
from bloom.webhooks.types import DeliveriesRun, DeliveryState
from messaging.tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_slow_receivers_take_one_run_and_hold_it_no_longer_than_their_deadline(receiver, monkeypatch):
    """Each answer comes in time; four of them one after the other would not."""
    hooked = hook(receiver.url)
    for _each in range(4):
        factories.send(hooked.talk.as_patient, hooked.talk.id, at=clock.now())
    follow()
    monkeypatch.setattr(sending, "RUN_SECONDS", 0.5)
    receiver.meanwhile = lambda: time.sleep(0.6)
    started = time.monotonic()
    runs = at_once(send, send, send)
    # The one that has its turn sends; the others leave at once.
    assert sorted(run.done for run in runs) == [0, 0, 1]
    assert time.monotonic() - started < 1.8
    assert sorted(each.attempts for each in deliveries(hooked)) == [0, 0, 0, 1]
    assert send().done == 1


def test_no_second_run_begins_while_one_waits_for_an_answer(receiver):
    hooked, other = hook(receiver.url), hook(f"{receiver.url}/other")
    factories.send(hooked.talk.as_patient, hooked.talk.id, at=clock.now())
    follow()
    asked, seen = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        seen.wait(5)

    def second() -> DeliveriesRun:
        assert asked.wait(5)
        services.endpoint_test(other.owner, other.practice_id, other.id, at=clock.now())
        try:
            return send()
        finally:
            seen.set()

    receiver.meanwhile = hold
    first, late = at_once(send, second)
    assert (first.done, late.done) == (1, 0)
    receiver.meanwhile = None
    assert send().done == 1


def test_a_run_that_died_is_followed_when_its_turn_is_over(receiver):
    hooked = hook(receiver.url)
    services.endpoint_test(hooked.owner, hooked.practice_id, hooked.id, at=clock.now())
    assert sending._turn_take(clock.now())
    assert send().done == 0
    later = clock.now() + sending.TURN_LASTS
    assert services.deliveries_send(people.SYSTEM, at=later).done == 1


@pytest.mark.parametrize("status", [204, 500])
def test_again_while_it_is_being_sent_is_sent_once_more(receiver, status):
    hooked = hook(receiver.url)
    factories.send(hooked.talk.as_patient, hooked.talk.id, at=clock.now())
    follow()
    (delivery,) = deliveries(hooked)
    asked, pressed = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        pressed.wait(5)

    def again() -> None:
        assert asked.wait(5)
        try:
            services.delivery_again(hooked.owner, hooked.practice_id, hooked.id, delivery.id, at=clock.now())
        finally:
            pressed.set()

    receiver.meanwhile, receiver.status = hold, status
    run, said = at_once(send, again)
    assert (run.done + run.failed, said) == (1, None)
    (delivery,) = deliveries(hooked)
    assert (delivery.state, delivery.attempts) == (DeliveryState.WAITING, 0)
    assert delivery.due_at <= clock.now()
    receiver.status = 204
    ready(hooked)
    assert send().done == 1
    assert [each.attempts for each in deliveries(hooked)] == [1]


def test_what_cannot_be_written_of_one_endpoint_is_written_of_the_others(receiver):
    ill, well = hook(receiver.url), hook(f"{receiver.url}/well")
    for hooked in (ill, well):
        for _each in range(2):
            factories.send(hooked.talk.as_patient, hooked.talk.id, at=clock.now())
    follow()
    receiver.fault_set("slow", path="well", seconds=0.5)
    receiver.status = 500

    def spoil() -> None:
        # The second was not tried; one try less than none is what the table refuses.
        Delivery.objects.unscoped(reason="test").filter(endpoint_id=ill.id).update(attempts=0)
        connection.close()

    receiver.meanwhile = spoil
    assert send().failed == 2
    assert sorted(each.attempts for each in deliveries(well)) == [0, 1]
    assert [each.fault for each in deliveries(ill)] == [None, None]


def test_so_many_owners_at_once_add_no_more_than_there_may_be(receiver):
    talk = factories.talk()
    answers = at_once(*[lambda: hook(receiver.url, talk=talk)] * (endpoints.ENDPOINTS_MOST + 2))
    assert sum(isinstance(answer, Hook) for answer in answers) == endpoints.ENDPOINTS_MOST
    assert sum(isinstance(answer, TooManyEndpoints) for answer in answers) == 2


def somebody_waits(seconds: float = 5) -> bool:
    """Whether within that time another connection waits for a row that this one holds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize(
    ("given", "other", "after"),
    [
        ({"url": "/new"}, {"is_on": False}, ("/new", EVERYTHING, "owner")),
        ({"on": False}, {"url": "/new"}, ("/new", EVERYTHING, "owner")),
        ({"on": True}, {"names": ["message.sent"]}, ("", ("message.sent",), "")),
        ({"events": ["message.sent"]}, {"url": "/new"}, ("/new", ("message.sent",), "")),
    ],
)
def test_what_a_change_leaves_out_stays_as_another_owner_has_just_made_it(receiver, given, other, after):
    hooked = hook(receiver.url)
    client = people.browser(hooked.talk.therapist)
    path = f"/api/v1/practices/{hooked.practice_id}/webhooks/{hooked.id}/"
    given, other = (
        {name: receiver.url + value if name == "url" else value for name, value in each.items()}
        for each in (given, other)
    )
    changed = threading.Event()

    @transactional
    def first() -> bool:
        services.endpoint_change(hooked.owner, hooked.practice_id, hooked.id, **other, at=clock.now())
        changed.set()
        return somebody_waits()

    def second() -> int:
        assert changed.wait(5)
        return client.patch(path, given, content_type="application/json").status_code

    assert at_once(first, second) == [True, 200]
    row = Endpoint.objects.unscoped(reason="test").get(id=hooked.id)
    url, names, off = after
    assert (row.url, tuple(row.events), row.off) == (receiver.url + url, names, off)
