"""Every address against every kind of person. The table is `table.py`."""

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.api import ApiView
from bloom.pages.site import ADMINISTRATION
from bloom.tests.contract import described
from bloom.tests.permissions.rows import ANONYMOUS, REFUSALS, ROLES, Row
from bloom.tests.permissions.table import ROUTES
from bloom.tests.permissions.world import UNWATCHED, events, everything, world_make, written
from observability.models import Event
from observability.services import events as refusing

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ALL_SCOPES = ("profile", "people", "assignments", "conversations", "practices", "billing")
SIGN_IN = ("/accounts/login/", "/admin/login/")
REFUSED = "observability.access.refused"

_addresses = itertools.count(1)


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shared_world(django_db_setup, django_db_blocker):
    """One world for all, within a transaction around theirs, as Django's own tests have one for a class."""
    around = transaction.atomic()
    around._from_testcase = True
    with django_db_blocker.unblock(), around:
        yield world_make()
        transaction.set_rollback(True)


@pytest.fixture
def world(shared_world, db, settings, monkeypatch):
    settings.RATE_FACTOR = 1000
    # One person is refused more here than the record takes from anybody in a minute.
    monkeypatch.setattr(refusing, "_refusals", refusing._PerMinute(1000, 10))
    settings.ACCOUNT_RATE_LIMITS = False
    return shared_world


def patterns(level=None, prefix=""):
    """Each address as `resolve` spells it, and its pattern."""
    for pattern in get_resolver().url_patterns if level is None else level:
        own = str(pattern.pattern)
        address = prefix + (own.removeprefix("^") if prefix else own)
        if isinstance(pattern, URLPattern):
            yield address, pattern
        else:
            yield from patterns(pattern.url_patterns, address)


def path_of(row: Row, ids) -> str:
    known = {**ids, **({"object_id": ids[row.object]} if row.object else {})}
    filled = row.path if row.path is not None else row.route
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(known[found[1]]), filled)


def ask(client: Client, row: Row, ids):
    """The answer as a word of the table, and the answer. What the API answers is as it describes itself."""
    body = row.body(ids)
    more = {} if body is None else {"data": body}
    if row.route.startswith("api/"):
        more["content_type"] = "application/json"
    # Each from an address of its own: limits count by address.
    number = next(_addresses)
    ip = row.ip or f"198.18.{number // 250}.{number % 250}"
    path = path_of(row, ids)
    answer = getattr(client, row.method.lower())(path, **more, REMOTE_ADDR=ip)
    if row.route.startswith("api/") and row.scope:
        content = answer.json() if answer.content else None
        described.answer_check(row.method, path, answer.status_code, answer.headers, content)
    place = urlsplit(answer.headers.get("Location", "")).path
    return "in" if answer.status_code == 302 and place in SIGN_IN else str(answer.status_code), answer


# All clients share one handler, whose making costs more than most requests.
HANDLER = Client().handler


def client_of(**headers: str) -> Client:
    client = Client(headers=headers)
    client.handler = HANDLER
    return client


def signed_in(world, role: str, *, fresh: bool = False) -> Client:
    client = client_of()
    if role != ANONYMOUS:
        cookies = world.fresh_cookies if fresh else world.cookies
        client.cookies[django_settings.SESSION_COOKIE_NAME] = cookies[role]
    return client


@contextmanager
def nothing_changes(world, *refused) -> Iterator[None]:
    """Nothing is written in the block but the `refused`: which person was refused which thing."""
    with only_refusals(world) as new:
        yield
    assert [(event.actor_user_id, event.object_id) for event in new] == list(refused)


@contextmanager
def only_refusals(world) -> Iterator[list[Event]]:
    """Nothing is written in the block but refusals, which the list holds after it."""
    before = written()
    new: list[Event] = []
    yield new
    touched = {table for table, rows in written().items() if rows != before.get(table, 0)}
    watched = touched - UNWATCHED
    assert everything(watched) == {table: world.tables[table] for table in watched}
    if Event._meta.db_table in touched:
        new += [event for key, event in events().items() if key not in world.events]
    assert {event.name for event in new} <= {REFUSED}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("row", ROUTES, ids=str)
def test_each_role_gets_what_the_table_says(world, row, role):
    expected, mark = re.fullmatch(r"(\w+)([=!@]?)", row.expect[role]).groups()
    client = signed_in(world, role, fresh=row.fresh)
    if mark or expected in REFUSALS:
        who = None if role == ANONYMOUS else world.people[role].pk
        refused = {"!": [(who, world.ids.get(row.object))], "@": [(who, ADMINISTRATION)]}.get(mark, [])
        with nothing_changes(world, *refused):
            found, answer = ask(client, row, world.ids)
    else:
        found, answer = ask(client, row, world.ids)
    assert found == expected, answer.content[:500]


@pytest.mark.parametrize("row", [row for row in ROUTES if row.scope], ids=str)
def test_a_token_needs_its_scope(world, row):
    area, _, verb = row.scope.partition(":")
    narrow = [f"{other}:write" for other in ALL_SCOPES if other != area]
    if verb == "write":
        narrow.append(f"{area}:read")
    wide, scant = (
        client_of(Authorization=f"Bearer {world.token(row.token_of, *scopes)}")
        for scopes in ([row.scope], narrow)
    )
    with nothing_changes(world):
        word, answer = ask(scant, row, world.ids)
    assert (word, answer.json()["code"]) == ("403", "insufficient_scope")
    if row.method == "GET":
        # Nobody describes it, and it answers as GET does but for the content.
        assert scant.head(path_of(row, world.ids)).status_code == 403
    word, answer = ask(wide, row, world.ids)
    expected = "403" if row.fresh else row.expect[row.token_of].rstrip("=!@")
    assert word == expected, answer.content


@pytest.mark.parametrize("row", [row for row in ROUTES if not row.scope], ids=str)
def test_outside_the_api_a_token_is_nobody(world, row):
    token = world.token("admin", *(f"{area}:write" for area in ALL_SCOPES))
    word, _answer = ask(client_of(Authorization=f"Bearer {token}"), row, world.ids)
    assert word == row.expect[ANONYMOUS].rstrip("=!@")


def test_no_change_stays_unseen(world):
    patient = world.people["patient"]
    with pytest.raises(AssertionError, match="accounts_user"), only_refusals(world):
        type(patient).objects.filter(pk=patient.pk).update(last_login=clock.now())
    with pytest.raises(AssertionError, match=r"accounts\.sign_in"), only_refusals(world):
        accounts_services.sign_in_failed(people.SYSTEM, patient.email, at=clock.now())


# The table is whole -----------------------------------------------------------------------------------------


def test_every_address_is_in_the_table():
    routed = {route for route, _pattern in patterns()}
    listed = {row.route for row in ROUTES}
    assert routed - listed == set(), "give each new address its rows in table.py"
    assert listed - routed == set(), "these addresses are no more"


def test_every_row_is_about_the_address_that_it_names(shared_world):
    for row in ROUTES:
        assert resolve(path_of(row, shared_world.ids)).route == row.route


def test_every_method_of_the_api_is_in_the_table():
    offered = {
        (route, method): scope
        for route, pattern in patterns()
        if issubclass(getattr(pattern.callback, "view_class", object), ApiView)
        for method, scope in pattern.callback.view_class.scopes.items()
    }
    listed = {(row.route, row.method): row.scope for row in ROUTES if row.scope}
    assert offered == listed


UNLISTED = sorted(
    {
        (row.route, method)
        for row in ROUTES
        for method in METHODS
        if (row.route, method) not in {(other.route, other.method) for other in ROUTES}
    }
)


@pytest.mark.parametrize(("route", "method"), UNLISTED, ids=" ".join)
def test_a_method_that_is_not_in_the_table_does_nothing(world, route, method):
    known = next(row for row in ROUTES if row.route == route)
    row = Row(method=method, route=route, expect={}, path=known.path, object=known.object, ip=known.ip)
    with only_refusals(world):
        for role in ("patient", "admin"):
            _word, answer = ask(signed_in(world, role), row, world.ids)
            assert answer.status_code == 405 or not route.startswith("api/")
