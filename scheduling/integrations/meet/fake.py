"""Google Meet as it answers, on loopback: token, spaces, conferences, subscriptions, the keys with which
Google signs a push, and the push itself. `manage.py sandbox` serves it at /meet/.

The service account that it knows, as Google's console would hand it out, is at /meet/_service-account; it
may act for everybody at example.org and bloom.demo. Where news goes is told by `hook_set`, or POST
/meet/_hook with {"url", "audience", "email"}, to an address of this machine.

Faults beside those of every fake: "rate_limited" (429 with Retry-After), "expired" (401 once), "forbidden"
(403), "rejected" (400), "malformed" (another shape), "lost" (done, and then no answer).
"""

import base64
import json
import secrets
import time
from collections import OrderedDict
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bloom.kernel import clock
from bloom.kernel.sandbox import Answer, Ask, Fake, html_answer, json_answer, redirect
from scheduling.integrations import meeting_pages
from scheduling.integrations.meet.fake_spaces import Conference, Space, happen, record_wire

ACCOUNT: Final = "bloom@sandbox.iam.gserviceaccount.com"
PUSHER: Final = "pubsub@sandbox.iam.gserviceaccount.com"
ISSUER: Final = "https://accounts.google.com"
TOKEN_SECONDS: Final = 3600
KEPT: Final = 500
HOOK: Final = "/_hook"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FAULTS: Final = ("rate_limited", "expired", "forbidden", "rejected", "malformed")
_LETTERS: Final = "abcdefghijkmnopqrstuvwxyz"
_EVENTS: Final = {
    "started": "conference.v2.started",
    "ended": "conference.v2.ended",
    "joined": "participant.v2.joined",
    "left": "participant.v2.left",
}


class MeetFake(Fake):
    name = "meet"

    def __init__(self) -> None:
        super().__init__()
        self.spaces: OrderedDict[str, Space] = OrderedDict()
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.retry_after = "1"
        self.page_most = 100
        self.allowed = ("@example.org", "@bloom.demo")
        self.audience, self.pusher = "", PUSHER
        self._account_key = _account_key()
        # By key id; the newest signs.
        self._push_keys: OrderedDict[str, rsa.RSAPrivateKey] = OrderedDict()
        self._tokens: dict[str, float] = {}
        self._hook = ""
        self.keys_rotate()

    def service_account(self) -> dict[str, str]:
        """The file that Google's console would hand out."""
        pem = self._account_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": "sandbox",
            "private_key_id": "sandbox-1",
            "private_key": pem.decode(),
            "client_email": ACCOUNT,
            "client_id": "100000000000000000000",
            "token_uri": f"{self.url}/token",
        }

    def keys_rotate(self, *, kept: int = 2) -> None:
        """Another key signs from now on; of the older ones so many are still shown that `kept` are."""
        with self.lock:
            self._push_keys[f"push-{secrets.token_hex(4)}"] = _key_new()
            while len(self._push_keys) > kept:
                self._push_keys.popitem(last=False)

    def hook_set(self, url: str, audience: str, email: str = PUSHER) -> None:
        """Where pushes go, and for whom they are signed. Raises ValueError for another machine's address."""
        if urlsplit(url).hostname not in {"127.0.0.1", "localhost"}:
            raise ValueError("only to this machine")
        self._hook, self.audience, self.pusher = url, audience, email

    def tokens_end(self) -> None:
        """Every token that was given out is no good any more."""
        self._tokens.clear()

    def answer(self, ask: Ask) -> Answer:
        with self.lock:
            self.asked.append((ask.method, ask.path))
            del self.asked[:-KEPT]
        match ask.method, ask.path:
            case "POST", "/_hook":
                return self._hooked(ask)
            case "GET", "/_service-account":
                return json_answer(self.service_account())
            case "GET", "/oauth2/v3/certs":
                return json_answer({"keys": self._keys()})
            case "POST", "/token":
                return self._token(ask)
        if not ask.path.startswith(("/v2/", "/v1/")):
            return self._page(ask)
        fault = self.fault_take(*_FAULTS, path=ask.path)
        if fault:
            return self._fault(fault)
        kind, _blank, token = ask.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or self._tokens.get(token, 0.0) < time.time():
            return _error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        answer = self._api(ask, ask.path[4:].split("/"))
        if self.fault_take("lost", path=ask.path):
            raise ConnectionAbortedError("done, and the answer is lost")
        return answer

    def respond(self, ask: Ask) -> Answer | None:
        try:
            return super().respond(ask)
        except ConnectionAbortedError:
            return None

    # What happens in a space -------------------------------------------------------------------------------

    def news(self, space_id: str, happening: str, name: str = "Sam Doe") -> dict[str, Any]:
        """Let something happen in a space; the push that Google would send of it."""
        now = clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        with self.lock:
            conference, stay = happen(self.spaces[space_id], happening, name, now)
        told: dict[str, Any] = {"conferenceRecord": {"name": f"conferenceRecords/{conference.id}"}}
        if stay is not None:
            person = f"conferenceRecords/{conference.id}/participants/{stay.person}"
            told = {"participantSession": {"name": f"{person}/participantSessions/{stay.id}"}}
        return {
            "message": {
                "messageId": str(secrets.randbelow(10**15)),
                "publishTime": now,
                "attributes": {
                    "ce-id": secrets.token_hex(12),
                    "ce-source": "//workspaceevents.googleapis.com/subscriptions/sandbox",
                    "ce-specversion": "1.0",
                    "ce-subject": f"//meet.googleapis.com/spaces/{space_id}",
                    "ce-time": now,
                    "ce-type": f"google.workspace.meet.{_EVENTS[happening]}",
                    "ce-datacontenttype": "application/json",
                },
                "data": base64.b64encode(json.dumps(told).encode()).decode(),
            },
            "subscription": "projects/sandbox/subscriptions/bloom",
        }

    def push_token(self, **claims: Any) -> str:
        """What Google signs to say that a push is its own; `claims` replace those that it would hold."""
        now = int(time.time())
        with self.lock:
            kid, key = next(reversed(self._push_keys.items()))
        held = {
            "iss": ISSUER,
            "aud": self.audience,
            "email": self.pusher,
            "email_verified": True,
            "sub": "113774264463038321964",
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            **claims,
        }
        return jwt.encode(held, key, "RS256", {"kid": kid})

    def tell(self, push: dict[str, Any]) -> int | None:
        """Send it to where pushes go; the status of the answer, None without any."""
        if not self._hook:
            return None
        headers = {"Authorization": f"Bearer {self.push_token()}"}
        try:
            return requests.post(
                self._hook, json=push, headers=headers, timeout=5, allow_redirects=False
            ).status_code
        except requests.RequestException:
            return None

    # The API -----------------------------------------------------------------------------------------------

    def _api(self, ask: Ask, parts: list[str]) -> Answer:
        match ask.method, parts:
            case "POST", ["spaces"]:
                return self._create(ask)
            case "GET", ["spaces", space_id] if space_id in self.spaces:
                return json_answer(self._wire(self.spaces[space_id]))
            case "POST", ["spaces", action] if action.endswith(":endActiveConference"):
                return self._end(action.partition(":")[0])
            case "GET", ["conferenceRecords"]:
                return self._records(ask)
            case "GET", ["conferenceRecords", record]:
                found = self._record(record)
                return json_answer(record_wire(*found)) if found else _error(404, "NOT_FOUND", "Not found.")
            case "GET", ["conferenceRecords", record, "participants", *rest]:
                found = self._record(record)
                return self._people(ask, found[1], rest) if found else _error(404, "NOT_FOUND", "Not found.")
            case "POST", ["subscriptions"]:
                return self._subscribe(ask)
        return _error(404, "NOT_FOUND", "Requested entity was not found.")

    def _create(self, ask: Ask) -> Answer:
        config = ask.data.get("config") if isinstance(ask.data, dict) else None
        if not isinstance(config, dict) or config.get("accessType") not in {"OPEN", "TRUSTED", "RESTRICTED"}:
            return _error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(n)) for n in (3, 4, 3))
        space = Space(secrets.token_urlsafe(9).replace("-", "x").replace("_", "y"), code, config)
        with self.lock:
            self.spaces[space.id] = space
            while len(self.spaces) > KEPT:
                self.spaces.popitem(last=False)
        return json_answer(self._wire(space))

    def _end(self, space_id: str) -> Answer:
        space = self.spaces.get(space_id)
        if space is None:
            return _error(404, "NOT_FOUND", "Requested entity was not found.")
        if all(each.ended_at for each in space.conferences):
            return _error(400, "FAILED_PRECONDITION", "There is no active conference.")
        with self.lock:
            happen(space, "ended", "", clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        return json_answer({})

    def _record(self, record: str) -> tuple[Space, Conference] | None:
        with self.lock:
            for space in self.spaces.values():
                for each in space.conferences:
                    if each.id == record:
                        return space, each
        return None

    def _records(self, ask: Ask) -> Answer:
        wanted = ask.query.get("filter", "")
        with self.lock:
            rows = [
                record_wire(space, each)
                for space in self.spaces.values()
                if not wanted or wanted == f'space.name="spaces/{space.id}"'
                for each in space.conferences
            ]
        return json_answer(self._page_of(ask, "conferenceRecords", rows))

    def _people(self, ask: Ask, conference: Conference, rest: list[str]) -> Answer:
        base = f"conferenceRecords/{conference.id}/participants"
        if not rest:
            people = list(OrderedDict((each.person, each.name) for each in conference.stays).items())
            rows: list[dict[str, Any]] = [
                {"name": f"{base}/{person}", "anonymousUser": {"displayName": name}}
                for person, name in people
            ]
            return json_answer(self._page_of(ask, "participants", rows))
        sessions = [
            {
                "name": f"{base}/{each.person}/participantSessions/{each.id}",
                "startTime": each.started_at,
                **({"endTime": each.ended_at} if each.ended_at else {}),
            }
            for each in conference.stays
            if each.person == rest[0]
        ]
        return json_answer(self._page_of(ask, "participantSessions", sessions))

    def _subscribe(self, ask: Ask) -> Answer:
        wish = ask.data if isinstance(ask.data, dict) else {}
        target = str(wish.get("targetResource", ""))
        topic = wish.get("notificationEndpoint", {}).get("pubsubTopic", "")
        if not target.startswith("//meet.googleapis.com/spaces/") or not topic.startswith("projects/"):
            return _error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        with self.lock:
            if target in self.subscriptions:
                return _error(409, "ALREADY_EXISTS", "The subscription already exists.")
            self.subscriptions[target] = wish
        name = f"subscriptions/{secrets.token_hex(6)}"
        return json_answer({"name": "operations/sandbox", "done": True, "response": {"name": name}})

    def _page_of(self, ask: Ask, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        size = min(int(ask.query.get("pageSize", "25")), self.page_most)
        start = int(ask.query.get("pageToken") or "0")
        more = {"nextPageToken": str(start + size)} if start + size < len(rows) else {}
        # Google leaves out a list that is empty.
        shown = rows[start : start + size]
        return {**({name: shown} if shown else {}), **more}

    def _fault(self, fault: str) -> Answer:
        if fault == "rate_limited":
            busy = _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.")
            return Answer(status=429, body=busy.body, headers={"Retry-After": self.retry_after})
        if fault == "expired":
            return _error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if fault == "forbidden":
            return _error(403, "PERMISSION_DENIED", "The caller does not have permission.")
        if fault == "rejected":
            return _error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        return json_answer({"name": True, "conferenceRecords": "none", "spaces": 1})

    def _token(self, ask: Ask) -> Answer:
        form = ask.form
        try:
            claims = jwt.decode(
                form.get("assertion", ""),
                self._account_key.public_key(),
                algorithms=["RS256"],
                audience=f"{self.url}/token",
                issuer=ACCOUNT,
                options={"require": ["iss", "sub", "aud", "iat", "exp", "scope"]},
            )
        except jwt.PyJWTError:
            claims = None
        if form.get("grant_type") != GRANT or claims is None:
            return json_answer({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
        if not str(claims["sub"]).endswith(self.allowed):
            said = "Client is unauthorized to retrieve access tokens using this method."
            return json_answer({"error": "unauthorized_client", "error_description": said}, 401)
        token = secrets.token_urlsafe(24)
        with self.lock:
            self._tokens[token] = time.time() + TOKEN_SECONDS
            while len(self._tokens) > KEPT:
                del self._tokens[next(iter(self._tokens))]
        return json_answer({"access_token": token, "expires_in": TOKEN_SECONDS - 1, "token_type": "Bearer"})

    def _keys(self) -> list[dict[str, str]]:
        with self.lock:
            held = list(self._push_keys.items())
        return [
            {
                "kid": kid,
                "kty": "RSA",
                "alg": "RS256",
                "use": "sig",
                "n": _base64(key.public_key().public_numbers().n.to_bytes(256)),
                "e": _base64(key.public_key().public_numbers().e.to_bytes(3)),
            }
            for kid, key in held
        ]

    def _hooked(self, ask: Ask) -> Answer:
        try:
            self.hook_set(str(ask.data["url"]), str(ask.data["audience"]), str(ask.data.get("email", PUSHER)))
        except (TypeError, KeyError, ValueError, AttributeError):
            return json_answer({"error": "url of this machine, audience and email"}, 400)
        return Answer(status=204)

    def _wire(self, space: Space) -> dict[str, Any]:
        return {
            "name": f"spaces/{space.id}",
            "meetingUri": f"{self.url}/{space.code}",
            "meetingCode": space.code,
            "config": space.config,
        }

    def _page(self, ask: Ask) -> Answer:
        found = [each for each in self.spaces.values() if f"/{each.code}" == ask.path]
        if not found:
            return html_answer(meeting_pages.nothing("Google Meet"), 404)
        space = found[0]
        if ask.method == "POST":
            wish = ask.form
            if wish.get("do") in _EVENTS:
                self.tell(self.news(space.id, wish["do"], wish.get("name", "")[:80] or "Guest"))
            return redirect(f"{self.url}/{space.code}")
        running = [each for each in space.conferences if not each.ended_at]
        here = [stay.name for each in running for stay in each.stays if not stay.ended_at]
        told = "Bloom hears of what happens here." if self._hook else ""
        facts = {"Code": space.code}
        return html_answer(meeting_pages.page("Google Meet", facts, f"{self.url}/{space.code}", here, told))


def _error(status: int, code: str, message: str) -> Answer:
    return json_answer({"error": {"code": status, "message": message, "status": code}}, status)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@cache
def _account_key() -> rsa.RSAPrivateKey:
    """That of this process's service account: making one takes a while."""
    return _key_new()


def _key_new() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
