"""REST: the shapes of PROTOCOL, who may what, and what an attacker tries."""

import json
import uuid
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client

from accounts import rules, selectors, services
from accounts.models import Assignment, Role, User
from accounts.tests import factories as make
from bloom.kernel import clock

pytestmark = pytest.mark.django_db

ALL = ("profile:write", "people:read", "assignments:write")


def bearer(user, *scopes):
    issued = services.token_issue(make.SYSTEM, user.id, "test", scopes or ALL, 1, at=clock.now())
    return Client(headers={"Authorization": f"Bearer {issued.raw}", "Accept": "application/json"})


def browser(user, *, csrf=False):
    client = Client(enforce_csrf_checks=csrf)
    client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(user)
    return client


def send(client, method, path, body=None, **headers):
    return client.generic(
        method, path, data=json.dumps(body), content_type="application/json", headers=headers
    )


class TestMe:
    def test_is_the_person_of_the_token(self):
        user = make.therapist(name="Ada Lind")
        answer = bearer(user).get("/api/v1/me/")
        practice = {"id": str(make.practice_of(user)), "name": "Ada Lind’s practice"}
        assert answer.status_code == 200
        assert answer.json() == {
            "id": str(user.id),
            "email": user.email,
            "name": "Ada Lind",
            "preferred_name": "",
            "pronouns": "",
            "time_zone": "UTC",
            "locale": "en",
            "roles": ["therapist"],
            "practices": [practice],
            "practice": practice["id"],
        }

    def test_changes_what_may_be_changed(self):
        user = make.patient()
        answer = send(bearer(user), "PATCH", "/api/v1/me/", {"name": "New Name", "time_zone": "Asia/Tokyo"})
        assert answer.status_code == 200
        assert (answer.json()["name"], answer.json()["time_zone"]) == ("New Name", "Asia/Tokyo")

    def test_nothing_else_can_be_smuggled_in(self):
        user = make.patient()
        before = User.objects.values().get(id=user.id)
        smuggled = {
            "id": str(uuid.uuid4()),
            "email": "evil@example.org",
            "role": "admin",
            "roles": ["admin"],
            "is_staff": True,
            "is_active": False,
            "password": "x",
            "practice": str(uuid.uuid4()),
        }
        assert send(bearer(user), "PATCH", "/api/v1/me/", smuggled).status_code == 200
        assert User.objects.values().get(id=user.id) == before
        assert set(Role.objects.filter(user=user).values_list("role", flat=True)) == {"patient"}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "a\u202eb"),
            ("name", "a\x00b"),
            ("name", ["a"]),
            ("time_zone", "Nowhere"),
            ("locale", "xx"),
        ],
    )
    def test_refuses_nonsense_field_by_field(self, field, value):
        answer = send(bearer(make.patient()), "PATCH", "/api/v1/me/", {field: value})
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert set(answer.json()["errors"]) == {field}

    def test_a_language_without_a_catalogue_is_not_taken(self, settings):
        settings.LANGUAGES = [("en", "English")]
        assert send(bearer(make.patient()), "PATCH", "/api/v1/me/", {"locale": "es"}).status_code == 400
        settings.LANGUAGES = [("en", "English"), ("es", "Spanish")]
        assert send(bearer(make.patient()), "PATCH", "/api/v1/me/", {"locale": "es"}).status_code == 200


class TestWhoAsks:
    def test_nobody_is_401(self):
        answer = Client().get("/api/v1/me/")
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthenticated"
        assert answer["WWW-Authenticate"].startswith("Bearer")

    def test_a_session_reads(self):
        user = make.patient()
        assert browser(user).get("/api/v1/me/").json()["id"] == str(user.id)

    def test_a_session_writes_only_with_the_csrf_token(self):
        user = make.patient(name="Before")
        client = browser(user, csrf=True)
        assert send(client, "PATCH", "/api/v1/me/", {"name": "After"}).status_code == 403
        assert User.objects.get(id=user.id).name == "Before"
        token = "a" * 32
        client.cookies[settings.CSRF_COOKIE_NAME] = token
        answer = send(client, "PATCH", "/api/v1/me/", {"name": "After"}, **{"X-CSRFToken": token})
        assert answer.status_code == 200
        assert User.objects.get(id=user.id).name == "After"

    def test_bearer_wins_over_the_cookie(self):
        cookie_user, token_user = make.patient(), make.patient()
        client = bearer(token_user)
        client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(cookie_user)
        assert client.get("/api/v1/me/").json()["id"] == str(token_user.id)

    def test_a_wrong_bearer_is_401_even_beside_a_good_cookie(self):
        client = browser(make.patient())
        answer = client.get("/api/v1/me/", headers={"Authorization": "Bearer blm_nonsense"})
        assert answer.status_code == 401

    def test_a_bearer_needs_no_csrf_token(self):
        user = make.patient()
        issued = services.token_issue(make.SYSTEM, user.id, "test", ["profile:write"], 1, at=clock.now())
        client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {issued.raw}"})
        assert send(client, "PATCH", "/api/v1/me/", {"name": "After"}).status_code == 200

    def test_a_forged_session_cookie_is_nobody(self):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = "0" * 32
        assert client.get("/api/v1/me/").status_code == 401

    @pytest.mark.parametrize(
        ("method", "path", "enough"),
        [
            ("GET", "/api/v1/me/", "profile:read"),
            ("PATCH", "/api/v1/me/", "profile:write"),
            ("GET", "/api/v1/people/", "people:read"),
            ("GET", f"/api/v1/people/{uuid.UUID(int=7)}/", "people:read"),
            ("GET", "/api/v1/assignments/", "assignments:read"),
            ("POST", "/api/v1/assignments/", "assignments:write"),
            ("POST", f"/api/v1/assignments/{uuid.UUID(int=7)}/end/", "assignments:write"),
        ],
    )
    def test_each_door_has_its_scope(self, method, path, enough):
        user = make.patient()
        area, _, verb = enough.partition(":")
        others = [scope for scope in ALL if not scope.startswith(area)]
        others += [f"{area}:read"] if verb == "write" else []
        refused = send(bearer(user, *others), method, path, {})
        assert refused.status_code == 403
        assert refused.json()["code"] == "insufficient_scope"
        assert send(bearer(user, enough), method, path, {}).status_code not in {401} | (
            {403} if method != "POST" else set()
        )

    def test_a_session_that_was_ended_elsewhere_opens_nothing(self):
        user = make.patient()
        client = browser(user)
        (session_id,) = make.sessions_of(user)
        services.session_end(make.actor(user), UUID(session_id), at=clock.now())
        assert client.get("/api/v1/me/").status_code == 401

    def test_only_json_is_read(self):
        client = bearer(make.patient())
        answer = client.patch("/api/v1/me/", "name=x", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 415

    def test_costs(self, django_assert_num_queries):
        user = make.patient()
        token, cookie = bearer(user, "people:read"), browser(user)
        token.get("/api/v1/people/")
        # The token's authority, its use on record in a transaction; then people, roles, listings, practices.
        with django_assert_num_queries(8):
            token.get("/api/v1/people/")
        # The session's row, its person, its authority; then the same.
        with django_assert_num_queries(7):
            cookie.get("/api/v1/people/")


class TestPeople:
    def test_the_shape_of_a_person(self):
        therapist, patient = make.therapist(name="Ada Lind"), make.patient()
        make.assignment(patient, therapist)
        answer = bearer(patient).get("/api/v1/people/?role=therapist")
        assert answer.json() == {
            "results": [
                {
                    "id": str(therapist.id),
                    "name": "Ada Lind",
                    "role": "therapist",
                    "pronouns": "",
                    "time_zone": "UTC",
                    "headline": "",
                    "practices": [{"id": str(make.practice_of(therapist)), "name": "Ada Lind’s practice"}],
                    "listing": None,
                }
            ],
            "next": None,
        }
        assert bearer(patient).get(f"/api/v1/people/{therapist.id}/").json() == answer.json()["results"][0]

    def test_no_address_leaves_the_directory(self):
        therapist, admin = make.therapist(), make.admin()
        assert therapist.email not in bearer(admin).get("/api/v1/people/").content.decode()

    def test_pages_by_link(self):
        admin = bearer(make.admin(name="A"))
        make.patient(name="B")
        first = admin.get("/api/v1/people/?limit=1").json()
        assert [person["name"] for person in first["results"]] == ["A"]
        second = admin.get(first["next"]).json()
        assert [person["name"] for person in second["results"]] == ["B"]
        assert second["next"] is None

    @pytest.mark.parametrize("last_name", ["a\x00b", "\ud800"])
    def test_refuses_a_cursor_of_what_cannot_be_stored(self, last_name):
        cursor = rules.cursor_write(last_name, str(uuid.uuid4()))
        answer = bearer(make.patient()).get("/api/v1/people/", {"cursor": cursor})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {"cursor"})

    @pytest.mark.parametrize("query", ["limit=201", "limit=0", "role=king", "cursor=zzz", "name=%00"])
    def test_refuses_nonsense(self, query):
        assert bearer(make.patient()).get(f"/api/v1/people/?{query}").status_code == 400

    def test_a_stranger_is_404_and_on_record(self):
        stranger, patient = make.patient(), make.patient()
        assert bearer(patient).get(f"/api/v1/people/{stranger.id}/").status_code == 404
        assert bearer(patient).get(f"/api/v1/people/{uuid.uuid4()}/").status_code == 404
        assert [event.object_id for event in make.recorded("observability.access.refused")] == [stranger.id]


class TestAssignments:
    def body(self, patient, therapist, **more):
        return {"patient": str(patient.id), "therapist": str(therapist.id), **more}

    def test_begins_and_ends(self):
        patient, therapist, staff = make.patient(name="P"), make.therapist(name="T"), bearer(make.support())
        begun = send(staff, "POST", "/api/v1/assignments/", self.body(patient, therapist, reason="New here."))
        assert begun.status_code == 201
        care = begun.json()
        assert care | {"started_at": None} == {
            "id": care["id"],
            "patient": {"id": str(patient.id), "name": "P", "role": "patient"},
            "therapist": {"id": str(therapist.id), "name": "T", "role": "therapist"},
            "practice": str(make.practice_of(therapist)),
            "started_at": None,
            "reason": None,
            "ended_at": None,
            "end_reason": None,
            "active": True,
        }
        assert care["started_at"].endswith("Z")
        care["reason"] = "New here."
        assert bearer(patient).get("/api/v1/assignments/?active=true").json()["results"] == [care]
        ended = send(bearer(therapist), "POST", f"/api/v1/assignments/{care['id']}/end/", {"reason": "Done."})
        assert ended.status_code == 200
        assert ended.json()["end_reason"] == "Done."
        assert ended.json()["active"] is False
        assert bearer(patient).get("/api/v1/assignments/?active=true").json()["results"] == []
        assert bearer(patient).get("/api/v1/assignments/?active=false").json()["results"] == [ended.json()]
        again = send(bearer(therapist), "POST", f"/api/v1/assignments/{care['id']}/end/", {})
        assert (again.status_code, again.json()["code"]) == (409, "assignment_over")

    def test_twice_is_a_conflict(self):
        patient, therapist, staff = make.patient(), make.therapist(), bearer(make.admin())
        assert send(staff, "POST", "/api/v1/assignments/", self.body(patient, therapist)).status_code == 201
        again = send(staff, "POST", "/api/v1/assignments/", self.body(patient, therapist))
        assert (again.status_code, again.json()["code"]) == (409, "already_assigned")

    def test_the_same_key_gives_the_first_answer(self):
        patient, therapist, staff = make.patient(), make.therapist(), bearer(make.admin())
        first, second = (
            send(
                staff,
                "POST",
                "/api/v1/assignments/",
                self.body(patient, therapist),
                **{"Idempotency-Key": "k1"},
            )
            for _ in range(2)
        )
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert Assignment.objects.unscoped(reason="test").count() == 1

    @pytest.mark.parametrize("who", [make.patient, make.therapist])
    def test_people_do_not_help_themselves_to_a_patient(self, who):
        patient, user = make.patient(), who()
        answer = send(bearer(user), "POST", "/api/v1/assignments/", self.body(patient, user))
        assert answer.status_code in {403, 404}
        assert Assignment.objects.unscoped(reason="test").count() == 0
        assert make.recorded("accounts.assignment.started") == []

    @pytest.mark.parametrize("body", [{}, {"patient": "x", "therapist": "y"}, [], "text", {"patient": None}])
    def test_refuses_nonsense(self, body):
        assert send(bearer(make.admin()), "POST", "/api/v1/assignments/", body).status_code == 400

    def test_anothers_care_is_404_and_on_record(self):
        care = make.assignment(make.patient(), make.therapist())
        other = bearer(make.therapist())
        answer = send(other, "POST", f"/api/v1/assignments/{care.id}/end/", {"reason": "x"})
        assert answer.status_code == 404
        assert [event.object_id for event in make.recorded("observability.access.refused")] == [care.id]
        assert selectors.assignment_is_active(make.SYSTEM, care.patient.id, care.therapist.id)
