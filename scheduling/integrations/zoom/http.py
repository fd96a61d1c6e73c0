"""Zoom over HTTP: a server-to-server app's token, and the meetings of one person of its account.

Zoom knows no key of ours for a meeting. So ours stands in the agenda, and before a meeting is made a second
time the host's meetings are searched for it.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings

from scheduling.integrations import calls, tokens
from scheduling.integrations.calls import Question, Reply
from scheduling.telehealth.port import VendorRejected, VendorUnavailable
from scheduling.telehealth.types import Attendance, Fault, MeetingWish, VendorMeeting, ZoomKeys

PAGE: Final = 300
# More meetings than a person has ahead of them, or people than a session has.
PAGES: Final = 20
_SCHEDULED: Final = 2
# Zoom's own codes: no such meeting, one that is running, no such person, scopes that the app lacks.
_GONE: Final = 3001
_RUNNING: Final = 3002
_FAULTS: Final = {_GONE: Fault.MISSING, 1001: Fault.HOST, 4711: Fault.FORBIDDEN}


class Zoom:
    """The `MeetingProvider` of these keys, at settings.VENDOR_URLS["zoom_api"]."""

    def __init__(self, keys: ZoomKeys, *, until: float | None = None) -> None:
        self._keys, self._until = keys, until
        self._token_key = tokens.key_of("zoom", keys.account_id, keys.client_id, keys.client_secret)

    @property
    def is_watched(self) -> bool:
        """Zoom tells the whole app's address, which is set up there once."""
        return False

    def check(self) -> None:
        """Token and host: that the app may read the host's meetings."""
        self._good("GET", self._of_host(), safe=True, query={"type": "upcoming", "page_size": "1"})

    def meeting_create(self, wish: MeetingWish, *, again: bool) -> VendorMeeting:
        until = self._deadline()
        found = self._find(wish, until) if again else None
        if found is not None:
            # It may have been made for a time that is no longer the appointment's.
            self._change(found, wish, until)
            return self._meeting(self._good("GET", f"/meetings/{found}", safe=True, until=until))
        return self._meeting(self._good("POST", self._of_host(), safe=False, data=_body(wish), until=until))

    def meeting_change(self, vendor_id: str, wish: MeetingWish) -> None:
        self._change(vendor_id, wish, self._deadline())

    def meeting_cancel(self, vendor_id: str) -> None:
        until = self._deadline()
        path = f"/meetings/{quote(vendor_id, safe='')}"
        reply = self._ask(Question(method="DELETE", url=self._url(path), safe=True), until)
        if _code(reply) == _RUNNING:
            self._good("PUT", f"{path}/status", safe=True, data={"action": "end"}, until=until)
            reply = self._ask(Question(method="DELETE", url=self._url(path), safe=True), until)
        if not reply.is_good and _code(reply) != _GONE:
            raise _refusal(reply)

    def meeting_get(self, vendor_id: str) -> VendorMeeting:
        return self._meeting(self._good("GET", f"/meetings/{quote(vendor_id, safe='')}", safe=True))

    def meeting_find(self, wish: MeetingWish) -> str | None:
        return self._find(wish, self._deadline())

    def watch(self, vendor_id: str, *, until: datetime) -> None:
        raise AssertionError("Zoom needs none")

    def participants(self, vendor_id: str) -> tuple[Attendance, ...]:
        until = self._deadline()
        path = f"/past_meetings/{quote(vendor_id, safe='')}/participants"
        try:
            rows = list(self._pages(path, "participants", {}, until))
        except VendorRejected as refused:
            # Nobody has met there yet.
            if refused.fault is Fault.MISSING:
                return ()
            raise
        return tuple(sorted(map(_attendance, rows), key=lambda each: (each.joined_at, each.person)))

    def _change(self, vendor_id: str, wish: MeetingWish, until: float) -> None:
        path = f"/meetings/{quote(vendor_id, safe='')}"
        self._good("PATCH", path, safe=True, data=_body(wish), until=until)

    def _find(self, wish: MeetingWish, until: float) -> str | None:
        for row in self._pages(self._of_host(), "meetings", {"type": "scheduled"}, until):
            if str(wish.key) in str(row.get("agenda", "")):
                return calls.text_of(row.get("id"), 64)
        return None

    def _deadline(self) -> float:
        return calls.deadline() if self._until is None else self._until

    def _pages(
        self, path: str, name: str, query: Mapping[str, str], until: float
    ) -> Iterator[dict[str, Any]]:
        def read(more: Mapping[str, str]) -> dict[str, Any]:
            asked = {**query, "page_size": str(PAGE), **more}
            return self._good("GET", path, safe=True, query=asked, until=until).object

        return calls.pages(
            read, name, following="next_page_token", parameter="next_page_token", longest=500, most=PAGES
        )

    def _of_host(self) -> str:
        return f"/users/{quote(self._keys.host, safe='@')}/meetings"

    def _url(self, path: str) -> str:
        return f"{settings.VENDOR_URLS['zoom_api']}{path}"

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
        question = Question(method=method, url=self._url(path), safe=safe, query=query, data=data)
        reply = self._ask(question, self._deadline() if until is None else until)
        if not reply.is_good:
            raise _refusal(reply)
        return reply

    def _ask(self, question: Question, until: float) -> Reply:
        return tokens.ask_signed(question, self._token_key, lambda: self._token(until), until=until)

    def _token(self, until: float) -> tuple[str, float]:
        keys = self._keys
        reply = calls.ask(
            Question(
                method="POST",
                url=settings.VENDOR_URLS["zoom_meetings_token"],
                safe=True,
                form={"grant_type": "account_credentials", "account_id": keys.account_id},
                basic=(keys.client_id, keys.client_secret),
            ),
            until=until,
        )
        if not reply.is_good:
            raise VendorRejected(Fault.KEYS)
        return calls.token_read(reply)

    def _meeting(self, reply: Reply) -> VendorMeeting:
        data = reply.object
        join = calls.address_of(data.get("join_url"))
        return VendorMeeting(
            vendor_id=calls.text_of(data.get("id"), 64),
            join_url=join,
            host_url=calls.address_of(data.get("start_url") or join),
        )


def _body(wish: MeetingWish) -> dict[str, Any]:
    return {
        "topic": wish.topic,
        "type": _SCHEDULED,
        "start_time": wish.starts_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "duration": wish.minutes,
        "timezone": "UTC",
        "agenda": f"Reference {wish.key}",
        # Nobody is let in before the host, and nothing of what is said stays at the vendor's.
        "settings": {
            "waiting_room": True,
            "join_before_host": False,
            "auto_recording": "none",
            "use_pmi": False,
        },
    }


def _code(reply: Reply) -> int | None:
    code = reply.data.get("code") if isinstance(reply.data, dict) else None
    return code if isinstance(code, int) else None


def _refusal(reply: Reply) -> VendorRejected | VendorUnavailable:
    fault = _FAULTS.get(_code(reply) or 0)
    return VendorRejected(fault) if fault else calls.refusal(reply)


def _attendance(row: dict[str, Any]) -> Attendance:
    left = row.get("leave_time")
    joined = calls.moment_of(row.get("join_time"))
    ended = calls.moment_of(left) if left else None
    if ended is not None and ended < joined:
        raise VendorUnavailable(Fault.GARBLED)
    # The id is empty for guests of another account, whom only this mark tells apart.
    person = row.get("id") or row.get("participant_user_id") or row.get("user_id") or "guest"
    return Attendance(person=calls.text_of(person, 128), joined_at=joined, left_at=ended)
