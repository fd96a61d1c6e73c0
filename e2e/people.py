"""Fresh people, made as people are made: through the site. Nothing here touches a database."""

import base64
import fcntl
import hmac
import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from icalendar import Calendar

PASSWORD = "quiet river morning"
DEMO_PASSWORD = "bloom-demo"
# A job looks every five seconds; a busy machine takes its time.
MAIL_WITHIN = 20
KEPT = Path(os.environ.get("BLOOM_VAR_DIR", "var/test")) / "e2e"
_CODE = re.compile(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", re.MULTILINE)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_MAIL = re.compile(r'data-mail-to="([^"]*)".*?href="(/dev/mail/[^"]+/)"[^>]*>([^<]*)<', re.DOTALL)
_MAIL_TEXT = re.compile(r'id="mail-text">(.*?)</pre>', re.DOTALL)
_SECRET = re.compile(r"data-secret>([A-Z2-7 ]+)<")
_RECOVERY = re.compile(r"<code[^>]*>([a-z0-9]{5}-[a-z0-9]{5})</code>")
_WEBHOOK = re.compile(r"/webhooks/([0-9a-f-]{36})/")
_INVITATION = re.compile(r"/invitations/[\w-]+/")
LOCATION = {
    "name": "Downtown",
    "line1": "120 Elm Street",
    "line2": "Suite 4",
    "city": "Chicago",
    "region": "IL",
    "postal_code": "60601",
    "phone": "(312) 555-0142",
    "time_zone": "America/Chicago",
}
BILLING = {
    "legal_name": "Elm Street Therapy LLC",
    "npi": "1234567893",
    "tax_kind": "ein",
    "tax_number": "36-4871259",
    "line1": "120 Elm Street",
    "line2": "",
    "city": "Chicago",
    "region": "IL",
    "postal_code": "60601-1234",
}
_TAG = re.compile(r"<[^>]+>")


@dataclass(eq=False)
class Person:
    """Somebody with an account, and their signed-in HTTP client."""

    site: str
    email: str
    name: str
    password: str = PASSWORD
    http: httpx.Client = field(repr=False, default_factory=httpx.Client)
    # Of those whose role asks for a second factor: each is good for once.
    recovery_codes: list[str] = field(repr=False, default_factory=list)

    def get(self, path: str, **query: str) -> Any:
        """What the REST API answers."""
        answer = self.http.get(f"/api/v1{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """Write over the REST API; raises on a refusal."""
        answer = self.ask(path, **body)
        answer.raise_for_status()
        return answer.json()

    def patch(self, path: str, **body: Any) -> Any:
        """Change over the REST API; raises on a refusal."""
        answer = self.http.patch(f"/api/v1{path}", json=body, headers=self._token())
        answer.raise_for_status()
        return answer.json()

    def ask(self, path: str, **body: Any) -> httpx.Response:
        """Write over the REST API; the answer may be a refusal."""
        return self.http.post(f"/api/v1{path}", json=body, headers=self._token())

    def _token(self) -> dict[str, str]:
        return {"X-CSRFToken": self.http.cookies.get("bloom_csrf") or ""}

    @cached_property
    def id(self) -> str:
        return str(self.get("/me/")["id"])

    def cookies(self) -> list[dict[str, str]]:
        """The session, for a browser."""
        return [
            {"name": each.name, "value": each.value or "", "url": self.site} for each in self.http.cookies.jar
        ]


def client(site: str) -> httpx.Client:
    alone = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(base_url=site, timeout=20, limits=alone)


def new_email() -> str:
    return f"{uuid.uuid4().hex[:16]}@example.org"


def sign_up(site: str, role: str, name: str) -> Person:
    """A new patient or therapist, their address confirmed by the mail, signed in; a therapist with an app."""
    person = Person(site, new_email(), name, http=client(site))
    asked = _submit(
        person.http,
        person.http.get("/accounts/signup/"),
        role=role,
        name=name,
        email=person.email,
        password1=person.password,
        password2=person.password,
        time_zone="UTC",
    )
    _arrive(_submit(person.http, person.http.get(asked.headers["location"]), code=code_for(person)))
    if role == "therapist":
        enrol(person)
    return person


def enrol(person: Person) -> str:
    """Add an authenticator app, as the page asks for it. Returns its secret."""
    page = person.http.get("/settings/security/app/")
    found = _SECRET.search(page.raise_for_status().text)
    assert found, "The page shows no secret."
    secret = found[1].replace(" ", "")
    shown = _submit(person.http, page, code=app_code(secret))
    person.recovery_codes = _RECOVERY.findall(shown.text)
    assert len(person.recovery_codes) == 10
    return secret


def app_code(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    step = int(time.time()) // 30
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def sign_in(
    site: str, email: str, password: str = DEMO_PASSWORD, *, recovery_code: str | None = None
) -> Person:
    """Somebody who has an account already, signed in."""
    person = Person(site, email, "", password, http=client(site))
    with _alone():
        answer = _submit(person.http, person.http.get("/accounts/login/"), login=email, password=password)
        if recovery_code:
            answer = _submit(person.http, person.http.get(answer.headers["location"]), code=recovery_code)
        _arrive(answer)
    person.name = person.get("/me/")["name"]
    return person


@contextmanager
def _alone() -> Iterator[None]:
    """One worker at a time.

    The first sign-in of a seeded person renews the hash of their password, which ends a session that began
    under the old one a moment before.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "sign-in.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sign_in_again(person: Person) -> Person:
    """A second session of the same person."""
    code = person.recovery_codes.pop() if person.recovery_codes else None
    return sign_in(person.site, person.email, person.password, recovery_code=code)


def leaving(site: str, name: str) -> Person:
    """A patient who is closing their account, signed in again."""
    person = sign_up(site, "patient", name)
    _submit(person.http, person.http.get("/settings/close/"), understood="on")
    _submit(person.http, person.http.get("/accounts/login/"), login=person.email, password=person.password)
    return person


def assign(admin: Person, patient: Person, therapist: Person) -> str:
    """Bring a patient into a therapist's care. Returns the id of the assignment."""
    return str(admin.post("/assignments/", patient=patient.id, therapist=therapist.id, reason="Intake")["id"])


def conversation(patient: Person, therapist: Person) -> str:
    """The id of the two people's conversation, opened if need be."""
    return str(patient.post("/conversations/", person=therapist.id)["id"])


def send(sender: Person, conversation_id: str, text: str) -> Any:
    """Send a message over REST."""
    return sender.post(f"/conversations/{conversation_id}/messages/", client_id=str(uuid.uuid4()), body=text)


def invite(owner: Person, email: str, role: str = "front_desk") -> str:
    """Ask an address to join the owner's practice. Returns the address of the link in its mail."""
    practice = owner.get("/me/")["practice"]
    token = owner.http.cookies.get("bloom_csrf") or ""
    fields = {"email": email, "role": role, "csrfmiddlewaretoken": token}
    answer = owner.http.post(f"/practices/{practice}/invite/", data=fields)
    assert answer.status_code == 302, answer.text[:500]
    return invitation_for(owner.http, email)


def webhook(owner: Person) -> str:
    """The id of a new webhook of the owner's practice, which tells the sandbox."""
    page = owner.http.get(f"/practices/{owner.get('/me/')['practice']}/webhooks/new/")
    url = f"{os.environ['BLOOM_SANDBOX_URL']}/receiver/{owner.id}"
    found = _WEBHOOK.search(_submit(owner.http, page, url=url, events="message.sent").text)
    assert found, "No webhook was made."
    return found[1]


# Mail -------------------------------------------------------------------------------------------------------


def mail_address(http: httpx.Client, email: str, subject: str = "", *, within: float = MAIL_WITHIN) -> str:
    """The page of the newest mail to an address; with `subject`, of the newest whose subject holds it. Waits
    for what a job sends, so many seconds.
    """
    end = time.monotonic() + within
    while time.monotonic() < end:
        listed = http.get("/dev/mail/", params={"to": email}).raise_for_status().text
        for to, href, title in _MAIL.findall(listed):
            if unescape(to) == email and subject in unescape(title):
                return str(href)
        time.sleep(0.2)
    raise AssertionError(f"No mail to {email} with {subject!r} in its subject.")


def mail_for(http: httpx.Client, email: str, subject: str = "", *, within: float = MAIL_WITHIN) -> str:
    """The text of that mail."""
    page = http.get(mail_address(http, email, subject, within=within)).raise_for_status().text
    found = _MAIL_TEXT.search(page)
    assert found, "This page shows no mail."
    return unescape(_TAG.sub("", found[1]))


def mail_calendar(http: httpx.Client, email: str, subject: str) -> tuple[str, Calendar]:
    """The calendar part of that mail, as a calendar program reads it, and the method that its type names."""
    source = http.get(f"{mail_address(http, email, subject)}source/").raise_for_status().content
    mail = message_from_bytes(source, policy=policy.default)
    (part,) = [each for each in mail.walk() if each.get_content_type() == "text/calendar"]
    return str(part.get_param("method")), Calendar.from_ical(part.get_content())


def code_for(person: Person) -> str:
    """The code that a person was sent last."""
    found = _CODE.search(mail_for(person.http, person.email))
    assert found
    return found[1]


def invitation_for(http: httpx.Client, email: str, subject: str = "asks you to join") -> str:
    """The address of the link in the newest invitation to this address."""
    found = _INVITATION.search(mail_for(http, email, subject))
    assert found
    return found[0]


def _submit(http: httpx.Client, page: httpx.Response, **fields: str) -> httpx.Response:
    """Send the form of a page. The answer leads on, or is the page again with what was wrong."""
    token = _TOKEN.search(page.raise_for_status().text)
    assert token, f"There is no form at {page.url}."
    return http.post(page.url, data={**fields, "csrfmiddlewaretoken": token[1]})


def _arrive(answer: httpx.Response) -> None:
    assert answer.headers.get("location") == "/dashboard/", f"{answer.url} did not let them in."
