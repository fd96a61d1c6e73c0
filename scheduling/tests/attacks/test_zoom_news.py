"""Forged, replayed, altered and broken news in Zoom's name."""

import hashlib
import hmac
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.telehealth.rules import signed, zoom
from scheduling.telehealth.rules.signed import Unbelieved, Unreadable
from scheduling.telehealth.types import Happening

SECRET = "zoom-webhook-secret"
AT = datetime(2026, 12, 3, 16, 1, tzinfo=UTC)
STAMP = str(int(AT.timestamp()))
JOINED = {
    "event": "meeting.participant_joined",
    "event_ts": 1796313600123,
    "payload": {
        "account_id": "account",
        "object": {
            "id": "81234567890",
            "uuid": "aDYlohsHRtCd4ii1uC2+hA==",
            "host_id": "x",
            "participant": {
                "user_name": "Jill Chill",
                "email": "jill@example.org",
                "participant_uuid": "55555AAAA",
                "join_time": "2026-12-03T16:00:30Z",
            },
        },
    },
}


def body_of(told):
    return json.dumps(told).encode()


def sign(body, *, stamp=STAMP, secret=SECRET):
    return (
        "v0=" + hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    )


def changed(**changes):
    """JOINED with other values, by path: object__id=7."""
    told = json.loads(json.dumps(JOINED))
    for path, value in changes.items():
        *above, last = path.split("__")
        place = told["payload"] if above or last == "account_id" else told
        for name in above:
            place = place[name]
        place[last] = value
    return told


def test_what_zoom_signed_is_believed():
    body = body_of(JOINED)
    zoom.signature_check(SECRET, STAMP, sign(body), body, at=AT)
    news = zoom.news_read(body, "account")
    assert (news.vendor_id, news.happening, news.person) == ("81234567890", Happening.JOINED, "55555AAAA")
    assert news.happened_at == datetime(2026, 12, 3, 16, 0, 30, tzinfo=UTC)
    assert "Jill" not in repr(news)
    assert "jill@" not in repr(news)


@given(st.binary(max_size=200), st.integers(0, 199), st.integers(1, 255))
def test_one_altered_byte_is_not(body, place, flip):
    """ASVS 5 V4.1.5."""
    signature = sign(body)
    altered = bytearray(body or b"x")
    altered[place % len(altered)] ^= flip
    if bytes(altered) != body:
        with pytest.raises(Unbelieved):
            zoom.signature_check(SECRET, STAMP, signature, bytes(altered), at=AT)


@given(st.text(max_size=80))
def test_no_made_up_signature_holds(signature):
    """ASVS 5 V4.1.5."""
    with pytest.raises(Unbelieved):
        zoom.signature_check(SECRET, STAMP, signature, b"{}", at=AT)


def test_json_that_says_the_same_in_other_bytes_is_not_what_was_signed():
    """ASVS 5 V4.1.5."""
    body = body_of(JOINED)
    with pytest.raises(Unbelieved):
        zoom.signature_check(SECRET, STAMP, sign(body), body.replace(b", ", b","), at=AT)


@pytest.mark.parametrize("seconds", [-301, 301, 3600, -86_400])
def test_what_is_old_or_of_the_future_is_refused(seconds):
    """ASVS 5 V9.2.1."""
    stamp = str(int(AT.timestamp()) + seconds)
    with pytest.raises(Unbelieved) as refused:
        zoom.signature_check(SECRET, stamp, sign(b"{}", stamp=stamp), b"{}", at=AT)
    assert refused.value.reason == "age"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_are_allowed(seconds):
    stamp = str(int(AT.timestamp()) + seconds)
    zoom.signature_check(SECRET, stamp, sign(b"{}", stamp=stamp), b"{}", at=AT)


def test_an_old_body_with_a_new_timestamp_is_refused():
    """ASVS 5 V4.1.5."""
    old = str(int(AT.timestamp()) - 3600)
    with pytest.raises(Unbelieved) as refused:
        zoom.signature_check(SECRET, STAMP, sign(b"{}", stamp=old), b"{}", at=AT)
    assert refused.value.reason == "signature"


@pytest.mark.parametrize("stamp", ["", "x", "-1", "1e9", " 1", "1 ", "١٢٣", "1" * 13, "0x10", "1.5"])
def test_a_timestamp_is_digits(stamp):
    """ASVS 5 V2.2.1."""
    with pytest.raises(Unbelieved):
        zoom.signature_check(SECRET, stamp, sign(b"{}", stamp=stamp), b"{}", at=AT)


def test_no_secret_believes_nobody():
    """ASVS 5 V4.1.5."""
    with pytest.raises(Unbelieved):
        zoom.signature_check("", STAMP, sign(b"{}", secret=""), b"{}", at=AT)


def test_another_practices_secret_is_no_good():
    """ASVS 5 V8.4.1."""
    with pytest.raises(Unbelieved):
        zoom.signature_check("another", STAMP, sign(b"{}"), b"{}", at=AT)


def test_signatures_are_compared_in_constant_time(monkeypatch):
    """ASVS 5 V11.2.4."""
    compared = []
    monkeypatch.setattr(zoom.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or False)
    with pytest.raises(Unbelieved):
        zoom.signature_check(SECRET, STAMP, sign(b"{}"), b"{}", at=AT)
    assert len(compared) == 1


def test_a_body_has_an_end():
    """ASVS 5 V15.2.2."""
    body = b" " * (signed.LARGEST_BODY + 1)
    with pytest.raises(Unbelieved):
        zoom.signature_check(SECRET, STAMP, sign(body), body, at=AT)


# Whose address is this? -------------------------------------------------------------------------------------


def test_the_question_whose_address_it_is():
    body = body_of({"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}})
    assert zoom.validation_answer(SECRET, body) == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": hmac.new(SECRET.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest(),
    }
    assert zoom.validation_answer(SECRET, body_of(JOINED)) is None


@pytest.mark.parametrize("plain", [None, "", 7, ["x"], "x" * 129, {"a": 1}])
def test_it_signs_no_more_than_a_short_word(plain):
    """ASVS 5 V2.2.1."""
    body = body_of({"event": "endpoint.url_validation", "payload": {"plainToken": plain}})
    with pytest.raises(Unreadable):
        zoom.validation_answer(SECRET, body)


# What it says -----------------------------------------------------------------------------------------------


@given(st.binary(max_size=300))
def test_noise_is_unreadable_or_nothing(body):
    """ASVS 5 V2.2.1."""
    with suppress(Unreadable):
        assert zoom.news_read(body, "account") is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    ),
    st.sampled_from(["event_ts", "object__id", "object__uuid", "object__participant", "object"]),
)
def test_any_json_in_any_place_is_read_or_refused(value, place):
    """ASVS 5 V2.2.1."""
    told = changed() if place == "object" else changed(**{place: value})
    if place == "object":
        told["payload"]["object"] = value
    with suppress(Unreadable):
        zoom.news_read(body_of(told), "account")


def test_news_of_another_account_is_not_believed():
    """ASVS 5 V8.4.1."""
    with pytest.raises(Unbelieved) as refused:
        zoom.news_read(body_of(JOINED), "another")
    assert refused.value.reason == "account"


def test_what_does_not_concern_a_meeting_is_nothing():
    assert zoom.news_read(body_of({**JOINED, "event": "user.created"}), "account") is None


@pytest.mark.parametrize("number", ["", "abc", "8/../1", "1" * 21, "８１", True, None, 1.5])
def test_a_meeting_is_a_number(number):
    """ASVS 5 V2.2.1."""
    with pytest.raises(Unreadable):
        zoom.news_read(body_of(changed(object__id=number)), "account")


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00Z", "yesterday"])
def test_a_moment_is_of_this_time(moment):
    """ASVS 5 V2.2.1."""
    told = changed(object__participant={"participant_uuid": "x", "join_time": moment})
    told["event_ts"] = None
    with pytest.raises(Unreadable):
        zoom.news_read(body_of(told), "account")


def test_the_same_news_has_the_same_key_whoever_forwards_it():
    again = changed()
    again["event_ts"] += 5000
    again["payload"]["object"]["participant"]["user_name"] = "Another Name"
    first, second = (zoom.news_read(body_of(each), "account") for each in (JOINED, again))
    assert first.dedupe_key == second.dedupe_key
    later = changed()
    moment = datetime(2026, 12, 3, 16, 0, 30, tzinfo=UTC) + timedelta(seconds=1)
    later["payload"]["object"]["participant"]["join_time"] = moment.isoformat()
    assert zoom.news_read(body_of(later), "account").dedupe_key != first.dedupe_key


def test_a_number_with_too_many_digits_stops_nothing():
    """ASVS 5 V15.2.2."""
    with pytest.raises(Unreadable):
        zoom.news_read(b'{"event":"meeting.started","event_ts":' + b"9" * 5000 + b"}", "account")
    with pytest.raises(Unreadable):
        zoom.news_read(b"[" * 50_000, "account")
