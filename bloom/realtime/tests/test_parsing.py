import json
import time
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bloom.realtime import parsing, registry

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
ANYTHING: st.SearchStrategy[str] = st.text() | JSON.map(json.dumps) | st.text('[]{}":,\\ua0', max_size=200)


def bad(text: str) -> parsing.BadFrame:
    found = parsing.frame_parse(text)
    assert isinstance(found, parsing.BadFrame)
    return found


@given(ANYTHING)
@settings(max_examples=500, deadline=None)
def test_any_text_is_a_frame_or_says_why_not(text: str) -> None:
    found = parsing.frame_parse(text)
    assert found.ref is None or isinstance(found.ref, str)
    if isinstance(found, parsing.BadFrame):
        assert found.error.code == "invalid"


@given(st.dictionaries(st.sampled_from(["type", "ref", "cursors", "x"]), JSON))
@settings(max_examples=300, deadline=None)
def test_any_object_is_a_frame_or_says_why_not(fields: dict[str, Any]) -> None:
    found = parsing.frame_parse(json.dumps(fields))
    ref = fields.get("ref")
    if isinstance(ref, str) and len(ref) <= parsing.REF_LIMIT and found.ref is not None:
        assert found.ref == ref


@given(st.dictionaries(st.uuids(), st.integers(0, 2**53)), st.text(max_size=128))
def test_a_good_frame_arrives_whole(cursors: dict[UUID, int], ref: str) -> None:
    frame = {"type": "session:resume", "ref": ref, "cursors": cursors, "later": {"fields": ["pass"]}}
    found = parsing.frame_parse(msgspec.json.encode(frame).decode())
    assert isinstance(found, parsing.Frame)
    assert found.data.cursors == cursors
    assert found.ref == ref
    assert found.type is registry.frame_get("session:resume")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "7",
        "[]",
        '"ping"',
        "{",
        '{"type":"ping"',
        '{"type":"ping"}x',
        '{"a":"\\ud800"',
        "NaN",
        "\x00",
    ],
)
def test_what_cannot_be_read_has_no_ref(text: str) -> None:
    assert bad(text).ref is None


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"ref":"a"}', "type"),
        ('{"ref":"a","type":7}', "type"),
        ('{"ref":"a","type":["ping"]}', "type"),
        ('{"ref":"a","type":"no:such"}', "type"),
        ('{"ref":"a","type":"session:resume"}', "cursors"),
        ('{"ref":"a","type":"session:resume","cursors":[]}', "cursors"),
        ('{"ref":"a","type":"session:resume","cursors":{"x":1}}', "cursors"),
        (
            '{"ref":"a","type":"session:resume","cursors":{"00000000-0000-0000-0000-000000000000":-1}}',
            "cursors",
        ),
        (
            '{"ref":"a","type":"session:resume","cursors":{"00000000-0000-0000-0000-000000000000":true}}',
            "cursors",
        ),
    ],
)
def test_a_readable_but_wrong_frame_keeps_its_ref_and_names_the_field(text: str, field: str) -> None:
    found = bad(text)
    assert found.ref == "a"
    assert list(found.error.errors) == [field]


@pytest.mark.parametrize("ref", [7, ["a"], {"a": 1}, "x" * 129])
def test_a_ref_is_a_short_string(ref: object) -> None:
    found = bad(json.dumps({"type": "ping", "ref": ref}))
    assert found.ref is None
    assert "ref" in found.error.errors


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        '{"a":' * 10_000,
        '{"type":"ping","a":' + "[" * 17 + "]" * 17 + "}",
        '{"type":"ping","a":"' + "\\" * 20 + '",' + '"b":' + "[" * 1000,
    ],
)
def test_deep_nesting_is_refused_before_it_is_followed(text: str) -> None:
    assert "nested" in str(bad(text).error.detail)


def test_brackets_inside_words_are_words() -> None:
    frame = {"type": "ping", "ref": "a", "body": '[{"\\' * 5_000}
    assert isinstance(parsing.frame_parse(json.dumps(frame)), parsing.Frame)


@pytest.mark.parametrize("text", ['"\\' * 30_000, '"' * 60_000 + "[" * 40, ('"\\"[' * 20_000)])
def test_time_is_linear_in_the_size(text: str) -> None:
    started = time.perf_counter()
    parsing.frame_parse(text)
    assert time.perf_counter() - started < 0.5
