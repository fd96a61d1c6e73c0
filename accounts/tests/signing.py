"""Forms of signing up and in, for tests."""

import re

from accounts.tests import factories as make

GOOD = {
    "role": "patient",
    "name": "Maya Torres",
    "email": "maya@example.org",
    "password1": "quiet river morning",
    "password2": "quiet river morning",
    "time_zone": "America/Chicago",
}


def bare(page):
    """A page without what differs by chance: addresses, tokens, nonces."""
    return re.sub(r'\S+@\S+|value="[A-Za-z0-9]{64}"|nonce="[^"]+"', "", page.content.decode())


def code_in(message):
    (code,) = re.findall(r"^([A-Z0-9-]{6,9})$", message.body, re.MULTILINE)
    return code


def link_in(message):
    (link,) = re.findall(r"https?://\S+/accounts/password/reset/key/\S+/", message.body)
    return "/" + link.split("/", 3)[3]


def sign_in(client, email, password=make.PASSWORD, **more):
    return client.post("/accounts/login/", {"login": email, "password": password, **more})
