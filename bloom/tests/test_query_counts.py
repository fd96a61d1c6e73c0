"""What each page and each send asks of the database: little, and for fifty rows as much as for few."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock, searches, vault
from bloom.webhooks import services as webhooks_services
from bloom.webhooks.models import Endpoint
from bloom.webhooks.services.endpoints import ENDPOINTS_MOST, delivery_make
from messaging import names
from messaging.tests import factories

pytestmark = pytest.mark.django_db

MANY = 50
# Four of each are the session, its person, the device of their second factor, and their authority.
READS = {
    "therapist": {
        "/dashboard/": 32,
        "/patients/": 10,
        "/patients/?q=person": 10,
        "/therapists/": 13,
        "/therapists/?search={search}": 14,
        "/therapists/{therapist}/": 14,
        "/people/{patient}/": 15,
        "/settings/listing/": 14,
        "/notices/": 11,
        "/api/v1/notices/": 7,
        "/connections/": 14,
        "/connections/{proposal}/": 12,
        "/care/": 12,
        "/care/{care}/": 17,
        "/care/{care}/transfer/": 19,
        "/practices/{practice}/": 20,
        "/practices/{practice}/people/": 20,
        "/practices/{practice}/locations/": 20,
        "/practices/{practice}/billing/": 20,
        "/practices/{practice}/webhooks/": 20,
        "/practices/{practice}/webhooks/new/": 20,
        "/practices/{practice}/webhooks/{endpoint}/": 20,
        "/practices/{practice}/hours/": 20,
        "/settings/away/": 14,
        "/api/v1/practices/": 10,
        "/api/v1/practices/{practice}/members/": 12,
        "/api/v1/practices/{practice}/locations/": 12,
        "/messages/": 13,
        "/messages/list/": 13,
        "/messages/{conversation}/": 22,
        "/messages/{conversation}/alerts/": 10,
        "/messages/{conversation}/away/": 17,
        "/messages/{conversation}/later/": 12,
        "/accounts/password/change/": 11,
        "/api/v1/me/": 6,
        "/api/v1/people/": 12,
        "/api/v1/people/{patient}/": 9,
        "/api/v1/assignments/": 6,
        "/api/v1/connections/": 8,
        "/api/v1/conversations/": 11,
        "/api/v1/conversations/{conversation}/": 11,
        "/api/v1/conversations/{conversation}/messages/": 7,
    },
    "admin": {
        "/dashboard/": 13,
        "/care/": 10,
        "/care/?show=waiting": 10,
        "/admin/": 8,
        "/admin/accounts/user/": 10,
        "/admin/accounts/practice/": 9,
        "/admin/accounts/membership/": 9,
        "/admin/accounts/assignment/": 9,
        "/admin/accounts/apitoken/": 9,
        "/admin/accounts/listing/": 9,
        "/admin/accounts/proposal/": 9,
        "/admin/messaging/messageaudit/": 9,
        "/admin/messaging/queueitem/": 10,
        "/admin/observability/event/": 12,
        "/admin/observability/delivery/": 9,
        "/admin/observability/sealbatch/": 9,
    },
}
# The store's own statement goes past Django's cursors: test_store.py counts it on the wire.
SENDS = {
    "/api/v1/conversations/{conversation}/messages/": 8,
    "/messages/{conversation}/send/": 8,
    "/api/v1/conversations/{conversation}/read/": 12,
}


class House:
    """A therapist's practice, with few patients or with many; and an admin who looks."""

    def __init__(self) -> None:
        self.people = {"therapist": people.therapist(), "admin": people.admin()}
        # Two: a page that opens one conversation asks once for the names and keys of all others.
        self.talks = [factories.talk(therapist=self.people["therapist"]) for _ in range(2)]
        people.listing(self.people["therapist"])
        for talk in self.talks:
            factories.send(talk.as_patient, talk.id)
        self.practice_id = self.talks[0].practice_id
        for number in range(2):
            people.location(self.people["therapist"], name=f"Place {number}")
        people.billing_identity(self.people["therapist"])
        self.owner = people.actor(
            self.people["therapist"], practice_id=self.practice_id, factor_at=clock.now()
        )
        self.endpoint_id = self.endpoint_add()
        self.tell(2)
        self.asked = [people.request(people.patient(), self.people["therapist"], "Hello.") for _ in range(2)]

    def endpoint_add(self) -> uuid.UUID:
        made = webhooks_services.endpoint_add(
            self.owner, self.practice_id, "https://example.org/bloom", ["message.sent"], at=clock.now()
        )
        return made.endpoint.id

    def tell(self, count: int) -> None:
        """So many deliveries of the first webhook."""
        endpoint = Endpoint.objects.unscoped(reason="test").get(id=self.endpoint_id)
        for _ in range(count):
            at = clock.now()
            delivery_make(endpoint, uuid.uuid4(), "webhook.test", {}, happened_at=at, at=at).save()

    def grow(self) -> None:
        """To fifty patients, and as many messages of the first."""
        for _ in range(MANY - len(self.talks)):
            factories.send(self.talks[0].as_patient, self.talks[0].id)
            talk = factories.talk(therapist=self.people["therapist"])
            factories.send(talk.as_patient, talk.id)
        for _ in range(ENDPOINTS_MOST - 1):
            self.endpoint_add()
        self.tell(MANY - 2)
        for number in range(2, MANY):
            people.location(self.people["therapist"], name=f"Place {number}")
        for _ in range(MANY // 2):
            accounts_services.membership_start(
                people.SYSTEM,
                self.practice_id,
                people.patient().id,
                MembershipRole.FRONT_DESK,
                at=clock.now(),
            )
            people.listing(people.therapist())
            people.request(people.patient(), self.people["therapist"], "Hello.")

    def count(self, role: str, address: str, body=None) -> int:
        """How many statements an answer takes in a process that knows the page and remembers no people."""
        client = Client()
        client.cookies[django_settings.SESSION_COOKIE_NAME] = people.session_key(self.people[role])
        talk = self.talks[0]
        path = address.format(
            conversation=talk.id,
            patient=talk.patient.pk,
            therapist=talk.therapist.id,
            care=talk.assignment_id,
            proposal=self.asked[0].id,
            practice=self.practice_id,
            endpoint=self.endpoint_id,
            search=searches.search_seal(
                people.actor(self.people[role]), "q=person&specialty=anxiety&state=IL"
            ),
        )
        for _ in range(2):
            names._names.clear()
            vault.cache_clear()
            with undone(), CaptureQueriesContext(connection) as asked:
                if body is None:
                    answer = client.get(path)
                else:
                    kind = {"content_type": "application/json"} if "/api/" in path else {}
                    answer = client.post(path, {"client_id": str(uuid.uuid4()), **body}, **kind)
                assert answer.status_code in {200, 201, 302}, answer.content[:500]
        return len(asked)


@contextmanager
def undone() -> Iterator[None]:
    """What is written in the block is gone after it, as in a test of Django's own."""
    around = transaction.atomic()
    around._from_testcase = True
    with around:
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def counted(django_db_setup, django_db_blocker):
    """Each address by role, with what it cost before and after the house had grown."""
    with django_db_blocker.unblock(), undone():
        house, costs = House(), {}
        for grown in (False, True):
            if grown:
                house.grow()
            for role, addresses in READS.items():
                for address in addresses:
                    costs.setdefault((role, address), []).append(house.count(role, address))
            for address in SENDS:
                body = {"body": "I slept well.", "seq": 1}
                costs.setdefault(("send", address), []).append(house.count("therapist", address, body))
        yield costs


LIMITS = {
    **{(role, address): limit for role, reads in READS.items() for address, limit in reads.items()},
    **{("send", address): limit for address, limit in SENDS.items()},
}


@pytest.mark.parametrize("which", LIMITS, ids=" ".join)
def test_fifty_cost_what_few_cost_and_that_is_little(counted, which):
    few, fifty = counted[which]
    assert fifty == few <= LIMITS[which]


def test_each_of_them_is_an_address():
    for _role, address in LIMITS:
        parts = ("conversation", "patient", "therapist", "care", "proposal", "practice", "endpoint", "search")
        ids = dict.fromkeys(parts, uuid.uuid4())
        resolve(address.format(**ids).partition("?")[0])
