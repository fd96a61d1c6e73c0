import json
import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.urls import path
from rest_framework.authentication import BaseAuthentication
from rest_framework.response import Response
from rest_framework.test import APIClient

from bloom.kernel import clock, db, idempotency, tasks, vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.api import ApiView
from bloom.kernel.errors import Conflict, Unavailable
from bloom.kernel.models import StoredAnswer
from bloom.kernel.pages import Page

PERSON = uuid4()
DONE: list[str] = []
GATE = threading.Event()
RUNNING = threading.Event()


class Killed(BaseException):
    """Ends a request as the end of its process would: no handler of errors sees it."""


class Known(BaseAuthentication):
    """X-Person and X-Scopes stand for what accounts finds out."""

    def authenticate(self, request):
        scopes = request.headers.get("X-Scopes")
        actor = Actor(
            user_id=UUID(request.headers.get("X-Person", str(PERSON))),
            via=Via.WEB,
            scopes=None if scopes is None else frozenset(scopes.split()),
        )
        request.actor = actor
        return (actor, None)


class Things(ApiView):
    authentication_classes = [Known]
    permission_classes = []
    scopes = {"GET": "things:read", "POST": "things:write"}

    def get(self, request):
        page = Page([3]) if self.cursor else Page([1, 2], next="c+/=")
        return self.page_answer(page, lambda n: {"n": n, "limit": self.limit})

    def post(self, request):
        mode = request.data.get("mode")
        if mode == "refuse":
            raise Conflict
        if mode == "slow":
            RUNNING.set()
            assert GATE.wait(timeout=10)
        db.transactional(lambda: DONE.append(request.data["name"]))()
        if mode == "die":
            raise Killed
        if mode == "refuse on record":
            raise Conflict
        if mode == "break down":
            raise Unavailable
        return Response({"id": str(uuid4()), "name": request.data["name"], "via": self.actor.via}, status=201)


urlpatterns = [path("api/v1/things/", Things.as_view()), path("api/v1/others/", Things.as_view())]


@pytest.fixture(autouse=True)
def ours():
    DONE.clear()
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        yield


@pytest.fixture
def client():
    return APIClient()


def create(client, name="a", key="k1", where="/api/v1/things/", mode=None, **headers):
    return client.post(
        where, {"name": name, "mode": mode}, format="json", headers={"Idempotency-Key": key, **headers}
    )


class TestScopesAndLists:
    def test_a_list_and_its_next_page(self, client):
        first = client.get("/api/v1/things/?limit=2").json()
        assert first["results"] == [{"n": 1, "limit": 2}, {"n": 2, "limit": 2}]
        assert first["next"] == "http://testserver/api/v1/things/?limit=2&cursor=c%2B%2F%3D"
        last = client.get(first["next"]).json()
        assert last == {"results": [{"n": 3, "limit": 2}], "next": None}

    @pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", "9" * 40, "٣", " 1"])
    def test_limits_out_of_bounds(self, client, limit):
        answer = client.get("/api/v1/things/", {"limit": limit})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["limit"])

    def test_the_default_and_the_most(self, client):
        assert client.get("/api/v1/things/").json()["results"][0]["limit"] == 50
        assert client.get("/api/v1/things/?limit=200").json()["results"][0]["limit"] == 200

    @pytest.mark.parametrize(
        ("scopes", "get", "post"),
        [("things:read", 200, 403), ("things:write", 200, 201), ("others:write", 403, 403), ("", 403, 403)],
    )
    @pytest.mark.django_db
    def test_tokens_need_the_scope(self, client, scopes, get, post):
        headers = {"X-Scopes": scopes}
        assert client.get("/api/v1/things/", headers=headers).status_code == get
        # How long an answer would be tells what is in it.
        assert client.head("/api/v1/things/", headers=headers).status_code == get
        answer = client.post("/api/v1/things/", {"name": "a"}, format="json", headers=headers)
        assert answer.status_code == post
        if post == 403:
            assert (answer.json()["code"], answer.json()["scope"]) == ("insufficient_scope", "things:write")
            assert DONE == []

    def test_a_view_that_forgets_a_scope_does_not_start(self):
        with pytest.raises(TypeError, match="POST"):

            class Silent(ApiView):
                scopes = {"GET": None}

                def get(self, request): ...

                def post(self, request): ...

    def test_the_description_names_scope_and_header(self):
        from drf_spectacular.generators import SchemaGenerator

        with override_settings(ROOT_URLCONF=__name__):
            paths = SchemaGenerator(urlconf=__name__).get_schema(public=True)["paths"]
        post = paths["/api/v1/things/"]["post"]
        assert post["x-required-scope"] == "things:write"
        assert "Idempotency-Key" in [parameter["name"] for parameter in post["parameters"]]
        assert "parameters" not in paths["/api/v1/things/"]["get"] or "Idempotency-Key" not in str(
            paths["/api/v1/things/"]["get"]
        )


def test_json_nested_too_deep_to_be_read_is_invalid(client):
    deep = '{"name": ' + "[" * 20_000 + "]" * 20_000 + "}"
    answer = client.post("/api/v1/things/", deep, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.django_db
class TestIdempotency:
    def test_the_same_request_gets_the_first_answer(self, client):
        first, again = create(client), create(client)
        assert DONE == ["a"]
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert again["Idempotent-Replay"] == "true"
        assert "Idempotent-Replay" not in first

    def test_another_body_is_a_conflict(self, client):
        create(client)
        assert create(client, name="b").json()["code"] == "idempotency_conflict"
        assert DONE == ["a"]

    def test_a_key_belongs_to_one_person_and_path(self, client):
        create(client)
        create(client, where="/api/v1/others/")
        create(client, **{"X-Person": str(uuid4())})
        create(client, key="k2")
        assert DONE == ["a"] * 4

    def test_without_a_key_nothing_is_kept(self, client):
        for _ in range(2):
            client.post("/api/v1/things/", {"name": "a"}, format="json")
        assert DONE == ["a", "a"]
        assert not StoredAnswer.objects.exists()

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\u00e9"])
    def test_odd_keys_are_invalid(self, client, key):
        if key.isascii():
            assert create(client, key=key).status_code == 400
        else:
            answer = client.post("/api/v1/things/", {"name": "a"}, format="json", HTTP_IDEMPOTENCY_KEY=key)
            assert answer.status_code == 400
        assert DONE == []

    def test_a_refusal_leaves_the_key_free(self, client):
        assert create(client, mode="refuse").status_code == 409
        assert not StoredAnswer.objects.exists()
        assert create(client).status_code == 201

    def test_a_refusal_that_left_a_record_is_given_again(self, client):
        for _ in range(2):
            answer = create(client, mode="refuse on record")
            assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert DONE == ["a", "a"]

    def test_a_breakdown_after_the_work_is_no_refusal(self, client):
        assert create(client, mode="break down").status_code == 503
        assert create(client, mode="break down").json()["code"] == "answer_lost"
        assert DONE == ["a"]

    def test_work_that_was_done_but_not_answered_is_not_done_again(self, client):
        with pytest.raises(Killed):
            create(client, mode="die")
        assert DONE == ["a"]
        answer = create(client, mode="die")
        assert (answer.status_code, answer.json()["code"]) == (409, "answer_lost")
        assert DONE == ["a"]

    def test_a_claim_of_a_process_that_died_is_taken_over_later(self, client):
        create(client)
        StoredAnswer.objects.update(carried_out=False, status=None, answer=None)
        waiting = create(client)
        assert (waiting.status_code, waiting.json()["code"], waiting["Retry-After"]) == (
            409,
            "request_under_way",
            "1",
        )
        StoredAnswer.objects.update(created_at=clock.now() - idempotency.ABANDONED - timedelta(seconds=1))
        assert create(client).status_code == 201
        assert DONE == ["a", "a"]

    def test_a_key_that_is_let_go_between_two_looks_is_taken(self, client, monkeypatch):
        create(client)
        insert = StoredAnswer.objects.bulk_create

        def insert_then_let_go(rows, **kwargs):
            made = insert(rows, **kwargs)
            StoredAnswer.objects.exclude(pk=rows[0].pk).delete()
            return made

        monkeypatch.setattr(StoredAnswer.objects, "bulk_create", insert_then_let_go)
        assert create(client).status_code == 201
        assert DONE == ["a", "a"]

    def test_after_a_day_it_counts_no_more(self, client):
        create(client)
        StoredAnswer.objects.update(expires_at=clock.now())
        create(client, name="b")
        assert DONE == ["a", "b"]
        assert StoredAnswer.objects.count() == 1

    def test_after_a_day_it_is_swept(self, client):
        create(client)
        create(client, key="k2")
        oldest = StoredAnswer.objects.order_by("created_at").first()
        StoredAnswer.objects.filter(pk=oldest.pk).update(expires_at=clock.now())
        tasks.answers_clear()
        assert oldest.pk not in StoredAnswer.objects.values_list("pk", flat=True)
        assert StoredAnswer.objects.count() == 1
        scheduled = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
        assert tasks.answers_clear.name in scheduled

    def test_answers_are_kept_sealed(self, client):
        create(client, name="canary")
        kept = StoredAnswer.objects.get()
        assert b"canary" not in bytes(kept.answer)
        assert b"k1" not in bytes(kept.key_hash)
        assert json.loads(create(client, name="canary").content)["name"] == "canary"

    def test_an_answer_is_gone_with_its_persons_key(self, client):
        create(client)
        key = vault.key_get_or_create(PERSON)
        assert vault.key_id_of(StoredAnswer.objects.get().answer) == key.key_id
        vault.key_destroy(Actor.for_system("test"), PERSON, at=clock.now())
        assert create(client).json()["code"] == "answer_lost"
        erased = create(client, key="k2")
        assert erased.status_code == 201
        assert StoredAnswer.objects.filter(answer__isnull=True, carried_out=True).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="needs two connections")
def test_of_two_at_once_one_runs():
    GATE.clear()
    RUNNING.clear()
    answers = {}

    def send(name):
        try:
            answers[name] = create(APIClient(), mode="slow")
        finally:
            connection.close()

    first = threading.Thread(target=send, args=("first",))
    first.start()
    assert RUNNING.wait(timeout=10)
    second = create(APIClient(), mode="slow")
    GATE.set()
    first.join(timeout=10)
    assert (answers["first"].status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "request_under_way"
    assert DONE == ["a"]
    assert create(APIClient(), mode="slow").json() == answers["first"].json()
