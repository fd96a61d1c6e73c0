"""What Google tells of a Meet space through a Pub/Sub push: whether it is Google, and what happened.

The push is believed for its bearer token alone (OpenID Connect): signed by one of Google's keys, made for our
address, by the service account that the practice named. The body is a reference; nobody's name is in it.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import jwt

from scheduling.telehealth.rules import signed
from scheduling.telehealth.rules.signed import LARGEST_BODY, TOLERANCE_SECONDS, Unbelieved, Unreadable
from scheduling.telehealth.types import Happening, MeetingNews

ALGORITHM: Final = "RS256"
ISSUERS: Final = frozenset({"https://accounts.google.com", "accounts.google.com"})
LONGEST_TOKEN: Final = 8192
_EVENTS: Final = {
    "google.workspace.meet.conference.v2.started": Happening.STARTED,
    "google.workspace.meet.conference.v2.ended": Happening.ENDED,
    "google.workspace.meet.participant.v2.joined": Happening.JOINED,
    "google.workspace.meet.participant.v2.left": Happening.LEFT,
}
_SPACE: Final = re.compile(r"//meet\.googleapis\.com/(spaces/[A-Za-z0-9_-]{1,100})", re.ASCII)
_CONFERENCE: Final = re.compile(r"conferenceRecords/[A-Za-z0-9_-]{1,100}", re.ASCII)
_SESSION: Final = re.compile(
    r"(conferenceRecords/[A-Za-z0-9_-]{1,100})/participants/[A-Za-z0-9_-]{1,100}"
    r"/participantSessions/([A-Za-z0-9_-]{1,100})",
    re.ASCII,
)
# A fraction of nine digits is one that Python does not read.
_FRACTION: Final = re.compile(r"(\.\d{6})\d+")


def key_id(token: str) -> str:
    """By which of the signer's keys a token claims to be signed. Nothing of it is believed yet.

    Raises Unbelieved for any other algorithm than Google's own, whatever the rest says.
    """
    if not 0 < len(token) <= LONGEST_TOKEN:
        raise Unbelieved("token")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unbelieved("token") from None
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM:
        raise Unbelieved("algorithm")
    if not isinstance(kid, str) or not 0 < len(kid) <= 128:
        raise Unbelieved("key")
    return kid


def token_check(token: str, keys: Mapping[str, Any], *, audience: str, email: str, at: datetime) -> None:
    """Raise Unbelieved unless one of these keys (RSA, public, by id) signed it, for this audience, for this
    service account, and it holds at `at`, give or take five minutes.
    """
    key = keys.get(key_id(token))
    if key is None:
        raise Unbelieved("key")
    try:
        # Times are compared below, with the moment that is given.
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=audience,
            options={
                "require": ["iss", "aud", "exp", "iat", "email"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "strict_aud": True,
            },
        )
    except jwt.InvalidAudienceError:
        raise Unbelieved("audience") from None
    except jwt.InvalidSignatureError:
        raise Unbelieved("signature") from None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise Unbelieved("token") from None
    if claims["iss"] not in ISSUERS:
        raise Unbelieved("issuer")
    if claims.get("email_verified") is not True or claims["email"] != email:
        raise Unbelieved("account")
    _age_check(claims, at)


def news_read(body: bytes) -> MeetingNews | None:
    """What a push tells; None for what is of no interest here. `vendor_id` is empty where the push names the
    conference alone. Raises Unreadable.
    """
    if len(body) > LARGEST_BODY:
        raise Unreadable
    message = signed.object_read(signed.object_read(signed.json_read(body)).get("message"))
    attributes = signed.object_read(message.get("attributes"))
    happening = _EVENTS.get(str(attributes.get("ce-type")))
    if happening is None:
        return None
    told, person = signed.object_read(signed.json_read(_data(message.get("data")))), ""
    if happening in {Happening.STARTED, Happening.ENDED}:
        session = str(signed.object_read(told.get("conferenceRecord")).get("name"))
        if not _CONFERENCE.fullmatch(session):
            raise Unreadable
    else:
        found = _SESSION.fullmatch(str(signed.object_read(told.get("participantSession")).get("name")))
        if found is None:
            raise Unreadable
        session, person = found.groups()
    space = _SPACE.fullmatch(str(attributes.get("ce-subject")))
    # The message's own id is another for the same news when a subscription is made anew.
    key = "\n".join(("meet", happening, session, person))
    return MeetingNews(
        vendor_id=space[1] if space else "",
        happening=happening,
        session=session,
        person=person,
        happened_at=_moment(attributes.get("ce-time")),
        dedupe_key=hashlib.sha256(key.encode()).hexdigest(),
    )


def _age_check(claims: Mapping[str, Any], at: datetime) -> None:
    leeway, now = TOLERANCE_SECONDS, at.timestamp()
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name, now if name == "nbf" else None)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unbelieved("age")
    if now > claims["exp"] + leeway or claims["iat"] > now + leeway or claims.get("nbf", now) > now + leeway:
        raise Unbelieved("age")


def _data(raw: Any) -> bytes:
    if not isinstance(raw, str):
        raise Unreadable
    try:
        return base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable from None


def _moment(raw: Any) -> datetime:
    try:
        found = datetime.fromisoformat(_FRACTION.sub(r"\1", str(raw)))
    except ValueError:
        raise Unreadable from None
    if found.tzinfo is None:
        raise Unreadable
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        raise Unreadable from None
    return signed.of_this_time(found)
