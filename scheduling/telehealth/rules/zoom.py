"""What Zoom tells: whether it is Zoom, and what happened. Signature over the raw bytes, as they came."""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scheduling.telehealth.rules import signed
from scheduling.telehealth.rules.signed import LARGEST_BODY, TOLERANCE_SECONDS, Unbelieved, Unreadable
from scheduling.telehealth.types import Happening, MeetingNews

VALIDATION: Final = "endpoint.url_validation"
_EVENTS: Final = {
    "meeting.started": Happening.STARTED,
    "meeting.ended": Happening.ENDED,
    "meeting.participant_joined": Happening.JOINED,
    "meeting.participant_left": Happening.LEFT,
}
_STAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,20}", re.ASCII)
_LONGEST: Final = 128


def signature_check(secret: str, stamp: str, signature: str, body: bytes, *, at: datetime) -> None:
    """Raise Unbelieved unless who has the secret signed exactly this body, within five minutes of `at`."""
    if len(body) > LARGEST_BODY:
        raise Unbelieved("too_large")
    if not secret or not _STAMP.fullmatch(stamp):
        raise Unbelieved("timestamp")
    # Compared before the age is looked at, so that the time of an answer tells nothing of the signature.
    expected = "v0=" + hmac.digest(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hex()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Unbelieved("signature")
    if abs(at.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        raise Unbelieved("age")


def validation_answer(secret: str, body: bytes) -> dict[str, str] | None:
    """What Zoom wants to hear when it asks whose address this is; None when it asks no such thing."""
    told = signed.object_read(signed.json_read(body))
    if told.get("event") != VALIDATION:
        return None
    plain = signed.object_read(told.get("payload")).get("plainToken")
    if not isinstance(plain, str) or not 0 < len(plain) <= _LONGEST:
        raise Unreadable
    encrypted = hmac.digest(secret.encode(), plain.encode(), hashlib.sha256).hex()
    return {"plainToken": plain, "encryptedToken": encrypted}


def news_read(body: bytes, account_id: str) -> MeetingNews | None:
    """What it tells of a meeting of this account; None for anything else. Raises Unbelieved, Unreadable.

    Names and addresses of people stay behind: what leaves is the mark by which Zoom knows a stay.
    """
    told = signed.object_read(signed.json_read(body))
    happening = _EVENTS.get(str(told.get("event")))
    if happening is None:
        return None
    payload = signed.object_read(told.get("payload"))
    if payload.get("account_id") != account_id:
        raise Unbelieved("account")
    about = signed.object_read(payload.get("object"))
    person, moment = "", about.get({"started": "start_time", "ended": "end_time"}.get(happening, ""))
    if happening in {Happening.JOINED, Happening.LEFT}:
        who = signed.object_read(about.get("participant"))
        person = _text(who.get("participant_uuid") or who.get("user_id"))
        moment = who.get("join_time" if happening is Happening.JOINED else "leave_time")
    number, session = _text(about.get("id")), _text(about.get("uuid"))
    if not _NUMBER.fullmatch(number):
        raise Unreadable
    happened_at = _moment(moment, told.get("event_ts"))
    key = "\n".join(("zoom", happening, session, person, happened_at.isoformat()))
    return MeetingNews(
        vendor_id=number,
        happening=happening,
        session=session,
        person=person,
        happened_at=happened_at,
        dedupe_key=hashlib.sha256(key.encode()).hexdigest(),
    )


def _text(raw: Any) -> str:
    """A short text, whether it came as text or as a number."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise Unreadable
    text = str(raw)
    if not 0 < len(text) <= _LONGEST or not text.isprintable():
        raise Unreadable
    return text


def _moment(raw: Any, milliseconds: Any) -> datetime:
    """When it happened: as the event says it, else when Zoom took notice of it."""
    try:
        if isinstance(raw, str):
            found = datetime.fromisoformat(raw)
            if found.tzinfo is not None:
                return signed.of_this_time(found.astimezone(UTC))
        if isinstance(milliseconds, int) and not isinstance(milliseconds, bool):
            return signed.of_this_time(datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds))
    except (ValueError, OverflowError):
        pass
    raise Unreadable
