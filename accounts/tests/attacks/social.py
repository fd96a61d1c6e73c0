"""What attacks on signing in with a provider share."""

import re
from urllib.parse import urlsplit

import pytest
import requests
from django.core import mail

from accounts.tests import factories as make
from accounts.tests.provider_browser import Visitor, by_password, code_in, query

CONNECT = "/settings/connected/google/connect/"
SIGN_UP = "/accounts/signup/provider/"
VICTIM = "maya@example.org"
NEW_PASSWORD = "amber lantern forest"


@pytest.fixture
def attacker(visitor):
    """Another browser."""
    return Visitor(visitor.google, visitor.zoom)


def password_sign_up(browser, email, password=make.PASSWORD):
    form = {
        "role": "patient",
        "name": "Mallory",
        "email": email,
        "password1": password,
        "password2": password,
    }
    return browser.bloom.post("/accounts/signup/", form | {"password2": password})


def come(browser):
    """The owner of the mailbox signs up, whoever typed their address before."""
    password_sign_up(browser, VICTIM, NEW_PASSWORD)
    browser.bloom.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[-1])})
    assert browser.me == VICTIM


def reset_by_mail(browser, email, password=NEW_PASSWORD):
    """The owner of the mailbox chooses a new password."""
    browser.bloom.post("/accounts/password/reset/", {"email": email})
    (link,) = re.findall(r"https?://testserver(/accounts/password/reset/key/\S+/)", mail.outbox[-1].body)
    return browser.bloom.post(
        browser.bloom.get(link)["Location"], {"password1": password, "password2": password}
    )


def zoom_of(browser, user):
    """Connect an account at Zoom to this person; its address."""
    other = Visitor(browser.google, browser.zoom)
    by_password(other, user).through("zoe@example.net", path="/settings/connected/zoom/connect/")
    return "zoe@example.net"


def swap(address, **changes):
    """An address with other parameters; None takes one away."""
    place = urlsplit(address)
    known = {**query(address), **changes}
    kept = {name: value for name, value in known.items() if value is not None}
    return f"{place.path}?{requests.models.RequestEncodingMixin._encode_params(kept)}"
