"""A session that lacks the second factor that its person's role needs opens nothing, wherever one tries.

That no socket opens either, is in `test_frames.py`.
"""

import re

import pytest
from django.conf import settings
from django.urls import resolve

from accounts.tests import factories as people
from bloom.tests.permissions import test_routes as routes
from bloom.tests.permissions.rows import ANONYMOUS
from bloom.tests.permissions.table import ROUTES

pytestmark = pytest.mark.django_db

# Where such a session is led.
ENROLMENT = "/settings/security/required/"

shared_world, world = routes.shared_world, routes.world


def is_open(row, ids) -> bool:
    return getattr(resolve(routes.path_of(row, ids)).func, "for_awaiting", False)


def awaiting(world, role: str):
    client = routes.client_of()
    key = people.session_key(world.people[role], factor=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


@pytest.mark.parametrize("role", ["therapist", "admin"])
@pytest.mark.parametrize("row", ROUTES, ids=str)
def test_every_address_takes_it_for_nobody(world, row, role):
    if is_open(row, world.ids):
        return
    expected = re.fullmatch(r"(\w+)[=!]?", row.expect[ANONYMOUS])[1]
    found, answer = routes.ask(awaiting(world, role), row, world.ids)
    if answer.headers.get("Location", "").startswith(ENROLMENT):
        # Where nobody sees the sign-in page, or is sent there, this person is led on.
        assert expected == "in" or row.route in {"accounts/login/", "invitations/<slug:secret>/"}
    else:
        assert found == expected, answer.content[:500]


def test_few_pages_are_open_to_it(shared_world):
    """To show or add a factor, to get the password without which there is none to add, and to go."""
    assert {row.route for row in ROUTES if is_open(row, shared_world.ids)} == {
        "accounts/logout/",
        "accounts/again/",
        "accounts/again/code/",
        "accounts/again/passkey/",
        "accounts/again/<provider:provider>/",
        "accounts/<provider:provider>/callback/",
        "accounts/password/set/",
        "settings/security/required/",
        "settings/security/app/",
        "settings/security/passkey/",
    }
