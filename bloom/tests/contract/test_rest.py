"""The REST API does what its description says: every operation, driven over HTTP by three people with what
the description allows and with what it does not. What each role gets of each address is in
`bloom/tests/permissions/`, where every answer is held against the description too.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from django.conf import settings
from django.core.management import call_command
from django.urls import URLPattern, get_resolver
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bloom.realtime.tests.conftest import Server, servers
from bloom.tests.contract import described
from bloom.tests.permissions.world import World, world_make

EXAMPLES = 5
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
AREAS = ("profile", "people", "assignments", "conversations", "practices", "billing", "files", "scheduling")
# How the description's names are spelled in the world of the permission table.
BODY_IDS = {
    "person": "person_id",
    "therapist": "person_id",
    "patient": "other_patient_id",
    "practice": "practice_id",
    "service": "service_id",
}

Call = Callable[[Any], requests.Response]


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    with django_db_blocker.unblock(), servers(1, BLOOM_RATE_FACTOR="100000") as [one]:
        yield one


@pytest.fixture
def world(transactional_db: None) -> World:
    return world_make()


def by_token(server: Server, world: World, role: str) -> Call:
    token = world.token(role, *(f"{area}:write" for area in AREAS))
    session = requests.Session()
    return lambda case: case.call(
        base_url=server.http, session=session, headers={"Authorization": f"Bearer {token}"}
    )


def by_session(server: Server, world: World, role: str) -> Call:
    """With the cookie of a browser, and on writes what keeps other sites from using it."""
    session, secret = requests.Session(), "a" * 32
    cookies = {settings.SESSION_COOKIE_NAME: world.cookies[role], settings.CSRF_COOKIE_NAME: secret}
    return lambda case: case.call(
        base_url=server.http, session=session, headers={"X-CSRFToken": secret}, cookies=cookies
    )


def ids_known(case: Any, world: World, *, are_real: bool) -> None:
    """Let a case that is about some id be about something that is there."""
    if not are_real:
        return
    if case.path_parameters and not case.meta.is_negative_at(ParameterLocation.PATH):
        case.path_parameters = {name: str(world.ids[name]) for name in case.path_parameters}
    if isinstance(case.body, dict) and not case.meta.is_negative_at(ParameterLocation.BODY):
        known = {name: str(world.ids[BODY_IDS[name]]) for name in case.body if name in BODY_IDS}
        case.body = {**case.body, **known}


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    ("role", "way"),
    [("patient", by_token), ("therapist", by_session), ("support", by_token)],
    ids=["patient", "therapist", "support"],
)
def test_every_operation_answers_as_it_says(
    server: Server, world: World, role: str, way: Callable[..., Call], mode: GenerationMode
) -> None:
    call = way(server, world, role)
    faults = []
    for found in schemathesis.openapi.from_dict(described.description()).get_all_operations():
        operation: Any = found.ok()

        @hypothesis_settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), dice=st.integers(0, 3))
        def drive(case: Any, dice: int) -> None:
            ids_known(case, world, are_real=dice > 0)
            case.validate_response(call(case), checks=CHECKS)

        try:
            drive()
        except BaseExceptionGroup as fault:
            faults.append(f"{operation.label}: {fault}")
    assert not faults, "\n\n".join(faults)


def test_without_credentials_nothing_is_answered(server: Server, world: World) -> None:
    for path, method, operation in described.operations():
        address = re.sub(r"\{(\w+)\}", lambda found: str(world.ids[found[1]]), path)
        for headers in ({}, {"Authorization": "Bearer blm_forged"}):
            answer = requests.request(method, server.http + address, headers=headers, timeout=30)
            assert answer.status_code == 401, operation["operationId"]
            described.answer_check(method, address, 401, answer.headers, answer.json())


def test_what_is_not_json_is_not_read(server: Server, world: World) -> None:
    token = world.token("therapist", *(f"{area}:write" for area in AREAS))
    for path, method, operation in described.operations():
        address = re.sub(r"\{(\w+)\}", lambda found: str(world.ids[found[1]]), path)
        if "requestBody" in operation:
            answer = requests.request(
                method,
                server.http + address,
                data=b"body=hello",
                headers={"Authorization": f"Bearer {token}", "Content-Type": "text/plain"},
                timeout=30,
            )
            assert answer.status_code == 415, operation["operationId"]
            described.answer_check(method, address, 415, answer.headers, answer.json())


def test_a_request_can_be_named_by_who_asks(server: Server, world: World) -> None:
    name = str(uuid4())
    answer = requests.get(f"{server.http}/api/v1/me/", headers={"X-Request-Id": name}, timeout=30)
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"] == name


# The description is whole -----------------------------------------------------------------------------------


def routed(level: Any = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Path, as OpenAPI spells it, and method of all below /api/v1/, but for the description itself."""
    for pattern in get_resolver().url_patterns if level is None else level:
        address = prefix + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from routed(pattern.url_patterns, address)
        elif address.startswith("api/v1/") and pattern.name != "api_schema":
            path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", address)
            yield from ((path, method) for method in pattern.callback.view_class.scopes)


def test_it_describes_every_address_and_no_other() -> None:
    assert {(path, method) for path, method, _operation in described.operations()} == set(routed())


def test_it_is_valid_and_nothing_in_it_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")
    assert "Warning" not in capsys.readouterr().err


def test_every_operation_has_a_name_words_and_its_scope() -> None:
    names = [operation["operationId"] for _path, _method, operation in described.operations()]
    assert len(names) == len(set(names))
    for _path, _method, operation in described.operations():
        assert f"Needs the scope `{operation['x-required-scope']}`." in operation["description"]
        assert operation["security"] == [{"token": []}, {"session": []}]
        for parameter in operation.get("parameters", ()):
            assert parameter["in"] == "path" or parameter.get("description"), parameter
