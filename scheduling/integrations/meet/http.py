"""Google Meet over HTTP: a service account that acts as one person of its Workspace, and that person's
spaces.

A space is an address without a time, so an appointment that moves keeps it. Google takes no key of ours and
lists no spaces: one whose answer was lost stays empty, and nobody has its address.
"""

import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import jwt
from django.conf import settings

from scheduling.integrations import calls, tokens
from scheduling.integrations.calls import Question, Reply
from scheduling.telehealth.port import VendorRejected, VendorUnavailable
from scheduling.telehealth.types import Attendance, Fault, MeetingWish, MeetKeys, VendorMeeting

SCOPE: Final = "https://www.googleapis.com/auth/meetings.space.created"
PAGE: Final = 100
PAGES: Final = 20
EVENTS: Final = tuple(
    f"google.workspace.meet.{each}"
    for each in (
        "conference.v2.started",
        "conference.v2.ended",
        "participant.v2.joined",
        "participant.v2.left",
    )
)
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_SECONDS: Final = 600
# A subscription lives for a week at most.
_LONGEST_WATCH: Final = 7 * 86_400 - 3600
_SHORTEST_WATCH: Final = 3600
_LAST: Final = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)


class Meet:
    """The `MeetingProvider` of these keys, at settings.VENDOR_URLS["meet_api"] and its siblings."""

    def __init__(self, keys: MeetKeys, *, until: float | None = None) -> None:
        self._keys, self._until = keys, until
        self._token_key = tokens.key_of("meet", keys.email, keys.host, keys.private_key)

    @property
    def is_watched(self) -> bool:
        return bool(self._keys.topic)

    def check(self) -> None:
        """The token, and that it may ask for what happened in spaces that it made."""
        self._good("GET", "/conferenceRecords", safe=True, query={"pageSize": "1"})

    def meeting_create(self, wish: MeetingWish, *, again: bool) -> VendorMeeting:
        # Outsiders knock, and the host lets them in.
        config = {"accessType": "RESTRICTED", "entryPointAccess": "ALL"}
        return _meeting(self._good("POST", "/spaces", safe=False, data={"config": config}))

    def meeting_change(self, vendor_id: str, wish: MeetingWish) -> None:
        """A space has no time."""

    def meeting_cancel(self, vendor_id: str) -> None:
        path = f"/{_name(vendor_id, 'spaces')}:endActiveConference"
        reply = self._ask(self._question("POST", path, safe=True, data={}), self._deadline())
        # Nobody is in it, or it is not there: both are as wished.
        if not reply.is_good and _status(reply) not in {"FAILED_PRECONDITION", "NOT_FOUND"}:
            raise calls.refusal(reply)

    def meeting_get(self, vendor_id: str) -> VendorMeeting:
        """Whoever is signed in at Google as the host is the host: there is no address for them alone."""
        return _meeting(self._good("GET", f"/{_name(vendor_id, 'spaces')}", safe=True))

    def meeting_find(self, wish: MeetingWish) -> str | None:
        """Google lists no spaces."""
        return None

    def watch(self, vendor_id: str, *, until: datetime) -> None:
        seconds = int(min(max(until.timestamp() - time.time(), _SHORTEST_WATCH), _LONGEST_WATCH))
        wish = {
            "targetResource": f"//meet.googleapis.com/{_name(vendor_id, 'spaces')}",
            "eventTypes": list(EVENTS),
            "notificationEndpoint": {"pubsubTopic": self._keys.topic},
            "payloadOptions": {"includeResource": False},
            "ttl": f"{seconds}s",
        }
        question = Question(
            method="POST", url=f"{settings.VENDOR_URLS['meet_events']}/subscriptions", safe=True, data=wish
        )
        reply = self._ask(question, self._deadline())
        if not reply.is_good and _status(reply) != "ALREADY_EXISTS":
            raise calls.refusal(reply)

    def participants(self, vendor_id: str) -> tuple[Attendance, ...]:
        until = self._deadline()
        space = {"filter": f'space.name="{_name(vendor_id, "spaces")}"'}
        found: list[Attendance] = []
        for record in self._pages("/conferenceRecords", "conferenceRecords", space, until):
            path = f"/{_name(record.get('name'), 'conferenceRecords')}/participants"
            for person in self._pages(path, "participants", {}, until):
                name = calls.text_of(person.get("name"), 300)
                # The path is ours: only the last part is taken from the answer.
                below = f"{path}/{quote(name.rpartition('/')[2], safe='')}/participantSessions"
                found += [
                    _attendance(name, row) for row in self._pages(below, "participantSessions", {}, until)
                ]
        return tuple(sorted(found, key=lambda each: (each.joined_at, each.person)))

    def space_of(self, conference: str) -> str:
        """The space in which a conference took place, for news that does not say it."""
        path = f"/{_name(conference, 'conferenceRecords')}"
        return _name(self._good("GET", path, safe=True).object.get("space"), "spaces")

    def _deadline(self) -> float:
        return calls.deadline() if self._until is None else self._until

    def _pages(
        self, path: str, name: str, query: Mapping[str, str], until: float
    ) -> Iterator[dict[str, Any]]:
        def read(more: Mapping[str, str]) -> dict[str, Any]:
            asked = {**query, "pageSize": str(PAGE), **more}
            return self._good("GET", path, safe=True, query=asked, until=until).object

        return calls.pages(
            read, name, following="nextPageToken", parameter="pageToken", longest=2000, most=PAGES
        )

    def _question(
        self,
        method: str,
        path: str,
        *,
        safe: bool,
        query: Mapping[str, str] | None = None,
        data: Any = None,
    ) -> Question:
        url = f"{settings.VENDOR_URLS['meet_api']}{path}"
        return Question(method=method, url=url, safe=safe, query=query, data=data)

    def _good(
        self,
        method: str,
        path: str,
        *,
        safe: bool,
        query: Mapping[str, str] | None = None,
        data: Any = None,
        until: float | None = None,
    ) -> Reply:
        question = self._question(method, path, safe=safe, query=query, data=data)
        reply = self._ask(question, self._deadline() if until is None else until)
        if not reply.is_good:
            raise calls.refusal(reply)
        return reply

    def _ask(self, question: Question, until: float) -> Reply:
        return tokens.ask_signed(question, self._token_key, lambda: self._token(until), until=until)

    def _token(self, until: float) -> tuple[str, float]:
        """RFC 7523: the service account signs that it acts as the host."""
        url, now = settings.VENDOR_URLS["meet_token"], int(time.time())
        claims = {
            "iss": self._keys.email,
            "sub": self._keys.host,
            "scope": SCOPE,
            "aud": url,
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        try:
            assertion = jwt.encode(claims, self._keys.private_key, "RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise VendorRejected(Fault.KEYS) from None
        form = {"grant_type": _GRANT, "assertion": assertion}
        reply = calls.ask(Question(method="POST", url=url, safe=True, form=form), until=until)
        if not reply.is_good:
            # unauthorized_client: the Workspace has not allowed the account to act for its people.
            is_known = isinstance(reply.data, dict) and reply.data.get("error") == "unauthorized_client"
            raise VendorRejected(Fault.FORBIDDEN if is_known else Fault.KEYS)
        return calls.token_read(reply)


def _meeting(reply: Reply) -> VendorMeeting:
    data = reply.object
    join = calls.address_of(data.get("meetingUri"))
    return VendorMeeting(vendor_id=_name(data.get("name"), "spaces"), join_url=join, host_url=join)


def _name(raw: Any, kind: str) -> str:
    """A resource's name, `kind/id`, and nothing that could lead elsewhere. Raises VendorUnavailable."""
    text = calls.text_of(raw, 128)
    head, _slash, last = text.partition("/")
    if (
        head != kind
        or not last
        or not all(each.isascii() and (each.isalnum() or each in "-_") for each in last)
    ):
        raise VendorUnavailable(Fault.GARBLED)
    return text


def _status(reply: Reply) -> str:
    error = reply.data.get("error") if isinstance(reply.data, dict) else None
    return str(error.get("status", "")) if isinstance(error, dict) else ""


def _attendance(person: str, row: dict[str, Any]) -> Attendance:
    left = row.get("endTime")
    joined = calls.moment_of(row.get("startTime"))
    ended = calls.moment_of(left) if left else None
    if ended is not None and ended < joined:
        raise VendorUnavailable(Fault.GARBLED)
    return Attendance(person=person.rpartition("/")[2], joined_at=joined, left_at=ended)
