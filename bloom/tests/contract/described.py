"""The REST API as it describes itself, and whether an answer is one that it describes."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_HERE = "urn:bloom:openapi"
FORMATS = FormatChecker()


@FORMATS.checks("date-time")
def is_moment(value: object) -> bool:
    """RFC 3339, in UTC."""
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value, re.ASCII)
    )


@functools.cache
def description() -> dict[str, Any]:
    """What `/api/v1/schema/` gives."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and description of each."""
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield path, method.upper(), operation


def operation_of(method: str, path: str) -> Mapping[str, Any] | None:
    """The operation at an address, such as POST /api/v1/holds/."""
    for pattern, named, operation in operations():
        if named == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path):
            return operation
    return None


def answer_check(method: str, path: str, status: int, headers: Mapping[str, str], body: Any) -> None:
    """Raises AssertionError where an answer is not as described: status, headers, content."""
    operation = operation_of(method, path)
    assert operation is not None, f"{method} {path} is not described"
    response = operation["responses"].get(str(status))
    assert response is not None, f"{method} {path} does not say that it answers {status}"
    response = _resolved(response)
    for name, header in response.get("headers", {}).items():
        assert name in headers, f"{method} {path}: {status} without {name}"
        value: Any = headers[name]
        _validator(_resolved(header)["schema"]).validate(int(value) if value.isdigit() else value)
    content = response.get("content")
    if content is None:
        assert not body, f"{method} {path}: {status} has content"
        return
    kind = headers.get("Content-Type", "").partition(";")[0]
    assert kind in content, f"{method} {path}: {status} is {kind}"
    _validator(content[kind]["schema"]).validate(body)


def _resolved(value: Mapping[str, Any]) -> Mapping[str, Any]:
    here: Any = description()
    if "$ref" not in value:
        return value
    for part in value["$ref"].removeprefix("#/").split("/"):
        here = here[part]
    found: Mapping[str, Any] = here
    return found


@functools.cache
def _registry() -> Any:
    return Registry().with_resource(_HERE, DRAFT202012.create_resource(description()))


def _validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(_anchored(schema), registry=_registry(), format_checker=FORMATS)


def _anchored(value: Any) -> Any:
    """The schema with its references leading into the description."""
    if isinstance(value, dict):
        return {key: f"{_HERE}{each}" if key == "$ref" else _anchored(each) for key, each in value.items()}
    return [_anchored(each) for each in value] if isinstance(value, list) else value
