"""What is written for those who build clients is what the server does."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

import bloom.asgi  # noqa: F401 - loads every app's frames
from bloom.realtime import registry
from bloom.realtime.types import Close

DOCS = Path(__file__).resolve().parents[3] / "docs"
ASYNCAPI: Any = yaml.safe_load((DOCS / "asyncapi.yaml").read_text())
MESSAGES: Any = ASYNCAPI["components"]["messages"]
PAGE = (DOCS / "socket.md").read_text()


def frames() -> dict[str, registry.FrameType]:
    """The product's own frames; other tests plug in theirs."""
    return {name: each for name, each in registry.frames().items() if not name.startswith("board:")}


def asked() -> dict[str, Any]:
    names = [each["$ref"].rsplit("/", 1)[1] for each in ASYNCAPI["operations"]["ask"]["messages"]]
    return {MESSAGES[name]["name"]: MESSAGES[name] for name in names}


def test_asyncapi_names_every_frame_its_scope_and_its_required_fields() -> None:
    assert set(asked()) == set(frames())
    for name, frame in frames().items():
        described = asked()[name]
        own = described["payload"]["allOf"][1]
        required = {field.encode_name for field in msgspec.structs.fields(frame.shape) if field.required}
        assert described.get("x-required-scope") == frame.scope, name
        assert set(own.get("required", [])) == required, name
        assert own["properties"]["type"] == {"const": name}


def test_the_page_lists_every_frame_with_its_scope() -> None:
    rows = re.findall(r"^\| `([a-z:]+)` \| .* \| (?:`([a-z:]+)`)? ?\|$", PAGE, re.MULTILINE)
    assert {name: scope or None for name, scope in rows} == {n: f.scope for n, f in frames().items()}


def test_the_page_lists_every_close_code() -> None:
    assert {int(code) for code in re.findall(r"^\| (4\d\d\d) \|", PAGE, re.MULTILINE)} == set(Close)


def test_both_list_the_same_error_codes() -> None:
    codes = ASYNCAPI["components"]["schemas"]["Error"]["properties"]["code"]["enum"]
    line = next(line for line in PAGE.splitlines() if line.startswith("Error codes:"))
    words = set(re.findall(r"`([a-z_]+)`", line)) - {"categories", "retry_after"}
    assert words == set(codes)


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        here = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return here.union(*(references(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(references(each) for each in value))
    return set()


@pytest.mark.parametrize("reference", sorted(references(ASYNCAPI)))
def test_every_reference_leads_somewhere(reference: str) -> None:
    here = ASYNCAPI
    for part in reference.removeprefix("#/").split("/"):
        here = here[part]
    assert here
