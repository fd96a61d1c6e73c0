"""The small words that every room uses: actor, clock, errors, events, money, registry."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloom.kernel import clock, errors, events, registry
from bloom.kernel.actor import Actor, Via
from bloom.kernel.api import parse_moment
from bloom.kernel.errors import Invalid
from bloom.kernel.events import Event, FreeTextInEvent, RecordedEvent, event_data, event_types
from bloom.kernel.money import CurrencyMismatch, Money


class Mood(StrEnum):
    FINE = "fine"


class Prose(StrEnum):
    LONG = "I felt alone this week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened(Event):
    name = "kernel.test.happened"
    object_kind = "kernel.test"
    what: object = None


def data(what):
    return event_data(Happened(object_id=uuid4(), what=what))["what"]


class TestEvents:
    def test_ids_and_codes_pass(self):
        some_id, at = uuid4(), datetime(2026, 11, 24, tzinfo=UTC)
        assert data(some_id) == str(some_id)
        assert data(at) == "2026-11-24T00:00:00+00:00"
        assert data((1, True, Mood.FINE, "self_harm:v2", None)) == [1, True, "fine", "self_harm:v2", None]

    @given(st.text(min_size=1).filter(lambda text: not events._CODE.fullmatch(text)))
    def test_free_text_is_refused(self, text):
        for what in (text, (text,), ((text,),)):
            with pytest.raises(FreeTextInEvent):
                data(what)

    @pytest.mark.parametrize("what", [Prose.LONG, 1.5, b"x", {"a": 1}, ["a"], object(), "a" * 65, "", "ok\n"])
    def test_so_is_anything_that_could_carry_it(self, what):
        with pytest.raises(FreeTextInEvent):
            data(what)

    def test_the_refusal_does_not_repeat_the_text(self):
        with pytest.raises(FreeTextInEvent) as refused:
            data("I felt alone this week")
        assert "alone" not in str(refused.value)

    def test_types_are_known_by_name_and_names_are_unique(self):
        assert event_types()["kernel.test.happened"] is Happened
        with pytest.raises(TypeError):
            type("Other", (Event,), {"name": "kernel.test.happened", "__module__": __name__})
        assert event_types()["kernel.test.happened"] is Happened


class TestActor:
    def test_scopes(self):
        token = Actor(user_id=uuid4(), via=Via.API, scopes=frozenset({"people:read", "files:write"}))
        assert token.may("people:read")
        assert token.may("files:read")
        assert token.may("files:write")
        assert not token.may("people:write")
        assert not token.may("profile:read")
        with pytest.raises(errors.InsufficientScope):
            token.require_scope("people:write")
        assert Actor(user_id=uuid4(), via=Via.WEB).may("people:write")

    def test_nobody_may_nothing(self):
        nobody = Actor.anonymous(via=Via.WEB)
        assert not nobody.is_authenticated
        assert not nobody.may("profile:read")
        with pytest.raises(errors.Unauthenticated):
            nobody.require_user()

    def test_the_system_is_not_a_person(self):
        job = Actor.for_system("reminders")
        assert job.is_system
        assert not job.is_authenticated
        assert not job.has_role("admin")


class TestClock:
    @given(
        st.datetimes(timezones=st.timezones(), min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1))
    )
    def test_a_moment_survives_the_wire(self, at):
        text = clock.to_wire(at)
        assert text.endswith("Z")
        assert clock.from_wire(text) == at.astimezone(UTC)

    @given(st.text())
    def test_any_text_is_a_moment_or_a_value_error(self, text):
        with suppress(ValueError):
            assert clock.from_wire(text).tzinfo is UTC

    def test_offsets_are_understood_and_required(self):
        half_past = datetime(2026, 11, 24, 9, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
        assert clock.from_wire("2026-11-24t09:30:00+05:30") == half_past
        with pytest.raises(ValueError):
            clock.from_wire("2026-11-24T09:30:00")

    @pytest.mark.parametrize(
        "text",
        [
            "2026-11-24T09:30:00+0000",
            "2026-11-24 09:30:00Z",
            "2026-11-24T09:30Z",
            "20261124T093000Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
        ],
    )
    def test_a_moment_that_rfc_3339_does_not_know_or_no_year_holds_is_none(self, text):
        with pytest.raises(ValueError, match="not a"):
            clock.from_wire(text)
        with pytest.raises(Invalid) as refused:
            parse_moment(text, "at")
        assert list(refused.value.errors) == ["at"]

    def test_now_is_aware(self):
        assert clock.now().tzinfo is UTC


amounts = st.integers(-(10**12), 10**12)


class TestMoney:
    @given(amounts, amounts)
    def test_sums(self, a, b):
        x, y = Money(a, "USD"), Money(b, "USD")
        assert (x + y) - y == x
        assert -x == x * -1
        assert (x < y) == (a < b)
        assert (x <= y) == (a <= b)

    @pytest.mark.parametrize(
        "mix", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a <= b]
    )
    def test_currencies_do_not_mix(self, mix):
        with pytest.raises(CurrencyMismatch):
            mix(Money(1, "USD"), Money(1, "EUR"))

    @pytest.mark.parametrize("amount", [1.5, True, "1", None])
    def test_amounts_are_whole(self, amount):
        with pytest.raises(TypeError):
            Money(amount, "USD")

    @pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", "U5D", "ÜSD"])
    def test_currencies_are_codes(self, currency):
        with pytest.raises(ValueError):
            Money(1, currency)

    def test_the_wire(self):
        assert Money(15000, "USD").to_wire() == {"amount": 15000, "currency": "USD"}


class TestRegistry:
    def test_a_point_keeps_order_and_refuses_twins(self):
        point: registry.Point[str] = registry.Point("test")
        point.register("b", "second", order=20)
        point.register("c", "third", order=20)
        point.register("a", "last")
        point.register("z", "first", order=1)
        point.register("z", "first", order=1)
        assert [item for _, item in point.items()] == ["first", "second", "third", "last"]
        assert point.get("a") == "last"
        with pytest.raises(ValueError):
            point.register("a", "other")

    def test_subscriptions_are_named_once(self, monkeypatch):
        monkeypatch.setattr(registry, "_subscriptions", {})

        def handler(actor: Actor, event: RecordedEvent) -> None: ...

        registry.subscribe("kernel.test.happened", "test.effect", handler)
        registry.subscribe("kernel.test.happened", "test.effect", handler)
        assert registry.subscriptions("kernel.test.happened") == {"test.effect": handler}
        assert registry.subscriptions("nothing.such") == {}
        with pytest.raises(ValueError):
            registry.subscribe("kernel.test.happened", "test.effect", lambda actor, event: None)

    def test_without_a_listener_a_refusal_is_let_go(self):
        registry.RefusalRecorder().record(Actor.anonymous(via=Via.WEB), errors.NotAllowed(), "GET /")


def test_a_rate_limit_asks_for_a_second_at_least():
    assert errors.RateLimited(retry_after=0).fields == {"retry_after": 1}
