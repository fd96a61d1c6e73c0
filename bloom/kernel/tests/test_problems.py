import json
from urllib.parse import unquote, urlencode
from uuid import UUID, uuid4

import pytest
from django import forms
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from redis.exceptions import RedisError
from rest_framework import exceptions as rest
from rest_framework.views import APIView

from bloom.kernel import errors, problems, registry
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import Kind

OBJECT = uuid4()


class Taken(errors.Conflict):
    code = "slot_taken"
    detail = "Someone was faster."


KNOWN = {
    errors.Invalid(errors={"name": ["Too long."]}): (400, "invalid"),
    errors.Unauthenticated(): (401, "unauthenticated"),
    errors.NotAllowed(): (403, "not_allowed"),
    errors.InsufficientScope(scope="people:read"): (403, "insufficient_scope"),
    errors.NotFound(object_kind="x", object_id=OBJECT, exists=True): (404, "not_found"),
    Taken(alternatives=["a"]): (409, "slot_taken"),
    errors.IdempotencyConflict(): (409, "idempotency_conflict"),
    errors.TooLarge(): (413, "too_large"),
    errors.Unsupported(): (415, "unsupported_media_type"),
    errors.Blocked(): (422, "blocked"),
    errors.RateLimited(retry_after=7): (429, "rate_limited"),
    errors.Unavailable(): (503, "unavailable"),
    rest.ValidationError({"a": ["x"], "b": [{"c": ["y"]}], "non_field_errors": ["z"]}): (400, "invalid"),
    rest.ParseError("secret detail"): (400, "invalid"),
    rest.NotAuthenticated(): (401, "unauthenticated"),
    rest.AuthenticationFailed("secret detail"): (401, "unauthenticated"),
    rest.PermissionDenied("secret detail"): (403, "not_allowed"),
    PermissionDenied("secret detail"): (403, "not_allowed"),
    Http404("secret detail"): (404, "not_found"),
    rest.MethodNotAllowed("POST"): (405, "method_not_allowed"),
    rest.NotAcceptable(): (406, "not_acceptable"),
    rest.UnsupportedMediaType("text/plain"): (415, "unsupported_media_type"),
    rest.Throttled(wait=3): (429, "rate_limited"),
    RequestDataTooBig("secret detail"): (413, "too_large"),
    SuspiciousOperation("secret detail"): (400, "invalid"),
}
RAISED: list[Exception] = []


class Raising(APIView):
    authentication_classes = []
    permission_classes = []

    def get(self, request):
        raise RAISED.pop()

    def post(self, request):
        return HttpResponse(str(request.data))


def page(request):
    raise RAISED.pop()


urlpatterns = [
    path("api/v1/raising/<uuid:pk>/", lambda request, pk: Raising.as_view()(request)),
    path("page/<uuid:pk>/", lambda request, pk: page(request)),
]
handler400 = problems.bad_request
handler403 = problems.permission_denied
handler404 = problems.page_not_found
handler500 = problems.server_error

TEMPLATES = {
    "404.html": "<h1>Not here</h1><p>{{ problem.detail }}</p><small>{{ request_id }}</small>",
    "500.html": "<h1>Our fault</h1>{{ request.path }}",
    "problem.html": "<h1>{{ problem.title }}</h1><p>{{ problem.detail }}</p>",
}
ONLY_OURS = override_settings(
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [("django.template.loaders.locmem.Loader", TEMPLATES)],
                "context_processors": ["django.template.context_processors.request"],
            },
        }
    ],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["bloom.kernel.problems.PageProblemMiddleware"],
    LOGIN_URL="/sign-in/",
    DEBUG=False,
)


@pytest.fixture
def client():
    with ONLY_OURS:
        yield Client(raise_request_exception=False)


@pytest.fixture
def recorded(monkeypatch):
    seen = []
    fresh = registry.RefusalRecorder()
    fresh.set(lambda actor, error, route: seen.append((actor, error, route)))
    monkeypatch.setattr(registry, "refusals", fresh)
    return seen


def raising(client, error, prefix="/api/v1/raising"):
    RAISED.append(error)
    return client.get(f"{prefix}/{OBJECT}/", {"q": "query-canary"})


def test_every_kind_has_a_status():
    assert set(problems.STATUS) == set(Kind)


@pytest.mark.parametrize("error", KNOWN, ids=lambda error: type(error).__name__)
def test_rest_answers_with_problem_json(client, error):
    answer = raising(client, error)
    status, code = KNOWN[error]
    body = json.loads(answer.content)
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert body["type"] == f"urn:bloom:problem:{code}"
    assert set(body) >= {"type", "title", "status", "code", "detail", "errors", "request_id"}
    assert body["title"]
    assert body["detail"]
    assert "secret" not in answer.content.decode()


def test_fields_and_headers(client):
    assert raising(client, Taken(alternatives=["a"], code="mine")).json() == {
        "alternatives": ["a"],
        "type": "urn:bloom:problem:slot_taken",
        "title": "Something has changed",
        "status": 409,
        "code": "slot_taken",
        "detail": "Someone was faster.",
        "errors": {},
        "request_id": None,
    }
    limited = raising(client, errors.RateLimited(retry_after=7))
    assert (limited["Retry-After"], limited.json()["retry_after"]) == ("7", 7)
    assert raising(client, rest.Throttled(wait=3))["Retry-After"] == "3"
    assert raising(client, errors.Unauthenticated())["WWW-Authenticate"].startswith("Bearer")


def test_errors_of_fields_are_named_by_their_path(client):
    nested = rest.ValidationError(
        {"a": ["x"], "b": [{}, {"c": ["y"]}], "d": {"e": "v"}, "non_field_errors": ["z"]}
    )
    assert raising(client, nested).json()["errors"] == {
        "a": ["x"],
        "b.1.c": ["y"],
        "d.e": ["v"],
        "request": ["z"],
    }
    assert raising(client, rest.ValidationError("alone")).json()["errors"] == {"request": ["alone"]}


def test_what_a_client_does_wrong_before_any_view(client):
    unknown = client.get("/api/v1/nowhere/")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    where = f"/api/v1/raising/{OBJECT}/"
    assert client.put(where).json()["code"] == "method_not_allowed"
    assert client.put(where)["Allow"]
    broken = client.post(where, "{", content_type="application/json")
    assert (broken.status_code, broken.json()["detail"]) == (400, "This is not valid JSON.")
    plain = client.post(where, "hello", content_type="text/plain")
    assert (plain.status_code, plain.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("prefix", ["/api/v1/raising", "/page"])
def test_a_failure_of_ours_says_nothing_about_itself(client, prefix):
    answer = raising(client, ValueError("secret detail"), prefix)
    assert answer.status_code == 500
    assert b"secret" not in answer.content
    assert b"ValueError" not in answer.content
    assert (answer["Content-Type"] == "application/problem+json") == prefix.startswith("/api")


@pytest.mark.parametrize("error", [error for error in KNOWN if isinstance(error, errors.DomainError)])
def test_pages_answer_with_pages(client, error):
    answer = raising(client, error, "/page")
    if isinstance(error, errors.Unauthenticated):
        assert answer.status_code == 302
        assert answer["Location"] == "/sign-in/?" + urlencode({"next": f"/page/{OBJECT}/?q=query-canary"})
        return
    assert answer.status_code == KNOWN[error][0]
    assert answer["Content-Type"].startswith("text/html")
    assert b"query-canary" not in answer.content


def test_a_status_has_its_own_page_or_shares_one(client):
    assert b"<h1>Not here</h1>" in raising(client, errors.NotFound(), "/page").content
    shared = raising(client, Taken("<b>detail</b>"), "/page").content
    assert shared == b"<h1>Something has changed</h1><p>&lt;b&gt;detail&lt;/b&gt;</p>"
    assert raising(client, ValueError(), "/page").content.startswith(b"<h1>Our fault</h1>/page/")


def broken(request):
    raise RuntimeError("what every page knows is what broke")


def test_what_broke_a_page_does_not_break_what_is_said_of_it(client, settings):
    (engine,) = settings.TEMPLATES
    processors = {"context_processors": [f"{__name__}.broken"]}
    settings.TEMPLATES = [{**engine, "OPTIONS": {**engine["OPTIONS"], **processors}}]
    assert raising(client, ValueError(), "/page").content == b"<h1>Our fault</h1>"


def test_without_any_template_there_is_still_an_answer(client):
    with override_settings(TEMPLATES=[]):
        answer = raising(client, Taken("<b>detail</b>"), "/page")
    assert answer.status_code == 409
    assert b"<p>&lt;b&gt;detail&lt;/b&gt;</p>" in answer.content


def test_htmx_is_sent_to_sign_in_as_a_whole_window(client):
    RAISED.append(errors.Unauthenticated())
    answer = client.get(f"/page/{OBJECT}/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/sign-in/?next=")


@pytest.mark.parametrize(
    ("referer", "page"),
    [
        ("http://testserver/page/7/", "/page/7/"),
        ("http://testserver/page/7/?a=1&b=2", "/page/7/?a=1&b=2"),
        ("http://elsewhere/page/", "/dashboard/"),
        ("", "/dashboard/"),
    ],
)
def test_after_a_form_one_comes_back_to_its_page(client, referer, page):
    RAISED.append(errors.Unauthenticated())
    answer = client.post(f"/page/{OBJECT}/", headers={"Referer": referer})
    assert unquote(answer["Location"].partition("?next=")[2]) == page


@pytest.mark.parametrize(("prefix", "status"), [("/api/v1/raising", 503), ("/page", 503)])
def test_without_redis_one_is_told_to_come_back(client, prefix, status):
    assert raising(client, RedisError("secret"), prefix).status_code == status


def test_pages_that_do_not_exist_or_are_denied(client):
    assert client.get("/nowhere/").status_code == 404
    assert raising(client, PermissionDenied("secret"), "/page").status_code == 403
    assert raising(client, SuspiciousOperation("secret"), "/page").status_code == 400


@pytest.mark.parametrize("prefix", ["/api/v1/raising", "/page"])
def test_refusals_on_real_objects_are_recorded(client, recorded, prefix):
    hidden = errors.NotFound(object_kind="x", object_id=OBJECT, exists=True)
    raising(client, hidden, prefix)
    raising(client, errors.NotAllowed(object_kind="x", object_id=OBJECT), prefix)
    raising(client, errors.NotFound(), prefix)
    raising(client, Taken(), prefix)
    assert recorded[0][1] is hidden
    assert [type(error).__name__ for _, error, _ in recorded] == ["NotFound", "NotAllowed"]
    actor, _, route = recorded[0]
    assert not actor.is_authenticated
    assert route == f"GET {prefix.lstrip('/')}/<uuid:pk>/"


def test_sockets_get_code_detail_and_fields():
    assert problems.socket_error(errors.RateLimited(retry_after=2)) == {
        "retry_after": 2,
        "code": "rate_limited",
        "detail": str(errors.RateLimited.detail),
    }
    assert problems.socket_error(errors.Invalid(errors={"body": ["Too long."]}))["errors"] == {
        "body": ["Too long."]
    }
    unknown = problems.socket_error(ValueError("secret"))
    assert unknown["code"] == "unavailable"
    assert "secret" not in str(unknown)


class NameForm(forms.Form):
    name = forms.CharField()


def test_forms_say_errors_beside_their_fields():
    form = NameForm({"name": "Ada"})
    problems.form_apply(form, errors.Invalid(errors={"name": ["Too long."], "other": ["Odd."]}))
    assert form.errors == {"name": ["Too long."], "__all__": ["Odd."]}
    form = NameForm({"name": "Ada"})
    problems.form_apply(form, Taken())
    assert form.non_field_errors() == ["Someone was faster."]


def test_the_request_id_is_the_actors_when_no_middleware_set_one():
    request = RequestFactory().get("/")
    assert problems.request_id_of(request) is None
    request.actor = Actor.anonymous(via=Via.WEB, request_id=OBJECT)
    assert problems.request_id_of(request) == OBJECT
    request.request_id = UUID(int=1)
    assert problems.request_id_of(request) == UUID(int=1)
