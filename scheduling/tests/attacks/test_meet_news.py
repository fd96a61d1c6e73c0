"""Forged, replayed, altered and broken pushes in Google's name."""

import base64
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from functools import cache

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from scheduling.telehealth.rules import meet
from scheduling.telehealth.rules.signed import Unbelieved, Unreadable
from scheduling.telehealth.types import Happening

AUDIENCE = "https://bloom.example.org/hooks/meet/1/"
EMAIL = "pubsub@practice.iam.gserviceaccount.com"
NOW = int(time.time())
AT = datetime.fromtimestamp(NOW, UTC)
CLAIMS = {
    "iss": "https://accounts.google.com",
    "aud": AUDIENCE,
    "email": EMAIL,
    "email_verified": True,
    "sub": "1",
    "iat": NOW - 5,
    "exp": NOW + 3600,
}
SESSION = "conferenceRecords/rec-1/participants/p1/participantSessions/s1"


@cache
def key(name):
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def keys():
    return {"kid-1": key("google").public_key()}


def token(*, signer="google", algorithm="RS256", kid="kid-1", **changes):
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not ...}
    return jwt.encode(claims, key(signer), algorithm, {"kid": kid})


def check(shown, *, at=AT, held=None, **wanted):
    wanted = {"audience": AUDIENCE, "email": EMAIL, **wanted}
    meet.token_check(shown, keys() if held is None else held, at=at, **wanted)


def push(kind="participant.v2.joined", told=None, **attributes):
    told = {"participantSession": {"name": SESSION}} if told is None else told
    held = {
        "ce-id": "1",
        "ce-type": f"google.workspace.meet.{kind}",
        "ce-subject": "//meet.googleapis.com/spaces/abc-1",
        "ce-time": "2026-12-03T16:00:30.123456789Z",
        **attributes,
    }
    data = base64.b64encode(json.dumps(told).encode()).decode()
    return json.dumps({"message": {"messageId": "1", "attributes": held, "data": data}}).encode()


# Who it is --------------------------------------------------------------------------------------------------


def test_what_google_signed_for_us_is_believed():
    check(token())
    check(token(iss="accounts.google.com"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": "https://bloom.example.org/hooks/meet/2/"}, "audience"),
        ({"aud": [AUDIENCE, "https://elsewhere.test/"]}, "audience"),
        ({"aud": ...}, "token"),
        ({"iss": "https://accounts.google.com.evil.test"}, "issuer"),
        ({"iss": ...}, "token"),
        ({"email": "other@practice.iam.gserviceaccount.com"}, "account"),
        ({"email": EMAIL.upper()}, "account"),
        ({"email": ...}, "token"),
        ({"email_verified": False}, "account"),
        ({"email_verified": "true"}, "account"),
        ({"email_verified": ...}, "account"),
        ({"exp": NOW - 301}, "age"),
        ({"exp": ...}, "token"),
        ({"exp": "never"}, "age"),
        ({"iat": NOW + 301}, "age"),
        ({"iat": ...}, "token"),
        ({"nbf": NOW + 301}, "age"),
        ({"signer": "stranger"}, "signature"),
        ({"kid": "kid-2"}, "key"),
    ],
)
def test_every_other_claim_is_not(changes, reason):
    """ASVS 5 V9.2.3."""
    with pytest.raises(Unbelieved) as refused:
        check(token(**changes))
    assert refused.value.reason == reason


def test_a_token_ends_with_its_hour():
    """ASVS 5 V9.2.1."""
    check(token(), at=AT + timedelta(seconds=3600 + 300))
    with pytest.raises(Unbelieved):
        check(token(), at=AT + timedelta(seconds=3600 + 301))


def test_a_token_that_is_not_signed():
    """ASVS 5 V9.1.2."""
    for shown in (
        jwt.encode(CLAIMS, "", "none", {"kid": "kid-1"}),
        token().rpartition(".")[0] + ".",
        "",
        "a.b.c",
        "x" * 9000,
    ):
        with pytest.raises(Unbelieved):
            check(shown)


def test_googles_public_key_is_no_shared_secret():
    """ASVS 5 V9.1.2."""
    pem = (
        key("google")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT","kid":"kid-1"}').rstrip(b"=")
    body = base64.urlsafe_b64encode(json.dumps(CLAIMS).encode()).rstrip(b"=")
    mac = base64.urlsafe_b64encode(hmac.digest(pem, head + b"." + body, "sha256")).rstrip(b"=")
    with pytest.raises(Unbelieved) as refused:
        check(b".".join((head, body, mac)).decode())
    assert refused.value.reason == "algorithm"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_no_other_algorithm_even_with_googles_key(algorithm):
    """ASVS 5 V9.1.2."""
    with pytest.raises(Unbelieved) as refused:
        check(token(algorithm=algorithm))
    assert refused.value.reason == "algorithm"


def test_a_key_that_the_token_brings_along_is_not_looked_at():
    """ASVS 5 V9.1.3."""
    numbers = key("stranger").public_key().public_numbers()
    own = {"kty": "RSA", "n": _b64(numbers.n.to_bytes(256)), "e": _b64(numbers.e.to_bytes(3))}
    shown = jwt.encode(
        CLAIMS, key("stranger"), "RS256", {"kid": "kid-1", "jwk": own, "jku": "https://evil.test"}
    )
    with pytest.raises(Unbelieved) as refused:
        check(shown)
    assert refused.value.reason == "signature"


@pytest.mark.parametrize("kid", ["", 7, None, "x" * 129])
def test_a_key_id_is_a_short_word(kid):
    """ASVS 5 V9.1.3."""
    head = _b64(json.dumps({"alg": "RS256", "kid": kid}).encode())
    rest = token().partition(".")[2]
    with pytest.raises(Unbelieved):
        meet.key_id(f"{head}.{rest}")


@given(st.text(max_size=200))
def test_noise_is_no_token(shown):
    """ASVS 5 V2.2.1."""
    with pytest.raises(Unbelieved):
        check(shown)


@given(st.integers(0, 10_000), st.sampled_from("abcdefghijABCDEFGHIJ0123456789-_"))
def test_one_altered_letter_is_not_what_was_signed(place, letter):
    """ASVS 5 V9.1.1."""
    shown = token()
    place %= len(shown) - 2  # the last letter holds bits that say nothing
    altered = shown[:place] + letter + shown[place + 1 :]
    if altered != shown and shown[place] != ".":
        with pytest.raises(Unbelieved):
            check(altered)


# What it says -----------------------------------------------------------------------------------------------


def test_who_came_to_which_space():
    news = meet.news_read(push())
    assert news.vendor_id == "spaces/abc-1"
    assert (news.session, news.person) == ("conferenceRecords/rec-1", "s1")
    assert news.happening is Happening.JOINED
    assert news.happened_at == datetime(2026, 12, 3, 16, 0, 30, 123456, tzinfo=UTC)


def test_a_conference():
    told = {"conferenceRecord": {"name": "conferenceRecords/rec-1"}}
    news = meet.news_read(push("conference.v2.ended", told, **{"ce-subject": ""}))
    assert (news.vendor_id, news.session, news.person) == ("", "conferenceRecords/rec-1", "")
    assert news.happening is Happening.ENDED


def test_a_subscription_made_anew_tells_the_same_news():
    first, again = meet.news_read(push()), meet.news_read(push(**{"ce-id": "2", "ce-source": "//other"}))
    assert first.dedupe_key == again.dedupe_key
    assert meet.news_read(push("participant.v2.left")).dedupe_key != first.dedupe_key


def test_what_is_of_no_interest_is_nothing():
    assert meet.news_read(push("transcript.v2.fileGenerated", {})) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "conferenceRecords/../x",
        SESSION + "/more",
        SESSION.replace("p1", "p/1"),
        "x" * 5000,
        SESSION + "\n",
        7,
    ],
)
def test_a_name_is_a_name(name):
    """ASVS 5 V2.2.1."""
    with pytest.raises(Unreadable):
        meet.news_read(push(told={"participantSession": {"name": name}}))


@pytest.mark.parametrize(
    "subject",
    [
        "//meet.googleapis.com/spaces/a/b",
        "//evil.test/spaces/abc",
        "//meet.googleapis.com/spaces/",
        "spaces/abc",
    ],
)
def test_a_space_is_googles_or_not_said(subject):
    """ASVS 5 V2.2.1."""
    assert meet.news_read(push(**{"ce-subject": subject})).vendor_id == ""


@pytest.mark.parametrize(
    "moment", ["", "soon", "2026-12-03T16:00:30", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", None]
)
def test_a_moment_is_of_this_time(moment):
    """ASVS 5 V2.2.1."""
    with pytest.raises(Unreadable):
        meet.news_read(push(**{"ce-time": moment}))


@given(st.binary(max_size=300))
def test_noise_is_unreadable(body):
    """ASVS 5 V2.2.1."""
    with pytest.raises(Unreadable):
        meet.news_read(body)


def test_data_that_is_not_what_it_says():
    """ASVS 5 V2.2.1."""
    for data in (None, 7, "%%%", base64.b64encode(b"[" * 40_000).decode(), base64.b64encode(b"[]").decode()):
        told = json.loads(push())
        told["message"]["data"] = data
        with pytest.raises(Unreadable):
            meet.news_read(json.dumps(told).encode())
    with pytest.raises(Unreadable):
        meet.news_read(b" " * 70_000)


def _b64(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
