"""Zoom as it answers, on loopback: token, meetings, who was there, and its webhooks. `manage.py sandbox`
serves it at /zoom-meetings/, apart from the sign-in with Zoom.

Its app is `zoom-sandbox` with the secret `zoom-sandbox-secret` in the account `sandbox-account`; everybody
with an address of example.org or bloom.demo, and "me", may be its host. Where news of meetings goes is told
by `hook_set`, or POST /zoom-meetings/_hook with {"url", "secret"}, to an address of this machine.

Faults beside those of every fake: "rate_limited" (429 with Retry-After), "daily" (429 without), "expired"
(401 once), "scopes" (400, code 4711), "rejected" (400), "malformed" (another shape), "lost" (done, and then
no answer).
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import requests

from bloom.kernel import clock
from bloom.kernel.sandbox import Answer, Ask, Fake, html_answer, json_answer, redirect
from scheduling.integrations import meeting_pages

ACCOUNT: Final = "sandbox-account"
CLIENT: Final = "zoom-sandbox"
SECRET: Final = "zoom-sandbox-secret"  # noqa: S105 - everybody's
TOKEN_SECONDS: Final = 3600
KEPT: Final = 500
HOOK: Final = "/_hook"
_FAULTS: Final = ("rate_limited", "daily", "expired", "scopes", "rejected", "malformed")
# What a list shows of a meeting, and how much of its agenda.
_LISTED: Final = (
    "uuid",
    "id",
    "host_id",
    "topic",
    "type",
    "start_time",
    "duration",
    "timezone",
    "join_url",
)
_AGENDA: Final = 250
_DAILY: Final = "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests."


@dataclass(slots=True)
class Stay:
    """Somebody's time in a meeting."""

    name: str
    id: str
    joined_at: str
    left_at: str = ""


@dataclass(slots=True)
class Meeting:
    id: int
    host: str
    data: dict[str, Any]
    uuid: str = ""
    is_live: bool = False
    stays: list[Stay] = field(default_factory=list)


class ZoomMeetingsFake(Fake):
    name = "zoom-meetings"

    def __init__(self) -> None:
        super().__init__()
        self.meetings: OrderedDict[int, Meeting] = OrderedDict()
        self.asked: list[tuple[str, str]] = []
        self.retry_after = "1"
        self.page_most = 300
        self._tokens: dict[str, float] = {}
        self._hook = ("", "")

    def hook_set(self, url: str, secret: str) -> None:
        """Where the app's news goes. Raises ValueError for an address that is not of this machine."""
        if urlsplit(url).hostname not in {"127.0.0.1", "localhost"}:
            raise ValueError("only to this machine")
        self._hook = (url, secret)

    def answer(self, ask: Ask) -> Answer:
        with self.lock:
            self.asked.append((ask.method, ask.path))
            del self.asked[:-KEPT]
        if ask.path == HOOK and ask.method == "POST":
            return self._hooked(ask)
        if ask.path == "/oauth/token" and ask.method == "POST":
            return self._token(ask)
        if ask.path.startswith("/j/"):
            return self._page(ask)
        if not ask.path.startswith("/v2/"):
            return json_answer({"code": 404, "message": "Not found"}, 404)
        fault = self.fault_take(*_FAULTS, path=ask.path)
        if fault:
            return self._fault(fault)
        kind, _blank, token = ask.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or self._tokens.get(token, 0.0) < time.time():
            return _error(401, 124, "Invalid access token.")
        answer = self._api(ask, [unquote(part) for part in ask.path.removeprefix("/v2/").split("/")])
        if self.fault_take("lost", path=ask.path):
            raise ConnectionAbortedError("done, and the answer is lost")
        return answer

    def respond(self, ask: Ask) -> Answer | None:
        try:
            return super().respond(ask)
        except ConnectionAbortedError:
            return None

    def tokens_end(self) -> None:
        """Every token that was given out is no good any more."""
        self._tokens.clear()

    def news(self, meeting_id: int, happening: str, name: str = "Sam Doe") -> dict[str, Any]:
        """Let something happen in a meeting; what Zoom would tell of it."""
        with self.lock:
            meeting = self.meetings[meeting_id]
            now = clock.now()
            stay = self._happen(meeting, happening, name, now)
        told: dict[str, Any] = {
            "id": str(meeting.id),
            "uuid": meeting.uuid,
            "host_id": "sandbox-host",
            "topic": meeting.data["topic"],
            "type": 2,
            "start_time": _wire(now),
            "timezone": "UTC",
            "duration": meeting.data["duration"],
        }
        if happening == "ended":
            told["end_time"] = _wire(now)
        if stay is not None:
            moment = "join_time" if happening == "joined" else "leave_time"
            told["participant"] = {
                "user_id": "16778240",
                "user_name": stay.name,
                "id": stay.id,
                "participant_uuid": stay.id,
                "email": "",
                moment: _wire(now),
                **({"leave_reason": "left the meeting."} if happening == "left" else {}),
            }
        event = f"meeting.participant_{happening}" if stay is not None else f"meeting.{happening}"
        return {
            "event": event,
            "event_ts": int(now.timestamp() * 1000),
            "payload": {"account_id": ACCOUNT, "object": told},
        }

    def tell(self, news: dict[str, Any], *, at: float | None = None) -> int | None:
        """Send it, signed, to where the app wants it; the status of the answer, None without any."""
        url, secret = self._hook
        if not url:
            return None
        body = json.dumps(news).encode()
        stamp = str(int(time.time() if at is None else at))
        signed = hmac.digest(secret.encode(), b"v0:" + stamp.encode() + b":" + body, "sha256").hex()
        headers = {
            "Content-Type": "application/json",
            "x-zm-request-timestamp": stamp,
            "x-zm-signature": f"v0={signed}",
        }
        try:
            return requests.post(
                url, data=body, headers=headers, timeout=5, allow_redirects=False
            ).status_code
        except requests.RequestException:
            return None

    def _hooked(self, ask: Ask) -> Answer:
        try:
            self.hook_set(str(ask.data["url"]), str(ask.data["secret"]))
        except (TypeError, KeyError, ValueError):
            return json_answer({"error": "url of this machine, and secret"}, 400)
        return Answer(status=204)

    def _token(self, ask: Ask) -> Answer:
        kind, _blank, shown = ask.headers.get("Authorization", "").partition(" ")
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if kind != "Basic" or not hmac.compare_digest(shown, expected):
            return json_answer(
                {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 400
            )
        form = ask.form
        if form.get("grant_type") != "account_credentials" or form.get("account_id") != ACCOUNT:
            return json_answer({"reason": "Bad request", "error": "invalid_request"}, 400)
        token = secrets.token_urlsafe(24)
        with self.lock:
            self._tokens[token] = time.time() + TOKEN_SECONDS
            while len(self._tokens) > KEPT:
                del self._tokens[next(iter(self._tokens))]
        return json_answer(
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": TOKEN_SECONDS,
                "scope": "meeting:read:meeting:admin meeting:write:meeting:admin",
                "api_url": "https://api.zoom.us",
            }
        )

    def _fault(self, fault: str) -> Answer:
        if fault == "rate_limited":
            busy = _error(429, 429, "You have reached the maximum per-second rate limit for this API.")
            return Answer(status=429, body=busy.body, headers={"Retry-After": self.retry_after})
        if fault == "daily":
            return _error(429, 429, _DAILY)
        if fault == "expired":
            return _error(401, 124, "Access token is expired.")
        if fault == "scopes":
            return _error(400, 4711, "Invalid access token, does not contain scopes:[meeting:write].")
        if fault == "rejected":
            return _error(400, 300, "Validation Failed.")
        return json_answer({"id": True, "meetings": "none", "participants": {"one": 1}})

    def _api(self, ask: Ask, parts: list[str]) -> Answer:
        match ask.method, parts:
            case "GET", ["users", host, "meetings"] if _is_host(host):
                return self._list(ask, host)
            case "POST", ["users", host, "meetings"] if _is_host(host):
                return self._create(ask, host)
            case "GET" | "POST", ["users", _host, "meetings"]:
                return _error(404, 1001, "User does not exist.")
            case "GET", ["past_meetings", number, "participants"]:
                return self._participants(ask, self._known(number))
            case _, ["meetings", number, *rest]:
                meeting = self._known(number)
                return _gone() if meeting is None else self._meeting(ask, meeting, rest)
        return json_answer({"code": 404, "message": "Not found"}, 404)

    def _known(self, number: str) -> Meeting | None:
        with self.lock:
            return self.meetings.get(int(number)) if number.isdigit() else None

    def _create(self, ask: Ask, host: str) -> Answer:
        fault = _wish_fault(ask.data)
        if fault:
            return _error(400, 300, "Validation Failed.", errors=[fault])
        with self.lock:
            number = 80_000_000_000 + secrets.randbelow(10_000_000_000)
            meeting = Meeting(id=number, host=host, data=dict(ask.data))
            self.meetings[number] = meeting
            while len(self.meetings) > KEPT:
                self.meetings.popitem(last=False)
        return json_answer(self._wire(meeting), 201)

    def _meeting(self, ask: Ask, meeting: Meeting, rest: list[str]) -> Answer:
        if ask.method == "GET" and not rest:
            return json_answer(self._wire(meeting))
        if ask.method == "PATCH" and not rest:
            fault = _wish_fault({**meeting.data, **(ask.data or {})})
            if fault:
                return _error(400, 300, "Validation Failed.", errors=[fault])
            meeting.data |= ask.data
            return Answer(status=204)
        if ask.method == "PUT" and rest == ["status"]:
            with self.lock:
                self._happen(meeting, "ended", "", clock.now())
            return Answer(status=204)
        if ask.method == "DELETE" and not rest:
            if meeting.is_live:
                return _error(400, 3002, "Sorry, you cannot delete this meeting since it's in progress.")
            with self.lock:
                self.meetings.pop(meeting.id, None)
            return Answer(status=204)
        return json_answer({"code": 404, "message": "Not found"}, 404)

    def _list(self, ask: Ask, host: str) -> Answer:
        with self.lock:
            rows = [self._wire(each) for each in self.meetings.values() if each.host == host]
        listed = [
            {**{name: row[name] for name in _LISTED}, "agenda": row["agenda"][:_AGENDA]} for row in rows
        ]
        return json_answer(self._page_of(ask, "meetings", listed))

    def _participants(self, ask: Ask, meeting: Meeting | None) -> Answer:
        if meeting is None or not meeting.stays:
            return _gone()
        rows = [
            {
                "id": each.id,
                "name": each.name,
                "user_email": "",
                "join_time": each.joined_at,
                "leave_time": each.left_at,
            }
            for each in meeting.stays
        ]
        return json_answer(self._page_of(ask, "participants", rows))

    def _page_of(self, ask: Ask, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        size = min(int(ask.query.get("page_size", "30")), self.page_most)
        start = int(ask.query.get("next_page_token") or "0")
        more = str(start + size) if start + size < len(rows) else ""
        return {
            "page_size": size,
            "total_records": len(rows),
            "next_page_token": more,
            name: rows[start : start + size],
        }

    def _wire(self, meeting: Meeting) -> dict[str, Any]:
        join = f"{self.url}/j/{meeting.id}"
        return {
            "agenda": "",
            **meeting.data,
            "id": meeting.id,
            "uuid": meeting.uuid or "not-started==",
            "host_id": "sandbox-host",
            "status": "started" if meeting.is_live else "waiting",
            "join_url": f"{join}?pwd=sandbox",
            "start_url": f"{join}?zak={secrets.token_urlsafe(8)}",
        }

    def _happen(self, meeting: Meeting, happening: str, name: str, now: datetime) -> Stay | None:
        at = _wire(now)
        if happening == "ended" or (happening == "started" and meeting.is_live):
            for each in meeting.stays:
                each.left_at = each.left_at or at
            meeting.is_live = happening == "started"
            return None
        if not meeting.is_live:
            meeting.uuid = base64.b64encode(secrets.token_bytes(16)).decode()
            meeting.is_live = True
        if happening == "started":
            return None
        staying = [each for each in meeting.stays if each.name == name and not each.left_at]
        if happening == "left":
            stay = staying[-1] if staying else Stay(name, _person(name, meeting.uuid), at)
            stay.left_at = at
            return stay
        stay = Stay(name, _person(name, meeting.uuid), at)
        meeting.stays.append(stay)
        return stay

    def _page(self, ask: Ask) -> Answer:
        meeting = self._known(ask.path.removeprefix("/j/"))
        if meeting is None:
            return html_answer(meeting_pages.nothing("Zoom"), 404)
        if ask.method == "POST":
            wish = ask.form
            if wish.get("do") in {"started", "ended", "joined", "left"}:
                self.tell(self.news(meeting.id, wish["do"], wish.get("name", "")[:80] or "Guest"))
            return redirect(f"{self.url}/j/{meeting.id}")
        facts = {
            "Topic": str(meeting.data["topic"]),
            "Time": str(meeting.data["start_time"]),
            "Minutes": str(meeting.data["duration"]),
            "You are": "the host" if "zak" in ask.query else "a guest",
        }
        here = [each.name for each in meeting.stays if not each.left_at]
        told = "Bloom hears of what happens here." if self._hook[0] else ""
        return html_answer(meeting_pages.page("Zoom", facts, f"{self.url}/j/{meeting.id}", here, told))


def _person(name: str, uuid: str) -> str:
    return hashlib.sha256(f"{uuid}:{name}".encode()).hexdigest()[:22].upper()


def _wire(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_host(host: str) -> bool:
    return host == "me" or host.endswith(("@example.org", "@bloom.demo"))


def _wish_fault(data: Any) -> dict[str, str] | None:
    """The first field that Zoom would not take."""
    if not isinstance(data, dict):
        return {"field": "body", "message": "Invalid body."}
    for name, kind in (("topic", str), ("type", int), ("start_time", str), ("duration", int)):
        if not isinstance(data.get(name), kind):
            return {"field": name, "message": "Invalid field."}
    if len(data["topic"]) > 200 or len(str(data.get("agenda", ""))) > 2000 or data["duration"] < 1:
        return {"field": "topic", "message": "Invalid field."}
    try:
        datetime.strptime(data["start_time"], "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - the Z is in the format
    except ValueError:
        return {"field": "start_time", "message": "Invalid field."}
    return None


def _gone() -> Answer:
    return _error(404, 3001, "Meeting does not exist.")


def _error(status: int, code: int, message: str, **more: Any) -> Answer:
    return json_answer({"code": code, "message": message, **more}, status)
