"""Archive and mute: one's own order among one's own conversations, and what brings one back."""

import json
from datetime import timedelta

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests import factories as people
from bloom.kernel.errors import Invalid, NotFound
from messaging import rules, selectors, services
from messaging.errors import AlertOpen
from messaging.tests import factories
from messaging.tests.factories import AT, CRISIS, Event
from messaging.tests.sockets import sockets
from messaging.types import Shelf

pytestmark = pytest.mark.django_db


def shelf(actor, which=Shelf.INBOX, **more):
    return [each.id for each in selectors.conversation_list(actor, shelf=which, **more).items]


def arrange(actor, talk, **what):
    return services.conversation_arrange(actor, talk.id, **what, at=AT)


@pytest.mark.parametrize(
    ("archived_seq", "last_seq", "muted", "expected"),
    [
        (None, 3, False, False),
        (None, 3, True, False),
        (3, 3, False, True),
        (3, 4, False, False),
        (3, 4, True, True),
    ],
)
def test_when_a_conversation_is_out_of_sight(archived_seq, last_seq, muted, expected):
    assert rules.is_archived(archived_seq=archived_seq, last_seq=last_seq, muted=muted) is expected


def test_one_archives_for_oneself_alone_and_a_message_brings_it_back():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    assert arrange(talk.as_therapist, talk, archived=True).archived
    assert (shelf(talk.as_therapist), shelf(talk.as_therapist, Shelf.ARCHIVE)) == ([], [talk.id])
    assert shelf(talk.as_patient) == [talk.id]
    factories.send(talk.as_patient, talk.id)
    assert (shelf(talk.as_therapist), shelf(talk.as_therapist, Shelf.ARCHIVE)) == ([talk.id], [])
    assert not selectors.conversation_get(talk.as_therapist, talk.id).archived


def test_what_is_muted_stays_archived_through_messages_and_says_nothing():
    talk = factories.talk()
    arrange(talk.as_therapist, talk, archived=True, muted=True)
    factories.send(talk.as_patient, talk.id)
    assert shelf(talk.as_therapist) == []
    assert selectors.unread_total(talk.as_therapist) == 0
    assert not arrange(talk.as_therapist, talk, muted=False).archived
    assert selectors.unread_total(talk.as_therapist) == 1


def test_muting_does_not_put_away_again_what_a_message_brought_back():
    talk = factories.talk()
    arrange(talk.as_therapist, talk, archived=True)
    factories.send(talk.as_patient, talk.id)
    view = arrange(talk.as_therapist, talk, muted=True)
    assert (view.muted, view.archived) == (True, False)
    # It still counts, quietly.
    assert selectors.unread_total(talk.as_therapist) == 1


def test_no_alert_is_out_of_sight():
    """Danger comes before anybody's order: it opens an archived and muted conversation."""
    talk = factories.talk()
    arrange(talk.as_therapist, talk, archived=True, muted=True)
    factories.send(talk.as_patient, talk.id, CRISIS)
    assert shelf(talk.as_therapist) == [talk.id]
    with pytest.raises(AlertOpen):
        arrange(talk.as_therapist, talk, archived=True)
    (alert,) = selectors.crisis_alert_list(talk.as_therapist)
    services.crisis_alert_acknowledge(talk.as_therapist, alert.id, at=AT, raised_at=alert.raised_at)
    assert arrange(talk.as_therapist, talk, archived=True).archived


def test_each_change_is_on_record_once():
    talk = factories.talk()

    def told():
        return list(
            Event.objects.unscoped(reason="test")
            .filter(name="messaging.conversation.arranged")
            .values_list("data", flat=True)
        )

    for _ in range(2):
        arrange(talk.as_patient, talk, muted=True)
        arrange(talk.as_patient, talk)
    assert told() == [{"archived": False, "muted": True}]


def test_a_stranger_arranges_nothing():
    talk = factories.talk()
    with pytest.raises(NotFound):
        arrange(people.actor(people.therapist()), talk, archived=True)


# The list -----------------------------------------------------------------------------------------------


def test_the_unread_come_first_and_pages_keep_that_order():
    therapist = people.therapist()
    talks = [factories.talk(therapist=therapist) for _ in range(5)]
    for number, talk in enumerate(talks):
        factories.send(
            talk.as_patient if number in {0, 2} else talk.as_therapist,
            talk.id,
            at=AT + timedelta(minutes=number),
        )
    actor = people.actor(therapist)
    found, cursor = [], None
    while True:
        page = selectors.conversation_list(actor, unread_first=True, limit=2, cursor=cursor)
        found += [each.id for each in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert found == [talks[number].id for number in (2, 0, 4, 3, 1)]


@pytest.mark.parametrize("cursor", ["", "x", "MjAyNg", "\0", "é"])
def test_no_cursor_can_be_made_up(cursor):
    talk = factories.talk()
    with pytest.raises(Invalid):
        selectors.conversation_list(talk.as_patient, cursor=cursor)


def test_somebody_is_found_by_the_name_they_are_shown_by():
    therapist = people.therapist()
    maya = factories.talk(people.patient(name="Maya Torres"), therapist)
    other = factories.talk(people.patient(name="Noor Haddad"), therapist)
    arrange(other.as_therapist, other, archived=True)
    actor = people.actor(therapist)

    def found(name):
        return [each.id for each in selectors.inbox_get(actor, name=name).conversations.items]

    assert found("tOrR") == [maya.id]
    # Whoever was put away is looked for, too.
    assert found("noor") == [other.id]
    assert found("%") == found("_") == found("Torres Maya") == []
    # One's own name is in every conversation, and finds none.
    assert found(therapist.name) == []


def test_a_search_asks_no_more_for_many_than_for_few():
    therapist = people.therapist()
    actor = people.actor(therapist)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            selectors.inbox_get(actor, name="a")
        return len(queries)

    counts = []
    for more in (2, 12):
        for _ in range(more):
            factories.talk(therapist=therapist)
        selectors.inbox_get(actor, name="a")
        counts.append(asked())
    assert counts[0] == counts[1] <= 10


# The doors ----------------------------------------------------------------------------------------------


def browser(person):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = people.session_key(person)
    return client


def patch(client, talk, **data):
    return client.patch(
        f"/api/v1/conversations/{talk.id}/", json.dumps(data), content_type="application/json"
    )


def test_the_wire_says_how_one_keeps_it():
    talk = factories.talk()
    client = browser(talk.patient)
    answer = patch(client, talk, archived=True, muted=True)
    assert answer.status_code == 200
    assert (answer.json()["archived"], answer.json()["muted"]) == (True, True)
    others = browser(talk.therapist).get(f"/api/v1/conversations/{talk.id}/").json()
    assert (others["archived"], others["muted"]) == (False, False)
    for archived, count in (("true", 1), ("false", 0)):
        assert len(client.get("/api/v1/conversations/", {"archived": archived}).json()["results"]) == count
    assert len(client.get("/api/v1/conversations/").json()["results"]) == 1
    assert client.get("/api/v1/conversations/", {"archived": "maybe"}).status_code == 400
    assert patch(client, talk).status_code == 200


@pytest.mark.parametrize("value", ["true", 1, None, [], {"a": 1}])
def test_nothing_but_yes_and_no_is_taken(value):
    talk = factories.talk()
    assert patch(browser(talk.patient), talk, archived=value).status_code == 400
    assert factories.member_row(talk.id, talk.patient.pk).archived_seq is None


def test_the_page_does_it_without_a_script():
    talk = factories.talk(people.patient(name="Maya Torres"))
    client = browser(talk.therapist)

    def do(what):
        return client.post(reverse("conversation_arrange", args=[talk.id]), {"do": what})

    assert do("archive").url == reverse("messages")
    assert "Maya Torres" not in client.get(reverse("messages")).content.decode()
    assert "Maya Torres" in client.get(reverse("messages"), {"show": "archived"}).content.decode()
    assert "Maya Torres" in client.get(reverse("messages"), {"q": "maya"}).content.decode()
    assert "anybody of this name" in client.get(reverse("messages"), {"q": "\0zz"}).content.decode()
    # Beside an archived conversation stand the others that are.
    html = client.get(reverse("conversation", args=[talk.id])).content.decode()
    assert 'data-show="archived"' in html
    assert do("mute").url == do("unarchive").url == reverse("conversation", args=[talk.id])
    assert do("delete").status_code == 400


def test_an_alert_is_not_archived_from_the_page_either():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, CRISIS)
    client = browser(talk.therapist)
    answer = client.post(reverse("conversation_arrange", args=[talk.id]), {"do": "archive"}, follow=True)
    assert "read the alert first" in answer.content.decode()
    assert shelf(talk.as_therapist) == [talk.id]


@pytest.mark.django_db(transaction=True)
class TestSockets:
    @pytest.fixture
    def talk(self, transactional_db):
        yield factories.talk()
        SyncToAsync.single_thread_executor.submit(connections.close_all).result()

    async def test_ones_own_devices_follow_and_nobody_elses(self, talk):
        async with sockets(talk.patient, talk.patient, talk.therapist) as (phone, desk, therapist):
            await sync_to_async(arrange)(talk.as_patient, talk, archived=True)
            for own in (phone, desk):
                assert await own.of_type("conversation:update") == {
                    "type": "conversation:update",
                    "conversation": str(talk.id),
                    "archived": True,
                    "muted": False,
                }
            assert await therapist.silence() == []
