"""The chain's arithmetic."""

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from observability import rules

kinds = (
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.text(alphabet=st.characters(blacklist_categories=("Cs",))),
    st.uuids(),
    st.binary(),
    st.datetimes(timezones=st.just(UTC)),
)
values = st.one_of(*kinds)
rows = st.lists(values, min_size=1, max_size=6)
KEY = b"k" * 32


def named(row: list[Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    columns = tuple(f"c{number}" for number in range(len(row)))
    return columns, dict(zip(columns, row, strict=True))


@given(rows, st.integers(0, 5), st.sampled_from(kinds[1:]).flatmap(lambda kind: st.tuples(kind, kind)))
def test_changing_one_value_changes_mac_and_hash(row: list[Any], place: int, pair: tuple[Any, Any]) -> None:
    assume(pair[0] != pair[1])
    columns, known = named(row)
    column = columns[place % len(columns)]
    before, after = {**known, column: pair[0]}, {**known, column: pair[1]}
    assert rules.row_mac(KEY, "s", columns, before) != rules.row_mac(KEY, "s", columns, after)
    assert rules.row_hash("s", columns, before, b"m") != rules.row_hash("s", columns, after, b"m")


@given(rows)
def test_a_row_of_one_source_is_none_of_another(row: list[Any]) -> None:
    columns, row_values = named(row)
    assert rules.row_mac(KEY, "s", columns, row_values) != rules.row_mac(KEY, "t", columns, row_values)
    assert rules.row_mac(KEY, "s", columns, row_values) != rules.row_mac(b"x" * 32, "s", columns, row_values)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-12, 12))
def test_a_moment_reads_the_same_in_every_zone(moment: datetime, hours: int) -> None:
    assume(datetime.min.replace(tzinfo=UTC) + timedelta(days=1) < moment)
    assume(moment < datetime.max.replace(tzinfo=UTC) - timedelta(days=1))
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    assert rules.row_bytes("s", ("at",), {"at": moment}) == rules.row_bytes("s", ("at",), {"at": elsewhere})


def test_a_json_object_reads_the_same_in_any_order() -> None:
    assert rules.row_bytes("s", ("d",), {"d": {"a": 1, "b": 2}}) == rules.row_bytes(
        "s", ("d",), {"d": {"b": 2, "a": 1}}
    )


@pytest.mark.parametrize(
    ("value", "error"), [(1.5, TypeError), (datetime(2026, 1, 1), ValueError), (object(), TypeError)]
)
def test_values_without_one_spelling_are_refused(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        rules.row_bytes("s", ("v",), {"v": value})


def test_a_missing_column_is_an_error() -> None:
    with pytest.raises(KeyError):
        rules.row_bytes("s", ("v",), {})


entries = st.lists(
    st.tuples(st.text(max_size=5), st.uuids(), st.binary(min_size=32, max_size=32), st.integers(0, 99)),
    min_size=1,
    max_size=8,
)


@given(entries, st.data())
def test_entries_cannot_be_dropped_doubled_or_exchanged(listed: list[Any], data: st.DataObject) -> None:
    whole = rules.entries_hash(listed)
    place = data.draw(st.integers(0, len(listed) - 1))
    assert rules.entries_hash(listed[:place] + listed[place + 1 :]) != whole
    assert rules.entries_hash([*listed, listed[place]]) != whole
    other = data.draw(st.integers(0, len(listed) - 1))
    assume(listed[place] != listed[other])
    swapped = list(listed)
    swapped[place], swapped[other] = listed[other], listed[place]
    assert rules.entries_hash(swapped) != whole


headers = st.fixed_dictionaries(
    {
        "number": st.integers(1, 2**62),
        "previous_hash": st.binary(min_size=32, max_size=32),
        "entries_hash": st.binary(min_size=32, max_size=32),
        "count": st.integers(0, 5000),
        "late_count": st.integers(0, 5000),
        "sealed_at": st.datetimes(timezones=st.just(UTC)),
        "signing_key_id": st.text(alphabet="0123456789abcdef", min_size=1, max_size=16),
    }
)


@given(headers, headers)
def test_two_headers_never_share_a_hash(left: dict[str, Any], right: dict[str, Any]) -> None:
    for name in left:
        changed = {**left, name: right[name]}
        assert (rules.batch_hash(**changed) == rules.batch_hash(**left)) == (changed == left)


@given(st.integers(1, 40), st.floats(0, 1))
def test_waiting_grows_to_an_hour_and_never_past_it(attempts: int, jitter: float) -> None:
    delay = rules.retry_delay_seconds(attempts, jitter)
    assert 1 <= delay <= 3600
    assert rules.retry_delay_seconds(attempts + 1, jitter) >= delay


def test_ids_and_their_text_are_one_spelling() -> None:
    value = uuid.uuid4()
    assert rules.row_bytes("s", ("id",), {"id": value}) == rules.row_bytes("s", ("id",), {"id": str(value)})
