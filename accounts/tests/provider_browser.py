"""Somebody's browser between Bloom and a provider: Django's test client here, real HTTP there."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.conf import settings as django_settings
from django.test import Client

from accounts import sessions
from accounts.integrations.oauth.fake import GoogleFake, ZoomFake
from accounts.models import User
from accounts.tests import factories as make
from accounts.types import ProviderIdentity, ProviderName
from bloom.settings.vendors import VENDOR_URLS

CONNECTED = "/settings/connected/"


def addresses(url: str) -> dict[str, str]:
    """settings.VENDOR_URLS with the fakes that are served at `url`."""
    return {
        name: f"{url}/{path}" for name, address in VENDOR_URLS.items() for path in [address.split("/", 3)[3]]
    }


@dataclass
class Visitor:
    """A browser. `bloom` holds its cookies; `google` and `zoom` are who answers there."""

    google: GoogleFake
    zoom: ZoomFake
    bloom: Client = field(default_factory=Client)

    def leave(self, path: str = "/accounts/google/", **form: str) -> str:
        """Press a button that leads to a provider; the address that one is sent to."""
        answer = self.bloom.post(path, form)
        assert answer.status_code == 302, answer.content.decode()[:500]
        return str(answer["Location"])

    def choose(self, address: str, email: str, name: str = "Maya Torres", *, verified: bool = True) -> str:
        """Choose an account there; the path of Bloom's that one comes back with."""
        form = {"email": email, "name": name, **({"verified": "1"} if verified else {})}
        answer = requests.post(address, data=form, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text[:500]
        place = urlsplit(answer.headers["Location"])
        return f"{place.path}?{place.query}"

    def arrive(self, back: str) -> Any:
        return self.bloom.get(back)

    def through(
        self, email: str, *, path: str = "/accounts/google/", verified: bool = True, **form: str
    ) -> Any:
        """There and back again; what Bloom answers."""
        return self.arrive(self.choose(self.leave(path, **form), email, verified=verified))

    def sign_up(self, email: str, *, path: str = "/accounts/google/", role: str = "patient") -> Any:
        """As somebody new, whom the provider vouches for."""
        answer = self.through(email, path=path)
        assert answer["Location"] == "/accounts/signup/provider/", answer
        return self.bloom.post("/accounts/signup/provider/", {"role": role, "name": "Maya Torres"})

    @property
    def me(self) -> Any:
        """Who is signed in here, by their address; None for nobody."""
        answer = self.bloom.get("/api/v1/me/")
        return answer.json()["email"] if answer.status_code == 200 else None


def query(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def signed_in(visitor: Visitor, user: User, *, factor: bool | None = None) -> Visitor:
    visitor.bloom.cookies[django_settings.SESSION_COOKIE_NAME] = make.session_key(user, factor=factor)
    return visitor


def by_password(visitor: Visitor, user: User) -> Visitor:
    visitor.bloom.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    return visitor


def hour_passes(visitor: Visitor) -> None:
    """What one showed when signing in is no longer fresh."""
    session = visitor.bloom.session
    session[sessions.STARTED_KEY] -= 3600
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()


def identity(
    provider: ProviderName = ProviderName.GOOGLE, subject: str = "1", **facts: Any
) -> ProviderIdentity:
    known: dict[str, Any] = {
        "email": "maya@example.org",
        "is_verified": True,
        "is_vouched": True,
        "name": "Maya Torres",
    }
    return ProviderIdentity(provider=provider, subject=subject, **known | facts)


def refusals() -> list[str]:
    """Why signing in by a provider was refused, each time."""
    return [event.data["reason"] for event in make.recorded("accounts.provider_sign_in.refused")]


def words(answer: Any) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def code_in(message: Any) -> str:
    """The code in a mail."""
    (code,) = re.findall(r"^([A-Z0-9-]{6,9})$", message.body, re.MULTILINE)
    return str(code)
