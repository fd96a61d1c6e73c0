"""REST, word for word as the wire contract has it."""

import json
import uuid
from itertools import pairwise

import pytest
import redis
from django.conf import settings
from django.test import Client

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from messaging import history_seed
from messaging.tests import factories
from messaging.tests.factories import BLOCKED, BLURRED, CRISIS, HARMLESS, Event
from observability.testing import captured_logs

pytestmark = pytest.mark.django_db


class Api:
    """A program that acts for somebody."""

    def __init__(self, user, *scopes: str) -> None:
        wanted = list(scopes) or ["conversations:write"]
        issued = accounts_services.token_issue(people.SYSTEM, user.id, "test", wanted, 1, at=clock.now())
        self.client = Client(headers={"Authorization": f"Bearer {issued.raw}"})

    def get(self, path, **query):
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path, data=None, **headers):
        return self.client.post(
            f"/api/v1/{path}", data or {}, content_type="application/json", headers=headers
        )


@pytest.fixture
def talk():
    return factories.talk()


@pytest.fixture
def patient(talk):
    return Api(talk.patient)


@pytest.fixture
def therapist(talk):
    return Api(talk.therapist)


def send(api, talk, body=HARMLESS, client_id=None, **headers):
    data = {"client_id": str(client_id or uuid.uuid4()), "body": body}
    return api.post(f"conversations/{talk.id}/messages/", data, **headers)


def test_a_message_has_the_shape_of_the_contract(talk, patient):
    client_id = uuid.uuid4()
    answer = send(patient, talk, client_id=client_id)
    assert answer.status_code == 201
    message = answer.json()
    assert message.pop("id")
    assert message.pop("sent_at").endswith("Z")
    assert message == {
        "conversation": str(talk.id),
        "seq": 1,
        "change": 1,
        "client_id": str(client_id),
        "sender": {"id": str(talk.patient.id), "name": talk.patient.name},
        "body": HARMLESS,
        "blurred": False,
        "moderation": {"outcome": "allow", "categories": []},
        "edited_at": None,
        "deleted_at": None,
        "reactions": [],
        "attachments": [],
    }


def test_a_conversation_has_the_shape_of_the_contract(talk, patient, therapist):
    message = send(patient, talk).json()
    (listed,) = therapist.get("conversations/").json()["results"]
    assert listed == therapist.get(f"conversations/{talk.id}/").json()
    members = listed.pop("members")
    assert listed == {
        "id": str(talk.id),
        "kind": "direct",
        "last_seq": 1,
        "last_change": 1,
        "read_seq": 0,
        "unread": 1,
        "last_message": message,
        "read_only": False,
        "archived": False,
        "muted": False,
        "away": {
            "text": "Messages are not monitored.",
            "danger": "If you are in danger, call 988 or 911.",
            "open": None,
            "reads_next_at": None,
            "therapists": [],
        },
    }
    assert sorted(members, key=lambda member: member["role"]) == [
        {"id": str(talk.patient.id), "name": talk.patient.name, "role": "patient"},
        {"id": str(talk.therapist.id), "name": talk.therapist.name, "role": "therapist"},
    ]


def test_a_repeat_is_200_and_another_body_409(talk, patient):
    client_id = uuid.uuid4()
    first, again = (send(patient, talk, client_id=client_id) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = send(patient, talk, "other words", client_id=client_id)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


def test_an_idempotency_key_gives_the_first_answer_again(talk, patient):
    body = {"client_id": str(uuid.uuid4()), "body": HARMLESS}
    path = f"conversations/{talk.id}/messages/"
    first, again = (patient.post(path, body, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


def test_with_a_key_a_blocked_message_is_blocked_again(talk, patient):
    body = {"client_id": str(uuid.uuid4()), "body": BLOCKED}
    path = f"conversations/{talk.id}/messages/"
    for _ in range(2):
        answer = patient.post(path, body, **{"Idempotency-Key": "k1"})
        assert (answer.status_code, answer.json()["code"]) == (422, "message_blocked")


def test_blocked_is_422_with_its_categories(talk, patient):
    answer = send(patient, talk, BLOCKED)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "message_blocked")
    assert problem["categories"] == ["sensitive-data"]
    assert "4111" not in answer.content.decode()
    assert answer["Content-Type"] == "application/problem+json"


def test_blurred_and_revealed(talk, patient, therapist):
    message = send(patient, talk, BLURRED).json()
    assert (message["body"], message["blurred"]) == (BLURRED, False)
    (hidden,) = therapist.get(f"conversations/{talk.id}/messages/").json()["results"]
    assert (hidden["body"], hidden["blurred"]) == (None, True)
    assert hidden["moderation"] == {"outcome": "blur", "categories": ["harassment"]}
    shown = therapist.post(f"messages/{message['id']}/reveal/")
    assert (shown.status_code, shown.json()["body"], shown.json()["blurred"]) == (200, BLURRED, False)


def test_a_crisis_is_delivered(talk, patient):
    answer = send(patient, talk, CRISIS)
    assert (answer.status_code, answer.json()["moderation"]["outcome"]) == (201, "crisis")


def test_history_is_walked_by_its_own_links(talk, patient, therapist):
    for number in range(7):
        send(patient, talk, f"number {number}")
    for start, expected in (({}, [7, 6, 5, 4, 3, 2, 1]), ({"after_seq": 0}, [1, 2, 3, 4, 5, 6, 7])):
        seen, answer = [], therapist.get(f"conversations/{talk.id}/messages/", limit=3, **start)
        while True:
            page = answer.json()
            part = [message["seq"] for message in page["results"]]
            assert all(one < two for one, two in pairwise(part))
            seen += part if start else part[::-1]
            if page["next"] is None:
                break
            answer = therapist.client.get(page["next"])
        assert seen == expected


@pytest.mark.parametrize(
    "query",
    [
        {"after_seq": 1, "before_seq": 2},
        {"after_seq": -1},
        {"after_seq": "x"},
        {"before_seq": "1.5"},
        {"after_seq": 10**30},
        {"limit": 0},
        {"limit": 201},
        {"limit": "all"},
        {"at": "2026-11-24T10:00:00"},
        {"at": "yesterday"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"at": "2026-11-24T10:00:00Z", "after_seq": 1},
    ],
)
def test_bad_questions_are_400(talk, patient, query):
    answer = patient.get(f"conversations/{talk.id}/messages/", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["errors"]


def test_limits_of_lists(talk, patient):
    assert patient.get("conversations/", limit=200).status_code == 200
    assert patient.get("conversations/", limit=201).status_code == 400
    assert patient.get("conversations/", cursor="nonsense").status_code == 400


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": " \n"}, "body"),
        ({"body": "x" * 4001}, "body"),
        ({"body": "a\0b"}, "body"),
        ({"body": "a\ud800b"}, "body"),
        ({"body": 5}, "body"),
        ({"body": None}, "body"),
        ({"body": ["a"]}, "body"),
        ({"client_id": "not-an-id"}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"client_id": 5}, "client_id"),
        ({"attachments": [str(uuid.uuid4()) for _ in range(11)]}, "attachments"),
    ],
)
def test_bad_messages_are_400_and_name_the_field(talk, patient, change, field):
    data = {"client_id": str(uuid.uuid4()), "body": "hello", **change}
    answer = patient.client.post(
        f"/api/v1/conversations/{talk.id}/messages/", json.dumps(data), content_type="application/json"
    )
    assert answer.status_code == 400, answer.content
    assert field in answer.json()["errors"]
    assert factories.message_rows(talk.id) == []


def test_only_json_is_understood(talk, patient):
    path = f"/api/v1/conversations/{talk.id}/messages/"
    form = patient.client.post(path, {"client_id": str(uuid.uuid4()), "body": "x"})
    assert form.status_code == 415
    broken = patient.client.post(path, "{", content_type="application/json")
    assert (broken.status_code, broken.json()["code"]) == (400, "invalid")
    assert patient.client.post(path, "[]", content_type="application/json").status_code == 400


def test_reading_is_marked(talk, patient, therapist):
    for _ in range(3):
        send(patient, talk)
    answer = therapist.post(f"conversations/{talk.id}/read/", {"seq": 2})
    assert (answer.status_code, answer.json()) == (200, {"read_seq": 2, "unread": 1})
    for bad in (-1, "x", None, 2**31):
        assert therapist.post(f"conversations/{talk.id}/read/", {"seq": bad}).status_code == 400


def test_opening_is_201_then_200():
    patient, therapist = people.patient(), people.therapist()
    people.assignment(patient, therapist)
    first = Api(patient).post("conversations/", {"person": str(therapist.id)})
    again = Api(therapist).post("conversations/", {"person": str(patient.id)})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Api(patient).post("conversations/", {"person": str(uuid.uuid4())}).status_code == 404
    assert Api(patient).post("conversations/", {"person": "x"}).status_code == 400


def test_nobody_gets_401_and_a_token_without_the_scope_403(talk):
    paths = {
        "get": ["conversations/", f"conversations/{talk.id}/", f"conversations/{talk.id}/messages/"],
        "post": [
            "conversations/",
            f"conversations/{talk.id}/messages/",
            f"conversations/{talk.id}/read/",
            f"messages/{uuid.uuid4()}/reveal/",
        ],
    }
    reader, other = Api(talk.patient, "conversations:read"), Api(talk.patient, "people:read")
    for method, addresses in paths.items():
        for path in addresses:
            nobody = getattr(Client(), method)(f"/api/v1/{path}", content_type="application/json")
            assert nobody.status_code == 401, path
            refused = getattr(other, method)(path)
            assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope"), path
            answer = getattr(reader, method)(path)
            assert answer.status_code == (200 if method == "get" else 403), path


def test_strangers_get_404_and_it_is_on_record(talk):
    message = factories.send(talk.as_patient, talk.id)
    for stranger in (people.patient(), people.therapist(), people.support(), people.admin()):
        api = Api(stranger)
        before = Event.objects.unscoped(reason="test").filter(actor_user_id=stranger.id).count()
        answers = [
            api.get(f"conversations/{talk.id}/"),
            api.get(f"conversations/{talk.id}/messages/"),
            send(api, talk),
            send(api, talk, BLOCKED),
            api.post(f"conversations/{talk.id}/read/", {"seq": 1}),
            api.post(f"messages/{message.id}/reveal/"),
        ]
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not_found")}
        recorded = Event.objects.unscoped(reason="test").filter(actor_user_id=stranger.id)
        assert recorded.count() - before >= len(answers)
    assert len(factories.message_rows(talk.id)) == len(factories.audit_rows(talk.id)) == 1


def test_too_often_is_429_with_the_time_to_wait(talk, patient, settings):
    settings.MESSAGES_PER_MINUTE, settings.RATE_FACTOR = 1, 1
    send(patient, talk)
    answer = send(patient, talk)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert int(answer["Retry-After"]) >= 1


def test_a_browser_needs_the_csrf_token(talk):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(talk.patient)
    path = f"/api/v1/conversations/{talk.id}/messages/"
    data = {"client_id": str(uuid.uuid4()), "body": "hello"}
    assert browser.get(path).status_code == 200
    assert browser.post(path, data, content_type="application/json").status_code == 403
    assert factories.message_rows(talk.id) == []


@pytest.mark.parametrize("body", ["canary-w0rds", f"{BLURRED} canary-w0rds", f"{BLOCKED} canary-w0rds"])
def test_words_stay_out_of_logs_events_and_redis(talk, patient, therapist, body):
    with captured_logs() as written:
        answer = send(patient, talk, body)
        if answer.status_code == 201:
            therapist.post(f"messages/{answer.json()['id']}/reveal/")
        therapist.get(f"conversations/{talk.id}/messages/")
    assert "request.finished" in written.getvalue()
    assert "canary" not in written.getvalue()
    for event in Event.objects.unscoped(reason="test"):
        assert "canary" not in str(event.data)
    for key in cache_client().scan_iter():
        assert b"canary" not in key
        assert b"canary" not in (cache_client().dump(key) or b"")


def cache_client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)


def test_a_message_is_edited_deleted_and_its_history_told(talk, patient, therapist):
    message = send(patient, talk).json()
    address = f"/api/v1/messages/{message['id']}/"
    answer = patient.client.patch(address, {"body": "I slept badly."}, content_type="application/json")
    assert answer.status_code == 200
    edited = answer.json()
    assert (edited["body"], edited["seq"], edited["change"]) == ("I slept badly.", 1, 2)
    assert edited["edited_at"].endswith("Z")
    answer = patient.client.patch(address, {"body": BLOCKED}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "message_blocked")
    assert answer.json()["categories"] == ["sensitive-data"]
    answer = patient.client.delete(address)
    assert answer.status_code == 200
    deleted = answer.json()
    assert (deleted["body"], deleted["change"]) == (None, 3)
    assert deleted["deleted_at"].endswith("Z")
    told = therapist.get(f"messages/{message['id']}/history/").json()
    assert told["next"] is None
    assert [each["body"] for each in told["results"]] == [HARMLESS, "I slept badly."]
    assert told["results"][0] == {
        "number": 0,
        "body": HARMLESS,
        "blurred": False,
        "moderation": {"outcome": "allow", "categories": []},
        "written_at": message["sent_at"],
        "until": edited["edited_at"],
    }


def test_history_is_read_from_a_moment(talk, patient):
    history_seed.history_fill(talk.id, 9, at=factories.AT)
    moment = factories.AT - history_seed.APART * 5
    answer = patient.get(f"conversations/{talk.id}/messages/", at=moment.isoformat(), limit=4).json()
    assert [message["seq"] for message in answer["results"]] == [4, 5, 6, 7]
    rest = patient.client.get(answer["next"]).json()
    assert [message["seq"] for message in rest["results"]] == [8, 9]
    later = patient.get(f"conversations/{talk.id}/messages/", at="2999-01-01T00:00:00Z").json()
    assert later == {"results": [], "next": None}
