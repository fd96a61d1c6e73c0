"""The pages of second factors, as tests use them."""

import html
import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from accounts.tests import factories as make

SECURITY = "/settings/security/"
STEP = "/accounts/login/factor/"


@pytest.fixture(autouse=True)
def fresh_limits(settings):
    cache.clear()
    settings.RATE_FACTOR = 1000
    settings.ACCOUNT_RATE_LIMITS = False


def sign_in(client, user, **more):
    return client.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD, **more})


def browser(user):
    """A browser in which somebody has just typed their password."""
    client = Client()
    sign_in(client, user)
    return client


def verified(user):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(user, factor=True)
    return client


def me(client):
    return client.get("/api/v1/me/").status_code


def secret_on(page):
    return re.search(r"data-secret>([A-Z2-7 ]+)<", page.content.decode())[1].replace(" ", "")


def codes_on(page):
    return re.findall(r"<code[^>]*>([a-z0-9]{5}-[a-z0-9]{5})</code>", page.content.decode())


def options_on(page):
    return json.loads(html.unescape(re.search(r'data-options="([^"]+)"', page.content.decode())[1]))


def add_app(client):
    secret = secret_on(client.get(f"{SECURITY}app/"))
    answer = client.post(f"{SECURITY}app/", {"code": make.app_code(secret=secret)})
    return secret, codes_on(answer)


def add_passkey(client, device, **said):
    page = client.get(f"{SECURITY}passkey/")
    return client.post(f"{SECURITY}passkey/", {"credential": device.make(options_on(page)), **said})


def sign_in_options(client):
    return client.get("/accounts/login/passkey/", headers={"X-Requested-With": "XMLHttpRequest"}).json()[
        "request_options"
    ]


def show_passkey(client, device, **said):
    credential = device.show(sign_in_options(client), **said)
    return client.post("/accounts/login/passkey/", {"credential": credential})


def last(name):
    return make.recorded(name)[-1]


def user_app(user):
    return Authenticator.objects.get(user=user, type="totp").pk
